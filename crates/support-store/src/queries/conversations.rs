//! Conversations, one at a time.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use support_domain::{ConversationId, SupportConversation, Visibility};

use super::rows::ConversationRow;
use super::schema::support_conversations as c;
use super::{Conn, Db, Found, insert_search, locking, qualified};
use crate::StoreError;
use crate::cached::cached_sql;
use crate::search;
use crate::sql_types::{Id, Moment, sql};

/// The conversation, if it exists for that visibility.
pub(crate) fn get_conversation(
    conn: &mut Conn,
    visibility: &Visibility,
    id: ConversationId,
) -> Found<Option<SupportConversation>> {
    let row = c::table.filter(c::id.eq(Id(id.0))).select(ConversationRow::as_select()).first(conn).optional()?;
    visible(row, visibility)
}

/// Those of these conversations that exist for that visibility, in no order. One that cannot be read, perhaps because a
/// newer version has written it, keeps nobody from the others.
pub(crate) fn list_conversations_by_id(
    conn: &mut Conn,
    visibility: &Visibility,
    ids: &[ConversationId],
) -> Found<Vec<SupportConversation>> {
    let ids: Vec<Id> = ids.iter().map(|id| Id(id.0)).collect();
    let rows: Vec<ConversationRow> =
        c::table.filter(c::id.eq_any(ids)).select(ConversationRow::as_select()).load(conn)?;
    let readable = |row| {
        let read = visible(Some(row), visibility);
        read.inspect_err(|error| tracing::error!(error = %error, "a conversation cannot be read")).ok().flatten()
    };
    Ok(rows.into_iter().filter_map(readable).collect())
}

/// The conversation, if it exists for that visibility; nobody else changes it until the transaction ends.
pub(crate) fn lock_conversation(
    conn: &mut Conn,
    visibility: &Visibility,
    id: ConversationId,
) -> Found<Option<SupportConversation>> {
    let query = c::table.filter(c::id.eq(Id(id.0))).select(ConversationRow::as_select());
    let row = locking!(query).first(conn).optional()?;
    visible(row, visibility)
}

fn visible(row: Option<ConversationRow>, visibility: &Visibility) -> Found<Option<SupportConversation>> {
    let conversation = row.map(SupportConversation::try_from).transpose()?;
    Ok(conversation.filter(|conversation| visibility.includes(conversation)))
}

/// Keeps a new conversation.
pub(crate) fn insert_conversation(conn: &mut Conn, conversation: &SupportConversation) -> Found<()> {
    diesel::insert_into(c::table).values(ConversationRow::from(conversation)).execute(conn)?;
    insert_search(conn, Id(conversation.id.0), &search::fold(conversation.subject.as_str()))?;
    Ok(())
}

cached_sql! {
    /// Everything of a conversation that can change.
    UpdateConversation<'a> {
        qualified!("UPDATE", "support_conversations", " SET updated_at = "), { updated_at: Moment as sql::Moment },
        ", status = ", { status: &'a str as Text },
        ", priority = ", { priority: &'a str as Text },
        ", last_message_at = ", { last_message_at: Moment as sql::Moment },
        ", last_message_preview = ", { last_message_preview: &'a str as Text },
        ", assigned_admin_id = ", { assigned_admin_id: Option<&'a str> as Nullable<Text> },
        ", last_seq = ", { last_seq: i64 as BigInt },
        ", user_side_count = ", { user_side_count: i64 as BigInt },
        ", user_read_seq = ", { user_read_seq: i64 as BigInt },
        ", user_seen_count = ", { user_seen_count: i64 as BigInt },
        ", admin_read_seq = ", { admin_read_seq: i64 as BigInt },
        ", admin_seen_count = ", { admin_seen_count: i64 as BigInt },
        ", version = ", { version: i64 as BigInt },
        " WHERE id = ", { id: Id as sql::Id },
        "",
    }
}

/// Keeps a conversation as it is now. The caller holds its lock.
pub(crate) fn update_conversation(conn: &mut Conn, conversation: &SupportConversation) -> Found<()> {
    let statement = UpdateConversation {
        updated_at: Moment(conversation.updated_at),
        status: support_domain::TextEnum::as_str(conversation.status),
        priority: support_domain::TextEnum::as_str(conversation.priority),
        last_message_at: Moment(conversation.last_message_at),
        last_message_preview: conversation.last_message_preview.as_str(),
        assigned_admin_id: conversation.assigned_admin_id.as_ref().map(support_domain::AdminId::as_str),
        last_seq: conversation.last_seq,
        user_side_count: conversation.user_side_count,
        user_read_seq: conversation.read_by_user.seq,
        user_seen_count: conversation.read_by_user.seen,
        admin_read_seq: conversation.read_by_admin.seq,
        admin_seen_count: conversation.read_by_admin.seen,
        version: conversation.version,
        id: Id(conversation.id.0),
    };
    match statement.execute(conn)? {
        1 => Ok(()),
        _ => Err(StoreError::Internal("a conversation that was locked is gone".to_owned())),
    }
}
