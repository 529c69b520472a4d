//! Tickets with which a browser opens a socket. Only their hashes are kept.

use diesel::prelude::*;
use support_domain::Timestamp;

use super::schema::support_socket_tickets as t;
use super::{Conn, Found};
use crate::sql_types::{Json, Moment};

/// Keeps a ticket, under its hash.
pub(crate) fn insert_socket_ticket(
    conn: &mut Conn,
    hash: &str,
    caller: &serde_json::Value,
    at: Timestamp,
    expires_at: Timestamp,
) -> Found<()> {
    diesel::insert_into(t::table)
        .values((
            t::ticket_hash.eq(hash),
            t::caller.eq(Json(caller.clone())),
            t::created_at.eq(Moment(at)),
            t::expires_at.eq(Moment(expires_at)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Whom a ticket speaks for that is good at the moment. It is not used up.
pub(crate) fn get_socket_ticket(conn: &mut Conn, hash: &str, now: Timestamp) -> Found<Option<serde_json::Value>> {
    let found = t::table.filter(t::ticket_hash.eq(hash)).filter(t::expires_at.gt(Moment(now)));
    let caller: Option<Json> = found.select(t::caller).first(conn).optional()?;
    Ok(caller.map(|caller| caller.0))
}

/// Uses a ticket up, and says whom it speaks for. Of many who try at once, on any node, one deletes the row.
pub(crate) fn take_socket_ticket(conn: &mut Conn, hash: &str, now: Timestamp) -> Found<Option<serde_json::Value>> {
    let taken: Option<(Json, Moment)> = diesel::delete(t::table.filter(t::ticket_hash.eq(hash)))
        .returning((t::caller, t::expires_at))
        .get_result(conn)
        .optional()?;
    Ok(taken.filter(|(_, expires_at)| now < expires_at.0).map(|(caller, _)| caller.0))
}

/// Forgets the tickets that nobody used in time.
pub(crate) fn delete_ended_socket_tickets(conn: &mut Conn, now: Timestamp) -> Found<()> {
    diesel::delete(t::table.filter(t::expires_at.le(Moment(now)))).execute(conn)?;
    Ok(())
}
