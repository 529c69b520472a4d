//! `support-http migrate`.

use support_store::{Store, Undelivered};

use super::{CommandError, print};
use crate::config::{Variables, database_url};

pub(super) fn migrate(check: bool) -> Result<(), CommandError> {
    crate::log::start("warn")?;
    let url = database_url(Variables::of_process())?;
    let migrated = Store::migrate(&url, check).map_err(CommandError::other)?;
    let verb = if check { "pending" } else { "applied" };
    for name in &migrated.names {
        print(&format!("{verb} {name}"))?;
    }
    if migrated.names.is_empty() { print("nothing is pending") } else { Ok(()) }
}

pub(super) fn revert(undelivered: Undelivered) -> Result<(), CommandError> {
    crate::log::start("warn")?;
    let url = database_url(Variables::of_process())?;
    let reverted = Store::revert(&url, undelivered).map_err(CommandError::other)?;
    for name in &reverted.names {
        print(&format!("reverted {name}"))?;
    }
    if reverted.schema_dropped {
        return print("dropped the schema support_chat");
    }
    if reverted.names.is_empty() { print("nothing was there") } else { Ok(()) }
}
