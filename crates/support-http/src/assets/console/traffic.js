// The drawer that shows each request and each frame as it happens. It is given names and bodies, never headers, so no
// token can come here; tickets are taken out. Nothing is kept but the last lines.
import { make, icon } from "./elements.js";

const MOST_LINES = 300;
const SECRETS = new Set(["ticket", "token"]);

const withoutSecrets = (key, value) => (SECRETS.has(key) && typeof value === "string" ? "(not shown)" : value);

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23",
});

const WAYS = { up: ["up", "sent"], down: ["down", "received"], note: ["dot", "note"] };

export class Traffic {
  #lines;
  #count;
  #side;

  constructor(drawer) {
    this.#lines = drawer.querySelector("#traffic-lines");
    this.#count = document.querySelector("#traffic-count");
    this.#side = drawer.querySelector("#traffic-side");
    this.#side.addEventListener("change", () => this.#lines.setAttribute("data-only", this.#side.value));
    drawer.querySelector("#traffic-clear").addEventListener("click", () => {
      this.#lines.replaceChildren();
      this.#tell();
    });
  }

  /** Adds a line. `way` is `up`, `down` or `note`; `outcome` is `ok`, `bad` or nothing. */
  add(side, way, name, { body, about = "", outcome = "" } = {}) {
    const atEnd = this.#lines.scrollHeight - this.#lines.scrollTop - this.#lines.clientHeight < 40;
    const [drawing, word] = WAYS[way];
    const line = make("details", { class: `line ${outcome}`, data: { side, way, name } },
      make("summary", {},
        make("time", {}, clock.format(new Date())),
        make("span", { class: "line-side" }, side),
        make("span", { class: "line-way", title: word, "aria-label": word, role: "img" }, icon(drawing)),
        make("code", { class: "line-name" }, name),
        make("span", { class: "line-about" }, about)));
    if (body === undefined || body === null) line.classList.add("bare");
    // The text is made when somebody asks for it.
    else line.addEventListener("toggle", () => {
      if (line.children.length === 1) line.append(make("pre", { tabindex: "0" }, JSON.stringify(body, withoutSecrets, 2)));
    });
    this.#lines.append(line);
    while (this.#lines.childElementCount > MOST_LINES) this.#lines.firstElementChild.remove();
    if (atEnd) this.toEnd();
    this.#tell();
  }

  /** Shows the latest. */
  toEnd() {
    this.#lines.scrollTop = this.#lines.scrollHeight;
  }

  #tell() {
    this.#count.textContent = String(this.#lines.childElementCount);
  }
}
