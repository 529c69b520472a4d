// The WebSocket of one side: tickets, answers to requests, coming back after a loss, close codes. It knows neither rooms
// nor messages (room.js does), and never puts a token or a ticket into a URL.
//
// Events: `state` (see `state`), `live` after each connection, `quiet` when a sign of life should be asked for, and `frame`
// with each frame that is no answer.
import { Refusal } from "./api.js";

const LARGEST_FRAME = 64 * 1024;
const PATIENCE = 10_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 20_000;

/** How long to wait at least, by close code: those not named here wait as after any other loss. */
const LEAST_WAIT = { 1012: 1_000, 4029: 15_000, 1008: 15_000, 1009: 2_000, 1002: 15_000, 1007: 15_000 };

/** Something between half of the wait and all of it: who lost a server together must not come back together. */
const jittered = (wait) => wait * (0.5 + Math.random() / 2);

const LOST = { code: "lost", message: "The connection was lost." };

export class SupportSocket extends EventTarget {
  #api;
  #side;
  #network;
  #traffic;
  #socket = null;
  #asked = new Map();
  #lastId = 0;
  #wait = FIRST_WAIT;
  #attempt = 0;
  #isHeldOff = false;
  #timer = null;
  #quiet = null;
  #heartbeat = 25_000;
  #ended = new AbortController();

  /** `off`, `connecting`, `live`, `waiting`, `cut`; and for good: `over` (the token), `withdrawn` (the access). */
  state = "off";
  /** Who is connected, as the server says. */
  principal = null;
  /** Handshakes that were refused one after the other although the ticket was given. */
  refusedHandshakes = 0;

  constructor({ api, side, network, traffic }) {
    super();
    this.#api = api;
    this.#side = side;
    this.#network = network;
    this.#traffic = traffic;
    const { signal } = this.#ended;
    network.addEventListener("change", () => (network.isCut ? this.#cut() : this.#connect()), { signal });
    window.addEventListener("online", () => this.#hurry(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#hurry(), { signal });
  }

  start() {
    this.#connect();
  }

  /** Ends it for good. */
  stop(state = "off") {
    this.#ended.abort();
    clearTimeout(this.#timer);
    this.#drop(1000);
    this.#become(state);
  }

  /** Asks, and returns what the ack holds. Throws a Refusal: the server's, or `lost`, after which nobody knows. */
  request(type, payload = {}) {
    if (this.state !== "live") return Promise.reject(new Refusal(LOST));
    const requestId = String(++this.#lastId);
    const frame = JSON.stringify({ type, requestId, payload });
    if (new TextEncoder().encode(frame).length > LARGEST_FRAME) {
      return Promise.reject(new Refusal({ code: "too_long", message: "This is too long to send." }));
    }
    this.#traffic.add(this.#side, "up", type, { body: payload });
    this.#socket.send(frame);
    return new Promise((resolve, reject) => {
      // A socket that does not answer is gone, whatever the browser believes.
      const timer = setTimeout(() => this.#lose(1006, "no answer"), PATIENCE);
      this.#asked.set(requestId, { resolve, reject, timer, type });
    });
  }

  async #connect() {
    if (this.#ended.signal.aborted || this.#network.isCut || ["connecting", "live"].includes(this.state)) return;
    clearTimeout(this.#timer);
    this.#become("connecting");
    const attempt = ++this.#attempt;
    const isStale = () => attempt !== this.#attempt || this.state !== "connecting";
    let ticket;
    try {
      ({ ticket } = await this.#api.ticket());
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (isStale()) return;
      if (refusal.status === 401) this.stop("over");
      else if (refusal.status === 403) this.stop("withdrawn");
      else this.#later((refusal.retryAfter ?? 0) * 1_000);
      return;
    }
    if (isStale()) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    // Only the first of the two comes back; the ticket is good once.
    const socket = new WebSocket(`${scheme}//${location.host}/api/support/ws`, ["support.v1", `ticket.${ticket}`]);
    let wasOpen = false;
    socket.onopen = () => { wasOpen = true; };
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    socket.onclose = (event) => {
      this.refusedHandshakes = wasOpen ? 0 : this.refusedHandshakes + 1;
      this.#lose(event.code, event.reason);
    };
    this.#socket = socket;
  }

  #receive(frame) {
    this.#listen();
    const { type, requestId, payload = {} } = frame;
    const refused = type === "support:error";
    const question = this.#asked.get(requestId);
    const about = question ? question.type : "";
    this.#traffic.add(this.#side, "down", type, { body: payload, about, outcome: refused ? "bad" : "" });
    if (type === "support:connected") {
      this.principal = payload.principal;
      this.#heartbeat = payload.heartbeatSeconds * 1_000;
      this.#wait = FIRST_WAIT;
      this.#become("live");
      this.dispatchEvent(new Event("live"));
    } else if (type === "support:ack" || refused) {
      if (!question) return;
      this.#asked.delete(requestId);
      clearTimeout(question.timer);
      const { code, message, details } = payload;
      const retryAfter = Number(details?.retryAfter?.[0]) || null;
      if (refused) question.reject(new Refusal({ code, message, details, retryAfter }));
      else question.resolve(payload);
    } else {
      this.dispatchEvent(new CustomEvent("frame", { detail: { type, payload } }));
    }
  }

  /** A page does not see pings. When nothing was heard for a heartbeat, whoever owns the socket asks something. */
  #listen() {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => {
      this.dispatchEvent(new Event("quiet"));
      if (this.state === "live") this.#listen();
    }, this.#heartbeat);
  }

  #lose(code, reason) {
    this.#drop();
    this.#traffic.add(this.#side, "note", `closed: ${code}`, { about: reason, outcome: "bad" });
    if (code === 4001) this.stop("over");
    else if (code === 4003) this.stop("withdrawn");
    else this.#later(LEAST_WAIT[code] ?? 0);
  }

  #cut() {
    clearTimeout(this.#timer);
    this.#drop(1000);
    this.#become("cut");
  }

  /** Lets go of the socket, if there is one, without hearing of it again. Whatever was asked has no answer. */
  #drop(code) {
    clearTimeout(this.#quiet);
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(code);
    }
    if (this.state === "live" || this.state === "connecting") this.#become("waiting");
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    asked.forEach(({ reject, timer }) => {
      clearTimeout(timer);
      reject(new Refusal(LOST));
    });
  }

  #later(least) {
    this.#become("waiting");
    clearTimeout(this.#timer);
    // `least` is the server's own wish: nothing shortens it.
    this.#isHeldOff = least > 0;
    this.#timer = setTimeout(() => this.#connect(), least + jittered(this.#wait));
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }

  #hurry() {
    if (this.state !== "waiting" || this.#isHeldOff) return;
    this.#wait = FIRST_WAIT;
    this.#later(0);
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
