// Ids that answers have brought, so that nobody has to copy them from one operation to the next.

const known = { conversations: "", attachments: "" };

/** Takes note of what an answer is about. */
export const remember = (answer) => {
  const conversation = answer?.conversation ?? answer?.conversations?.[0];
  if (conversation?.id) known.conversations = conversation.id;
  if (answer?.attachment?.id) known.attachments = answer.attachment.id;
};

/** The last conversation's id; empty if there was none. */
export const lastConversation = () => known.conversations;

/** The id that a path most likely wants. */
export const idFor = (path) => (path.includes("/attachments/") ? known.attachments : known.conversations);

/** A key that is new each time, for `clientMessageId`. */
const newKey = () => {
  // randomUUID is missing where a page came over plain HTTP from another machine.
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
};

/** An example to be sent: about what is known here, and under a key of its own. */
export const fresh = (example) => JSON.stringify(example, (name, value) => {
  if (name === "clientMessageId") return newKey();
  if (name === "conversationId") return known.conversations || value;
  if (name === "attachmentIds" && known.attachments) return [known.attachments];
  return value;
}, 2);
