//! Looks at a file of SQLite without making one, neither it nor those beside it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use diesel::prelude::*;

use crate::StoreError;
use crate::condition::SqliteCondition;
use crate::migrations::state_sqlite;

/// Where a file says in its head whether it is set to write-ahead logging: 2 there (the file format's section 1.3.3).
const WRITE_VERSION: usize = 18;

/// Looks at the file, if it is there.
pub(crate) fn look(file: &Path) -> Result<SqliteCondition, StoreError> {
    let unavailable = |error: &dyn std::fmt::Display| StoreError::Unavailable(error.to_string());
    if !file.exists() {
        let migrations = state_sqlite(None)?;
        return Ok(SqliteCondition { exists: false, is_write_ahead: false, migrations });
    }
    let mut head = [0; 20];
    // A file that was made and never written to is empty, and good.
    let mut opened = File::open(file).map_err(|error| unavailable(&error.kind()))?;
    let is_write_ahead = opened.read_exact(&mut head).is_ok() && head[WRITE_VERSION] == 2;
    drop(opened);
    let mut conn = SqliteConnection::establish(&address(file)).map_err(|error| unavailable(&error))?;
    let migrations = state_sqlite(Some(&mut conn))?;
    Ok(SqliteCondition { exists: true, is_write_ahead, migrations })
}

/// The address of a connection that only reads. Where no log lies beside the file, nobody writes to it, and it is read as a
/// file that nobody can write to: otherwise SQLite would make the files beside it, and they would be ours instead of the
/// server's.
fn address(file: &Path) -> String {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let how = if Path::new(&log).exists() { "mode=ro" } else { "mode=ro&immutable=1" };
    let path = file.to_string_lossy().replace('%', "%25").replace('#', "%23");
    let path = if file.is_absolute() { path } else { format!("./{path}") };
    format!("file:{path}?{how}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DatabaseUrl, Store};

    fn names(folder: &Path) -> Vec<String> {
        let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn looking_makes_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("desk 100%#1.db");
        let before = look(&file).unwrap();
        assert!(!before.exists && !before.migrations.pending.is_empty());
        assert_eq!(names(folder.path()), Vec::<String>::new());
        Store::migrate(&DatabaseUrl::Sqlite(file.clone()), false).unwrap();
        let beside = names(folder.path());
        let after = look(&file).unwrap();
        assert!(after.exists && after.is_write_ahead, "{after:?}");
        assert_eq!(after.migrations, Default::default());
        assert_eq!(names(folder.path()), beside);
    }

    #[test]
    fn what_was_written_and_not_yet_put_into_the_file_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("desk.db");
        let mut writer = super::super::establish(&file).unwrap();
        Store::migrate(&DatabaseUrl::Sqlite(file.clone()), false).unwrap();
        diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000000')")
            .execute(&mut writer)
            .unwrap();
        assert_eq!(look(&file).unwrap().migrations.newer, ["20990101000000"]);
    }

    #[test]
    fn what_is_no_database_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("desk.db");
        std::fs::write(&file, "a letter to the editor, longer than the head of a file").unwrap();
        assert!(look(&file).is_err());
    }
}
