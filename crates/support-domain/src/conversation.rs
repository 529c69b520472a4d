//! A conversation, and its life.
//!
//! A transition takes the conversation as it was and returns it as it is now, with the messages that the transition
//! wrote. Whoever calls it either holds the conversation's lock, or stores what comes back only if the conversation
//! still is as it was; no number of a conversation is computed anywhere else.

use std::cmp::max;

use crate::message::MessageDraft;
use crate::{
    AdminId, Author, ConversationId, MessageContent, MessageId, MessageType, Metadata, Preview, Side, Subject,
    SupportAttachment, SupportMessage, Timestamp, UserRef, text_enum,
};

text_enum! {
    /// Where a conversation stands.
    pub enum ConversationStatus ("status") {
        /// Somebody at the desk has to act.
        Open = "open",
        /// The desk waits for something.
        Pending = "pending",
        /// Done, unless the user writes again.
        Resolved = "resolved",
        /// Done for good.
        Closed = "closed",
    }
}

text_enum! {
    /// How urgent a conversation is.
    pub enum Priority ("priority") {
        /// Can wait.
        Low = "low",
        /// As usual.
        Normal = "normal",
        /// Before the usual.
        High = "high",
        /// At once.
        Urgent = "urgent",
    }
}

impl ConversationStatus {
    /// Whether the desk may change this status to `next`.
    pub const fn may_become(self, next: Self) -> bool {
        use ConversationStatus::{Closed, Open, Pending, Resolved};
        matches!(
            (self, next),
            (Open, Pending | Resolved | Closed) | (Pending, Open | Resolved | Closed) | (Resolved, Open | Closed)
        )
    }

    /// What the system message about a change to this status says.
    const fn announcement(self) -> &'static str {
        match self {
            Self::Open => "The conversation was reopened.",
            Self::Pending => "The conversation was set to pending.",
            Self::Resolved => "The conversation was marked as resolved.",
            Self::Closed => "The conversation was closed.",
        }
    }
}

/// How far a side has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Watermark {
    /// The last message that it has read; 0 for none. Only moves forward.
    pub seq: i64,
    /// How many messages of the other side stand up to there.
    pub seen: i64,
}

/// A conversation between a user and the support staff.
#[derive(Debug, Clone, PartialEq)]
pub struct SupportConversation {
    /// Names it.
    pub id: ConversationId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When anything of it last changed.
    pub updated_at: Timestamp,
    /// Where it stands.
    pub status: ConversationStatus,
    /// What it is about.
    pub subject: Subject,
    /// How urgent it is.
    pub priority: Priority,
    /// When its last message was written. Never moves back.
    pub last_message_at: Timestamp,
    /// The beginning of the last message that a person wrote.
    pub last_message_preview: Preview,
    /// Whose it is.
    pub user: UserRef,
    /// Who at the desk has it.
    pub assigned_admin_id: Option<AdminId>,
    /// The number of its last message.
    pub last_seq: i64,
    /// How many of its messages are of the user's side.
    pub user_side_count: i64,
    /// How far the user has read.
    pub read_by_user: Watermark,
    /// How far the desk has read.
    pub read_by_admin: Watermark,
    /// Grows by one with every change of status, priority or assignment; starts at 1.
    pub version: i64,
    /// What the client attached to it.
    pub metadata: Metadata,
}

/// What is needed to open a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationDraft {
    /// Its id to be.
    pub id: ConversationId,
    /// Whose it is.
    pub user: UserRef,
    /// What it is about.
    pub subject: Subject,
    /// How urgent it is.
    pub priority: Priority,
    /// What the client attached to it.
    pub metadata: Metadata,
}

/// The conversation is closed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the conversation is closed")]
pub struct Closed;

/// Why a conversation could not be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// The conversation is closed for good.
    #[error("the conversation is closed")]
    Closed,
    /// There is no way from this status to that one.
    #[error("a conversation cannot go from {from} to {to}")]
    InvalidTransition {
        /// Where it stands.
        from: ConversationStatus,
        /// Where it was to go.
        to: ConversationStatus,
    },
}

impl From<Closed> for ChangeRefused {
    fn from(Closed: Closed) -> Self {
        Self::Closed
    }
}

/// A change that the desk wants. `None` leaves a thing as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConversationChange {
    /// The status to be.
    pub status: Option<ConversationStatus>,
    /// The priority to be.
    pub priority: Option<Priority>,
    /// Who is to have it; `Some(None)` for nobody.
    pub assigned_admin_id: Option<Option<AdminId>>,
}

/// One thing about a conversation that did change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// Its status.
    Status {
        /// Before.
        from: ConversationStatus,
        /// Now.
        to: ConversationStatus,
    },
    /// Its priority.
    Priority {
        /// Before.
        from: Priority,
        /// Now.
        to: Priority,
    },
    /// Who has it.
    Assignment {
        /// Before.
        from: Option<AdminId>,
        /// Now.
        to: Option<AdminId>,
    },
}

/// What came of a transition.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The conversation as it is now.
    pub conversation: SupportConversation,
    /// The messages that were written, in order.
    pub messages: Vec<SupportMessage>,
    /// What changed besides.
    pub changes: Vec<Changed>,
}

impl SupportConversation {
    /// Opens a conversation; it has no message yet.
    pub fn open(draft: ConversationDraft, at: Timestamp) -> Self {
        Self {
            id: draft.id,
            created_at: at,
            updated_at: at,
            status: ConversationStatus::Open,
            subject: draft.subject,
            priority: draft.priority,
            last_message_at: at,
            last_message_preview: Preview::default(),
            user: draft.user,
            assigned_admin_id: None,
            last_seq: 0,
            user_side_count: 0,
            read_by_user: Watermark::default(),
            read_by_admin: Watermark::default(),
            version: 1,
            metadata: draft.metadata,
        }
    }

    /// How far that side has read.
    pub const fn watermark(&self, side: Side) -> Watermark {
        match side {
            Side::User => self.read_by_user,
            Side::Admin => self.read_by_admin,
        }
    }

    /// How many messages of that side there are.
    const fn count_of(&self, side: Side) -> i64 {
        match side {
            Side::User => self.user_side_count,
            Side::Admin => self.last_seq - self.user_side_count,
        }
    }

    /// How many messages of the other side that side has not read. Derived, and so cannot drift.
    pub const fn unread_count(&self, side: Side) -> i64 {
        self.count_of(side.other()) - self.watermark(side).seen
    }

    /// Writes a message. A user who writes to a pending or resolved conversation reopens it, which a system message
    /// behind theirs says; `system_message` is the id that it gets.
    pub fn post(
        self,
        author: Author,
        draft: MessageDraft,
        system_message: MessageId,
        at: Timestamp,
    ) -> Result<Outcome, Closed> {
        if self.status == ConversationStatus::Closed {
            return Err(Closed);
        }
        let side = author.side();
        let message_type = if draft.content.is_empty() { MessageType::Attachment } else { MessageType::Text };
        let (mut conversation, message) = self.append(author, message_type, draft, at);
        conversation.last_message_preview = match message_type {
            MessageType::Attachment => Preview::of_files(message.attachments.iter().map(|file| &file.file_name)),
            MessageType::Text | MessageType::System => message.content.preview(),
        };
        let mut outcome = Outcome { conversation, messages: vec![message], changes: Vec::new() };
        if side == Side::User && outcome.conversation.status != ConversationStatus::Open {
            outcome.conversation.version += 1;
            outcome = outcome.with_status(ConversationStatus::Open, side, system_message, at);
        }
        Ok(outcome)
    }

    /// Changes status, priority and assignment, all or nothing. What already is as wanted is no change; the version
    /// grows by one if anything changed. A change of status writes a system message.
    pub fn change(
        self,
        wanted: &ConversationChange,
        system_message: MessageId,
        at: Timestamp,
    ) -> Result<Outcome, ChangeRefused> {
        if self.status == ConversationStatus::Closed {
            return Err(match wanted.status {
                Some(to) => ChangeRefused::InvalidTransition { from: self.status, to },
                None => ChangeRefused::Closed,
            });
        }
        let status = wanted.status.filter(|to| *to != self.status);
        if let Some(to) = status.filter(|to| !self.status.may_become(*to)) {
            return Err(ChangeRefused::InvalidTransition { from: self.status, to });
        }
        let mut outcome = Outcome { conversation: self, messages: Vec::new(), changes: Vec::new() };
        if let Some(to) = status {
            outcome = outcome.with_status(to, Side::Admin, system_message, at);
        }
        let conversation = &mut outcome.conversation;
        if let Some(to) = wanted.priority.filter(|to| *to != conversation.priority) {
            outcome.changes.push(Changed::Priority { from: conversation.priority, to });
            conversation.priority = to;
        }
        if let Some(to) = wanted.assigned_admin_id.clone().filter(|to| *to != conversation.assigned_admin_id) {
            let from = std::mem::replace(&mut conversation.assigned_admin_id, to.clone());
            outcome.changes.push(Changed::Assignment { from, to });
        }
        if !outcome.changes.is_empty() {
            outcome.conversation.version += 1;
            outcome.conversation.updated_at = max(at, outcome.conversation.updated_at);
        }
        Ok(outcome)
    }

    /// Moves that side's watermark to `last_read`, the last message that it has read. A watermark never moves back.
    pub fn mark_read(mut self, side: Side, last_read: ReadPoint, at: Timestamp) -> Self {
        let mark = Watermark { seq: last_read.seq, seen: last_read.count_of(side.other()) };
        if mark.seq > self.watermark(side).seq {
            match side {
                Side::User => self.read_by_user = mark,
                Side::Admin => self.read_by_admin = mark,
            }
            self.updated_at = max(at, self.updated_at);
        }
        self
    }

    fn append(
        mut self,
        author: Author,
        message_type: MessageType,
        draft: MessageDraft,
        at: Timestamp,
    ) -> (Self, SupportMessage) {
        let at = max(at, self.last_message_at);
        self.last_seq += 1;
        self.user_side_count += i64::from(author.side() == Side::User);
        self.last_message_at = at;
        self.updated_at = max(at, self.updated_at);
        let message = SupportMessage {
            id: draft.id,
            conversation_id: self.id,
            seq: self.last_seq,
            created_at: at,
            updated_at: at,
            author,
            content: draft.content,
            message_type,
            attachments: draft
                .attachments
                .into_iter()
                .map(|file| SupportAttachment { message_id: Some(draft.id), ..file })
                .collect(),
            client_message_id: draft.client_message_id,
            metadata: draft.metadata,
            user_side_count: self.user_side_count,
        };
        (self, message)
    }
}

impl Outcome {
    /// The conversation in that status, with the system message that says so. The version is the caller's to count.
    fn with_status(mut self, to: ConversationStatus, by: Side, message: MessageId, at: Timestamp) -> Self {
        let from = std::mem::replace(&mut self.conversation.status, to);
        let draft = MessageDraft {
            id: message,
            content: MessageContent::fixed(to.announcement()),
            attachments: Vec::new(),
            client_message_id: None,
            metadata: Metadata::default(),
        };
        let (conversation, message) = self.conversation.append(Author::System(by), MessageType::System, draft, at);
        self.conversation = conversation;
        self.messages.push(message);
        self.changes.push(Changed::Status { from, to });
        self
    }
}

/// A message's place, and how many messages of the user's side stand up to there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadPoint {
    /// The message's number.
    pub seq: i64,
    /// Messages of the user's side up to and including it.
    pub user_side_count: i64,
}

impl ReadPoint {
    fn count_of(self, side: Side) -> i64 {
        match side {
            Side::User => self.user_side_count,
            Side::Admin => self.seq - self.user_side_count,
        }
    }
}

#[cfg(test)]
#[path = "conversation_tests.rs"]
mod tests;
