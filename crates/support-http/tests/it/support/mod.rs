//! What a user does: open, list, write, read.

mod conversations;
mod messages;
mod opening;
mod read;
