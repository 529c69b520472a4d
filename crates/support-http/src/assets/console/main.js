// Puts the page together: the two sides, the drawer, the switches. Whether there are demo people is asked of the server;
// on a desk that is run for real there are none, and one pastes a token.
import { Desk } from "./desk.js";
import { make } from "./elements.js";
import { Phone } from "./phone.js";
import { Side } from "./side.js";
import { Traffic } from "./traffic.js";

const THEMES = ["auto", "light", "dark"];

const demoPeople = async () => {
  try {
    const response = await fetch("/console/people.json", { credentials: "omit", cache: "no-store" });
    return response.ok ? await response.json() : [];
  } catch {
    return [];
  }
};

/** A button that shows and hides an element, and keeps saying which. */
const toggles = (button, element, onShown) => {
  const show = (shown) => {
    element.hidden = !shown;
    button.setAttribute("aria-expanded", String(shown));
    if (shown) onShown();
  };
  button.addEventListener("click", () => show(element.hidden));
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    show(false);
    button.focus();
  });
};

const switchTheme = (button) => {
  const root = document.documentElement;
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? "auto") + 1) % THEMES.length];
    root.dataset.theme = next;
    button.querySelector("span").textContent = `Theme: ${next}`;
  });
};

/** On a narrow screen one side is shown at a time. */
const switchSides = (buttons, main) => {
  buttons.forEach((button) => button.addEventListener("click", () => {
    main.dataset.side = button.value;
    buttons.forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
  }));
};

const start = async () => {
  const find = (selector) => document.querySelector(selector);
  const traffic = new Traffic(find("#traffic"));
  toggles(find("#traffic-toggle"), find("#traffic"), () => traffic.toEnd());
  switchTheme(find("#theme"));
  switchSides([...document.querySelectorAll(".sides button")], find("main"));
  const people = await demoPeople();
  find("#where").append(people.length ? "Demo on a throw-away database" : make("span", {}, location.host));
  const side = (name, kind, makeScreen) => new Side({ panel: find(`#${name}`), name, kind, people, traffic, makeScreen });
  side("phone", "user", (session) => new Phone(session));
  side("desk", "admin", (session) => new Desk(session));
};

start();
