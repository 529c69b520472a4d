// The filters of the desk's list: all that the list's route takes, as a form. Says which conversation belongs into the
// list, so that what changes can be shown without asking again. Asks nothing itself.
import { icon, make, title } from "./elements.js";

const CHOICES = {
  status: ["Status", ["open", "pending", "resolved", "closed"]],
  channel: ["Channel", ["driver", "customer", "restaurant"]],
  priority: ["Priority", ["urgent", "high", "normal", "low"]],
  countryCode: ["Country", ["BD", "US"]],
};
const PAUSE = 250;

export class Filters {
  #ownId;
  #timer = null;
  #form;
  #count = make("span", { class: "filters-count" });

  /** `onChange` is called when another list is wanted; soon after the last letter of a search. */
  constructor({ ownId, onChange }) {
    this.#ownId = ownId;
    const control = (label, element) => make("label", {}, make("span", {}, label), element);
    const choice = ([name, [label, values]]) => control(label, make("select", { name },
      make("option", { value: "" }, "Any"), ...values.map((value) => make("option", { value }, name === "countryCode" ? value : title(value)))));
    const assigned = make("select", { name: "assigned" }, ...[["", "Anybody"], ["me", "Me"], ["none", "Nobody"], ["other", "Somebody, by id"]].map(([value, label]) => make("option", { value }, label)));
    const assignedId = control("Their id", make("input", { name: "assignedId" }));
    assignedId.hidden = true;
    const search = make("input", { type: "search", name: "search", placeholder: "Search subjects", "aria-label": "Search subjects", dir: "auto", maxlength: "200" });
    const more = make("details", { class: "filters-more" }, make("summary", {}, icon("filter"), "Filters", this.#count),
      make("div", { class: "filters-grid" }, ...Object.entries(CHOICES).map(choice), control("Assigned to", assigned), assignedId,
        control("User id", make("input", { name: "userId" })),
        control("Opened from", make("input", { type: "date", name: "from" })), control("Opened until", make("input", { type: "date", name: "to" })),
        make("button", { type: "reset", class: "quiet" }, "Clear all")));
    this.#form = make("form", { class: "filters", role: "search", "aria-label": "Conversations" },
      make("div", { class: "search" }, icon("search"), search), more);
    const changed = (wait) => {
      clearTimeout(this.#timer);
      assignedId.hidden = assigned.value !== "other";
      const set = Object.keys(this.query).filter((name) => name !== "search").length;
      this.#count.textContent = set ? String(set) : "";
      this.#timer = setTimeout(onChange, wait);
    };
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      changed(0);
    });
    const isChosen = (event) => event.target.matches("select, [type=date]");
    this.#form.addEventListener("change", (event) => isChosen(event) && changed(0));
    this.#form.addEventListener("input", (event) => isChosen(event) || changed(PAUSE));
    this.#form.addEventListener("reset", () => setTimeout(() => changed(0)));
    this.element = this.#form;
  }

  /** The fields that are set, as the route names them. */
  get query() {
    const { assigned, assignedId, ...fields } = Object.fromEntries(new FormData(this.#form));
    const assignedAdminId = assigned === "other" ? assignedId : assigned;
    const all = { ...fields, assignedAdminId };
    return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
  }

  /** Whether the server would list it. */
  matches(conversation) {
    const { search, from, to, assignedAdminId, ...same } = this.query;
    const assignee = { me: this.#ownId, none: null }[assignedAdminId];
    const opened = conversation.createdAt.slice(0, 10);
    return Object.entries(same).every(([name, value]) => conversation[name] === value)
      && (!search || conversation.subject.toLowerCase().includes(search.toLowerCase()))
      && (!from || opened >= from) && (!to || opened <= to)
      && (!assignedAdminId || conversation.assignedAdminId === (assignee === undefined ? assignedAdminId : assignee));
  }
}
