//! How a database stands: what an operator has to know of it before people rely on it. Only looks, in transactions that
//! cannot write, and makes no file. Judges nothing: what is right and what is not, and what to do, is said by whoever asks.

use std::time::Duration;

use support_domain::Clock;

use crate::migrations::MigrationState;
use crate::{DatabaseUrl, StoreError, pg, sqlite};

/// What was found at a database's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A PostgreSQL server that answers.
    Postgres(PgCondition),
    /// A file of SQLite, or the place where one would be made.
    Sqlite(SqliteCondition),
}

/// A PostgreSQL server as the configured role sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgCondition {
    /// Its version as a number: 150004 is 15.4.
    pub version: i32,
    /// The database's encoding, by PostgreSQL's own name; the desk needs `UTF8`.
    pub encoding: String,
    /// Whether it takes writes: a standby, or a database that is set to be read only, does not.
    pub takes_writes: bool,
    /// By how many milliseconds its clock is ahead of ours; negative when it is behind.
    pub clock_ahead_ms: i64,
    /// How far the number before may be off: half of the time that the question took, in milliseconds.
    pub clock_doubt_ms: i64,
    /// What makes a commit last.
    pub durability: Durability,
    /// The role that is configured.
    pub role: RoleCondition,
    /// Whether the connection is encrypted; none where it does not leave the machine.
    pub is_encrypted: Option<bool>,
    /// Places for connections.
    pub places: Places,
    /// What was applied; none where the role may not look into the schema.
    pub migrations: Option<MigrationState>,
}

/// The server's settings without which an acknowledged message may be lost, as they are for our role in this database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Durability {
    /// `fsync`.
    pub syncs: bool,
    /// `full_page_writes`.
    pub writes_full_pages: bool,
    /// `synchronous_commit`: `on`, `off`, `local`, `remote_write` or `remote_apply`.
    pub synchronous_commit: String,
    /// Whether standbys are named that a commit has to wait for.
    pub has_synchronous_standbys: bool,
}

/// What the role may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleCondition {
    /// Whether nothing can be denied to it.
    pub is_superuser: bool,
    /// Whether the schema is there.
    pub schema_exists: bool,
    /// Whether it may look into the schema.
    pub may_use_schema: bool,
    /// Whether it may apply what is pending: make things in the schema, or make the schema where there is none.
    pub may_migrate: bool,
    /// The rights to tables that it lacks, as `TABLE: RIGHT`.
    pub lacks: Vec<String>,
}

/// Places for connections to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// Most that the role may have at once: the least of what server, database and role allow.
    pub allowed: i64,
    /// Those that others have now. Where a role or a database has a limit of its own, others of that role or database.
    pub taken_by_others: i64,
}

/// A file of SQLite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteCondition {
    /// Whether it is there. It is made by the first start.
    pub exists: bool,
    /// Whether it is set to write-ahead logging. The server sets that itself.
    pub is_write_ahead: bool,
    /// What was applied.
    pub migrations: MigrationState,
}

impl Condition {
    /// Looks at the database, and takes about `limit` at most.
    ///
    /// # Errors
    /// When it cannot be reached, or is none.
    pub fn look(url: &DatabaseUrl, clock: &dyn Clock, limit: Duration) -> Result<Self, StoreError> {
        match url {
            DatabaseUrl::Postgres(address) => pg::condition::look(address, clock, limit).map(Self::Postgres),
            DatabaseUrl::Sqlite(file) => sqlite::condition::look(file).map(Self::Sqlite),
        }
    }
}
