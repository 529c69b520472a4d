//! What can be recorded. Every field is an id, a number or a word from a table.

use serde_json::{Value, json};
use support_domain::settings::Setting;
use support_domain::{
    AdminId, AutoAssignMode, ConversationId, ConversationStatus, CountryCode, DeskSettings, MessageId, Priority, Side,
    TextEnum, Timestamp, UserType,
};

/// Something that was done to a conversation, or to the desk itself.
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
    /// It was given to the admin whose turn it was, by nobody.
    AssignedInTurn {
        /// Which one.
        conversation: ConversationId,
        /// Who has it.
        to: AdminId,
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
    /// Somebody changed how the desk works.
    SettingsUpdated {
        /// What was in force before.
        from: Box<DeskSettings>,
        /// What is in force now.
        to: Box<DeskSettings>,
        /// The version that it made.
        version: i64,
    },
    /// Old conversations were removed for good, with their messages and files. One record for all that went together; it
    /// names each, so that it can be said of any what has become of it.
    ConversationsPurged {
        /// Which ones.
        conversations: Vec<ConversationId>,
        /// Of which country.
        country: CountryCode,
        /// In which status they were.
        status: ConversationStatus,
        /// Before which moment the last message of each was written.
        before: Timestamp,
        /// How many messages went with them.
        messages: usize,
        /// How many files went with them.
        files: usize,
    },
}

impl AuditEvent {
    /// The host's name for what was done.
    pub const fn action_type(&self) -> &'static str {
        match self {
            Self::ConversationCreated { .. } => "SUPPORT_CONVERSATION_CREATED",
            Self::StatusChanged { .. } => "SUPPORT_CONVERSATION_STATUS_CHANGED",
            Self::PriorityChanged { .. } => "SUPPORT_CONVERSATION_PRIORITY_CHANGED",
            Self::ConversationAssigned { .. } | Self::AssignedInTurn { .. } => "SUPPORT_CONVERSATION_ASSIGNED",
            Self::MessageSent { .. } => "SUPPORT_MESSAGE_SENT",
            Self::SettingsUpdated { .. } => "SETTINGS_UPDATED",
            Self::ConversationsPurged { .. } => "SUPPORT_CONVERSATIONS_PURGED",
        }
    }

    /// The host's name for what it was done to.
    pub const fn entity_type(&self) -> &'static str {
        match self {
            Self::SettingsUpdated { .. } => "support_settings",
            _ => "support_conversation",
        }
    }

    /// What it was done to; none if it was the desk itself, or many at once.
    pub const fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::ConversationCreated { conversation, .. }
            | Self::StatusChanged { conversation, .. }
            | Self::PriorityChanged { conversation, .. }
            | Self::ConversationAssigned { conversation, .. }
            | Self::AssignedInTurn { conversation, .. }
            | Self::MessageSent { conversation, .. } => Some(*conversation),
            Self::SettingsUpdated { .. } | Self::ConversationsPurged { .. } => None,
        }
    }

    /// Whether the desk did it by itself, on the occasion of what somebody else did.
    pub const fn is_automatic(&self) -> bool {
        matches!(self, Self::AssignedInTurn { .. })
    }

    /// The same as a sentence.
    pub fn description(&self) -> String {
        match self {
            Self::ConversationCreated { conversation, by: Side::User, .. } => {
                format!("User opened conversation {conversation}")
            }
            Self::ConversationCreated { conversation, by: Side::Admin, .. } => {
                format!("Admin opened conversation {conversation}")
            }
            Self::StatusChanged { conversation, from, to, by: Side::Admin } => {
                format!("Admin changed status of conversation {conversation} from {from} to {to}")
            }
            Self::StatusChanged { conversation, from, to, by: Side::User } => {
                format!("User's message changed status of conversation {conversation} from {from} to {to}")
            }
            Self::PriorityChanged { conversation, from, to } => {
                format!("Admin changed priority of conversation {conversation} from {from} to {to}")
            }
            Self::ConversationAssigned { conversation, to: Some(admin), .. } => {
                format!("Conversation {conversation} assigned to {admin}")
            }
            Self::ConversationAssigned { conversation, to: None, .. } => {
                format!("Conversation {conversation} unassigned")
            }
            Self::AssignedInTurn { conversation, to } => {
                format!("Conversation {conversation} assigned to {to}, whose turn it was")
            }
            Self::MessageSent { conversation, by: Side::Admin, .. } => {
                format!("Admin replied to conversation {conversation}")
            }
            Self::MessageSent { conversation, by: Side::User, .. } => {
                format!("User wrote to conversation {conversation}")
            }
            Self::SettingsUpdated { version, .. } => format!("Admin changed the support settings to version {version}"),
            Self::ConversationsPurged { conversations, country, status, .. } => {
                format!("Operator purged {status} conversations of {country}: {}", conversations.len())
            }
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
            Self::AssignedInTurn { to, .. } => {
                json!({"oldAssignedAdminId": null, "newAssignedAdminId": to, "mode": AutoAssignMode::RoundRobin})
            }
            Self::MessageSent { message, seq, by, .. } => json!({"messageId": message, "seq": seq, "by": by}),
            Self::SettingsUpdated { from, to, version } => {
                json!({"oldSettings": values(from), "newSettings": values(to), "version": version})
            }
            Self::ConversationsPurged { conversations, country, status, before, messages, files } => json!({
                "conversationIds": conversations, "conversations": conversations.len(), "messages": messages,
                "files": files, "countryCode": country, "status": status, "lastMessageBefore": before
            }),
        }
    }
}

/// All settings by their names: numbers, words from tables, and times of the day.
fn values(settings: &DeskSettings) -> Value {
    Setting::ALL.iter().map(|setting| (setting.as_str().to_owned(), settings.value(*setting))).collect()
}
