// The form that opens a conversation: a user's own, or one of the desk's with a user. Asks once it is sent, under one key
// for all attempts: opened twice it is still one conversation. Where it leads to belongs to phone.js and desk.js.
import { announce, make, newKey, title } from "./elements.js";

const PRIORITIES = ["low", "normal", "high", "urgent"];
const USER_TYPES = ["driver", "customer", "restaurant"];

const field = (label, control) => make("label", {}, make("span", {}, label), control);

const choice = (name, values, chosen, nameOf = title) =>
  make("select", { name }, ...values.map((value) => make("option", { value, selected: value === chosen }, nameOf(value))));

/** With whom the desk opens it. `countries` are those that this person may see; `about` is whom it may be about. */
const userFields = (countries, about) => [
  field("User id", make("input", { name: "userId", required: true, maxlength: "128", value: about.userId, autocomplete: "off", spellcheck: "false" })),
  make("div", { class: "form-row" },
    field("Kind of user", choice("userType", USER_TYPES, about.userType)),
    field("Country", choice("countryCode", countries, about.countryCode, (code) => code))),
];

/**
 * Makes the form. `countries` is given by the desk alone, and then it says for whom; `onOpened` is called with what the
 * server has answered.
 */
export const makeOpening = ({ api, countries = null, about = {}, onOpened }) => {
  const clientMessageId = newKey();
  const said = make("p", { class: "said", role: "alert" });
  const send = make("button", { class: "primary" }, "Send");
  const form = make("form", { class: "form" }, ...(countries ? userFields(countries, about) : []),
    field("What is it about?", make("input", { name: "subject", required: true, maxlength: "200", dir: "auto" })),
    field(countries ? "First message" : "What has happened?", make("textarea", { name: "initialMessage", required: true, rows: "5", dir: "auto" })),
    // Without one the settings of the desk decide.
    field("Priority", choice("priority", ["", ...PRIORITIES], "", (name) => (name ? title(name) : "As usual"))), said, send);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (send.disabled) return;
    said.textContent = "";
    send.disabled = true;
    const { priority, ...rest } = Object.fromEntries(new FormData(form));
    try {
      const opened = await api.openConversation({ ...rest, ...(priority ? { priority } : {}), clientMessageId });
      announce("The conversation is open.");
      // Who has gone elsewhere meanwhile is not called back; the list has it.
      if (form.isConnected) onOpened(opened);
    } catch (refusal) {
      said.textContent = refusal.sentence;
    }
    send.disabled = false;
  });
  return form;
};
