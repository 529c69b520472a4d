//! Makes SQLite connections: one that writes, and many that only read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

/// FULL makes a commit survive a power cut.
const PRAGMAS: &str = "PRAGMA busy_timeout = 2000; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
     PRAGMA temp_store = MEMORY;";

/// Write-ahead logging lets readers and the writer work at once.
const WRITE_AHEAD: &str = "PRAGMA journal_mode = WAL;";

/// How often the change to write-ahead logging is tried, and how long it waits in between. Of several processes that make
/// a new file at once one changes it; the others are told "locked" at once, whatever the busy time-out says.
const MOST_TRIES: u32 = 100;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// Opens the file, and makes it when it is missing.
pub(crate) fn establish(file: &Path) -> ConnectionResult<SqliteConnection> {
    let path = file.to_str().ok_or_else(|| ConnectionError::BadConnection("the path is not UTF-8".to_owned()))?;
    // With `./` in front, no name of a file can be taken for a URI or for `:memory:`.
    let path = if file.is_absolute() { path.to_owned() } else { format!("./{path}") };
    let mut conn = SqliteConnection::establish(&path)?;
    conn.batch_execute(PRAGMAS).map_err(ConnectionError::CouldntSetupConfiguration)?;
    let mut tries = 1;
    while let Err(error) = conn.batch_execute(WRITE_AHEAD) {
        if tries == MOST_TRIES || !error.to_string().contains("locked") {
            return Err(ConnectionError::CouldntSetupConfiguration(error));
        }
        tries += 1;
        std::thread::sleep(BETWEEN_TRIES);
    }
    Ok(conn)
}

/// Connections that only read, for the pool.
#[derive(Debug)]
pub(crate) struct SqliteManager {
    file: PathBuf,
}

impl SqliteManager {
    pub(crate) fn new(file: &Path) -> Self {
        Self { file: file.to_owned() }
    }
}

impl r2d2::ManageConnection for SqliteManager {
    type Connection = SqliteConnection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<SqliteConnection, Self::Error> {
        let mut conn = establish(&self.file).map_err(diesel::r2d2::Error::ConnectionError)?;
        conn.batch_execute("PRAGMA query_only = ON").map_err(diesel::r2d2::Error::QueryError)?;
        Ok(conn)
    }

    fn is_valid(&self, _: &mut SqliteConnection) -> Result<(), Self::Error> {
        Ok(())
    }

    fn has_broken(&self, _: &mut SqliteConnection) -> bool {
        std::thread::panicking()
    }
}
