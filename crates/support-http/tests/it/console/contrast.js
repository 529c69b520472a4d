// Every text that can be seen, and whether it stands out from what is behind it as WCAG 2 asks at level AA.
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const parse = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
  return { all: [red, green, blue], alpha: alpha / 255 };
};
const over = (front, back, alpha) => front.map((value, at) => value * alpha + back[at] * (1 - alpha));
const light = (all) => {
  const [red, green, blue] = all.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const behind = (element) => {
  if (!element) return [255, 255, 255];
  const { all, alpha } = parse(getComputedStyle(element).backgroundColor);
  return alpha === 1 ? all : over(all, behind(element.parentElement), alpha);
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const weak = [];
let looked = 0;
for (let node; (node = walker.nextNode()); ) {
  const element = node.parentElement;
  if (!node.data.trim() || !element.checkVisibility() || element.closest(".aside, :disabled, noscript, option")) continue;
  const back = behind(element);
  const { all, alpha } = parse(getComputedStyle(element).color);
  const [one, other] = [light(over(all, back, alpha)), light(back)].sort((a, b) => b - a);
  const contrast = (one + 0.05) / (other + 0.05);
  looked += 1;
  if (contrast < 4.5) weak.push(`${node.data.trim()}: ${contrast.toFixed(2)}`);
}
return { looked, weak };
