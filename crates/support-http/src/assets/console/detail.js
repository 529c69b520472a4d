// What the desk knows of a conversation, and what can be changed about it. A control that this person's permissions do
// not allow is not there at all; the server refuses it in any case.
import { icon, make, shortTime, title, words } from "./elements.js";

/** Where a status leads; `closed` is final. */
const NEXT = { open: ["pending", "resolved", "closed"], pending: ["open", "resolved", "closed"], resolved: ["open", "closed"], closed: [] };
const STATUSES = ["open", "pending", "resolved", "closed"];
const PRIORITIES = ["low", "normal", "high", "urgent"];

export class Detail {
  #room;
  #ownId;
  #mayReply;
  #mayAssign;
  #colleagues;
  #others = [];
  #isAsked = false;
  #isSure = false;
  #sections = new Map();
  #said = make("p", { class: "said", role: "alert" });
  #body = make("div", { class: "detail-body" });

  constructor({ room, session, colleagues }) {
    this.#room = room;
    this.#ownId = session.principal.id;
    this.#mayReply = session.may("REPLY");
    this.#mayAssign = session.may("ASSIGN");
    this.#colleagues = colleagues;
    this.element = make("aside", { class: "detail", "aria-label": "About the conversation" }, this.#body, this.#said);
    room.addEventListener("conversation", () => {
      this.#show();
      if (!this.#isAsked) this.#askForOthers();
    });
  }

  async #askForOthers() {
    this.#isAsked = true;
    this.#others = await this.#colleagues.list(this.#room.conversation.countryCode);
    this.#show();
  }

  /** Makes anew what has changed and nothing else: somebody may be about to use the rest. */
  #show() {
    const { conversation, user, mayWrite } = this.#room;
    const { status, priority, assignedAdminId } = conversation;
    const focused = this.#body.contains(document.activeElement) ? document.activeElement.dataset.control : null;
    const sections = {
      user: [[user, conversation.userId], () => this.#makeUser(user ?? conversation)],
      status: [[status, mayWrite, this.#isSure], () => this.#makeStatus(conversation)],
      priority: [[status, mayWrite, priority], () => this.#makePriority(conversation)],
      assignment: [[status, mayWrite, assignedAdminId, this.#others], () => this.#makeAssignment(conversation)],
      facts: [[conversation], () => this.#makeFacts(conversation)],
    };
    Object.entries(sections).forEach(([name, [state, makeSection]]) => this.#put(name, JSON.stringify(state), makeSection));
    if (focused && !this.#body.contains(document.activeElement)) this.#body.querySelector(`[data-control="${CSS.escape(focused)}"]`)?.focus();
  }

  #put(name, state, makeSection) {
    const known = this.#sections.get(name);
    if (known?.state === state) return;
    const element = makeSection();
    if (known) known.element.replaceWith(element);
    else this.#body.append(element);
    this.#sections.set(name, { state, element });
  }

  #makeUser({ userId, userType, countryCode, displayName, maskedEmail, maskedPhone, profileId }) {
    const name = displayName || userId;
    const facts = { Id: displayName ? userId : null, Profile: profileId, Email: maskedEmail, Phone: maskedPhone };
    return make("section", { class: "card", "aria-label": "The user" },
      make("span", { class: "avatar big", "aria-hidden": "true" }, name.replace(/^\w+-/, "").charAt(0).toUpperCase()),
      words("h4", name, { class: "card-name" }), make("p", { class: "fine" }, `${title(userType)}, ${countryCode}`),
      this.#facts(facts));
  }

  #makeStatus({ status }) {
    const heading = make("h4", {}, "Status");
    if (!this.#mayReply || !this.#room.mayWrite) return make("section", {}, heading, make("span", { class: `tag status-${status}` }, title(status)));
    const button = (name) => make("button", {
      type: "button", data: { control: `status-${name}`, status: name }, "aria-pressed": String(name === status),
      disabled: name !== status && !NEXT[status].includes(name),
      on: { click: () => this.#setStatus(name) },
    }, title(name));
    const sure = make("div", { class: "sure", hidden: !this.#isSure }, make("p", {}, "A closed conversation is closed for good."),
      make("button", { type: "button", class: "danger", data: { control: "close" }, on: { click: () => this.#change({ status: "closed" }) } }, "Close it"),
      make("button", { type: "button", class: "quiet", on: { click: () => this.#ask(false) } }, "Keep it"));
    return make("section", {}, heading, make("div", { class: "segments", role: "group", "aria-label": "Status" }, ...STATUSES.map(button)), sure);
  }

  #setStatus(name) {
    if (name === this.#room.conversation.status) return;
    if (name === "closed") this.#ask(true);
    else this.#change({ status: name });
  }

  #ask(isSure) {
    this.#isSure = isSure;
    this.#show();
    this.#body.querySelector(`[data-control="${isSure ? "close" : "status-closed"}"]`)?.focus();
  }

  #makePriority({ priority, status }) {
    const heading = make("h4", {}, "Priority");
    if (!this.#mayReply || !this.#room.mayWrite) return make("section", {}, heading, make("span", { class: `tag priority-${priority}` }, title(priority)));
    const select = make("select", { "aria-label": "Priority", data: { control: "priority" }, disabled: status === "closed" },
      ...PRIORITIES.map((name) => make("option", { value: name, selected: name === priority }, title(name))));
    select.addEventListener("change", () => this.#change({ priority: select.value }));
    return make("section", {}, heading, select);
  }

  #makeAssignment({ assignedAdminId, status }) {
    const heading = make("h4", {}, "Assigned to");
    const name = assignedAdminId === null ? "Nobody" : this.#colleagues.nameOf(assignedAdminId);
    const now = make("p", { class: "assigned" }, icon("person"), assignedAdminId === this.#ownId ? `${name} (you)` : name);
    if (!this.#mayAssign || !this.#room.mayWrite || status === "closed") return make("section", {}, heading, now);
    const button = (control, label, id) => make("button", { type: "button", class: "quiet", data: { control }, on: { click: () => this.#change({ assignedAdminId: id }) } }, label);
    return make("section", {}, heading, now, make("div", { class: "buttons" },
      assignedAdminId === this.#ownId ? null : button("take", "Take it", this.#ownId),
      assignedAdminId === null ? null : button("release", "Release", null)), this.#makeHandOver(assignedAdminId));
  }

  /** A choice of names, and for whom nobody has a name a field for the id. */
  #makeHandOver(assignedAdminId) {
    const others = this.#others.filter(({ id }) => id !== this.#ownId && id !== assignedAdminId);
    const byId = make("option", { value: "by-id" }, "Somebody else, by id");
    const choice = make("select", { "aria-label": "Hand over to", required: true, data: { control: "colleague" } },
      make("option", { value: "" }, "Choose somebody"),
      ...others.map(({ id, displayName, role }) => make("option", { value: id }, `${displayName ?? id}, ${title(role)}`)), byId);
    const id = make("input", { name: "colleague", "aria-label": "Hand over to, by id", placeholder: "Admin id", autocomplete: "off", spellcheck: "false", data: { control: "colleague-id" } });
    const isById = () => !others.length || choice.selectedOptions[0] === byId;
    const showField = () => {
      id.hidden = !isById();
      id.required = isById();
    };
    choice.addEventListener("change", () => {
      showField();
      if (isById()) id.focus();
    });
    showField();
    const form = make("form", { class: "hand-over" }, others.length ? choice : null, id, make("button", { class: "quiet" }, "Hand over"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#change({ assignedAdminId: isById() ? id.value.trim() : choice.value });
    });
    return form;
  }

  #makeFacts({ id, channel, createdAt, updatedAt, lastSeq, unreadCountUser, version, metadata }) {
    return make("section", {}, make("h4", {}, "Facts"), this.#facts({
      Channel: title(channel), Opened: shortTime(createdAt), Changed: shortTime(updatedAt), Messages: String(lastSeq),
      "Unread by the user": String(unreadCountUser), Version: String(version),
      Metadata: Object.keys(metadata).length ? JSON.stringify(metadata) : null, Id: make("code", {}, id),
    }));
  }

  #facts(facts) {
    const known = Object.entries(facts).filter(([, value]) => value);
    return make("dl", { class: "facts" }, ...known.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  }

  async #change(change) {
    this.#said.textContent = "";
    this.#isSure = false;
    try {
      await this.#room.update(change);
    } catch (refusal) {
      // A control may show what was wished; it has to show what is.
      this.#sections.forEach((section) => { section.state = ""; });
      this.#said.textContent = refusal.code === "stale" ? "Somebody else has changed it meanwhile. This is how it stands now." : refusal.sentence;
    }
    this.#show();
  }
}
