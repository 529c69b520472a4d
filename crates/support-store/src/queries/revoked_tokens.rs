//! Tokens that were revoked before their end. Only their revocation ids are kept, from which no token can be made.

use diesel::prelude::*;
use support_domain::Timestamp;

use super::schema::support_revoked_tokens as t;
use super::{Conn, Found};
use crate::sql_types::Moment;

/// Keeps a revocation until the token would have ended by itself.
pub(crate) fn insert_revoked_token(conn: &mut Conn, id: &str, at: Timestamp, expires_at: Timestamp) -> Found<()> {
    diesel::insert_into(t::table)
        .values((t::revocation_id.eq(id), t::revoked_at.eq(Moment(at)), t::expires_at.eq(Moment(expires_at))))
        .on_conflict_do_nothing()
        .execute(conn)?;
    Ok(())
}

/// Forgets the revocations of tokens that have ended.
pub(crate) fn delete_ended_revocations(conn: &mut Conn, now: Timestamp) -> Found<()> {
    diesel::delete(t::table.filter(t::expires_at.le(Moment(now)))).execute(conn)?;
    Ok(())
}

/// The revocation ids of tokens that have not ended yet.
pub(crate) fn list_revoked_tokens(conn: &mut Conn, now: Timestamp) -> Found<Vec<String>> {
    Ok(t::table.filter(t::expires_at.gt(Moment(now))).select(t::revocation_id).load(conn)?)
}
