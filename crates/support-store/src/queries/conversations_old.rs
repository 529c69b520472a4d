//! Conversations that are too old to be kept. Each is removed whole, in the transaction that found it to be old, so that
//! nobody can write to it in between.

use diesel::prelude::*;
use support_domain::{ConversationId, TextEnum, Timestamp};
use uuid::Uuid;

use super::schema::{support_conversation_search as s, support_conversations as c, support_messages as m};
use super::{Conn, Found, claiming};
use crate::StoreError;
use crate::page::{OldConversation, OldConversations, Position};
use crate::sql_types::{Id, Moment};

/// Old conversations, oldest first, from behind a place: a range of the index by status, read backwards. What was removed
/// before lies in front of the place, so that it is not walked over again.
macro_rules! old {
    ($old:expr, $behind:expr, $limit:expr) => {{
        let first = Position { at: Timestamp::from_millis(0), id: ConversationId(Uuid::nil()) };
        let Position { at, id } = $behind.unwrap_or(first);
        let (at, id) = (Moment(at), Id(id.0));
        c::table
            .filter(c::status.eq($old.status.as_str()))
            .filter(c::country_code.eq($old.country.as_str()))
            .filter(c::last_message_at.lt(Moment($old.before)))
            .filter(c::last_message_at.ge(at).and(c::last_message_at.gt(at).or(c::id.gt(id))))
            .order((c::last_message_at.asc(), c::id.asc()))
            .limit($limit)
            .select((c::id, c::last_message_at, c::last_seq))
    }};
}

type OldRow = (Id, Moment, i64);

fn found(rows: Vec<OldRow>) -> Vec<OldConversation> {
    let found = |(id, at, messages): OldRow| OldConversation {
        position: Position { at: at.0, id: ConversationId(id.0) },
        messages,
    };
    rows.into_iter().map(found).collect()
}

/// At most `limit` old conversations, oldest first, from behind that place.
pub(crate) fn list_old_conversations(
    conn: &mut Conn,
    old: &OldConversations,
    behind: Option<Position>,
    limit: i64,
) -> Found<Vec<OldConversation>> {
    Ok(found(old!(old, behind, limit).load(conn)?))
}

/// The same, and nobody else changes them until the transaction ends. Those that somebody holds are passed over: they are
/// being written to, or removed by another node. One that was written to meanwhile is old no longer, and left out.
pub(crate) fn lock_old_conversations(
    conn: &mut Conn,
    old: &OldConversations,
    behind: Option<Position>,
    limit: i64,
) -> Found<Vec<OldConversation>> {
    let query = old!(old, behind, limit);
    Ok(found(claiming!(query).load(conn)?))
}

/// Forgets locked conversations with all their messages, whose files are on them no longer. Returns how many messages there
/// were.
pub(crate) fn delete_conversations(conn: &mut Conn, ids: &[ConversationId]) -> Found<usize> {
    let ids: Vec<Id> = ids.iter().map(|id| Id(id.0)).collect();
    let messages = diesel::delete(m::table.filter(m::conversation_id.eq_any(&ids))).execute(conn)?;
    diesel::delete(s::table.filter(s::conversation_id.eq_any(&ids))).execute(conn)?;
    let conversations = diesel::delete(c::table.filter(c::id.eq_any(&ids))).execute(conn)?;
    if conversations == ids.len() {
        Ok(messages)
    } else {
        Err(StoreError::Internal("a conversation that was locked is gone".to_owned()))
    }
}
