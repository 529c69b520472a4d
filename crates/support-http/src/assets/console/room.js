// One conversation as one side follows it: the promise of docs/realtime.md. Every message once and in order, whatever
// breaks; what is sent is sent until it is acknowledged, under one key. Knows no element of the page.
//
// Events: `messages` (more of them, or other marks), `pending` (what is not acknowledged), `conversation`, `typing`,
// `gone` with the refusal that ended it.
import { Refusal } from "./api.js";
import { newKey } from "./elements.js";

const PAGE = 50;
const RETRY = 2_000;
const TYPING_EVERY = 3_000;
const TYPING_LASTS = 6_000;

export class Room extends EventTarget {
  #api;
  #socket;
  #early = new Map();
  #shown = 0;
  #isLoaded = false;
  #entering = 0;
  #isLive = false;
  #isSending = false;
  #isLingering = false;
  #seen = 0;
  #marked = 0;
  #isMarking = false;
  #typed = 0;
  #typingEnds = null;
  #ended = new AbortController();

  /** All messages from the first that was asked for, in order. */
  messages = [];
  /** What is not acknowledged: `{key, content, files, state: "waiting"|"sending"|"refused", why}`, in order. */
  pending = [];
  /** The kinds of secrets that were masked in an own message, by its number. Only its sender is told. */
  masked = new Map();
  conversation = null;
  /** What the desk knows of the user; nothing on the phone. */
  user = null;
  /** The other side has read up to there. */
  readByOther = 0;
  isOtherTyping = false;
  /** Whether this person may write here; who may not neither marks as read nor types. */
  mayWrite = true;

  /** `own` is the sender type of this side: `user` or `admin`. */
  constructor({ api, socket, id, own, mayWrite = true }) {
    super();
    Object.assign(this, { id, own, mayWrite, other: own === "user" ? "admin" : "user" });
    this.#api = api;
    this.#socket = socket;
    const { signal } = this.#ended;
    socket.addEventListener("live", () => this.#enter(), { signal });
    socket.addEventListener("quiet", () => this.#enter(), { signal });
    socket.addEventListener("state", () => { this.#isLive &&= socket.state === "live"; }, { signal });
    socket.addEventListener("frame", ({ detail }) => this.#hear(detail), { signal });
  }

  get isClosed() {
    return this.conversation?.status === "closed";
  }

  /** Whether older messages could be asked for. */
  get hasEarlier() {
    return this.messages.length > 0 && this.messages[0].seq > 1;
  }

  start() {
    return this.#enter();
  }

  /** Leaves; but what was written is sent first, however long that takes. */
  stop() {
    this.typing(false);
    this.mayWrite = false;
    if (this.#hasUnsent) this.#isLingering = true;
    else this.#end();
  }

  get #hasUnsent() {
    return this.pending.some((item) => item.state !== "refused");
  }

  #end() {
    this.#ended.abort();
    clearTimeout(this.#typingEnds);
    // Who has lingered may have been followed by another room for the same conversation.
    if (this.#isLingering || this.#socket.state !== "live") return;
    this.#socket.request("support:leaveConversation", { conversationId: this.id }).catch(() => {});
  }

  /** Gets the page before the first message. */
  async loadEarlier() {
    const { messages } = await this.#api.messagesBefore(this.id, this.messages[0].seq, PAGE);
    const first = this.messages[0].seq;
    this.messages.unshift(...messages.filter((message) => message.seq < first));
    this.#tell("messages");
  }

  /** Sends words and files that were uploaded, now or as soon as it can be done. */
  send(content, files = []) {
    this.pending.push({ key: newKey(), content, files, state: "waiting", why: "" });
    this.#typed = 0;
    this.#tell("pending");
    this.#flush();
  }

  /** Gives up what was refused. */
  discard(key) {
    this.pending = this.pending.filter((item) => item.key !== key || item.state !== "refused");
    this.#tell("pending");
  }

  /** Says that all messages so far have been seen. Own ones need not be marked. */
  markRead() {
    this.#seen = this.messages.findLast((message) => message.senderType !== this.own)?.seq ?? 0;
    this.#mark();
  }

  /** Says that somebody types here, or has stopped; as often as you like. */
  typing(isTyping) {
    if (!this.mayWrite || this.isClosed || this.#socket.state !== "live") return;
    const now = Date.now();
    if (isTyping ? now - this.#typed < TYPING_EVERY : this.#typed === 0) return;
    this.#typed = isTyping ? now : 0;
    this.#socket.request("support:typing", { conversationId: this.id, isTyping }).catch((refusal) => this.#noteForbidden(refusal));
  }

  /** Changes status, priority or assignment, unless somebody else was faster. */
  async update(change) {
    const { version } = this.conversation;
    try {
      this.#know((await this.#api.updateConversation(this.id, { ...change, version })).conversation);
    } catch (refusal) {
      if (refusal.code === "stale") this.#know((await this.#api.conversation(this.id)).conversation);
      throw refusal;
    }
  }

  /** Joins behind the last message that is here, and goes on until all that was missed has come. */
  async #enter() {
    if (this.#socket.state !== "live" || this.#ended.signal.aborted) return;
    const attempt = ++this.#entering;
    const isStale = () => attempt !== this.#entering || this.#ended.signal.aborted;
    try {
      const isResumed = this.#isLoaded && !this.#isLive;
      if (!this.#isLoaded) await this.#load();
      for (let hasMore = true; hasMore && !isStale();) {
        const payload = { conversationId: this.id, afterSeq: this.#shown };
        const ack = await this.#socket.request("support:joinConversation", payload);
        ack.messages.forEach((message) => this.#take(message));
        this.#know(ack.conversation);
        ({ hasMore } = ack);
      }
      if (isStale()) return;
      this.#isLive = true;
      this.#tell("messages");
      this.#flush();
      this.#mark();
      // Marks are no part of the promise: those that were missed are in the messages.
      if (isResumed) await this.#refreshMarks();
    } catch (refusal) {
      if (isStale() || this.#isAnswered(refusal)) return;
      if (refusal instanceof Refusal && !refusal.isPassing) {
        this.#end();
        this.dispatchEvent(new CustomEvent("gone", { detail: refusal }));
      } else {
        setTimeout(() => this.#enter(), refusal.retryAfter ? refusal.retryAfter * 1_000 : RETRY);
      }
    }
  }

  /** A lost connection answers for itself: the next one begins with `live`. */
  #isAnswered(refusal) {
    return refusal.code === "lost" || (refusal.code === "offline" && this.#socket.state !== "live") || refusal.status === 401;
  }

  /** The end of what was written so far. What comes later comes with the join. */
  async #load() {
    const { conversation, user = null } = await this.#api.conversation(this.id);
    const { messages } = await this.#api.messagesBefore(this.id, conversation.lastSeq + 1, PAGE);
    this.messages = messages;
    this.user = user;
    this.#shown = conversation.lastSeq;
    this.#isLoaded = true;
    messages.forEach((message) => this.#noteMark(message));
    const unread = this.own === "user" ? conversation.unreadCountUser : conversation.unreadCountAdmin;
    if (unread === 0) this.#marked = this.#shown;
    this.#know(conversation);
  }

  async #refreshMarks() {
    const { messages } = await this.#api.messagesBefore(this.id, this.#shown + 1, PAGE);
    messages.forEach((message) => this.#noteMark(message));
    this.#tell("messages");
  }

  #noteMark(message) {
    const isRead = this.own === "user" ? message.isReadByAdmin : message.isReadByUser;
    if (isRead) this.readByOther = Math.max(this.readByOther, message.seq);
  }

  /** Rule 3: the next number is taken, a lower one is here already, a higher one waits. */
  #take(message) {
    if (message.seq > this.#shown) this.#early.set(message.seq, message);
    for (let next; (next = this.#early.get(this.#shown + 1)); ) {
      this.#early.delete(next.seq);
      this.#shown = next.seq;
      this.messages.push(next);
      this.#noteMark(next);
      if (next.senderType === this.other) this.#setTyping(false);
    }
    // An own message that came another way than by its ack was kept: it need not be sent again.
    const isOwn = message.senderType === this.own && message.clientMessageId;
    if (isOwn && this.pending.some((item) => item.key === message.clientMessageId)) {
      this.pending = this.pending.filter((item) => item.key !== message.clientMessageId);
      this.#tell("pending");
    }
  }

  #hear({ type, payload }) {
    const id = payload.message?.conversationId ?? payload.conversation?.id ?? payload.conversationId;
    if (id !== this.id) return;
    if (type === "support:newMessage") {
      this.#take(payload.message);
      this.#tell("messages");
    } else if (type === "support:conversationUpdated") {
      this.#know(payload.conversation);
    } else if (type === "support:messagesRead" && payload.by === this.other) {
      this.readByOther = Math.max(this.readByOther, payload.upToSeq);
      this.#tell("messages");
    } else if (type === "support:typing" && payload.senderType === this.other) {
      this.#setTyping(payload.isTyping);
    }
  }

  /** One at a time, in order. After a loss the same one again, under the same key. */
  async #flush() {
    if (this.#isSending) return;
    this.#isSending = true;
    for (let item; this.#isLive && (item = this.pending.find((one) => one.state !== "refused")); ) {
      item.state = "sending";
      this.#tell("pending");
      try {
        const attachmentIds = item.files.map((file) => file.id);
        const payload = { conversationId: this.id, content: item.content, clientMessageId: item.key };
        if (attachmentIds.length) payload.attachmentIds = attachmentIds;
        const ack = await this.#socket.request("support:sendMessage", payload);
        this.pending = this.pending.filter((one) => one !== item);
        if (ack.masked) this.masked.set(ack.message.seq, ack.masked);
        this.#take(ack.message);
        this.#tell("messages");
      } catch (refusal) {
        item.state = refusal.isPassing ? "waiting" : "refused";
        item.why = refusal.sentence;
        if (refusal.isPassing && refusal.code !== "lost") {
          this.#tell("pending");
          await new Promise((resolve) => setTimeout(resolve, refusal.retryAfter ? refusal.retryAfter * 1_000 : RETRY));
        }
      }
      this.#tell("pending");
    }
    this.#isSending = false;
    if (this.#isLingering && !this.#hasUnsent) this.#end();
  }

  async #mark() {
    if (!this.mayWrite || this.#isMarking || this.#seen <= this.#marked || !this.#isLive) return;
    this.#isMarking = true;
    const upToSeq = this.#seen;
    try {
      this.#know((await this.#socket.request("support:markRead", { conversationId: this.id, upToSeq })).conversation);
      this.#marked = upToSeq;
    } catch (refusal) {
      this.#noteForbidden(refusal);
    }
    this.#isMarking = false;
    if (this.#seen > upToSeq) this.#mark();
  }

  /** A token does not say that it was narrowed; the first thing that it may not does. Then it may change nothing here. */
  #noteForbidden(refusal) {
    if (refusal.code !== "forbidden") return;
    this.mayWrite = false;
    this.#tell("conversation");
  }

  #setTyping(isTyping) {
    clearTimeout(this.#typingEnds);
    // Nothing ends it when its sender is gone.
    if (isTyping) this.#typingEnds = setTimeout(() => this.#setTyping(false), TYPING_LASTS);
    if (this.isOtherTyping === isTyping) return;
    this.isOtherTyping = isTyping;
    this.#tell("typing");
  }

  /** Answers and events may cross: an older state is passed over. */
  #know(conversation) {
    const known = this.conversation;
    if (known && (conversation.version < known.version || conversation.lastSeq < known.lastSeq)) return;
    this.conversation = conversation;
    this.#tell("conversation");
  }

  #tell(what) {
    if (!this.#ended.signal.aborted) this.dispatchEvent(new Event(what));
  }
}
