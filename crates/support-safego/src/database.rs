//! Connections to the host's database: a few of their own, so that what the host's tables cost never takes a connection
//! from the desk's work. What reads cannot write: its transactions say so to the database.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
    /// Most connections at once.
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

/// The host's database.
pub struct HostDatabase {
    pool: r2d2::Pool<PgManager>,
    /// As many permits as connections, so that those who wait hold no thread.
    permits: Arc<Semaphore>,
    schema: SchemaName,
    time_limit: Duration,
    is_away: AtomicBool,
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
    /// Connections are made when they are needed.
    pub fn new(config: &HostConfig) -> Self {
        let size = config.pool_size.max(1);
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .connection_timeout(config.time_limit)
            .error_handler(Box::new(Silent))
            .build_unchecked(PgManager::new(&config.address, config.time_limit));
        Self {
            pool,
            permits: Arc::new(Semaphore::new(size as usize)),
            schema: config.schema.clone(),
            time_limit: config.time_limit,
            is_away: AtomicBool::new(false),
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
        self.on_thread(Access::Reads, work).await.map(drop).map_err(|error| match error {
            StoreError::Unavailable(_) | StoreError::Conflict(_) => HostProblem::Away(error.to_string()),
            StoreError::Corrupt { .. } | StoreError::Migration(_) | StoreError::Internal(_) => {
                HostProblem::Refused(error.to_string())
            }
        })
    }

    /// Reads something.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, HostUnavailable>
    where
        T: Send + 'static,
        F: FnOnce(&mut PgConnection) -> QueryResult<T> + Send + 'static,
    {
        let result = self.on_thread(Access::Reads, work).await.map_err(|error| HostUnavailable(error.to_string()));
        self.note(result.as_ref().err());
        result
    }

    /// Adds something. Its failures are the caller's to log.
    pub(crate) async fn add<F>(&self, work: F) -> Result<(), HostUnavailable>
    where
        F: FnOnce(&mut PgConnection) -> QueryResult<usize> + Send + 'static,
    {
        self.on_thread(Access::Adds, work).await.map(drop).map_err(|error| HostUnavailable(error.to_string()))
    }

    /// Says once that the host's tables cannot be read, and once that they can again.
    fn note(&self, error: Option<&HostUnavailable>) {
        let was_away = self.is_away.swap(error.is_some(), Ordering::Relaxed);
        match error {
            Some(error) if !was_away => tracing::warn!(error = %error, "the host's tables cannot be read"),
            None if was_away => tracing::info!("the host's tables can be read again"),
            _ => {}
        }
    }

    async fn on_thread<T, F>(&self, access: Access, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut PgConnection) -> QueryResult<T> + Send + 'static,
    {
        let (pool, permits) = (self.pool.clone(), Arc::clone(&self.permits));
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
