// The support desk: the list with its filters, and one conversation with what is known of it. Live by the inbox that the
// socket watches; the list is asked for anew only when the filters change or the connection was lost.
import { Colleagues } from "./colleagues.js";
import { Conversation } from "./conversation.js";
import { Detail } from "./detail.js";
import { aside, icon, iconButton, make, title, words } from "./elements.js";
import { Filters } from "./filters.js";
import { makeOpening } from "./opening.js";
import { Rows } from "./rows.js";

const PAGE = 30;
const COUNT_AFTER = 500;
const RETRY = 2_000;
const NAMES = { user: "The user", admin: "The desk", system: "Notice", typing: "The user is typing", place: "desk" };

/** The last line of a row. */
const makeTags = ({ status, priority, userId, countryCode, assignedAdminId }) => [
  make("span", { class: `tag status-${status}` }, title(status)),
  ["high", "urgent"].includes(priority) && make("span", { class: `tag priority-${priority}` }, title(priority)),
  make("span", { class: "row-user" }, `${userId}, ${countryCode}`),
  assignedAdminId && make("span", { class: "row-assigned", title: `Assigned to ${assignedAdminId}` }, icon("person"), aside(`assigned to ${assignedAdminId}`)),
];

export class Desk {
  #session;
  #colleagues;
  #rows = new Map();
  #open = null;
  #next = null;
  #again = null;
  #changed = new Set();
  #asked = 0;
  #counting = null;
  #ended = new AbortController();
  #said = make("p", { class: "said", role: "alert" });
  #count = make("span", { class: "fine", role: "status" });
  #list = new Rows({ label: "Conversations", unread: "unreadCountAdmin", makeTags, empty: "No conversation is like that.", onChoose: (id) => this.#show(id) });
  #more = make("button", { type: "button", class: "quiet", hidden: true, on: { click: () => this.#load(this.#next) } }, "Show more");
  #place = make("section", { class: "desk-conversation", "aria-label": "Conversation" });
  #filters;

  constructor(session) {
    this.#session = session;
    this.#colleagues = new Colleagues({ api: session.api, mayAsk: session.may("ASSIGN") });
    this.#filters = new Filters({ ownId: session.principal.id, onChange: () => this.#load(null) });
    const column = make("section", { class: "desk-list", "aria-label": "Inbox" }, this.#filters.element,
      make("div", { class: "list-head" }, make("h3", {}, "Conversations"), this.#count, this.#makeAdd()), this.#said,
      make("div", { class: "scroll" }, this.#list.element, this.#more));
    this.element = make("div", { class: "desk-screen" }, column, this.#place);
    this.#showNothing();
    if (!session.may("VIEW")) {
      this.element.replaceChildren(make("p", { class: "empty" }, "This role sees no conversations."));
      return;
    }
    const { signal } = this.#ended;
    const { socket } = session;
    socket.addEventListener("live", () => this.#watch(), { signal });
    socket.addEventListener("quiet", () => this.#ask(), { signal });
    socket.addEventListener("frame", ({ detail }) => {
      if (detail.type === "support:conversationUpdated") this.#know(detail.payload.conversation);
    }, { signal });
    this.#watch();
  }

  focus() {
    this.#list.focus(this.#open?.room.id);
  }

  stop() {
    this.#ended.abort();
    clearTimeout(this.#again);
    clearTimeout(this.#counting);
    this.#open?.stop();
  }

  #ask() {
    return this.#session.socket.request("support:watchInbox").catch(() => {});
  }

  /** First the watch, then the list: it begins with the next change. */
  async #watch() {
    await this.#ask();
    await this.#load(null);
  }

  /** The list from its beginning, or its next page. An answer that another question has overtaken is passed over. */
  async #load(cursor) {
    const asked = ++this.#asked;
    const changed = this.#changed = new Set();
    try {
      const query = { ...this.#filters.query, limit: PAGE, cursor, includeTotal: cursor ? "" : "true" };
      const { conversations, pagination } = await this.#session.api.conversations(query);
      if (asked !== this.#asked) return;
      const known = new Map(cursor ? this.#rows : []);
      conversations.forEach((conversation) => known.set(conversation.id, conversation));
      // What was told meanwhile is newer than what was read before it.
      changed.forEach((id) => (this.#rows.has(id) ? known.set(id, this.#rows.get(id)) : known.delete(id)));
      this.#rows = known;
      this.#next = pagination.nextCursor;
      this.#more.hidden = !this.#next;
      this.#said.textContent = "";
      if (!cursor) this.#showCount(pagination);
      this.#showRows();
    } catch (refusal) {
      if (asked === this.#asked) this.#retry(refusal);
    }
  }

  /** What is passing is asked again, unless the next connection asks anyway. */
  #retry(refusal) {
    clearTimeout(this.#again);
    if (!refusal.isPassing) this.#said.textContent = refusal.sentence;
    else if (this.#session.socket.state === "live") this.#again = setTimeout(() => this.#load(null), RETRY);
  }

  #showCount({ total, totalCapped }) {
    this.#count.textContent = totalCapped ? `more than ${total}` : String(total);
  }

  /** What has changed stands on top, leaves the list, or stays where it is, as the filters and the time say. */
  #know(conversation) {
    const { id } = conversation;
    const was = this.#rows.has(id);
    const is = this.#filters.matches(conversation);
    this.#changed.add(id);
    if (is) this.#rows.set(id, conversation);
    else this.#rows.delete(id);
    if (was || is) this.#showRows();
    if (was !== is) this.#countSoon();
  }

  #countSoon() {
    clearTimeout(this.#counting);
    this.#counting = setTimeout(async () => {
      const query = { ...this.#filters.query, limit: 1, includeTotal: "true" };
      try {
        this.#showCount((await this.#session.api.conversations(query)).pagination);
      } catch {
        // It is right again with the next list.
      }
    }, COUNT_AFTER);
  }

  #showRows() {
    this.#list.show(this.#rows.values(), this.#open?.room.id);
  }

  #showNothing() {
    this.element?.removeAttribute("data-open");
    this.#place.replaceChildren(make("div", { class: "nothing" }, icon("desk"), make("p", {}, "Choose a conversation.")));
  }

  /** Who may reply may write to somebody first. */
  #makeAdd() {
    const { countries } = this.#session;
    if (!this.#session.may("REPLY") || !countries.length) return null;
    return make("button", { type: "button", class: "quiet add", "aria-label": "New conversation", on: { click: () => this.#showForm(countries) } }, icon("plus"), "New");
  }

  /** Asks for whom; whoever is on the screen comes first to mind. */
  #showForm(countries) {
    const form = makeOpening({
      api: this.#session.api, countries, about: this.#open?.room.conversation ?? {},
      onOpened: ({ conversation }) => {
        this.#know(conversation);
        this.#show(conversation.id);
      },
    });
    this.#open?.stop();
    this.#open = null;
    this.#place.replaceChildren(make("header", { class: "conversation-head" }, make("h3", {}, "New conversation"),
      iconButton("cross", "Back to the list", { on: { click: () => this.#leaveForm() } })), make("div", { class: "scroll" }, form));
    this.element.setAttribute("data-open", "");
    this.#showRows();
    form.elements.userId.focus();
  }

  #leaveForm() {
    this.#close();
    this.element.querySelector(".add").focus();
  }

  #show(id) {
    this.#open?.stop();
    const session = this.#session;
    const open = new Conversation({
      session, id, own: "admin", mayWrite: session.may("REPLY"), names: NAMES,
      onGone: (refusal) => {
        this.#close();
        this.#said.textContent = refusal.sentence;
      },
    });
    this.#open = open;
    const detail = new Detail({ room: open.room, session, colleagues: this.#colleagues });
    const heading = make("h3", { tabindex: "-1", dir: "auto" });
    const toggle = iconButton("panel", "Details", { "aria-expanded": "false", class: "icon-button detail-toggle" });
    const body = make("div", { class: "desk-body" }, open.element, detail.element);
    toggle.addEventListener("click", () => {
      const isOpen = body.toggleAttribute("data-detail");
      toggle.setAttribute("aria-expanded", String(isOpen));
    });
    open.room.addEventListener("conversation", () => {
      const { conversation } = open.room;
      if (heading.textContent !== conversation.subject) heading.replaceChildren(words("span", conversation.subject));
      // Over the room comes what a summary would say, and sooner.
      this.#know(conversation);
    });
    this.#place.replaceChildren(make("header", { class: "conversation-head" },
      iconButton("back", "Back to the list", { class: "icon-button back", on: { click: () => this.#close() } }), heading, toggle), body);
    this.element.setAttribute("data-open", "");
    this.#showRows();
    open.start();
    open.focus();
  }

  #close() {
    const id = this.#open?.room.id;
    this.#open?.stop();
    this.#open = null;
    this.#showNothing();
    this.#showRows();
    this.#list.focus(id);
  }
}
