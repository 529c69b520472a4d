// The user's phone: own conversations, one of them, and a new one. Shows what a user is told and nothing else; whatever is
// asked goes through the routes of users.
import { Conversation } from "./conversation.js";
import { icon, iconButton, make, title, words } from "./elements.js";
import { makeOpening } from "./opening.js";
import { Rows } from "./rows.js";

const NAMES = { user: "You", admin: "Support", system: "Notice", typing: "Support is typing", place: "phone" };
const RETRY = 2_000;

/** The last line of a row. */
const makeTags = ({ status }) => [make("span", { class: `tag status-${status}` }, title(status))];

export class Phone {
  #session;
  #rows = new Map();
  #open = null;
  #next = null;
  #again = null;
  #changed = new Set();
  #said = make("p", { class: "said", role: "alert" });
  #list = new Rows({ label: "Your conversations", unread: "unreadCountUser", makeTags, empty: "Nothing here yet. Whatever it is: ask.", onChoose: (id) => this.#show(id) });
  #more = make("button", { type: "button", class: "quiet", hidden: true, on: { click: () => this.#load(this.#next) } }, "Show more");
  #ended = new AbortController();

  constructor(session) {
    this.#session = session;
    this.element = make("div", { class: "phone-screen" });
    const { signal } = this.#ended;
    const { socket } = session;
    socket.addEventListener("live", () => this.#watch(), { signal });
    socket.addEventListener("quiet", () => this.#watch(), { signal });
    socket.addEventListener("frame", ({ detail }) => {
      if (detail.type === "support:conversationUpdated") this.#know(detail.payload.conversation);
    }, { signal });
    this.#showList();
    this.#watch();
  }

  focus() {
    this.element.querySelector("button")?.focus();
  }

  stop() {
    this.#ended.abort();
    clearTimeout(this.#again);
    this.#open?.stop();
  }

  /** First the watch, then the list: it begins with the next change. */
  async #watch() {
    try {
      await this.#session.socket.request("support:watchInbox");
      await this.#load(null);
    } catch (refusal) {
      if (!refusal.isPassing) this.#said.textContent = refusal.sentence;
    }
  }

  async #load(cursor) {
    const changed = this.#changed = new Set();
    try {
      const { conversations, pagination } = await this.#session.api.conversations({ limit: 30, cursor });
      // What was told meanwhile is newer than what was read before it.
      conversations.filter(({ id }) => !changed.has(id)).forEach((conversation) => this.#rows.set(conversation.id, conversation));
      if (cursor || !this.#next) this.#next = pagination.nextCursor;
      this.#more.hidden = !this.#next;
      this.#said.textContent = "";
      this.#showRows();
    } catch (refusal) {
      this.#retry(refusal);
    }
  }

  /** What is passing is asked again, unless the next connection asks anyway. */
  #retry(refusal) {
    clearTimeout(this.#again);
    if (!refusal.isPassing) this.#said.textContent = refusal.sentence;
    else if (this.#session.socket.state === "live") this.#again = setTimeout(() => this.#load(null), RETRY);
  }

  #know(conversation) {
    this.#changed.add(conversation.id);
    this.#rows.set(conversation.id, conversation);
    this.#showRows();
  }

  #showList() {
    const add = make("button", { type: "button", class: "primary", on: { click: () => this.#showForm() } }, icon("plus"), "New conversation");
    this.element.replaceChildren(make("div", { class: "phone-head" }, make("h3", {}, "Help"), add), this.#said,
      make("div", { class: "scroll" }, this.#list.element, this.#more));
    this.#showRows();
  }

  #showRows() {
    this.#list.show(this.#rows.values());
  }

  #show(id) {
    this.#open?.stop();
    const heading = words("h3", "", { tabindex: "-1" });
    const tag = make("span", { class: "tag" });
    const open = new Conversation({
      session: this.#session, id, own: "user", mayWrite: true, names: NAMES,
      onGone: (refusal) => {
        this.#close(id);
        this.#said.textContent = refusal.sentence;
      },
    });
    open.room.addEventListener("conversation", () => {
      const { subject, status, assigned } = open.room.conversation;
      if (heading.textContent !== subject) heading.replaceWith(Object.assign(heading, { textContent: subject }));
      tag.className = `tag status-${status}`;
      tag.textContent = title(status);
      who.textContent = assigned ? "Somebody at the desk has it" : "The desk has it";
      this.#know(open.room.conversation);
    });
    const who = make("span", { class: "fine" });
    this.#open = open;
    this.element.replaceChildren(
      make("div", { class: "phone-head" }, iconButton("back", "Back to your conversations", { on: { click: () => this.#close(id) } }),
        make("div", { class: "phone-title" }, heading, make("p", {}, tag, who))),
      open.element);
    open.start();
    open.focus();
  }

  #close(id) {
    this.#open?.stop();
    this.#open = null;
    this.#showList();
    this.#list.focus(id);
  }

  #showForm() {
    const onOpened = ({ conversation }) => {
      this.#know(conversation);
      this.#show(conversation.id);
    };
    const form = makeOpening({ api: this.#session.api, onOpened });
    this.element.replaceChildren(
      make("div", { class: "phone-head" }, iconButton("back", "Back to your conversations", { on: { click: () => this.#close() } }), make("h3", {}, "New conversation")),
      make("div", { class: "scroll" }, form));
    form.elements.subject.focus();
  }
}
