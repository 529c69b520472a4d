// Small tools for making elements. Text is only ever inserted as text.

/** Makes an element. `on` holds listeners, `data` a dataset; true and false set or leave out an attribute. */
export const make = (tag, { on = {}, data = {}, ...attributes } = {}, ...children) => {
  const element = document.createElement(tag);
  Object.entries(on).forEach(([name, listener]) => element.addEventListener(name, listener));
  Object.assign(element.dataset, data);
  Object.entries(attributes)
    .filter(([, value]) => value !== false && value !== null && value !== undefined)
    .forEach(([name, value]) => element.setAttribute(name, value === true ? "" : value));
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
};

/** A sentence, in which what stands between backticks is code. Returns what to insert. */
export const prose = (text = "") =>
  text.split("`").map((part, at) => (at % 2 ? make("code", {}, part) : part)).filter((part) => part !== "");

/** Tells screen readers, and nobody else, what has happened. */
export const announce = (text) => {
  document.querySelector("#announcements").textContent = text;
};

/** A button that puts a text where it can be pasted. `text` is a function. */
export const copyButton = (label, text) => {
  const button = make("button", { type: "button", class: "quiet copy" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
      announce("Copied.");
    } catch {
      // A page that came over plain HTTP from another machine may not.
      button.textContent = "Not permitted here";
    }
    setTimeout(() => { button.textContent = label; }, 1_500);
  });
  return button;
};

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** JSON to be read, with its keys, texts and other values told apart. */
export const json = (value) => {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const block = make("pre", { class: "json", tabindex: "0" });
  let at = 0;
  for (const found of text.matchAll(TOKENS)) {
    const [whole, quoted, colon] = found;
    const kind = colon ? "key" : quoted ? "text" : "value";
    block.append(text.slice(at, found.index), make("span", { class: kind }, quoted ?? whole), colon ?? "");
    at = found.index + whole.length;
  }
  block.append(text.slice(at));
  return block;
};

/** A table with a row of headings. Cells are what to insert. */
export const table = (name, head, rows) =>
  make("div", { class: "table", tabindex: "0", role: "group", "aria-label": name },
    make("table", {},
      make("thead", {}, make("tr", {}, head.map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, rows.map((row) => make("tr", {}, row.map((cell) => make("td", {}, cell)))))));

/** A label above its control. */
export const labelled = (text, control, ...more) => make("label", {}, make("span", {}, text), control, ...more);

/** Examples, of which one is shown at a time. `all` holds names, summaries and values; `onChosen` hears of each choice. */
export const examples = (all, onChosen = () => {}) => {
  const place = make("div", { class: "example" });
  const show = (one) => {
    const block = json(one.value);
    place.replaceChildren(block, copyButton("Copy", () => block.textContent));
    onChosen(one);
  };
  if (all.length === 1) {
    show(all[0]);
    return make("div", {}, all[0].summary ? make("p", { class: "fine" }, prose(all[0].summary)) : null, place);
  }
  const choice = make("select", {}, all.map((one, at) => make("option", { value: at }, one.summary || one.name)));
  choice.addEventListener("change", () => show(all[choice.value]));
  show(all[0]);
  return make("div", {}, labelled("Example", choice), place);
};
