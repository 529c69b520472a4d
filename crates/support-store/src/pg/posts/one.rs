//! The same statement for a message that is alone, as most are on a desk that is not busy: with values in the place of
//! arrays it takes the database half the time. What it keeps, and when, is told in `statement.rs`, and has to stay the same.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use support_domain::{AuditLogRecord, ClientMessageId, SupportConversation, SupportMessage, TextEnum};

use super::super::Conn;
use super::statement::{Change, Kept};
use crate::cached::cached_sql;
use crate::sql_types::{Id, Json, Moment, sql};

type Db = diesel::pg::Pg;

cached_sql! {
    /// The columns of the conversation and how it stood, of the message, and of the audit record.
    KeepPost<'a> {
        "WITH free AS MATERIALIZED (SELECT c.id FROM support_chat.support_conversations c WHERE c.id = ",
        { id: Id as sql::Id },
        " FOR NO KEY UPDATE OF c SKIP LOCKED),
         known AS MATERIALIZED (SELECT m.id FROM support_chat.support_messages m WHERE m.conversation_id = ",
        { known_conversation: Id as sql::Id },
        " AND m.sender_type = ", { known_sender_type: &'a str as Text },
        " AND m.sender_id = ", { known_sender_id: Option<&'a str> as Nullable<Text> },
        " AND m.client_message_id = ", { known_key: Option<&'a str> as Nullable<Text> },
        " LIMIT 1),
         kept AS (UPDATE support_chat.support_conversations c SET updated_at = ", { updated_at: Moment as sql::Moment },
        ", status = ", { status: &'a str as Text },
        ", last_message_at = ", { last_message_at: Moment as sql::Moment },
        ", last_message_preview = ", { preview: &'a str as Text },
        ", last_seq = ", { last_seq: i64 as BigInt },
        ", user_side_count = ", { user_side_count: i64 as BigInt },
        ", version = ", { version: i64 as BigInt },
        " FROM free WHERE c.id = free.id AND c.last_seq = ", { stood_at_seq: i64 as BigInt },
        " AND c.version = ", { stood_at_version: i64 as BigInt },
        " AND c.user_read_seq = ", { stood_at_user_read: i64 as BigInt },
        " AND c.admin_read_seq = ", { stood_at_admin_read: i64 as BigInt },
        " AND c.user_side_count = ", { stood_at_count: i64 as BigInt },
        " AND c.status = ", { stood_at_status: &'a str as Text },
        " AND c.updated_at = ", { stood_at_update: Moment as sql::Moment },
        " AND NOT EXISTS (SELECT FROM known) RETURNING c.id),
         posted AS (INSERT INTO support_chat.support_messages (id, created_at, updated_at, conversation_id, seq, \
           sender_type, sender_id, side, content, text, message_type, client_message_id, user_side_count, metadata) \
           SELECT ", { message_id: Id as sql::Id },
        ", ", { message_created_at: Moment as sql::Moment },
        ", ", { message_updated_at: Moment as sql::Moment },
        ", kept.id, ", { message_seq: i64 as BigInt },
        ", ", { sender_type: &'a str as Text },
        ", ", { sender_id: Option<&'a str> as Nullable<Text> },
        ", ", { side: &'a str as Text },
        ", ", { content: &'a str as Text },
        ", ", { text: &'a str as Text },
        ", ", { message_type: &'a str as Text },
        ", ", { key: Option<&'a str> as Nullable<Text> },
        ", ", { message_user_side_count: i64 as BigInt },
        ", ", { message_metadata: Json as sql::Json },
        " FROM kept),
         logged AS (INSERT INTO support_chat.support_audit_logs (id, created_at, actor_id, actor_email, actor_role, \
           ip_address, user_agent, country_code, action_type, entity_type, entity_id, description, metadata, success, \
           environment, delivery_pending) SELECT ", { log_id: Id as sql::Id },
        ", ", { log_at: Moment as sql::Moment },
        ", ", { actor_id: Option<&'a str> as Nullable<Text> },
        ", ", { actor_email: &'a str as Text },
        ", ", { actor_role: &'a str as Text },
        ", ", { ip_address: Option<&'a str> as Nullable<Text> },
        ", ", { user_agent: Option<&'a str> as Nullable<Text> },
        ", ", { country_code: Option<&'a str> as Nullable<Text> },
        ", ", { action_type: &'a str as Text },
        ", ", { entity_type: &'a str as Text },
        ", ", { entity_id: Option<&'a str> as Nullable<Text> },
        ", ", { description: &'a str as Text },
        ", ", { log_metadata: Option<Json> as Nullable<sql::Json> },
        ", ", { success: bool as Bool },
        ", ", { environment: &'a str as Text },
        ", ", { delivery_pending: bool as Bool },
        " FROM kept)
         SELECT true FROM kept UNION ALL SELECT false FROM known",
    }
}

impl diesel::query_builder::Query for KeepPost<'_> {
    type SqlType = Bool;
}

/// What there is where one message, with one record, is all that is posted.
pub(super) struct Alone<'a> {
    before: &'a SupportConversation,
    after: &'a SupportConversation,
    message: &'a SupportMessage,
    log: &'a AuditLogRecord,
    deliver: bool,
}

impl<'a> Alone<'a> {
    /// None where there is more than that.
    pub(super) fn of(changes: &[Change<'a>]) -> Option<Self> {
        let [Change { before, after, posts }] = changes else { return None };
        let [post] = posts.as_slice() else { return None };
        let ([message], [log]) = (post.messages.as_slice(), post.audit_logs.as_slice()) else { return None };
        Some(Self { before, after, message, log, deliver: post.deliver })
    }

    /// Keeps it if it still can be kept.
    pub(super) fn keep(&self, conn: &mut Conn) -> QueryResult<Kept> {
        let mut kept = Kept::default();
        match self.statement().get_result(conn).optional()? {
            Some(true) => kept.conversations.push(Id(self.after.id.0)),
            Some(false) => kept.known.push(Id(self.message.id.0)),
            None => {}
        }
        Ok(kept)
    }

    fn statement(&self) -> KeepPost<'a> {
        let Self { before, after, message, log, deliver } = *self;
        let id = Id(after.id.0);
        let (sender_type, sender_id) = (message.author.sender_type().as_str(), message.author.sender_id());
        let key = message.client_message_id.as_ref().map(ClientMessageId::as_str);
        KeepPost {
            id,
            known_conversation: id,
            known_sender_type: sender_type,
            known_sender_id: sender_id,
            known_key: key,
            updated_at: Moment(after.updated_at),
            status: after.status.as_str(),
            last_message_at: Moment(after.last_message_at),
            preview: after.last_message_preview.as_str(),
            last_seq: after.last_seq,
            user_side_count: after.user_side_count,
            version: after.version,
            stood_at_seq: before.last_seq,
            stood_at_version: before.version,
            stood_at_user_read: before.read_by_user.seq,
            stood_at_admin_read: before.read_by_admin.seq,
            stood_at_count: before.user_side_count,
            stood_at_status: before.status.as_str(),
            stood_at_update: Moment(before.updated_at),
            message_id: Id(message.id.0),
            message_created_at: Moment(message.created_at),
            message_updated_at: Moment(message.created_at),
            message_seq: message.seq,
            sender_type,
            sender_id,
            side: message.author.side().as_str(),
            content: message.content.html(),
            text: message.content.text(),
            message_type: message.message_type.as_str(),
            key,
            message_user_side_count: message.user_side_count,
            message_metadata: Json(serde_json::Value::Object(message.metadata.as_object().clone())),
            log_id: Id(log.id.0),
            log_at: Moment(log.created_at),
            actor_id: log.actor_id.as_deref(),
            actor_email: &log.actor_email,
            actor_role: &log.actor_role,
            ip_address: log.ip_address.as_deref(),
            user_agent: log.user_agent.as_deref(),
            country_code: log.country_code.as_deref(),
            action_type: &log.action_type,
            entity_type: &log.entity_type,
            entity_id: log.entity_id.as_deref(),
            description: &log.description,
            log_metadata: log.metadata.clone().map(Json),
            success: log.success,
            environment: &log.environment,
            delivery_pending: deliver,
        }
    }
}
