//! Connections to the host's database: a few of their own, so that what the host's tables cost never takes a connection
//! from the desk's work. What reads cannot write: its transactions say so to the database.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Array, Text};
use support_store::{PgManager, StoreError};
use tokio::sync::Semaphore;

/// The name of the schema where the host's tables are: a plain identifier, as it is to the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaName(String);

/// The name would have to be escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a name of at most 63 letters, digits and underscores that begins with no digit")]
pub struct InvalidSchemaName;

impl FromStr for SchemaName {
    type Err = InvalidSchemaName;

    fn from_str(text: &str) -> Result<Self, InvalidSchemaName> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let begins = text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
        if plain && begins && text.len() <= 63 { Ok(Self(text.to_owned())) } else { Err(InvalidSchemaName) }
    }
}

impl Default for SchemaName {
    /// `public`.
    fn default() -> Self {
        Self("public".to_owned())
    }
}

/// As it stands in a statement.
impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// Where the host's tables are. `Debug` does not print the address, which may hold a password.
#[derive(Clone)]
pub struct HostConfig {
    /// A libpq connection string.
    pub address: String,
    /// The schema of its tables.
    pub schema: SchemaName,
    /// Most connections at once, besides the one for those with open sockets.
    pub pool_size: u32,
    /// Most time that a question may take, waiting included.
    pub time_limit: Duration,
}

impl fmt::Debug for HostConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostConfig")
            .field("schema", &self.schema)
            .field("pool_size", &self.pool_size)
            .field("time_limit", &self.time_limit)
            .finish_non_exhaustive()
    }
}

/// The host's database did not answer. The text is for the log; it holds no value of a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HostUnavailable(pub String);

/// Why the host's tables cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostProblem {
    /// The database cannot be reached now.
    #[error("{0}")]
    Away(String),
    /// It is there, and has no such table, column or right.
    #[error("{0}")]
    Refused(String),
}

impl From<StoreError> for HostProblem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Conflict(_) => Self::Away(error.to_string()),
            StoreError::Corrupt { .. } | StoreError::Migration(_) | StoreError::Internal(_) => {
                Self::Refused(error.to_string())
            }
        }
    }
}

/// Connections, and as many permits, so that those who wait hold no thread.
struct Lane {
    pool: r2d2::Pool<PgManager>,
    permits: Arc<Semaphore>,
}

impl Lane {
    /// Connections are made when they are needed.
    fn new(config: &HostConfig, size: u32) -> Self {
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .connection_timeout(config.time_limit)
            .error_handler(Box::new(Silent))
            .build_unchecked(PgManager::new(&config.address, config.time_limit));
        Self { pool, permits: Arc::new(Semaphore::new(size as usize)) }
    }
}

/// What is asked for. What fails for one purpose need not fail for another, so each has its own failures told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// Who somebody is who comes, or who is to be given something.
    People,
    /// Who those are whose sockets are open.
    Live,
    /// What may be shown of a user.
    Cards,
    /// What the settings are.
    Settings,
}

impl Question {
    const fn name(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Live => "people with open sockets",
            Self::Cards => "users' cards",
            Self::Settings => "settings",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::People => 1,
            Self::Live => 2,
            Self::Cards => 4,
            Self::Settings => 8,
        }
    }
}

/// The host's database.
pub struct HostDatabase {
    lane: Lane,
    /// One connection for the question after those with open sockets: whoever is cut has to be cut, however many requests
    /// wait for an answer, and a crowd of them must not look like a database that is away.
    live: Lane,
    schema: SchemaName,
    time_limit: Duration,
    /// A bit for each question that found no answer the last time.
    unanswered: AtomicU8,
}

impl fmt::Debug for HostDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostDatabase").field("schema", &self.schema).finish_non_exhaustive()
    }
}

/// What a transaction may do.
#[derive(Debug, Clone, Copy)]
enum Access {
    Reads,
    Adds,
}

/// The pool's own errors come back from what waits for a connection.
#[derive(Debug)]
struct Silent;

impl<E> r2d2::HandleError<E> for Silent {
    fn handle_error(&self, _: E) {}
}

impl HostDatabase {
    /// At most `pool_size` connections, and one more for those with open sockets.
    pub fn new(config: &HostConfig) -> Self {
        Self {
            lane: Lane::new(config, config.pool_size.max(1)),
            live: Lane::new(config, 1),
            schema: config.schema.clone(),
            time_limit: config.time_limit,
            unanswered: AtomicU8::new(0),
        }
    }

    /// The schema of its tables, as it stands in a statement.
    pub(crate) fn schema(&self) -> &SchemaName {
        &self.schema
    }

    /// Asks for what the desk cannot do without, to learn at the start what would fail later.
    ///
    /// # Errors
    /// [`HostProblem::Refused`] when waiting does not help.
    pub async fn probe(&self) -> Result<(), HostProblem> {
        let people = crate::people::statement(&self.schema);
        let settings = crate::settings::statement(&self.schema);
        let work = move |conn: &mut PgConnection| {
            diesel::sql_query(people).bind::<Array<Text>, _>(Vec::<String>::new()).execute(conn)?;
            diesel::sql_query(settings).execute(conn)
        };
        self.on_thread(&self.lane, Access::Reads, work).await.map(drop).map_err(HostProblem::from)
    }

    /// Asks whether records may be added to its audit log, without adding one.
    ///
    /// # Errors
    /// [`HostProblem::Refused`] when waiting does not help.
    pub async fn probe_audit_log(&self) -> Result<(), HostProblem> {
        let plan = crate::audit_log::plan_statement(&self.schema);
        let work = move |conn: &mut PgConnection| diesel::sql_query(plan).execute(conn);
        self.on_thread(&self.lane, Access::Reads, work).await.map(drop).map_err(HostProblem::from)
    }

    /// Reads something.
    pub(crate) async fn read<T, F>(&self, question: Question, work: F) -> Result<T, HostUnavailable>
    where
        T: Send + 'static,
        F: FnOnce(&mut PgConnection) -> QueryResult<T> + Send + 'static,
    {
        let lane = if question == Question::Live { &self.live } else { &self.lane };
        let result = self.on_thread(lane, Access::Reads, work).await;
        let result = result.map_err(|error| HostUnavailable(error.to_string()));
        self.note(question, result.as_ref().err());
        result
    }

    /// Adds something. Its failures are the caller's to log.
    pub(crate) async fn add<F>(&self, work: F) -> Result<(), HostUnavailable>
    where
        F: FnOnce(&mut PgConnection) -> QueryResult<usize> + Send + 'static,
    {
        self.on_thread(&self.lane, Access::Adds, work)
            .await
            .map(drop)
            .map_err(|error| HostUnavailable(error.to_string()))
    }

    /// Says once that something cannot be read of the host's tables, and once that it can again.
    fn note(&self, question: Question, error: Option<&HostUnavailable>) {
        let (what, bit) = (question.name(), question.bit());
        let before = match error {
            Some(_) => self.unanswered.fetch_or(bit, Ordering::Relaxed),
            None => self.unanswered.fetch_and(!bit, Ordering::Relaxed),
        };
        match (error, before & bit == 0) {
            (Some(error), true) => tracing::warn!(what, error = %error, "the host's tables cannot be read"),
            (None, false) => tracing::info!(what, "the host's tables can be read again"),
            _ => {}
        }
    }

    async fn on_thread<T, F>(&self, lane: &Lane, access: Access, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut PgConnection) -> QueryResult<T> + Send + 'static,
    {
        let (pool, permits) = (lane.pool.clone(), Arc::clone(&lane.permits));
        let asked = async move {
            let permit = permits.acquire_owned().await;
            let done = tokio::task::spawn_blocking(move || {
                let result = in_transaction(&pool, access, work);
                drop(permit);
                result
            });
            done.await.unwrap_or_else(|_| Err(StoreError::Internal("the work panicked".to_owned())))
        };
        let in_time = tokio::time::timeout(self.time_limit, asked).await;
        in_time.unwrap_or_else(|_| Err(StoreError::Unavailable("the host's database took too long".to_owned())))
    }
}

fn in_transaction<T, F>(pool: &r2d2::Pool<PgManager>, access: Access, work: F) -> Result<T, StoreError>
where
    F: FnOnce(&mut PgConnection) -> QueryResult<T>,
{
    let mut session = pool.get()?;
    let transaction = session.connection().build_transaction();
    let result = match access {
        Access::Reads => transaction.read_only().run(work),
        Access::Adds => transaction.read_write().run(work),
    };
    let result = result.map_err(StoreError::from);
    if matches!(result, Err(StoreError::Unavailable(_))) {
        session.give_up();
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_a_plain_name() {
        for name in ["public", "SafeGo_2", "_x"] {
            assert_eq!(name.parse::<SchemaName>().unwrap().to_string(), format!("\"{name}\""));
        }
        for name in ["", "2x", "a.b", "a\"b", "a b", "public;", &"x".repeat(64)] {
            assert_eq!(name.parse::<SchemaName>(), Err(InvalidSchemaName), "{name}");
        }
    }

    #[test]
    fn an_address_does_not_print() {
        let config = HostConfig {
            address: "postgres://desk:hunter2@db/safego".to_owned(),
            schema: SchemaName::default(),
            pool_size: 4,
            time_limit: Duration::from_secs(1),
        };
        assert!(!format!("{config:?} {:?}", HostDatabase::new(&config)).contains("hunter2"));
    }
}
