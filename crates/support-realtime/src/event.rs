//! What happens at the desk, and who makes frames of it. An event borrows what it is about: it lives only until its
//! frames are made.

use std::fmt;

use bytestring::ByteString;
use support_domain::{ConversationId, PrincipalKey, Side, SupportConversation, SupportMessage};

/// What a transaction came to, once it is committed.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The conversation as it is now.
    pub conversation: SupportConversation,
    /// Its messages that are new, if they are at hand.
    pub messages: Vec<SupportMessage>,
    /// Where it was learnt.
    pub source: Source,
}

/// Where a change was learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Committed by this node.
    Here,
    /// Read from the database, because another node hinted at it or because something was missing.
    Hint,
    /// Read from the database in a sweep. It may be old news.
    Sweep,
}

/// Somebody writes, or has stopped writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typing {
    /// Where.
    pub conversation_id: ConversationId,
    /// Who; they are not told themselves.
    pub typist: PrincipalKey,
    /// On which side they are.
    pub side: Side,
    /// Whether they write.
    pub is_typing: bool,
}

/// One thing that a socket can be told.
#[derive(Debug)]
pub enum Event<'a> {
    /// There is a new message.
    MessagePosted {
        /// The message.
        message: &'a SupportMessage,
        /// Its conversation.
        conversation: &'a SupportConversation,
    },
    /// A conversation is not as it was.
    ConversationUpdated {
        /// The conversation as it is now.
        conversation: &'a SupportConversation,
    },
    /// A side has read on.
    MessagesRead {
        /// Where.
        conversation_id: ConversationId,
        /// Which side.
        by: Side,
        /// Up to which message.
        up_to_seq: i64,
    },
    /// Somebody writes, or has stopped.
    Typing(&'a Typing),
}

/// Makes the text of a frame: what that side may see of the event. Asked once for each side at the most; all sockets of a
/// side share the text.
pub trait Encode: Send + Sync + fmt::Debug {
    /// The text of the frame.
    fn encode(&self, event: &Event<'_>, viewer: Side) -> ByteString;
}
