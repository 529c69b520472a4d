// What both sides have in common: signing in and out, the state of the connection, the cut. A token comes from a field or
// from the demo's list, is kept in memory by `Api`, and is gone when the page is. Knows no conversation.
import { Api, Network } from "./api.js";
import { announce, icon, iconButton, make, sentence, title } from "./elements.js";
import { SupportSocket } from "./socket.js";

const STATES = {
  off: "Signed out", connecting: "Connecting", live: "Live", waiting: "Reconnecting", cut: "No network",
  over: "The token is over", withdrawn: "Access withdrawn",
};
const ENDS = {
  over: "The token is over or not good. Choose somebody, or paste a new one.",
  withdrawn: "The access was withdrawn. It takes a new login.",
};

const COUNTRIES = ["BD", "US"];
/** The roles that a country in the token does not bind. */
const EVERYWHERE = new Set(["SUPER_ADMIN", "ADMIN", "COMPLIANCE_ADMIN", "RISK_ADMIN"]);

/** Whoever is signed in on one side. */
export class Session {
  constructor(token, side, traffic) {
    this.network = new Network();
    const shared = { side, network: this.network, traffic };
    this.api = new Api({ token, ...shared });
    this.socket = new SupportSocket({ api: this.api, ...shared });
    this.takesFiles = false;
  }

  get principal() {
    return this.socket.principal;
  }

  may(permission) {
    return this.principal.permissions?.includes(`${permission}_SUPPORT_CONVERSATIONS`) ?? false;
  }

  /** The countries of which this person sees anything. */
  get countries() {
    const { role, countryCode } = this.principal;
    return EVERYWHERE.has(role) ? COUNTRIES : COUNTRIES.filter((code) => code === countryCode);
  }
}

export class Side {
  #name;
  #kind;
  #traffic;
  #panel;
  #people;
  #screen = null;
  #makeScreen;
  #said = make("p", { class: "said", role: "alert" });
  #state = make("span", { class: "state", role: "status" });
  #hint = make("p", { class: "hint", role: "status", hidden: true });
  #cut = make("button", { type: "button", class: "cut quiet", title: "Cut the network" }, icon("plug"), make("span", {}, "Cut the network"));

  /** `makeScreen(session)` returns what is shown to who is signed in: an element, and `stop()`. */
  constructor({ panel, name, kind, people, traffic, makeScreen }) {
    this.#panel = panel;
    this.#name = name;
    this.#kind = kind;
    this.#people = people.filter((person) => person.kind === kind);
    this.#traffic = traffic;
    this.#makeScreen = makeScreen;
    this.#cut.addEventListener("click", () => this.#toggleNetwork());
    this.#askWho("");
  }

  #askWho(said) {
    this.#said.textContent = said;
    const isDesk = this.#kind === "admin";
    const token = make("input", { type: "password", name: "token", autocomplete: "off", spellcheck: "false", required: true, id: `${this.#name}-token` });
    const form = make("form", { class: "paste" }, make("label", { for: token.id }, this.#people.length ? "Or paste a token" : "Paste a token"),
      make("div", { class: "paste-row" }, token, make("button", { class: "primary" }, "Use it")),
      make("p", { class: "fine" }, "It is kept in this page's memory, and nowhere else."));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#signIn(token.value.trim());
    });
    const choices = this.#people.map((person) => make("li", {}, make("button", { type: "button", class: "person", data: { person: person.id }, on: { click: () => this.#signIn(person.token) } },
      make("span", { class: "avatar", "aria-hidden": "true" }, person.id.replace(/^\w+-/, "").charAt(0).toUpperCase()),
      make("span", {}, make("strong", {}, person.id), make("span", { class: "fine" }, sentence(person.about))))));
    this.#panel.replaceChildren(make("div", { class: "who" }, icon(isDesk ? "desk" : "phone"),
      make("h2", {}, isDesk ? "Who is at the desk?" : "Whose phone is this?"), this.#said,
      choices.length ? make("ul", { class: "people" }, ...choices) : null, form));
  }

  async #signIn(token) {
    if (!token) return;
    this.#said.textContent = "Connecting";
    const session = new Session(token, this.#name, this.#traffic);
    this.session?.socket.stop();
    this.session = session;
    const { socket } = session;
    socket.addEventListener("state", () => this.#showState(session));
    session.api.addEventListener("over", () => socket.stop("over"));
    socket.addEventListener("live", () => this.#enter(session), { once: true });
    socket.start();
  }

  async #enter(session) {
    const { kind } = session.principal;
    if (kind !== this.#kind) {
      session.socket.stop();
      this.#askWho(kind === "admin" ? "That is a token of the desk: it belongs on the other side." : "That is a user's token: it belongs on the phone.");
      return;
    }
    const mayWrite = kind === "user" || session.may("REPLY");
    session.takesFiles = mayWrite && await session.api.takesFiles().catch(() => false);
    if (session !== this.session) return;
    this.#screen = this.#makeScreen(session);
    this.#panel.replaceChildren(this.#makeBar(session), this.#hint, this.#screen.element);
    this.#showState(session);
    this.#screen.focus();
    announce(`${session.principal.id} is connected.`);
  }

  #makeBar({ principal }) {
    const { id, userType, role, countryCode } = principal;
    const about = [title(userType ?? role), countryCode].filter(Boolean).join(", ");
    return make("header", { class: "bar" },
      make("div", { class: "bar-who" }, make("h2", {}, id), make("p", { class: "fine" }, about)),
      this.#state, this.#cut,
      iconButton("leave", `Sign ${id} out`, { on: { click: () => this.#signOut("") } }));
  }

  #signOut(said) {
    this.session?.socket.stop();
    this.session = null;
    this.#screen?.stop();
    this.#screen = null;
    this.#setCut(false);
    this.#askWho(said);
    this.#panel.querySelector("button, input").focus();
  }

  #showState(session) {
    if (session !== this.session) return;
    const { state, refusedHandshakes } = session.socket;
    if (ENDS[state]) {
      this.#signOut(ENDS[state]);
      return;
    }
    this.#state.textContent = STATES[state];
    this.#state.dataset.state = state;
    const origin = refusedHandshakes > 1;
    this.#hint.hidden = !origin && state !== "cut" && state !== "waiting";
    this.#hint.textContent = origin
      ? `The server takes no socket from this page. ${location.origin} has to stand in SUPPORT_ALLOWED_ORIGINS.`
      : "What is written now is sent as soon as there is a connection again.";
    if (!this.#screen) this.#said.textContent = origin ? this.#hint.textContent : STATES[state];
  }

  #toggleNetwork() {
    this.#setCut(!this.session.network.isCut);
    this.session.network.set(this.#cut.dataset.cut === "true");
  }

  #setCut(isCut) {
    this.#cut.dataset.cut = String(isCut);
    this.#cut.title = isCut ? "Restore the network" : "Cut the network";
    this.#cut.querySelector("span").textContent = this.#cut.title;
  }
}
