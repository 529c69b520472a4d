//! The staff that was seen here, and whose turn it is to get a conversation.

use diesel::prelude::*;
use diesel::upsert::excluded;
use support_domain::{AdminId, CountryCode, TextEnum, Timestamp};

use super::schema::{support_admins as a, support_turns as t};
use super::{Conn, Found, locking};
use crate::StoreError;
use crate::sql_types::Moment;
use crate::staff::SeenAdmin;

/// Keeps that they came, and as what; of two that say different things the later one stays.
pub(crate) fn upsert_admin(conn: &mut Conn, admin: &SeenAdmin, at: Timestamp) -> Found<()> {
    let values = (
        a::id.eq(admin.id.as_str()),
        a::role.eq(&admin.role),
        a::country_code.eq(admin.country.map(TextEnum::as_str)),
        a::may_reply.eq(admin.may_reply),
        a::last_seen_at.eq(Moment(at)),
    );
    diesel::insert_into(a::table)
        .values(values)
        .on_conflict(a::id)
        .do_update()
        .set((
            a::role.eq(excluded(a::role)),
            a::country_code.eq(excluded(a::country_code)),
            a::may_reply.eq(excluded(a::may_reply)),
            a::last_seen_at.eq(excluded(a::last_seen_at)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Those who could reply and came at or after that moment, at most `limit`, by their ids.
pub(crate) fn list_admins(conn: &mut Conn, since: Timestamp, limit: i64) -> Found<Vec<SeenAdmin>> {
    let rows: Vec<(String, String, Option<String>)> = a::table
        .filter(a::may_reply.eq(true))
        .filter(a::last_seen_at.ge(Moment(since)))
        .order(a::id)
        .limit(limit)
        .select((a::id, a::role, a::country_code))
        .load(conn)?;
    let read = |(id, role, country): (String, String, Option<String>)| {
        let corrupt = |column| StoreError::Corrupt { column };
        let id = AdminId::parse(&id).map_err(|_| corrupt("id"))?;
        let country = country.as_deref().map(CountryCode::parse).transpose().map_err(|_| corrupt("country_code"))?;
        Ok(SeenAdmin { id, role, country, may_reply: true })
    };
    rows.into_iter().map(read).collect()
}

/// Forgets those who have not come since that moment.
pub(crate) fn delete_admins_unseen(conn: &mut Conn, since: Timestamp) -> Found<()> {
    diesel::delete(a::table.filter(a::last_seen_at.lt(Moment(since)))).execute(conn)?;
    Ok(())
}

/// Who had the last turn in that country; nobody else takes one there until the transaction ends.
pub(crate) fn lock_turn(conn: &mut Conn, country: CountryCode) -> Found<Option<AdminId>> {
    diesel::insert_into(t::table)
        .values(t::country_code.eq(country.as_str()))
        .on_conflict_do_nothing()
        .execute(conn)?;
    let query = t::table.filter(t::country_code.eq(country.as_str())).select(t::admin_id);
    let last: Option<String> = locking!(query).first(conn)?;
    // Whoever cannot be read has no successor: the turns begin anew.
    Ok(last.and_then(|id| AdminId::parse(&id).ok()))
}

/// Keeps who had the turn that is locked.
pub(crate) fn update_turn(conn: &mut Conn, country: CountryCode, admin: &AdminId) -> Found<()> {
    diesel::update(t::table.filter(t::country_code.eq(country.as_str())))
        .set(t::admin_id.eq(admin.as_str()))
        .execute(conn)?;
    Ok(())
}
