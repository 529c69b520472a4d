//! A message, and who it is from.

use crate::conversation::SupportConversation;
use crate::{
    AdminId, ClientMessageId, ConversationId, MessageContent, MessageId, Metadata, Side, SupportAttachment, Timestamp,
    UserId, text_enum,
};

text_enum! {
    /// Whose words a message holds.
    pub enum SenderType ("senderType") {
        /// The user's.
        User = "user",
        /// A member of the support staff's.
        Admin = "admin",
        /// The desk's own.
        System = "system",
    }
}

text_enum! {
    /// What a message is.
    pub enum MessageType ("messageType") {
        /// Words, perhaps with files.
        Text = "text",
        /// A note of the desk about the conversation itself.
        System = "system",
        /// Files without words.
        Attachment = "attachment",
    }
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Author {
    /// The user of the conversation.
    User(UserId),
    /// A member of the support staff.
    Admin(AdminId),
    /// The desk itself, because of something that this side did.
    System(Side),
}

impl Author {
    /// The author's kind.
    pub const fn sender_type(&self) -> SenderType {
        match self {
            Self::User(_) => SenderType::User,
            Self::Admin(_) => SenderType::Admin,
            Self::System(_) => SenderType::System,
        }
    }

    /// The author's id; the system has none.
    pub fn sender_id(&self) -> Option<&str> {
        match self {
            Self::User(id) => Some(id.as_str()),
            Self::Admin(id) => Some(id.as_str()),
            Self::System(_) => None,
        }
    }

    /// The side for which the message is no news, since it wrote or caused it.
    pub const fn side(&self) -> Side {
        match self {
            Self::User(_) => Side::User,
            Self::Admin(_) => Side::Admin,
            Self::System(side) => *side,
        }
    }
}

/// A message as it stands in its conversation. Made only by
/// [`SupportConversation::post`](crate::conversation::SupportConversation::post) and its like, which number it.
#[derive(Debug, Clone, PartialEq)]
pub struct SupportMessage {
    /// Names it.
    pub id: MessageId,
    /// The conversation that it belongs to.
    pub conversation_id: ConversationId,
    /// Its place in the conversation, from 1, without gaps.
    pub seq: i64,
    /// When it was sent. Never earlier than that of the message before it.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Who wrote it.
    pub author: Author,
    /// What it says.
    pub content: MessageContent,
    /// What it is.
    pub message_type: MessageType,
    /// The files that came with it.
    pub attachments: Vec<SupportAttachment>,
    /// The sender's key for it.
    pub client_message_id: Option<ClientMessageId>,
    /// What the client attached to it.
    pub metadata: Metadata,
    /// How many messages up to and including this one are of the user's side: what unread counts are derived from.
    pub user_side_count: i64,
}

impl SupportMessage {
    /// Whether that side has read it: its own messages always, the others up to its watermark.
    pub fn is_read_by(&self, side: Side, conversation: &SupportConversation) -> bool {
        self.author.side() == side || self.seq <= conversation.watermark(side).seq
    }

    /// How many messages up to and including this one are of that side.
    pub fn count_of(&self, side: Side) -> i64 {
        match side {
            Side::User => self.user_side_count,
            Side::Admin => self.seq - self.user_side_count,
        }
    }
}

/// A message that somebody wants to send.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageDraft {
    /// Its id to be.
    pub id: MessageId,
    /// What it says; nothing only where files come with it.
    pub content: MessageContent,
    /// The files that come with it, in the order in which they are shown.
    pub attachments: Vec<SupportAttachment>,
    /// The sender's key for it.
    pub client_message_id: Option<ClientMessageId>,
    /// What the client attached to it.
    pub metadata: Metadata,
}
