//! The one statement that keeps posts.
//!
//! A conversation is changed only if it still stands as it did when it was decided what to change: the same last message,
//! version and watermarks, and what else a message depends on. Only then are its messages and records inserted. So nothing
//! has to be locked before, and the numbers come from where they always come from. A message whose key is there already
//! keeps its conversation from being changed, so that a repeated one costs no number. A conversation that somebody else
//! has locked is passed over, so that nobody waits for it, and no two statements for each other.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use support_domain::{ConversationId, SupportConversation, TextEnum, Visibility};

use super::super::Conn;
use super::super::queries::conversations::list_conversations_by_id;
use super::super::schema::support_messages as m;
use super::one::Alone;
use crate::StoreError;
use crate::cached::cached_sql;
use crate::post::Post;
use crate::sql_types::{Id, Json, Moment, sql};

type Db = diesel::pg::Pg;

cached_sql! {
    /// The columns of the conversations, of the messages, and of the audit records, and how each conversation stood.
    KeepPosts<'a> {
        "WITH head AS MATERIALIZED (SELECT * FROM unnest(", { id: Vec<Id> as Array<sql::Id> },
        ", ", { stood_at_seq: Vec<i64> as Array<BigInt> },
        ", ", { stood_at_version: Vec<i64> as Array<BigInt> },
        ", ", { stood_at_user_read: Vec<i64> as Array<BigInt> },
        ", ", { stood_at_admin_read: Vec<i64> as Array<BigInt> },
        ", ", { stood_at_count: Vec<i64> as Array<BigInt> },
        ", ", { stood_at_status: Vec<&'a str> as Array<Text> },
        ", ", { stood_at_update: Vec<Moment> as Array<sql::Moment> },
        ", ", { updated_at: Vec<Moment> as Array<sql::Moment> },
        ", ", { status: Vec<&'a str> as Array<Text> },
        ", ", { last_message_at: Vec<Moment> as Array<sql::Moment> },
        ", ", { preview: Vec<&'a str> as Array<Text> },
        ", ", { last_seq: Vec<i64> as Array<BigInt> },
        ", ", { user_side_count: Vec<i64> as Array<BigInt> },
        ", ", { version: Vec<i64> as Array<BigInt> },
        ") AS h (id, stood_at_seq, stood_at_version, stood_at_user_read, stood_at_admin_read, stood_at_count, \
           stood_at_status, stood_at_update, updated_at, status, last_message_at, last_message_preview, last_seq, \
           user_side_count, version)),
         free AS MATERIALIZED (SELECT c.id FROM head h JOIN support_chat.support_conversations c ON c.id = h.id \
           FOR NO KEY UPDATE OF c SKIP LOCKED),
         post AS MATERIALIZED (SELECT * FROM unnest(", { message_id: Vec<Id> as Array<sql::Id> },
        ", ", { message_at: Vec<Moment> as Array<sql::Moment> },
        ", ", { message_conversation: Vec<Id> as Array<sql::Id> },
        ", ", { message_seq: Vec<i64> as Array<BigInt> },
        ", ", { sender_type: Vec<&'a str> as Array<Text> },
        ", ", { sender_id: Vec<Option<&'a str>> as Array<Nullable<Text>> },
        ", ", { side: Vec<&'a str> as Array<Text> },
        ", ", { content: Vec<&'a str> as Array<Text> },
        ", ", { text: Vec<&'a str> as Array<Text> },
        ", ", { message_type: Vec<&'a str> as Array<Text> },
        ", ", { key: Vec<Option<&'a str>> as Array<Nullable<Text>> },
        ", ", { message_user_side_count: Vec<i64> as Array<BigInt> },
        ", ", { message_metadata: Vec<Json> as Array<sql::Json> },
        ") AS p (id, at, conversation_id, seq, sender_type, sender_id, side, content, text, message_type, key, \
           user_side_count, metadata)),
         known AS MATERIALIZED (SELECT p.id, p.conversation_id FROM post p CROSS JOIN LATERAL (\
           SELECT FROM support_chat.support_messages m WHERE p.key IS NOT NULL AND m.conversation_id = p.conversation_id \
           AND m.sender_type = p.sender_type AND m.sender_id = p.sender_id AND m.client_message_id = p.key LIMIT 1) found),
         kept AS (UPDATE support_chat.support_conversations c SET updated_at = h.updated_at, status = h.status, \
           last_message_at = h.last_message_at, last_message_preview = h.last_message_preview, last_seq = h.last_seq, \
           user_side_count = h.user_side_count, version = h.version \
           FROM head h JOIN free ON free.id = h.id WHERE c.id = h.id AND c.last_seq = h.stood_at_seq AND c.version = h.stood_at_version \
           AND c.user_read_seq = h.stood_at_user_read AND c.admin_read_seq = h.stood_at_admin_read \
           AND c.user_side_count = h.stood_at_count AND c.status = h.stood_at_status \
           AND c.updated_at = h.stood_at_update \
           AND NOT EXISTS (SELECT FROM known k WHERE k.conversation_id = c.id) RETURNING c.id),
         posted AS (INSERT INTO support_chat.support_messages (id, created_at, updated_at, conversation_id, seq, \
           sender_type, sender_id, side, content, text, message_type, client_message_id, user_side_count, metadata) \
           SELECT p.id, p.at, p.at, p.conversation_id, p.seq, p.sender_type, p.sender_id, p.side, p.content, p.text, \
           p.message_type, p.key, p.user_side_count, p.metadata FROM post p JOIN kept ON kept.id = p.conversation_id),
         logged AS (INSERT INTO support_chat.support_audit_logs (id, created_at, actor_id, actor_email, actor_role, \
           ip_address, user_agent, country_code, action_type, entity_type, entity_id, description, metadata, success, \
           environment, delivery_pending) SELECT l.id, l.created_at, l.actor_id, l.actor_email, l.actor_role, \
           l.ip_address, l.user_agent, l.country_code, l.action_type, l.entity_type, l.entity_id, l.description, \
           l.metadata, l.success, l.environment, l.delivery_pending FROM unnest(",
        { log_conversation: Vec<Id> as Array<sql::Id> },
        ", ", { log_id: Vec<Id> as Array<sql::Id> },
        ", ", { log_at: Vec<Moment> as Array<sql::Moment> },
        ", ", { actor_id: Vec<Option<&'a str>> as Array<Nullable<Text>> },
        ", ", { actor_email: Vec<&'a str> as Array<Text> },
        ", ", { actor_role: Vec<&'a str> as Array<Text> },
        ", ", { ip_address: Vec<Option<&'a str>> as Array<Nullable<Text>> },
        ", ", { user_agent: Vec<Option<&'a str>> as Array<Nullable<Text>> },
        ", ", { country_code: Vec<Option<&'a str>> as Array<Nullable<Text>> },
        ", ", { action_type: Vec<&'a str> as Array<Text> },
        ", ", { entity_type: Vec<&'a str> as Array<Text> },
        ", ", { entity_id: Vec<Option<&'a str>> as Array<Nullable<Text>> },
        ", ", { description: Vec<&'a str> as Array<Text> },
        ", ", { log_metadata: Vec<Option<Json>> as Array<Nullable<sql::Json>> },
        ", ", { success: Vec<bool> as Array<Bool> },
        ", ", { environment: Vec<&'a str> as Array<Text> },
        ", ", { delivery_pending: Vec<bool> as Array<Bool> },
        ") AS l (conversation_id, id, created_at, actor_id, actor_email, actor_role, ip_address, user_agent, country_code, \
           action_type, entity_type, entity_id, description, metadata, success, environment, delivery_pending) \
           JOIN kept ON kept.id = l.conversation_id)
         SELECT kept.id, true FROM kept UNION ALL SELECT known.id, false FROM known",
    }
}

impl diesel::query_builder::Query for KeepPosts<'_> {
    type SqlType = (sql::Id, Bool);
}

/// What is to become of one conversation.
pub(super) struct Change<'a> {
    /// As it stood when it was decided upon.
    pub(super) before: &'a SupportConversation,
    /// As it is to be.
    pub(super) after: &'a SupportConversation,
    /// What is posted, in order.
    pub(super) posts: Vec<&'a Post>,
}

/// What was kept.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// These conversations, with all their messages and records.
    pub(super) conversations: Vec<Id>,
    /// The keys of these messages were used before.
    pub(super) known: Vec<Id>,
}

/// Keeps the changes that still can be kept, each wholly or not at all.
pub(super) fn keep_posts(conn: &mut Conn, changes: &[Change<'_>]) -> QueryResult<Kept> {
    if let Some(alone) = Alone::of(changes) {
        return alone.keep(conn);
    }
    let rows: Vec<(Id, bool)> = statement(changes).load(conn)?;
    let mut kept = Kept::default();
    for (id, is_kept) in rows {
        if is_kept { kept.conversations.push(id) } else { kept.known.push(id) }
    }
    Ok(kept)
}

fn statement<'a>(changes: &'a [Change<'a>]) -> KeepPosts<'a> {
    fn of<'a, T>(changes: &'a [Change<'a>], value: impl Fn(&'a SupportConversation) -> T) -> Vec<T> {
        changes.iter().map(|change| value(change.after)).collect()
    }
    fn before<'a, T>(changes: &'a [Change<'a>], value: impl Fn(&'a SupportConversation) -> T) -> Vec<T> {
        changes.iter().map(|change| value(change.before)).collect()
    }
    let posts = || changes.iter().flat_map(|change| change.posts.iter().copied());
    let messages: Vec<_> = posts().flat_map(|post| &post.messages).collect();
    let logs: Vec<_> = posts()
        .flat_map(|post| post.audit_logs.iter().map(move |log| (Id(post.conversation.id.0), log, post.deliver)))
        .collect();
    macro_rules! messages {
        (|$message:ident| $value:expr) => {
            messages.iter().map(|$message| $value).collect()
        };
    }
    macro_rules! logs {
        (|$log:ident| $value:expr) => {
            logs.iter().map(|(_, $log, _)| $value).collect()
        };
    }
    KeepPosts {
        id: of(changes, |conversation| Id(conversation.id.0)),
        stood_at_seq: before(changes, |conversation| conversation.last_seq),
        stood_at_version: before(changes, |conversation| conversation.version),
        stood_at_user_read: before(changes, |conversation| conversation.read_by_user.seq),
        stood_at_admin_read: before(changes, |conversation| conversation.read_by_admin.seq),
        stood_at_count: before(changes, |conversation| conversation.user_side_count),
        stood_at_status: before(changes, |conversation| conversation.status.as_str()),
        stood_at_update: before(changes, |conversation| Moment(conversation.updated_at)),
        updated_at: of(changes, |conversation| Moment(conversation.updated_at)),
        status: of(changes, |conversation| conversation.status.as_str()),
        last_message_at: of(changes, |conversation| Moment(conversation.last_message_at)),
        preview: of(changes, |conversation| conversation.last_message_preview.as_str()),
        last_seq: of(changes, |conversation| conversation.last_seq),
        user_side_count: of(changes, |conversation| conversation.user_side_count),
        version: of(changes, |conversation| conversation.version),
        message_id: messages!(|message| Id(message.id.0)),
        message_at: messages!(|message| Moment(message.created_at)),
        message_conversation: messages!(|message| Id(message.conversation_id.0)),
        message_seq: messages!(|message| message.seq),
        sender_type: messages!(|message| message.author.sender_type().as_str()),
        sender_id: messages!(|message| message.author.sender_id()),
        side: messages!(|message| message.author.side().as_str()),
        content: messages!(|message| message.content.html()),
        text: messages!(|message| message.content.text()),
        message_type: messages!(|message| message.message_type.as_str()),
        key: messages!(|message| message.client_message_id.as_ref().map(support_domain::ClientMessageId::as_str)),
        message_user_side_count: messages!(|message| message.user_side_count),
        message_metadata: messages!(|message| Json(serde_json::Value::Object(message.metadata.as_object().clone()))),
        log_conversation: logs.iter().map(|(conversation, _, _)| *conversation).collect(),
        log_id: logs!(|log| Id(log.id.0)),
        log_at: logs!(|log| Moment(log.created_at)),
        actor_id: logs!(|log| log.actor_id.as_deref()),
        actor_email: logs!(|log| &*log.actor_email),
        actor_role: logs!(|log| &*log.actor_role),
        ip_address: logs!(|log| log.ip_address.as_deref()),
        user_agent: logs!(|log| log.user_agent.as_deref()),
        country_code: logs!(|log| log.country_code.as_deref()),
        action_type: logs!(|log| &*log.action_type),
        entity_type: logs!(|log| &*log.entity_type),
        entity_id: logs!(|log| log.entity_id.as_deref()),
        description: logs!(|log| &*log.description),
        log_metadata: logs!(|log| log.metadata.clone().map(Json)),
        success: logs!(|log| log.success),
        environment: logs!(|log| &*log.environment),
        delivery_pending: logs.iter().map(|(_, _, deliver)| *deliver).collect(),
    }
}

/// These conversations as they stand now; those that cannot be read are left out.
pub(super) fn read_heads(conn: &mut Conn, ids: &[ConversationId]) -> Result<Vec<SupportConversation>, StoreError> {
    list_conversations_by_id(conn, &Visibility::everything(), ids)
}

/// Which of these messages are kept.
pub(super) fn find_kept(conn: &mut Conn, messages: Vec<Id>) -> QueryResult<HashSet<Id>> {
    let kept: Vec<Id> = m::table.filter(m::id.eq_any(messages)).select(m::id).load(conn)?;
    Ok(kept.into_iter().collect())
}
