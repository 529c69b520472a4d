//! Whether the database answers.

use diesel::prelude::*;

use super::schema::support_conversations as c;
use super::{Conn, Found};

/// Asks for anything that needs our tables.
pub(crate) fn ping(conn: &mut Conn) -> Found<()> {
    c::table.select(c::version).limit(1).load::<i64>(conn)?;
    Ok(())
}
