// Puts the page together: which of the two interfaces is shown is said by the path, which entry by the hash. Both are one
// page, so that whoever asks stays who they are.
import { announce, make } from "./elements.js";
import { Identity, demoPeople } from "./identity.js";
import * as rest from "./rest.js";
import * as sockets from "./sockets.js";

const THEMES = ["auto", "light", "dark"];
const VIEWS = { "/docs": rest, "/docs/sockets": sockets };
const NARROW = matchMedia("(max-width: 900px)");
const find = (selector) => document.querySelector(selector);

const switchTheme = (button) => button.addEventListener("click", () => {
  const { dataset } = document.documentElement;
  dataset.theme = THEMES[(THEMES.indexOf(dataset.theme ?? "auto") + 1) % THEMES.length];
  button.textContent = `Theme: ${dataset.theme}`;
});

class Page {
  #identity;
  #loaded = {};
  #shown = null;

  constructor(identity) {
    this.#identity = identity;
    find("#filter").addEventListener("input", (event) => this.#filter(event.target.value));
    find("#filter").addEventListener("keydown", (event) => event.key === "Enter" && find("#entries li:not([hidden]) a")?.click());
    document.querySelectorAll(".tabs a").forEach((link) => link.addEventListener("click", (event) => this.#go(event, link)));
    find("#about").addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='/docs']");
      if (link) this.#go(event, link);
    });
    addEventListener("popstate", () => this.show());
  }

  /** Shows what the address says. */
  async show() {
    const { href } = location;
    const path = VIEWS[location.pathname] ? location.pathname : "/docs";
    const hash = decodeURIComponent(location.hash.slice(1));
    // Who skips to the text stays where they are.
    if (this.#shown && hash === "about") return;
    try {
      this.#loaded[path] ??= await VIEWS[path].load(this.#identity);
    } catch {
      find("#about").replaceChildren(make("p", { class: "said", role: "alert" }, "The document could not be read."));
      return;
    }
    // Who has gone on meanwhile sees where they are now.
    if (href !== location.href) return;
    const view = this.#loaded[path];
    if (this.#shown !== view) this.#showContents(path, view);
    const id = hash || view.start;
    const { about, trial } = view.show(id);
    find("#about").replaceChildren(...about.flat().filter(Boolean));
    find("#about").scrollTop = 0;
    find("#trial").replaceChildren(make("h2", {}, "Try it"), this.#identity.element,
      trial ?? make("p", { class: "fine" }, "Choose an operation."));
    document.querySelectorAll("#entries a").forEach((link) => {
      if (link.dataset.id === id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
    const title = find("#about h2").textContent;
    document.title = `${title} - Support desk API`;
    announce(title);
    // On a narrow screen the contents give way to what was chosen.
    if (hash && NARROW.matches) find("#contents-fold").open = false;
  }

  #go(event, link) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    this.show();
  }

  #showContents(path, view) {
    this.#shown = view;
    document.querySelectorAll(".tabs a").forEach((link) => {
      if (link.pathname === path) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
    find("#entries").replaceChildren(...view.groups.map((group) => make("section", {},
      group.name ? make("h2", { title: group.about }, group.name) : null,
      make("ul", {}, group.entries.map((entry) => make("li", { data: { text: entry.text.toLowerCase() } },
        make("a", { href: `${path}#${entry.id}`, title: entry.title, data: { id: entry.id } }, entry.label)))))));
    find("#filter").value = "";
  }

  #filter(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    document.querySelectorAll("#entries section").forEach((section) => {
      const entries = [...section.querySelectorAll("li")];
      entries.forEach((entry) => { entry.hidden = !words.every((word) => entry.dataset.text.includes(word)); });
      section.hidden = entries.every((entry) => entry.hidden);
    });
    announce(`${document.querySelectorAll("#entries li:not([hidden])").length} entries.`);
  }
}

const start = async () => {
  switchTheme(find("#theme"));
  find("#jump").addEventListener("click", () => find("#trial").focus());
  const people = await demoPeople();
  // Where there are demo people there is a console, too.
  find("#console").hidden = !people.length;
  // On a wide screen nothing folds or unfolds them.
  NARROW.addEventListener("change", () => { find("#contents-fold").open = !NARROW.matches; });
  new Page(new Identity(people)).show();
};

start();
