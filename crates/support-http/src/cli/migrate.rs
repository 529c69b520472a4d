//! `support-http migrate`.

use support_store::Store;

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
