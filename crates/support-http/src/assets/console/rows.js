// A list of conversations, newest activity first, the same on both sides. A row stays the same element for as long as it
// is listed: nobody loses the focus, or a click that has begun, because something came in meanwhile.
import { make, oneTabStop, shortTime, walkByArrows, words } from "./elements.js";

export class Rows {
  #buttons = new Map();
  #onChoose;
  #unread;
  #makeTags;
  #empty;

  /** `unread` is the field that counts for this side; `makeTags(conversation)` the last line of a row. */
  constructor({ label, unread, makeTags, empty, onChoose }) {
    this.element = make("ul", { class: "rows", "aria-label": label });
    this.#onChoose = onChoose;
    this.#unread = unread;
    this.#makeTags = makeTags;
    this.#empty = make("li", { class: "empty" }, empty);
    walkByArrows(this.element, "button");
  }

  /** Shows these and no others; `chosen` is the id of the one that is open. */
  show(conversations, chosen = null) {
    const focused = this.element.contains(document.activeElement) ? document.activeElement : null;
    const rows = [...conversations].sort((one, other) => other.lastMessageAt.localeCompare(one.lastMessageAt));
    const ids = new Set(rows.map((conversation) => conversation.id));
    [...this.#buttons].filter(([id]) => !ids.has(id)).forEach(([id, button]) => {
      button.parentElement.remove();
      this.#buttons.delete(id);
    });
    this.#empty.remove();
    rows.forEach((conversation, at) => {
      const { id } = conversation;
      if (!this.#buttons.has(id)) this.#buttons.set(id, this.#makeButton(id));
      const button = this.#buttons.get(id);
      this.#fill(button, conversation, id === chosen);
      const item = button.parentElement;
      if (this.element.children[at] !== item) this.element.insertBefore(item, this.element.children[at] ?? null);
    });
    if (!rows.length) this.element.append(this.#empty);
    oneTabStop(this.element, "button");
    // Who was moved has lost it.
    if (focused?.isConnected) focused.focus();
  }

  /** Puts the focus on that row, or the first. */
  focus(id) {
    (this.#buttons.get(id) ?? this.element.querySelector("button"))?.focus();
  }

  #makeButton(id) {
    const button = make("button", { type: "button", data: { id }, on: { click: () => this.#onChoose(id) } });
    make("li", {}, button);
    return button;
  }

  #fill(button, conversation, isChosen) {
    const { subject, lastMessagePreview, lastMessageAt } = conversation;
    const unread = conversation[this.#unread];
    button.className = unread ? "row unread" : "row";
    if (isChosen) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    const state = JSON.stringify(conversation);
    if (this.#filled.get(button) === state) return;
    this.#filled.set(button, state);
    button.replaceChildren(
      make("span", { class: "row-top" }, words("span", subject, { class: "row-subject" }), shortTime(lastMessageAt)),
      make("span", { class: "row-bottom" }, words("span", lastMessagePreview, { class: "row-preview" }),
        unread ? make("span", { class: "badge" }, String(unread), make("span", { class: "aside" }, " unread")) : null),
      make("span", { class: "row-tags" }, ...this.#makeTags(conversation)));
  }

  #filled = new WeakMap();
}
