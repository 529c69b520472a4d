// REST. Holds one side's token, in memory only: it goes into the Authorization header and nowhere else, never into a
// URL, a storage or the drawer. Decides nothing about what may be done; the server does, and its refusals are thrown.

/** What the server refused, or why it could not be asked. Also used for frames (socket.js). */
export class Refusal extends Error {
  constructor({ status = 0, code, message, details = {}, retryAfter = null }) {
    super(message);
    Object.assign(this, { status, code, details, retryAfter });
  }

  /** Nobody knows whether it happened, or it is only too early: asking again is right. */
  get isPassing() {
    return ["offline", "lost", "unavailable", "internal", "rate_limited"].includes(this.code);
  }

  /** A sentence for people, with what is wrong with each field. */
  get sentence() {
    const fields = Object.entries(this.details).map(([field, all]) => `${field} ${[].concat(all).join(", ")}`);
    return fields.length ? `${this.message} (${fields.join("; ")})` : this.message;
  }
}

/** Whether a side has a network. Cutting it ends what is under way, as a tunnel would. */
export class Network extends EventTarget {
  #ending = new AbortController();
  isCut = false;

  get signal() {
    return this.#ending.signal;
  }

  set(isCut) {
    if (this.isCut === isCut) return;
    this.isCut = isCut;
    if (isCut) this.#ending.abort();
    else this.#ending = new AbortController();
    this.dispatchEvent(new Event("change"));
  }
}

const PATIENCE = 20_000;
const OFFLINE = { code: "offline", message: "The network is away." };

export class Api extends EventTarget {
  #token;
  #side;
  #home;
  #network;
  #traffic;

  /** `side` is `phone` or `desk`, and says whose routes are asked. */
  constructor({ token, side, network, traffic }) {
    super();
    this.#token = token;
    this.#side = side;
    this.#home = side === "desk" ? "/api/admin/support" : "/api/support";
    this.#network = network;
    this.#traffic = traffic;
  }

  /** A ticket for one socket. The route is the same for both sides. */
  ticket() {
    return this.#json("POST", "/api/support/ws-tickets");
  }

  /** A page of conversations; fields of the query that are empty are left out. */
  conversations(query) {
    const filled = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
    const text = new URLSearchParams(filled).toString();
    return this.#json("GET", `${this.#home}/conversations${text ? `?${text}` : ""}`);
  }

  /** To whom conversations of a country can be given. Only for who may assign. */
  async admins(countryCode) {
    return (await this.#json("GET", `${this.#home}/admins?${new URLSearchParams({ countryCode })}`)).admins;
  }

  openConversation(body) {
    return this.#json("POST", `${this.#home}/conversations`, body);
  }

  conversation(id) {
    return this.#json("GET", this.#path(id));
  }

  /** The messages before that one, oldest first. */
  messagesBefore(id, seq, limit) {
    return this.#json("GET", `${this.#path(id)}/messages?beforeSeq=${seq}&limit=${limit}`);
  }

  updateConversation(id, change) {
    return this.#json("PATCH", this.#path(id), change);
  }

  async upload(file) {
    const form = new FormData();
    form.append("file", file);
    const response = await this.#ask("POST", `${this.#home}/attachments`, { body: form });
    return (await this.#read(response, "POST", `${this.#home}/attachments`)).attachment;
  }

  /** Whether this person can send files to this server: asked with nothing in hand. */
  async takesFiles() {
    const response = await this.#ask("POST", `${this.#home}/attachments`, { body: new FormData() });
    this.#traffic.add(this.#side, "down", `POST ${this.#home}/attachments`, { about: `${response.status}, only asked` });
    return ![401, 403, 404, 405].includes(response.status) && response.status < 500;
  }

  /** The bytes of an attachment. Its URL needs the header, so an `<img src>` could not show it. */
  async file(url) {
    // Only a path of this server: a token must not be shown to anybody else.
    if (new URL(url, location.href).origin !== location.origin) throw new Refusal({ code: "not_found", message: "This file is elsewhere." });
    const response = await this.#ask("GET", url);
    if (!response.ok) await this.#read(response, "GET", url);
    this.#traffic.add(this.#side, "down", `GET ${url}`, { about: String(response.status), outcome: "ok" });
    return response.blob();
  }

  #path(id) {
    return `${this.#home}/conversations/${encodeURIComponent(id)}`;
  }

  async #json(method, path, body) {
    const options = body === undefined ? {} : { body: JSON.stringify(body), type: "application/json" };
    return this.#read(await this.#ask(method, path, options, body), method, path);
  }

  async #ask(method, path, { body, type } = {}, shown = undefined) {
    if (this.#network.isCut) throw new Refusal(OFFLINE);
    this.#traffic.add(this.#side, "up", `${method} ${path}`, { body: shown });
    const headers = { Authorization: `Bearer ${this.#token}`, ...(type ? { "Content-Type": type } : {}) };
    const signal = AbortSignal.any([this.#network.signal, AbortSignal.timeout(PATIENCE)]);
    try {
      return await fetch(path, { method, headers, body, signal, cache: "no-store", credentials: "omit" });
    } catch {
      this.#traffic.add(this.#side, "note", `${method} ${path}`, { about: "no answer", outcome: "bad" });
      throw new Refusal(OFFLINE);
    }
  }

  async #read(response, method, path) {
    let answer;
    try {
      answer = await response.json();
    } catch {
      throw new Refusal(response.ok ? OFFLINE : { status: response.status, code: "internal", message: "No answer." });
    }
    const outcome = response.ok ? "ok" : "bad";
    this.#traffic.add(this.#side, "down", `${method} ${path}`, { body: answer, about: String(response.status), outcome });
    if (response.ok) return answer;
    if (response.status === 401) this.dispatchEvent(new Event("over"));
    const retryAfter = Number(response.headers.get("Retry-After")) || null;
    throw new Refusal({ status: response.status, code: answer.code, message: answer.error, details: answer.details, retryAfter });
  }
}
