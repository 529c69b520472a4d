//! A file that came with a message.

use crate::{AttachmentId, MessageId, Timestamp};

/// What is known of a file. The bytes are elsewhere; clients reach them by a path that checks their rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportAttachment {
    /// Names it.
    pub id: AttachmentId,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// The message that it came with; none until it is sent.
    pub message_id: Option<MessageId>,
    /// The path on this service that answers with the bytes.
    pub file_url: String,
    /// The media type, found in the content: `image/png`.
    pub file_type: String,
    /// A name that is safe to show and to save under.
    pub file_name: String,
    /// Size in bytes.
    pub file_size: i64,
    /// Whether a client can show it as a picture.
    pub is_image: bool,
}
