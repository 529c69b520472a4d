//! A page of a conversation's messages, as REST answers it: what is needed of it to keep accounts.

use serde::Deserialize;
use uuid::Uuid;

/// The page.
#[derive(Debug, Deserialize)]
pub struct Page {
    /// In the order of their numbers.
    pub messages: Vec<PageMessage>,
    /// Whether there is another one.
    pub pagination: Pagination,
}

/// One of its messages.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageMessage {
    /// Names it.
    pub id: Uuid,
    /// Its number.
    pub seq: u64,
    /// The sender's own name for it.
    pub client_message_id: Option<String>,
}

/// What lies behind it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// Whether there are more.
    pub has_more: bool,
}
