// Tries one operation: a form for what it takes, the request, and what came back.
import { announce, copyButton, json, labelled, make } from "./elements.js";
import { bodyOf, examplesOf } from "./operation.js";
import { fresh, idFor, remember } from "./remembered.js";
import { follow } from "./schema.js";

/** What is worth a look of an answer's headers. */
const HEADERS = ["content-type", "x-request-id", "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining",
  "www-authenticate", "allow", "location", "content-disposition"];

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The values that a parameter may have, if they are few. */
const choices = (document, schema = {}) => {
  const options = (schema.oneOf ?? [schema]).map((one) => follow(document, one));
  if (options.some((one) => [].concat(one.type).includes("boolean"))) return ["true", "false"];
  return options.find((one) => one.enum)?.enum ?? null;
};

export class Trial {
  #operation;
  #identity;
  #controls = {};
  #body = null;
  #file = null;
  #result = make("div", { class: "result" });
  #send = make("button", { class: "primary" }, "Send");
  #pictures = [];
  element;

  /** `operation` holds the path, the method's name, and what the document says about it. */
  constructor(document, operation, identity) {
    this.#operation = operation;
    this.#identity = identity;
    const form = make("form", {}, this.#makeParameters(document), this.#makeBody(document),
      make("div", { class: "buttons" }, this.#send, copyButton("Copy as curl", () => this.#curl())));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#try();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.ctrlKey) form.requestSubmit();
    });
    this.element = make("div", { class: "trial-form" }, form, this.#result);
  }

  #makeParameters(document) {
    const { path, about } = this.#operation;
    return (about.parameters ?? []).map((one) => {
      const words = choices(document, one.schema);
      const isId = one.in === "path";
      const control = words
        ? make("select", { name: one.name }, make("option", { value: "" }, ""), words.map((word) => make("option", { value: word }, word)))
        : make("input", { name: one.name, required: one.required, autocomplete: "off", spellcheck: "false", placeholder: one.example === undefined ? "" : String(one.example) });
      if (isId) control.value = idFor(path);
      this.#controls[one.name] = control;
      return labelled(one.required ? `${one.name} (required)` : one.name, control);
    });
  }

  #makeBody(document) {
    const [type, content] = bodyOf(this.#operation.about.requestBody);
    if (!content) return null;
    if (type === "multipart/form-data") {
      this.#file = make("input", { type: "file", name: "file", required: true });
      return labelled("file (required)", this.#file);
    }
    const all = examplesOf(document, content);
    this.#body = make("textarea", { name: "body", rows: 9, spellcheck: "false" });
    this.#body.value = fresh(all[0]?.value ?? {});
    if (all.length < 2) return labelled("Body", this.#body);
    const choice = make("select", { name: "example" }, all.map((one, at) => make("option", { value: at }, one.summary)));
    choice.addEventListener("change", () => { this.#body.value = fresh(all[choice.value].value); });
    return [labelled("Begin with", choice), labelled("Body", this.#body)];
  }

  #path() {
    const { path, about } = this.#operation;
    const value = (name) => this.#controls[name].value.trim();
    const query = (about.parameters ?? []).filter((one) => one.in === "query" && value(one.name) !== "");
    const text = new URLSearchParams(query.map((one) => [one.name, value(one.name)])).toString();
    return path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(value(name))) + (text ? `?${text}` : "");
  }

  /** The same for a shell. The token is left to a variable: what is copied is soon pasted somewhere. */
  #curl() {
    const { name, about } = this.#operation;
    const isUsual = name === "get" || (name === "post" && (this.#body || this.#file));
    return ["curl -si", isUsual ? "" : `-X ${name.toUpperCase()}`,
      about.security ? '-H "Authorization: Bearer $TOKEN"' : "",
      this.#body ? `-H 'Content-Type: application/json' -d ${quoted(this.#body.value)}` : "",
      this.#file ? `-F ${quoted(`file=@${this.#file.files[0]?.name ?? "receipt.pdf"}`)}` : "",
      quoted(location.origin + this.#path())].filter(Boolean).join(" ");
  }

  async #try() {
    const options = { method: this.#operation.name.toUpperCase() };
    if (this.#body) Object.assign(options, { body: this.#body.value, headers: { "Content-Type": "application/json" } });
    if (this.#file) {
      options.body = new FormData();
      options.body.append("file", this.#file.files[0]);
    }
    this.#send.disabled = true;
    try {
      await this.#show(await this.#identity.fetch(this.#path(), options));
    } catch {
      this.#result.replaceChildren(make("p", { class: "said", role: "alert" }, "There was no answer."));
    }
    this.#send.disabled = false;
  }

  async #show(response) {
    const status = `${response.status} ${response.statusText}`.trim();
    const kind = response.headers.get("content-type") ?? "";
    const found = HEADERS.filter((name) => response.headers.has(name));
    const headers = make("dl", { class: "headers" }, found.flatMap((name) =>
      [make("dt", {}, name), make("dd", {}, make("code", {}, response.headers.get(name)))]));
    const body = await this.#shown(response, kind);
    this.#result.replaceChildren(
      make("h3", {}, "Answer ", make("code", { class: "status", data: { ok: response.ok } }, status)), headers, ...body);
    announce(`Answered with ${status}.`);
  }

  async #shown(response, kind) {
    this.#pictures.splice(0).forEach((url) => URL.revokeObjectURL(url));
    if (kind.startsWith("application/json")) {
      const text = await response.text();
      const answer = JSON.parse(text);
      remember(answer);
      // As it came, but with line breaks: numbers and the order of fields stay.
      const block = json(JSON.stringify(answer, null, 2));
      return [block, copyButton("Copy", () => block.textContent)];
    }
    if (kind.startsWith("text/")) return [make("pre", { tabindex: "0" }, (await response.text()).slice(0, 20_000))];
    const bytes = await response.blob();
    if (!bytes.size) return [make("p", { class: "fine" }, "Without a body.")];
    const url = URL.createObjectURL(bytes);
    this.#pictures.push(url);
    const link = make("a", { href: url, download: "" }, `Save ${bytes.size} bytes`);
    return kind.startsWith("image/") ? [make("img", { src: url, alt: "The picture that was answered" }), link] : [link];
  }
}
