// Who asks. Holds the token, in memory only: it goes into the Authorization header of requests to this server, and nowhere
// else; not into a URL, a storage, the copied curl line, or the page.
import { labelled, make } from "./elements.js";

const PASTED = "pasted";

/** The people of the demo with their tokens; nobody on a desk that is run for real. */
export const demoPeople = async () => {
  try {
    const response = await fetch("/console/people.json", { credentials: "omit", cache: "no-store" });
    return response.ok ? await response.json() : [];
  } catch {
    return [];
  }
};

export class Identity extends EventTarget {
  #token = "";
  #people;
  #panel;

  constructor(people) {
    super();
    this.#people = people;
    this.#panel = this.#makePanel();
  }

  /** Where one says who one is. */
  get element() {
    return this.#panel;
  }

  get hasToken() {
    return this.#token !== "";
  }

  /** Asks this server, in whoever's name. */
  fetch(path, { headers = {}, ...options } = {}) {
    if (new URL(path, location.href).origin !== location.origin) throw new TypeError("a token is for this server only");
    const whole = this.hasToken ? { ...headers, Authorization: `Bearer ${this.#token}` } : headers;
    return fetch(path, { ...options, headers: whole, cache: "no-store", credentials: "omit" });
  }

  #use(token) {
    this.#token = token;
    this.dispatchEvent(new Event("change"));
  }

  #makePanel() {
    const field = make("input", { type: "password", name: "token", autocomplete: "off", spellcheck: "false", placeholder: "Paste a token" });
    const note = make("p", { class: "fine" }, "It is kept in this page's memory, and nowhere else.");
    const pasted = make("div", {}, labelled("Token", field), note);
    field.addEventListener("input", () => this.#use(field.value.trim()));
    // A form, so that browsers take the field for what it is; there is nothing to submit.
    const panel = (...parts) => make("form", { class: "identity", on: { submit: (event) => event.preventDefault() } }, parts);
    if (!this.#people.length) return panel(pasted);
    const choice = make("select", { name: "person" },
      make("option", { value: "" }, "Nobody"),
      this.#people.map((person) => make("option", { value: person.id }, `${person.id}, ${person.about}`)),
      make("option", { value: PASTED }, "Somebody whose token I paste"));
    pasted.hidden = true;
    choice.addEventListener("change", () => {
      pasted.hidden = choice.value !== PASTED;
      field.value = "";
      this.#use(this.#people.find((person) => person.id === choice.value)?.token ?? "");
    });
    return panel(labelled("Who asks", choice), pasted);
  }
}
