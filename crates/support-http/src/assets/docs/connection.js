// Tries the socket: connects with a ticket, sends frames, shows each frame as it comes. It never comes back by itself, so that
// every end is seen with its code; how a client comes back is in the console's socket.js.
import { announce, json, labelled, make } from "./elements.js";
import { fresh, lastConversation, remember } from "./remembered.js";

const MOST_LINES = 200;
const SECRETS = new Set(["ticket", "token"]);
const STATES = { closed: "Not connected", connecting: "Connecting", open: "Connected" };

const withoutSecrets = (key, value) => (SECRETS.has(key) && typeof value === "string" ? "(not shown)" : value);

export class Connection {
  #identity;
  #address;
  #socket = null;
  #asked = 0;
  #changes = 0;
  #offered = null;
  #state = make("span", { class: "state", role: "status" });
  #toggle = make("button", { type: "button", class: "primary" }, "Connect");
  #send = make("button", { class: "primary" }, "Send");
  #frame = make("textarea", { name: "frame", rows: 8, spellcheck: "false" });
  #lines = make("ol", { class: "lines", tabindex: "0", "aria-label": "Frames, as they went over the line" });
  element;

  constructor(identity, address) {
    this.#identity = identity;
    this.#address = address;
    this.#toggle.addEventListener("click", () => (this.#socket ? this.#socket.close(1000) : this.#connect()));
    // Whoever becomes somebody else goes on as nobody.
    identity.addEventListener("change", () => {
      this.#changes += 1;
      this.#socket?.close(1000);
    });
    const form = make("form", {}, labelled("Frame", this.#frame), make("div", { class: "buttons" }, this.#send));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#say();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.ctrlKey) form.requestSubmit();
    });
    const clear = make("button", { type: "button", class: "quiet", on: { click: () => this.#lines.replaceChildren() } }, "Clear");
    this.element = make("div", { class: "trial-form" }, make("div", { class: "buttons" }, this.#toggle, this.#state), form,
      make("div", { class: "lines-head" }, make("h3", {}, "Frames"), clear), this.#lines);
    this.offer({ type: "support:watchInbox", requestId: "1", payload: {} });
    this.#become("closed");
  }

  /** Puts a frame into the box, under the next number. */
  offer(frame) {
    this.#offered = frame;
    this.#frame.value = fresh({ ...frame, requestId: String(this.#asked + 1) });
  }

  async #connect() {
    this.#become("connecting");
    this.#toggle.disabled = true;
    const changes = this.#changes;
    let answer;
    try {
      const response = await this.#identity.fetch("/api/support/ws-tickets", { method: "POST" });
      answer = await response.json();
      this.#add("note", `Ticket: ${response.status}`, response.ok ? "" : answer.code, !response.ok);
    } catch {
      this.#add("note", "Ticket: no answer", "", true);
    }
    this.#toggle.disabled = false;
    // The ticket of who it was before is of no use to who it is now.
    if (!answer?.ticket || changes !== this.#changes) {
      this.#become("closed");
      return;
    }
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.#address}`, ["support.v1", `ticket.${answer.ticket}`]);
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      this.#become("open");
    };
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    socket.onclose = (event) => {
      this.#socket = null;
      this.#become("closed");
      const why = wasOpen ? event.reason : `The server let nobody in. ${location.origin} has to stand in SUPPORT_ALLOWED_ORIGINS.`;
      this.#add("note", `Closed: ${event.code}`, why, !wasOpen || event.code !== 1000);
      announce(`Closed with ${event.code}.`);
    };
    this.#socket = socket;
  }

  #receive(frame) {
    const { type, requestId, payload } = frame;
    this.#add("down", type, requestId === undefined ? "" : `answers ${requestId}`, type === "support:error", { type, requestId, payload });
    remember(payload);
    if (type === "support:connected") this.#lookForOne(payload.principal.kind);
  }

  /** Most frames are about a conversation: the newest that this person sees is put into the box. */
  async #lookForOne(kind) {
    if (lastConversation()) return;
    try {
      const home = kind === "admin" ? "/api/admin/support" : "/api/support";
      const response = await this.#identity.fetch(`${home}/conversations?limit=1`);
      if (response.ok) remember(await response.json());
      if (lastConversation()) this.offer(this.#offered);
    } catch {
      // Then the person fills it in.
    }
  }

  #say() {
    const text = this.#frame.value;
    let frame = null;
    try {
      frame = JSON.parse(text);
    } catch {
      // The server says what is wrong with it: that can be tried, too.
    }
    this.#asked += 1;
    this.#add("up", frame?.type ?? "No JSON", "", false, frame ?? "(no JSON, not shown)");
    this.#socket.send(text);
    if (this.#offered && frame?.type === this.#offered.type) this.#frame.value = fresh({ ...frame, requestId: String(this.#asked + 1) });
  }

  #become(state) {
    this.#state.textContent = STATES[state];
    this.#state.dataset.state = state === "open" ? "live" : state;
    this.#toggle.textContent = state === "open" ? "Close" : "Connect";
    this.#send.disabled = state !== "open";
  }

  #add(way, name, about, isBad, frame = undefined) {
    const word = { up: "sent", down: "received", note: "note" }[way];
    const head = [make("span", { class: "way" }, word), make("code", {}, name), make("span", { class: "fine" }, about)];
    const line = frame === undefined ? make("p", {}, head)
      : make("details", {}, make("summary", {}, head), json(typeof frame === "string" ? frame : JSON.stringify(frame, withoutSecrets, 2)));
    const atEnd = this.#lines.scrollHeight - this.#lines.scrollTop - this.#lines.clientHeight < 40;
    this.#lines.append(make("li", { class: isBad ? "bad" : null, data: { way, name } }, line));
    while (this.#lines.childElementCount > MOST_LINES) this.#lines.firstElementChild.remove();
    if (atEnd) this.#lines.scrollTop = this.#lines.scrollHeight;
  }
}
