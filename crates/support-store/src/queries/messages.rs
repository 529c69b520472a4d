//! Messages. Whoever asks for one has its conversation, and so has the right to it.

use diesel::prelude::*;
use support_domain::conversation::ReadPoint;
use support_domain::{Author, ClientMessageId, SupportConversation, SupportMessage};

use super::attachments::list_of_messages;
use super::rows::{ConversationRow, MessageRow};
use super::schema::{support_conversations as c, support_messages as m};
use super::{Conn, Found};
use crate::page::MessagesPage;
use crate::sql_types::Id;

/// Keeps a new message.
pub(crate) fn insert_message(conn: &mut Conn, message: &SupportMessage) -> Found<()> {
    diesel::insert_into(m::table).values(MessageRow::from(message)).execute(conn)?;
    Ok(())
}

/// At most `limit` messages of the conversation, oldest first. Two statements, whatever the number of messages.
pub(crate) fn list_messages(
    conn: &mut Conn,
    conversation: &SupportConversation,
    page: MessagesPage,
    limit: usize,
) -> Found<Vec<SupportMessage>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let of_it = m::table.filter(m::conversation_id.eq(Id(conversation.id.0))).select(MessageRow::as_select());
    let rows = match page {
        MessagesPage::After(seq) => of_it.filter(m::seq.gt(seq)).order(m::seq.asc()).limit(limit).load(conn)?,
        MessagesPage::Before(seq) => {
            let mut rows = of_it.filter(m::seq.lt(seq)).order(m::seq.desc()).limit(limit).load(conn)?;
            rows.reverse();
            rows
        }
    };
    with_attachments(conn, rows)
}

/// The message that this sender has sent to the conversation under that key.
pub(crate) fn get_message_by_key(
    conn: &mut Conn,
    conversation: &SupportConversation,
    author: &Author,
    key: &ClientMessageId,
) -> Found<Option<SupportMessage>> {
    let row = m::table
        .filter(m::conversation_id.eq(Id(conversation.id.0)))
        .filter(m::sender_type.eq(support_domain::TextEnum::as_str(author.sender_type())))
        .filter(m::sender_id.eq(author.sender_id()))
        .filter(m::client_message_id.eq(key.as_str()))
        .select(MessageRow::as_select())
        .first(conn)
        .optional()?;
    Ok(with_attachments(conn, row.into_iter().collect())?.pop())
}

/// The conversation that this sender has opened under that key, with its first message.
pub(crate) fn get_opening_by_key(
    conn: &mut Conn,
    author: &Author,
    key: &ClientMessageId,
) -> Found<Option<(SupportConversation, SupportMessage)>> {
    let row = m::table
        .inner_join(c::table.on(c::id.eq(m::conversation_id)))
        .filter(m::sender_type.eq(support_domain::TextEnum::as_str(author.sender_type())))
        .filter(m::sender_id.eq(author.sender_id()))
        .filter(m::client_message_id.eq(key.as_str()))
        .filter(m::seq.eq(1))
        .select((ConversationRow::as_select(), MessageRow::as_select()))
        .first(conn)
        .optional()?;
    let Some((conversation, message)): Option<(ConversationRow, MessageRow)> = row else { return Ok(None) };
    let conversation = conversation.try_into()?;
    Ok(with_attachments(conn, vec![message])?.pop().map(|message| (conversation, message)))
}

/// A message's place, for a read watermark.
pub(crate) fn get_read_point(
    conn: &mut Conn,
    conversation: &SupportConversation,
    seq: i64,
) -> Found<Option<ReadPoint>> {
    let point = m::table
        .filter(m::conversation_id.eq(Id(conversation.id.0)))
        .filter(m::seq.eq(seq))
        .select((m::seq, m::user_side_count))
        .first::<(i64, i64)>(conn)
        .optional()?;
    Ok(point.map(|(seq, user_side_count)| ReadPoint { seq, user_side_count }))
}

fn with_attachments(conn: &mut Conn, rows: Vec<MessageRow>) -> Found<Vec<SupportMessage>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut files = list_of_messages(conn, &rows.iter().map(|row| row.id).collect::<Vec<_>>())?;
    rows.into_iter()
        .map(|row| {
            let own = files.remove(&row.id).unwrap_or_default();
            row.into_message(own)
        })
        .collect()
}
