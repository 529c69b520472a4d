// The box in which people write. Files are uploaded as soon as they are chosen and go with the next message. What cannot
// be done here is not shown: no box without the right to write, no clip where the server takes no files.
import { fileSize, icon, iconButton, make } from "./elements.js";

const IDLE = 5_000;

export class Composer {
  #room;
  #api;
  #files = [];
  #idle = null;
  #input;
  #chips = make("ul", { class: "chips", "aria-label": "Files to send" });
  #note = make("p", { class: "composer-note", role: "alert", hidden: true });
  #form;
  #over = make("p", { class: "composer-over", hidden: true }, icon("lock"), "This conversation is closed. Nothing can be added to it.");

  constructor({ room, api, place, takesFiles }) {
    this.#room = room;
    this.#api = api;
    this.#input = make("textarea", { rows: "1", dir: "auto", placeholder: "Write a message", "aria-label": `Message, ${place}`, name: "message" });
    const choose = make("input", { type: "file", class: "aside", tabindex: "-1", "aria-hidden": "true", "aria-label": "Files to attach", name: "file", multiple: true });
    const clip = iconButton("clip", "Attach a file", { hidden: !takesFiles, on: { click: () => choose.click() } });
    choose.addEventListener("change", () => {
      [...choose.files].forEach((file) => this.#upload(file));
      choose.value = "";
    });
    this.#form = make("form", { class: "composer", "aria-label": `Write, ${place}` }, this.#chips, this.#note,
      make("div", { class: "composer-row" }, clip, takesFiles ? choose : null, this.#input, make("button", { class: "send", "aria-label": "Send", title: "Send" }, icon("send"))));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#input.addEventListener("keydown", (event) => {
      // Enter that ends a composition, as in Bangla keyboards, sends nothing.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send();
    });
    this.#input.addEventListener("input", () => this.#typed());
    this.#input.addEventListener("blur", () => this.#room.typing(false));
    this.element = make("div", { class: "composer-place" }, this.#form, this.#over);
    room.addEventListener("conversation", () => this.show());
    this.show();
  }

  /** Whether one can write here at the moment. */
  show() {
    const { isClosed, mayWrite } = this.#room;
    this.#form.hidden = isClosed || !mayWrite;
    this.#over.hidden = !isClosed;
    this.#input.disabled = isClosed;
  }

  focus() {
    if (!this.#form.hidden) this.#input.focus();
  }

  stop() {
    clearTimeout(this.#idle);
    this.#keepFiles([]);
  }

  /** Keeps these and lets go of the others, with the memory that their previews take. */
  #keepFiles(files) {
    this.#files.filter((file) => file.preview && !files.includes(file)).forEach((file) => URL.revokeObjectURL(file.preview));
    this.#files = files;
  }

  #typed() {
    clearTimeout(this.#idle);
    const isTyping = this.#input.value.trim() !== "";
    this.#room.typing(isTyping);
    if (isTyping) this.#idle = setTimeout(() => this.#room.typing(false), IDLE);
  }

  #send() {
    const files = this.#files.filter((file) => file.attachment).map((file) => file.attachment);
    if (this.#files.length > files.length) {
      this.#say("A file is still on its way.");
      return;
    }
    const content = this.#input.value.trim();
    if (!content && !files.length) return;
    this.#room.send(content, files);
    this.#input.value = "";
    this.#keepFiles([]);
    this.#say("");
    this.#showFiles();
    clearTimeout(this.#idle);
    this.#room.typing(false);
    this.#input.focus();
  }

  async #upload(file) {
    const preview = file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
    const item = { name: file.name, size: file.size, preview, attachment: null };
    this.#files.push(item);
    this.#say("");
    this.#showFiles();
    try {
      item.attachment = await this.#api.upload(file);
    } catch (refusal) {
      this.#keepFiles(this.#files.filter((one) => one !== item));
      this.#say(`${file.name}: ${refusal.sentence}`);
    }
    this.#showFiles();
  }

  #showFiles() {
    this.#chips.replaceChildren(...this.#files.map((file) => make("li", { data: { state: file.attachment ? "ready" : "uploading" } },
      file.preview ? make("img", { src: file.preview, alt: "" }) : icon("file"), make("span", {}, file.name), make("span", { class: "file-size" }, file.attachment ? fileSize(file.size) : "Uploading"),
      iconButton("cross", `Take ${file.name} away`, { on: { click: () => this.#remove(file) } }))));
  }

  #remove(file) {
    this.#keepFiles(this.#files.filter((one) => one !== file));
    this.#showFiles();
    this.#input.focus();
  }

  #say(text) {
    this.#note.textContent = text;
    this.#note.hidden = !text;
  }
}
