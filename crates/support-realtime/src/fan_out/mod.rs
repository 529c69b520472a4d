//! Between nodes: hints that something happened. A hint never says what was written; whoever gets one reads the database.
//! A hint may be lost, doubled or late: the sweep of heads heals what was lost. Never on the path of a request.

mod nats;

use std::fmt;

use support_domain::{ConversationId, PrincipalKey, Side};
use tokio::sync::mpsc;

pub use nats::{InvalidNatsUrl, Nats, TriedServer};

/// What happened to a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HintKind {
    /// It has new messages; `seq` is the last one's number.
    Message,
    /// Its status, priority or assignment changed; `seq` is its version.
    Conversation,
    /// A side has read on; `seq` is the watermark.
    Read,
    /// Somebody writes, or has stopped; `seq` is 0.
    Typing {
        /// Who, so that they are not told themselves.
        typist: PrincipalKey,
        /// On which side they are.
        side: Side,
        /// Whether they write.
        is_typing: bool,
    },
}

/// That something happened, for other nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// To which conversation.
    pub conversation_id: ConversationId,
    /// What.
    pub kind: HintKind,
    /// Up to which number.
    pub seq: i64,
}

/// What comes from other nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// Something happened there.
    Hint(Hint),
    /// The way to them was interrupted and is there again: hints may have been lost.
    Restored,
}

/// Where signals are handed over. When nobody takes them, they are dropped: the sweep heals it.
pub type Signals = mpsc::Sender<Signal>;

/// Tells other nodes.
pub trait FanOut: Send + Sync + fmt::Debug {
    /// Hands a hint over. Never waits and never fails: a hint that cannot be sent is dropped.
    fn announce(&self, hint: Hint);

    /// Whether hints reach other nodes at the moment.
    fn is_connected(&self) -> bool;
}

/// There are no other nodes.
#[derive(Debug, Clone, Copy, Default)]
pub struct InProcess;

impl FanOut for InProcess {
    fn announce(&self, _: Hint) {}

    fn is_connected(&self) -> bool {
        true
    }
}
