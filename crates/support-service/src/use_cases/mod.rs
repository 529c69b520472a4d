//! One file a use case.

mod get_conversation;
pub(crate) mod list_conversations;
pub(crate) mod list_messages;
mod mark_read;
pub(crate) mod open_conversation;
pub(crate) mod send_message;
pub(crate) mod update_conversation;
