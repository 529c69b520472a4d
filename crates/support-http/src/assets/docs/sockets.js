// The view of the AsyncAPI document: the frames of both directions, how a socket is opened and how it ends, its limits.
import { Connection } from "./connection.js";
import { examples, json, make, prose, table } from "./elements.js";
import { fields, follow } from "./schema.js";

const START = "connecting";

/** A frame with its fields in the order in which one reads them. */
const inOrder = ({ type, requestId, payload }) => (requestId === undefined ? { type, payload } : { type, requestId, payload });

const framesOf = (message) => (message.examples ?? []).map(({ payload }) => ({ summary: "", value: inOrder(payload) }));

/** What is said of a message: its payload's fields, and how it looked on the line. */
const message = (document, one) => {
  const payload = fields(document, follow(document, one.payload).properties?.payload ?? {}, `Payload of ${one.title}`);
  return [
    one.summary ? make("p", {}, prose(one.summary)) : null,
    payload ?? make("p", { class: "fine" }, "Its payload has no fields."),
    ...framesOf(one).map(({ value }) => json(value)),
  ];
};

const typeOf = (document, one) => follow(document, one.payload).properties?.type?.const
  ?? (follow(document, one.payload).allOf ?? []).map((part) => follow(document, part).properties?.type?.const).find(Boolean);

const asked = (document, { about, messages, replies }, panel) => {
  const frames = framesOf(messages[0]);
  if (frames.length) panel.offer(frames[0].value);
  return [
    make("h2", {}, typeOf(document, messages[0])),
    make("p", { class: "address" }, make("span", { class: "method", data: { method: "up" } }, "CLIENT"), "A client sends it."),
    make("p", {}, prose(about.summary)),
    make("h3", {}, "Payload"),
    fields(document, follow(document, messages[0].payload).properties?.payload ?? {}, "Payload") ?? make("p", { class: "fine" }, "It has no fields."),
    frames.length ? examples(frames) : null,
    ...replies.flatMap((one) => [make("h3", {}, "Answered by ", make("code", {}, typeOf(document, one)), `: ${one.title}`), ...message(document, one)]),
  ];
};

const told = (document, { about, messages }) => [
  make("h2", {}, typeOf(document, messages[0])),
  make("p", { class: "address" }, make("span", { class: "method", data: { method: "down" } }, "SERVER"), "The server sends it."),
  make("p", {}, prose(about.summary)),
  make("h3", {}, "Payload"),
  ...message(document, messages[0]),
];

const connecting = (document, socket) => [
  make("h2", {}, `${document.info.title}, version ${document.info.version}`),
  make("p", {}, prose(document.info.description)),
  make("h3", {}, "Connecting"),
  make("p", { class: "address" }, make("span", { class: "method", data: { method: "get" } }, "GET"), make("code", {}, socket.address)),
  make("p", {}, prose(socket.description)),
  make("p", {}, prose("A ticket is good once, for 30 seconds. The page of a browser is let in only if its origin stands in `SUPPORT_ALLOWED_ORIGINS`.")),
  json('const socket = new WebSocket("wss://desk.example/api/support/ws", ["support.v1", "ticket." + ticket]);'),
  make("p", {}, "How the handshake is answered stands with ", make("a", { href: "/docs#openSocket" }, "the operation"),
    ". What a client has to do to have each message once and in order is in ", make("code", {}, "docs/realtime.md"), " in the project."),
];

const ends = (socket) => [
  make("h2", {}, "Close codes"),
  make("p", {}, "How a socket ends, and what a client does then. Without a code (1006 in a page) the connection was lost: connect again after a random wait."),
  table("Close codes", ["Code", "Why", "What to do"], socket["x-close-codes"].map((one) =>
    [make("code", { class: "field" }, String(one.code)), prose(one.meaning), prose(one.client ?? "")])),
];

const limits = (socket) => [
  make("h2", {}, "Limits"),
  make("p", {}, "As they are when nobody configures anything else. Messages have the limits that they have over REST."),
  table("Limits", ["Variable", "Default", "What"], socket["x-limits"].map((one) =>
    [make("code", { class: "field" }, one.variable), String(one.default), prose(one.meaning)])),
];

export const load = async (identity) => {
  const document = await (await fetch("/api/support/asyncapi.json")).json();
  const { socket } = document.channels;
  const panel = new Connection(identity, socket.address);
  const all = Object.entries(document.operations).map(([id, about]) => ({
    id, about,
    messages: about.messages.map((one) => follow(document, follow(document, one))),
    replies: (about.reply?.messages ?? []).map((one) => follow(document, follow(document, one))),
  }));
  const entry = (one) => {
    const type = typeOf(document, one.messages[0]);
    return { id: one.id, text: `${type} ${one.about.summary}`, label: [make("span", { class: "entry-path" }, type.replace("support:", ""))], title: one.about.summary };
  };
  const plain = (id, label) => ({ id, text: label, label: [label] });
  return {
    title: "Sockets",
    start: START,
    groups: [
      { name: "", entries: [plain(START, "Connecting"), plain("ends", "Close codes"), plain("limits", "Limits")] },
      // The document speaks of the server: what it receives is what clients send.
      { name: "A client sends", entries: all.filter(({ about }) => about.action === "receive").map(entry) },
      { name: "The server sends", entries: all.filter(({ about }) => about.action === "send").map(entry) },
    ],
    show: (id) => {
      const pages = { ends: () => ends(socket), limits: () => limits(socket) };
      const chosen = all.find((one) => one.id === id);
      if (chosen) return { about: chosen.about.action === "receive" ? asked(document, chosen, panel) : told(document, chosen), trial: panel.element };
      return { about: (pages[id] ?? (() => connecting(document, socket)))(), trial: panel.element };
    },
  };
};
