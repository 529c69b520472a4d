// A conversation on the screen, the same on both sides: what was written, and the box to write in. Opens a room and
// leaves it again. What stands around it (a phone's bar, the desk's details) belongs to phone.js and desk.js.
import { Composer } from "./composer.js";
import { icon, make } from "./elements.js";
import { MessageList } from "./messages.js";
import { Room } from "./room.js";

export class Conversation {
  #list;
  #composer;

  /** `session` is a side's (side.js); `onGone` is called when it cannot be followed (any more). */
  constructor({ session, id, own, mayWrite, names, onGone }) {
    const { api, socket, takesFiles } = session;
    this.room = new Room({ api, socket, id, own, mayWrite });
    this.#list = new MessageList({ room: this.room, api, names, onSeen: () => this.room.markRead() });
    this.#composer = new Composer({ room: this.room, api, place: names.place, takesFiles });
    const readOnly = make("p", { class: "composer-over", hidden: mayWrite }, icon("eye"), "You may read here, not write.");
    this.element = make("div", { class: "conversation", data: { conversation: id } }, this.#list.element, mayWrite ? this.#composer.element : readOnly);
    // What came while the page was hidden has been seen when it is shown again.
    this.#seeAgain = () => { if (!document.hidden && this.#list.isAtEnd) this.room.markRead(); };
    document.addEventListener("visibilitychange", this.#seeAgain);
    this.room.addEventListener("messages", this.#seeAgain);
    this.room.addEventListener("gone", ({ detail }) => onGone(detail));
  }

  #seeAgain;

  start() {
    this.room.start();
  }

  /** To the box, or where there is none to the messages. */
  focus() {
    this.#list.element.focus();
    this.#composer.focus();
  }

  stop() {
    document.removeEventListener("visibilitychange", this.#seeAgain);
    this.#list.stop();
    this.#composer.stop();
    this.room.stop();
    this.element.remove();
  }
}
