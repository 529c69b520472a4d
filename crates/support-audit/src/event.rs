//! What can be recorded. Every field is an id, a number or a word from a table.

use serde_json::{Value, json};
use support_domain::{AdminId, ConversationId, ConversationStatus, MessageId, Priority, Side, UserType};

/// Something that was done to a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditEvent {
    /// It was opened.
    ConversationCreated {
        /// Which one.
        conversation: ConversationId,
        /// Through which channel.
        channel: UserType,
        /// How urgent.
        priority: Priority,
        /// By which side.
        by: Side,
    },
    /// Its status changed.
    StatusChanged {
        /// Whose.
        conversation: ConversationId,
        /// Before.
        from: ConversationStatus,
        /// After.
        to: ConversationStatus,
        /// By which side.
        by: Side,
    },
    /// Its priority changed.
    PriorityChanged {
        /// Whose.
        conversation: ConversationId,
        /// Before.
        from: Priority,
        /// After.
        to: Priority,
    },
    /// It was given to an admin, or taken from one.
    ConversationAssigned {
        /// Which one.
        conversation: ConversationId,
        /// Who had it.
        from: Option<AdminId>,
        /// Who has it.
        to: Option<AdminId>,
    },
    /// Somebody wrote.
    MessageSent {
        /// Where.
        conversation: ConversationId,
        /// Which message.
        message: MessageId,
        /// Its number.
        seq: i64,
        /// Of which side.
        by: Side,
    },
}

impl AuditEvent {
    /// The host's name for what was done.
    pub const fn action_type(&self) -> &'static str {
        match self {
            Self::ConversationCreated { .. } => "SUPPORT_CONVERSATION_CREATED",
            Self::StatusChanged { .. } => "SUPPORT_CONVERSATION_STATUS_CHANGED",
            Self::PriorityChanged { .. } => "SUPPORT_CONVERSATION_PRIORITY_CHANGED",
            Self::ConversationAssigned { .. } => "SUPPORT_CONVERSATION_ASSIGNED",
            Self::MessageSent { .. } => "SUPPORT_MESSAGE_SENT",
        }
    }

    /// The host's name for what it was done to.
    pub const fn entity_type(&self) -> &'static str {
        "support_conversation"
    }

    /// What it was done to.
    pub const fn conversation(&self) -> ConversationId {
        match self {
            Self::ConversationCreated { conversation, .. }
            | Self::StatusChanged { conversation, .. }
            | Self::PriorityChanged { conversation, .. }
            | Self::ConversationAssigned { conversation, .. }
            | Self::MessageSent { conversation, .. } => *conversation,
        }
    }

    /// The same as a sentence.
    pub fn description(&self) -> String {
        let id = self.conversation();
        match self {
            Self::ConversationCreated { by: Side::User, .. } => format!("User opened conversation {id}"),
            Self::ConversationCreated { by: Side::Admin, .. } => format!("Admin opened conversation {id}"),
            Self::StatusChanged { from, to, by: Side::Admin, .. } => {
                format!("Admin changed status of conversation {id} from {from} to {to}")
            }
            Self::StatusChanged { from, to, by: Side::User, .. } => {
                format!("User's message changed status of conversation {id} from {from} to {to}")
            }
            Self::PriorityChanged { from, to, .. } => {
                format!("Admin changed priority of conversation {id} from {from} to {to}")
            }
            Self::ConversationAssigned { to: Some(admin), .. } => format!("Conversation {id} assigned to {admin}"),
            Self::ConversationAssigned { to: None, .. } => format!("Conversation {id} unassigned"),
            Self::MessageSent { by: Side::Admin, .. } => format!("Admin replied to conversation {id}"),
            Self::MessageSent { by: Side::User, .. } => format!("User wrote to conversation {id}"),
        }
    }

    /// Old and new values.
    pub fn metadata(&self) -> Value {
        match self {
            Self::ConversationCreated { channel, priority, by, .. } => {
                json!({"channel": channel, "priority": priority, "by": by})
            }
            Self::StatusChanged { from, to, by, .. } => json!({"oldStatus": from, "newStatus": to, "by": by}),
            Self::PriorityChanged { from, to, .. } => json!({"oldPriority": from, "newPriority": to}),
            Self::ConversationAssigned { from, to, .. } => {
                json!({"oldAssignedAdminId": from, "newAssignedAdminId": to})
            }
            Self::MessageSent { message, seq, by, .. } => json!({"messageId": message, "seq": seq, "by": by}),
        }
    }
}
