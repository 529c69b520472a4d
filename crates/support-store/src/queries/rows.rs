//! Rows, and how they become entities. A row never leaves the store.

use diesel::prelude::*;
use support_domain::conversation::Watermark;
use support_domain::{
    AdminId, Author, ClientMessageId, ConversationId, MessageContent, MessageId, Metadata, Preview, Side, Subject,
    SupportAttachment, SupportConversation, SupportMessage, TextEnum, UserId, UserRef,
};

use super::schema::{support_conversations, support_messages};
use crate::StoreError;
use crate::sql_types::{Id, Json, Moment};

pub(super) fn word<T: TextEnum>(column: &'static str, name: &str) -> Result<T, StoreError> {
    T::parse(name).map_err(|_| StoreError::Corrupt { column })
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = support_conversations, treat_none_as_default_value = false)]
pub(super) struct ConversationRow {
    pub(super) id: Id,
    created_at: Moment,
    updated_at: Moment,
    status: String,
    subject: String,
    priority: String,
    pub(super) last_message_at: Moment,
    last_message_preview: String,
    user_id: String,
    user_type: String,
    country_code: String,
    assigned_admin_id: Option<String>,
    last_seq: i64,
    user_side_count: i64,
    user_read_seq: i64,
    user_seen_count: i64,
    admin_read_seq: i64,
    admin_seen_count: i64,
    version: i64,
    metadata: Json,
}

impl From<&SupportConversation> for ConversationRow {
    fn from(conversation: &SupportConversation) -> Self {
        Self {
            id: Id(conversation.id.0),
            created_at: Moment(conversation.created_at),
            updated_at: Moment(conversation.updated_at),
            status: conversation.status.to_string(),
            subject: conversation.subject.as_str().to_owned(),
            priority: conversation.priority.to_string(),
            last_message_at: Moment(conversation.last_message_at),
            last_message_preview: conversation.last_message_preview.as_str().to_owned(),
            user_id: conversation.user.id.to_string(),
            user_type: conversation.user.user_type.to_string(),
            country_code: conversation.user.country.to_string(),
            assigned_admin_id: conversation.assigned_admin_id.as_ref().map(ToString::to_string),
            last_seq: conversation.last_seq,
            user_side_count: conversation.user_side_count,
            user_read_seq: conversation.read_by_user.seq,
            user_seen_count: conversation.read_by_user.seen,
            admin_read_seq: conversation.read_by_admin.seq,
            admin_seen_count: conversation.read_by_admin.seen,
            version: conversation.version,
            metadata: Json(serde_json::Value::Object(conversation.metadata.as_object().clone())),
        }
    }
}

impl TryFrom<ConversationRow> for SupportConversation {
    type Error = StoreError;

    fn try_from(row: ConversationRow) -> Result<Self, StoreError> {
        let corrupt = |column| move |_| StoreError::Corrupt { column };
        Ok(Self {
            id: ConversationId(row.id.0),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
            status: word("status", &row.status)?,
            subject: Subject::from_stored(row.subject),
            priority: word("priority", &row.priority)?,
            last_message_at: row.last_message_at.0,
            last_message_preview: Preview::from_stored(row.last_message_preview),
            user: UserRef {
                id: UserId::parse(&row.user_id).map_err(corrupt("user_id"))?,
                user_type: word("user_type", &row.user_type)?,
                country: word("country_code", &row.country_code)?,
            },
            assigned_admin_id: row
                .assigned_admin_id
                .map(|id| AdminId::parse(&id).map_err(corrupt("assigned_admin_id")))
                .transpose()?,
            last_seq: row.last_seq,
            user_side_count: row.user_side_count,
            read_by_user: Watermark { seq: row.user_read_seq, seen: row.user_seen_count },
            read_by_admin: Watermark { seq: row.admin_read_seq, seen: row.admin_seen_count },
            version: row.version,
            metadata: Metadata::from_stored(row.metadata.0),
        })
    }
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = support_messages, treat_none_as_default_value = false)]
pub(super) struct MessageRow {
    pub(super) id: Id,
    created_at: Moment,
    updated_at: Moment,
    conversation_id: Id,
    seq: i64,
    sender_type: String,
    sender_id: Option<String>,
    side: String,
    content: String,
    text: String,
    message_type: String,
    client_message_id: Option<String>,
    user_side_count: i64,
    metadata: Json,
}

impl From<&SupportMessage> for MessageRow {
    fn from(message: &SupportMessage) -> Self {
        Self {
            id: Id(message.id.0),
            created_at: Moment(message.created_at),
            updated_at: Moment(message.updated_at),
            conversation_id: Id(message.conversation_id.0),
            seq: message.seq,
            sender_type: message.author.sender_type().to_string(),
            sender_id: message.author.sender_id().map(ToOwned::to_owned),
            side: message.author.side().to_string(),
            content: message.content.html().to_owned(),
            text: message.content.text().to_owned(),
            message_type: message.message_type.to_string(),
            client_message_id: message.client_message_id.as_ref().map(|id| id.as_str().to_owned()),
            user_side_count: message.user_side_count,
            metadata: Json(serde_json::Value::Object(message.metadata.as_object().clone())),
        }
    }
}

impl MessageRow {
    /// The message, with its files.
    pub(super) fn into_message(self, attachments: Vec<SupportAttachment>) -> Result<SupportMessage, StoreError> {
        let side: Side = word("side", &self.side)?;
        let corrupt = || StoreError::Corrupt { column: "sender_id" };
        let author = match (self.sender_type.as_str(), self.sender_id.as_deref()) {
            ("user", Some(id)) => Author::User(UserId::parse(id).map_err(|_| corrupt())?),
            ("admin", Some(id)) => Author::Admin(AdminId::parse(id).map_err(|_| corrupt())?),
            ("system", None) => Author::System(side),
            _ => return Err(corrupt()),
        };
        let client_message_id = self
            .client_message_id
            .map(|id| ClientMessageId::parse(&id).map_err(|_| StoreError::Corrupt { column: "client_message_id" }))
            .transpose()?;
        Ok(SupportMessage {
            id: MessageId(self.id.0),
            conversation_id: ConversationId(self.conversation_id.0),
            seq: self.seq,
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
            author,
            content: MessageContent::from_stored(self.content, self.text),
            message_type: word("message_type", &self.message_type)?,
            attachments,
            client_message_id,
            metadata: Metadata::from_stored(self.metadata.0),
            user_side_count: self.user_side_count,
        })
    }
}
