//! One file a use case.

pub(crate) mod follow_conversation;
mod get_conversation;
pub(crate) mod list_admins;
pub(crate) mod list_conversations;
pub(crate) mod list_messages;
mod mark_read;
pub(crate) mod open_conversation;
pub(crate) mod purge_conversations;
pub(crate) mod read_attachment;
pub(crate) mod send_message;
pub(crate) mod settings;
mod show_typing;
pub(crate) mod tickets;
pub(crate) mod update_conversation;
pub(crate) mod upload_attachment;
mod watch_inbox;
