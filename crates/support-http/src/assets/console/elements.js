// Small tools for making elements. Text is inserted as text; the one place where HTML is inserted is `showContent`.

/** Makes an element. `on` holds listeners, `data` a dataset; true and false set or leave out an attribute. */
export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  const { on = {}, data = {}, ...rest } = attributes;
  Object.entries(on).forEach(([name, listener]) => element.addEventListener(name, listener));
  Object.assign(element.dataset, data);
  Object.entries(rest).forEach(([name, value]) => {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  });
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
};

const SVG = "http://www.w3.org/2000/svg";

/** One of the drawings in index.html. It says nothing to who cannot see it: the text beside it does. */
export const icon = (name) => {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  drawing.append(use);
  return drawing;
};

/** A button with a drawing and, for who does not see it, a name. */
export const iconButton = (name, label, attributes = {}) =>
  make("button", { type: "button", class: "icon-button", "aria-label": label, title: label, ...attributes }, icon(name));

/** Text that only screen readers have. */
export const aside = (text) => make("span", { class: "aside" }, text);

const BENGALI = /[\u0980-\u09FF]/;

/** What a person wrote has a language and a direction of its own. */
export const languageOf = (text) => (BENGALI.test(text) ? "bn" : null);

/** A person's words as text. */
export const words = (tag, text, attributes = {}) =>
  make(tag, { dir: "auto", lang: languageOf(text), ...attributes }, text);

// With a browser that enforces it (the page's policy asks for it) no other script could make HTML of text.
const policy = globalThis.trustedTypes?.createPolicy("support-content", { createHTML: (html) => html });

/**
 * Shows a message's `content`. THE ONLY PLACE where HTML is inserted: the contract promises that `content`, and no other
 * field, is HTML that is safe as the content of an element. Nothing typed by this page's own user comes here; what is
 * shown of a message is what the server answered.
 */
export const showContent = (element, message) => {
  const template = document.createElement("template");
  template.innerHTML = policy ? policy.createHTML(message.content) : message.content;
  template.content.querySelectorAll("a").forEach((link) => {
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
  });
  element.replaceChildren(template.content);
  element.dir = "auto";
  const language = languageOf(message.text);
  if (language) element.lang = language;
};

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

const isToday = (moment) => moment.toDateString() === new Date().toDateString();

/** A moment, short: the time today, else the day. */
export const shortTime = (text) => {
  const moment = new Date(text);
  return make("time", { datetime: text, title: whole.format(moment) }, (isToday(moment) ? clock : day).format(moment));
};

/** The time of day of a moment. */
export const timeOfDay = (text) =>
  make("time", { datetime: text, title: whole.format(new Date(text)) }, clock.format(new Date(text)));

/** The day of a moment, as a heading. */
export const dayName = (text) => (isToday(new Date(text)) ? "Today" : weekday.format(new Date(text)));

/** A number of bytes for people. */
export const fileSize = (bytes) => {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
};

/** The same with a capital letter at the beginning. */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** `driver` as a word at the beginning of a line; also for `SUPPORT_ADMIN`. */
export const title = (name) => sentence(name.replaceAll("_", " ").toLowerCase());

/** A name that is new each time, for `clientMessageId`. */
export const newKey = () => {
  // randomUUID is missing where a page came over plain HTTP from another machine.
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
};

/** Tells screen readers, and nobody else, what has happened. */
export const announce = (text) => {
  document.querySelector("#announcements").textContent = text;
};

/** Moves the focus among buttons of a list by the arrow keys, Home and End; only one of them is in the tab order. */
export const walkByArrows = (list, selector) => {
  const stops = () => [...list.querySelectorAll(selector)];
  list.addEventListener("keydown", (event) => {
    const all = stops();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined || !all[to]) return;
    event.preventDefault();
    all[to].focus();
  });
  list.addEventListener("focusin", (event) => {
    const stop = event.target.closest(selector);
    if (stop) stops().forEach((one) => { one.tabIndex = one === stop ? 0 : -1; });
  });
};

/** Sees to it that exactly one of them can be reached by Tab. */
export const oneTabStop = (list, selector) => {
  const all = [...list.querySelectorAll(selector)];
  const stop = all.find((one) => one.getAttribute("aria-current") === "true") ?? all[0];
  all.forEach((one) => { one.tabIndex = one === stop ? 0 : -1; });
};
