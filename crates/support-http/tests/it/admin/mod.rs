//! What the staff does: find conversations, open them for a user, answer, change.

mod conversations;
mod messages;
mod opening;
mod update;
