//! The settings that people have saved: one row.

use diesel::prelude::*;
use serde_json::Value;
use support_domain::{AdminId, Timestamp};

use super::schema::support_settings as s;
use super::{Conn, Found, locking};
use crate::StoreError;
use crate::sql_types::{Json, Moment};
use crate::staff::StoredSettings;

/// The number of the one row.
const THE_ROW: i16 = 1;

type Row = (Json, i64, Moment, Option<String>);

fn read((settings, version, updated_at, updated_by): Row) -> Found<Option<StoredSettings>> {
    if version == 0 {
        return Ok(None);
    }
    let Value::Object(settings) = settings.0 else { return Err(StoreError::Corrupt { column: "settings" }) };
    let corrupt = |_| StoreError::Corrupt { column: "updated_by" };
    let updated_by = updated_by.as_deref().map(AdminId::parse).transpose().map_err(corrupt)?;
    Ok(Some(StoredSettings { settings, version, updated_at: updated_at.0, updated_by }))
}

/// What was saved last; none as long as nothing was.
pub(crate) fn get_settings(conn: &mut Conn) -> Found<Option<StoredSettings>> {
    let row = s::table
        .filter(s::id.eq(THE_ROW))
        .select((s::settings, s::version, s::updated_at, s::updated_by))
        .first::<Row>(conn)
        .optional()?;
    row.map_or(Ok(None), read)
}

/// The same; nobody else changes it until the transaction ends, even if nothing was saved yet.
pub(crate) fn lock_settings(conn: &mut Conn) -> Found<Option<StoredSettings>> {
    diesel::insert_into(s::table)
        .values((
            s::id.eq(THE_ROW),
            s::settings.eq(Json(Value::Object(serde_json::Map::new()))),
            s::version.eq(0),
            s::updated_at.eq(Moment(Timestamp::from_millis(0))),
        ))
        .on_conflict_do_nothing()
        .execute(conn)?;
    let query = s::table.filter(s::id.eq(THE_ROW)).select((s::settings, s::version, s::updated_at, s::updated_by));
    read(locking!(query).first::<Row>(conn)?)
}

/// Keeps settings in the place of those that are locked.
pub(crate) fn update_settings(conn: &mut Conn, settings: &StoredSettings) -> Found<()> {
    let changed = diesel::update(s::table.filter(s::id.eq(THE_ROW)))
        .set((
            s::settings.eq(Json(Value::Object(settings.settings.clone()))),
            s::version.eq(settings.version),
            s::updated_at.eq(Moment(settings.updated_at)),
            s::updated_by.eq(settings.updated_by.as_ref().map(AdminId::as_str)),
        ))
        .execute(conn)?;
    match changed {
        1 => Ok(()),
        _ => Err(StoreError::Internal("settings that were locked are gone".to_owned())),
    }
}
