// The list of a room's messages. Each is put there once and never made anew; only its mark changes. Of what people wrote
// `content` alone is shown as HTML, by `showContent`; everything else is text.
import { announce, dayName, fileSize, icon, make, showContent, timeOfDay, words } from "./elements.js";

const NEAR_THE_END = 80;

export class MessageList {
  #room;
  #api;
  #names;
  #byNumber = new Map();
  #files = [];
  #list = make("div", { class: "messages" });
  #pending = make("div", { class: "messages" });
  #typing = make("p", { class: "typing", hidden: true });
  #end = make("div", { class: "messages-end", "aria-hidden": "true" });
  #watch;
  #sticks = true;
  #fit = new ResizeObserver(() => { if (this.#sticks) this.#toEnd(); });

  /** `names` has a text for each sender type; `onSeen` is called when the end can be seen. */
  constructor({ room, api, names, onSeen }) {
    this.#room = room;
    this.#api = api;
    this.#names = names;
    this.#typing.append(make("span", { class: "dots", "aria-hidden": "true" }, make("i"), make("i"), make("i")), names.typing);
    this.earlier = make("button", { type: "button", class: "quiet earlier", hidden: true, on: { click: () => this.#loadEarlier() } }, "Show earlier messages");
    this.element = make("div", { class: "scroll", tabindex: "0", role: "log", "aria-live": "off", "aria-label": `Messages, ${names.place}`, "aria-busy": "true" },
      this.earlier, this.#list, this.#pending, this.#typing, this.#end);
    this.#watch = new IntersectionObserver(([entry]) => {
      this.isAtEnd = entry.isIntersecting;
      if (entry.isIntersecting && !document.hidden) onSeen();
    }, { root: this.element, rootMargin: `0px 0px ${NEAR_THE_END}px 0px` });
    this.#watch.observe(this.#end);
    // Who is at the end stays there, also when the place gets smaller.
    this.element.addEventListener("scroll", () => { this.#sticks = this.#isNearEnd(); });
    this.#fit.observe(this.element);
    room.addEventListener("messages", () => this.#show());
    room.addEventListener("pending", () => this.#showPending());
    room.addEventListener("typing", () => this.#showTyping());
  }

  stop() {
    this.#watch.disconnect();
    this.#fit.disconnect();
    this.#files.forEach((url) => URL.revokeObjectURL(url));
  }

  #show() {
    const { messages } = this.#room;
    const stick = this.#isNearEnd();
    const isFirst = this.#byNumber.size === 0;
    const known = this.#list.firstElementChild;
    messages.filter(({ seq }) => !this.#byNumber.has(seq)).forEach((message) => {
      const element = this.#make(message);
      this.#byNumber.set(message.seq, element);
      const isOlder = known && message.seq < Number(known.dataset.seq);
      this.#list.insertBefore(element, isOlder ? known : null);
      // Said here and not by the list: what one writes oneself need not be read out, twice.
      if (!isFirst && !isOlder && message.senderType !== this.#room.own) announce(`${this.#names[message.senderType]}: ${message.text}`);
    });
    this.#byNumber.forEach((element, seq) => this.#showMark(element, seq));
    this.#nameDays(messages);
    this.earlier.hidden = !this.#room.hasEarlier;
    this.element.setAttribute("aria-busy", "false");
    if (stick || isFirst) this.#toEnd();
  }

  #make(message) {
    const { seq, senderType, createdAt } = message;
    const data = { seq, sender: senderType };
    if (senderType === "system") {
      return make("p", { class: "system", data }, make("span", {}, words("span", message.text), " ", timeOfDay(createdAt)));
    }
    const isOwn = senderType === this.#room.own;
    // Files may come without words.
    const body = message.content ? make("div", { class: "content" }) : null;
    if (body) showContent(body, message);
    const masked = this.#room.masked.get(seq);
    return make("article", { class: `message ${isOwn ? "own" : "theirs"}`, data },
      make("h4", { class: "aside" }, this.#names[senderType]),
      make("div", { class: "bubble" }, body, ...message.attachments.map((file) => this.#makeFile(file))),
      masked ? make("p", { class: "masked" }, icon("shield"), `Masked before it was stored: ${masked.join(", ")}`) : null,
      make("p", { class: "meta" },
        !isOwn && message.senderId ? make("span", {}, message.senderId) : null, timeOfDay(createdAt), isOwn ? make("span", { class: "mark" }) : null));
  }

  #showMark(element, seq) {
    const mark = element.querySelector(".mark");
    if (!mark) return;
    const state = seq <= this.#room.readByOther ? "Read" : "Sent";
    if (mark.dataset.state === state) return;
    mark.dataset.state = state;
    mark.replaceChildren(icon(state === "Read" ? "read" : "sent"), state);
  }

  #nameDays(messages) {
    this.#list.querySelectorAll(".day").forEach((day) => day.remove());
    let last = "";
    messages.forEach(({ seq, createdAt }) => {
      const name = dayName(createdAt);
      if (name !== last) this.#byNumber.get(seq).before(make("h3", { class: "day", data: { seq } }, name));
      last = name;
    });
  }

  /** A picture is shown, another file is offered. Both are fetched with the token, which a plain link could not carry. */
  #makeFile(file) {
    const name = words("span", file.fileName, { class: "file-name" });
    if (!file.isImage) {
      const button = make("button", { type: "button", class: "file" }, icon("file"), name, make("span", { class: "file-size" }, fileSize(file.fileSize)), icon("download"));
      button.setAttribute("aria-label", `Download ${file.fileName}, ${fileSize(file.fileSize)}`);
      button.addEventListener("click", () => this.#download(file, button));
      return button;
    }
    const picture = make("img", { alt: file.fileName });
    const button = make("button", { type: "button", class: "picture", "aria-label": `Open the picture ${file.fileName}` }, picture);
    const stick = this.#isNearEnd();
    this.#fetch(file).then((url) => {
      picture.addEventListener("load", () => { if (stick) this.#toEnd(); }, { once: true });
      picture.src = url;
      button.addEventListener("click", () => this.#view(file, url));
    }).catch((refusal) => button.replaceChildren(icon("file"), `${file.fileName}: ${refusal.message}`));
    return button;
  }

  async #fetch(file) {
    const url = URL.createObjectURL(await this.#api.file(file.fileUrl));
    this.#files.push(url);
    return url;
  }

  async #download(file, button) {
    try {
      const url = await this.#fetch(file);
      make("a", { href: url, download: file.fileName }).click();
      button.dataset.state = "downloaded";
    } catch (refusal) {
      button.querySelector(".file-size").textContent = refusal.message;
    }
  }

  #view(file, url) {
    const dialog = make("dialog", { class: "viewer", "aria-label": file.fileName });
    dialog.append(make("img", { src: url, alt: file.fileName }),
      make("form", { method: "dialog" }, make("button", { class: "quiet" }, "Close the picture")));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  #showPending() {
    const stick = this.#isNearEnd();
    this.#pending.replaceChildren(...this.#room.pending.map((item) => make("article", { class: "message own pending", data: { state: item.state } },
      make("div", { class: "bubble" }, item.content ? words("div", item.content, { class: "content plain" }) : null, ...item.files.map((file) => make("span", { class: "file" }, icon("file"), file.fileName))),
      item.state === "refused"
        ? make("p", { class: "meta refused", role: "alert" }, `Not sent: ${item.why} `, make("button", { type: "button", class: "link", on: { click: () => this.#room.discard(item.key) } }, "Discard"))
        : make("p", { class: "meta" }, icon("clock"), item.state === "sending" ? "Sending" : "Waits for the network"))));
    if (stick) this.#toEnd();
  }

  #showTyping() {
    const stick = this.#isNearEnd();
    this.#typing.hidden = !this.#room.isOtherTyping;
    if (stick) this.#toEnd();
  }

  async #loadEarlier() {
    const { scrollHeight, scrollTop } = this.element;
    try {
      await this.#room.loadEarlier();
    } catch {
      return;
    }
    // What one was reading stays where it was.
    this.element.scrollTop = scrollTop + this.element.scrollHeight - scrollHeight;
    if (this.earlier.hidden) this.element.focus();
  }

  #isNearEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR_THE_END;
  }

  #toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }
}
