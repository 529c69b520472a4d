//! The store: pools, the writer, and the way in for work.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use support_domain::SupportConversation;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::Instrument;

use crate::error::Ended;
pub(crate) use crate::given_up::GivenUp;
use crate::given_up::unless_given_up;
use crate::held::Held;
use crate::metrics::{ConnectionState, ErrorClass, Operation, PostFate, STORE, count};
use crate::migrations::{Migrated, Reverted, Undelivered, migrate_pg, migrate_sqlite, revert_pg, revert_sqlite};
use crate::operations::{Backend, Reader, Transaction};
use crate::pg::{PgManager, Pools, Posts, Used};
use crate::post::{Post, PostAddress};
use crate::sqlite::{SqliteManager, Writer};
use crate::{DatabaseUrl, StoreError, WorkError, pg, sqlite};

/// How the store uses its database.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Where it is.
    pub url: DatabaseUrl,
    /// Most connections at once; on SQLite those that read.
    pub pool_size: u32,
    /// Most time that a piece of work may take, waiting included. After that its caller is told that the database is
    /// unavailable; whether the work was done is then unknown to them.
    pub time_limit: Duration,
    /// How many threads keep posts on PostgreSQL, each on a connection of its own besides those of the pool.
    pub writers: u32,
    /// Most pieces of work that may wait for SQLite's writer, or for one of the threads that keep posts.
    pub queue_length: usize,
}

impl StoreConfig {
    /// The defaults: 16 connections, 2.5 seconds, 2 writers, queues of 1,024.
    pub fn new(url: DatabaseUrl) -> Self {
        Self { url, pool_size: 16, time_limit: Duration::from_millis(2_500), writers: 2, queue_length: 1_024 }
    }
}

/// How often work is done again after it met another transaction.
const MOST_ATTEMPTS: u32 = 5;

/// The database. Cheap to clone; all clones share connections.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Pool,
    /// As many permits as connections, so that those who wait do so in order and hold no thread.
    permits: Arc<Semaphore>,
    time_limit: Duration,
}

enum Pool {
    Pg { pools: Arc<Pools<PgManager>>, posts: Posts },
    Sqlite { readers: r2d2::Pool<SqliteManager>, writer: Writer },
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.inner.pool {
            Pool::Pg { .. } => "Store(PostgreSQL)",
            Pool::Sqlite { .. } => "Store(SQLite)",
        })
    }
}

fn pool<M: r2d2::ManageConnection>(manager: M, config: &StoreConfig) -> r2d2::Pool<M> {
    r2d2::Pool::builder()
        .max_size(config.pool_size.max(1))
        .min_idle(Some(1))
        .connection_timeout(config.time_limit)
        .test_on_check_out(true)
        .error_handler(Box::new(Logged))
        .build_unchecked(manager)
}

#[derive(Debug)]
struct Logged;

impl<E: std::error::Error> r2d2::HandleError<E> for Logged {
    fn handle_error(&self, error: E) {
        STORE.connection_failures.increment(1);
        tracing::warn!(error = %error, "a connection to the database could not be made");
    }
}

impl Store {
    /// Brings the database up to date without opening it for work; only says what is pending when `check_only`.
    ///
    /// # Errors
    /// When it cannot be reached, or a migration fails; nothing is changed then.
    pub fn migrate(url: &DatabaseUrl, check_only: bool) -> Result<Migrated, StoreError> {
        match url {
            DatabaseUrl::Postgres(address) => {
                let manager = PgManager::new(address, Duration::ZERO);
                let mut conn = manager.connect_once().map_err(|error| StoreError::Unavailable(error.to_string()))?;
                migrate_pg(&mut conn, check_only)
            }
            DatabaseUrl::Sqlite(file) => migrate_sqlite(file, check_only),
        }
    }

    /// Takes everything of ours out of the database again, with all that was kept in it. No server may run on it.
    ///
    /// # Errors
    /// When it cannot be reached, when a newer version has added to it, or when audit records wait that are to be kept;
    /// nothing is changed then.
    pub fn revert(url: &DatabaseUrl, undelivered: Undelivered) -> Result<Reverted, StoreError> {
        match url {
            DatabaseUrl::Postgres(address) => {
                let manager = PgManager::new(address, Duration::ZERO);
                let mut conn = manager.connect_once().map_err(|error| StoreError::Unavailable(error.to_string()))?;
                revert_pg(&mut conn, undelivered)
            }
            DatabaseUrl::Sqlite(file) => revert_sqlite(file, undelivered),
        }
    }

    /// Opens a database that is up to date. Connections to PostgreSQL are made when they are needed.
    ///
    /// # Errors
    /// When SQLite's file cannot be opened.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let pool = match &config.url {
            DatabaseUrl::Postgres(address) => Pool::Pg {
                pools: Arc::new(Pools::new({
                    let (address, config) = (address.clone(), config.clone());
                    move || pool(PgManager::new(&address, config.time_limit), &config)
                })),
                posts: Posts::start(address, config.writers, config.queue_length, config.time_limit)
                    .map_err(|error| StoreError::Unavailable(error.to_string()))?,
            },
            DatabaseUrl::Sqlite(file) => Pool::Sqlite {
                writer: Writer::start(file.clone(), config.queue_length)?,
                readers: pool(SqliteManager::new(file), config),
            },
        };
        let permits = Arc::new(Semaphore::new(config.pool_size.max(1) as usize));
        STORE.pool_connections_max.set(config.pool_size.max(1));
        STORE.queue_depth_max.set(count(config.queue_length));
        Ok(Self { inner: Arc::new(Inner { pool, permits, time_limit: config.time_limit }) })
    }

    /// Says in the metrics how the pool stands. To be called every few seconds, or before somebody reads them.
    pub fn observe(&self) {
        let state = match &self.inner.pool {
            Pool::Pg { pools, .. } => pools.current().pool.state(),
            Pool::Sqlite { readers, .. } => readers.state(),
        };
        STORE.pool_connections.of(ConnectionState::Idle).set(state.idle_connections);
        STORE.pool_connections.of(ConnectionState::InUse).set(state.connections.saturating_sub(state.idle_connections));
    }

    /// Does work that only reads, each statement for itself.
    ///
    /// # Errors
    /// The work's own, or the store's when the database is away or takes too long.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Reader<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        self.read_how(false, work).await
    }

    /// Does work that only reads, all of it in one snapshot of the database.
    ///
    /// # Errors
    /// The work's own, or the store's when the database is away or takes too long.
    pub async fn read_snapshot<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Reader<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        self.read_how(true, work).await
    }

    async fn read_how<T, E, F>(&self, in_snapshot: bool, mut work: F) -> Result<T, E>
    where
        F: FnMut(&mut Reader<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        let operation = if in_snapshot { Operation::Snapshot } else { Operation::Read };
        match &self.inner.pool {
            Pool::Pg { pools, .. } => {
                let (pools, used) = (Arc::clone(pools), Used::none());
                self.on_thread(operation, used.replacing(&pools), move |_, since| {
                    let mut session = from_pool(&used.pool_of(&pools), since)?;
                    let mut work = |conn: &mut pg::Conn| work(&mut Reader(Backend::Pg(conn))).map_err(Ended::Work);
                    let result = if in_snapshot {
                        session.conn.build_transaction().repeatable_read().read_only().run(work)
                    } else {
                        work(&mut session.conn)
                    };
                    let result = result.map_err(Ended::into_error);
                    session.broken = is_broken(&result);
                    result
                })
                .await
            }
            Pool::Sqlite { readers, .. } => {
                let readers = readers.clone();
                self.on_thread(
                    operation,
                    || {},
                    move |_, since| {
                        let mut pooled = from_pool(&readers, since)?;
                        let conn: &mut sqlite::Conn = &mut pooled;
                        let mut work =
                            |conn: &mut sqlite::Conn| work(&mut Reader(Backend::Sqlite(conn))).map_err(Ended::Work);
                        let result = if in_snapshot { conn.transaction(work) } else { work(conn) };
                        result.map_err(Ended::into_error)
                    },
                )
                .await
            }
        }
    }

    /// Does work in one transaction, and returns after its commit. What the work returns as an error undoes it. When it
    /// meets another transaction it is done again, so it must compute everything anew from what it reads.
    ///
    /// # Errors
    /// The work's own, or the store's when the database is away or takes too long.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        match &self.inner.pool {
            Pool::Pg { pools, .. } => {
                let (pools, used) = (Arc::clone(pools), Used::none());
                self.on_thread(Operation::Write, used.replacing(&pools), move |given_up, since| {
                    let mut work = unless_given_up(work, given_up);
                    let mut session = from_pool(&used.pool_of(&pools), since)?;
                    let mut attempt = 1;
                    loop {
                        let result = session
                            .conn
                            .transaction(|conn| work(&mut Transaction(Backend::Pg(conn))).map_err(Ended::Work))
                            .map_err(Ended::into_error);
                        session.broken = is_broken(&result);
                        match result {
                            Err(error) if error.may_retry() && attempt < MOST_ATTEMPTS => {
                                STORE.retries.increment(1);
                                // The other one needs a moment to be done.
                                std::thread::sleep(Duration::from_millis(5) * attempt);
                                attempt += 1;
                            }
                            result => return result,
                        }
                    }
                })
                .await
            }
            // Nothing can come between on SQLite, so nothing has to be done again.
            Pool::Sqlite { writer, .. } => {
                let given_up = GivenUp::default();
                let work = unless_given_up(work, given_up.clone());
                self.within_limit(Operation::Write, &given_up, writer.write(work)).await
            }
        }
    }

    /// Whether [`post`](Self::post) keeps anything here.
    pub fn takes_posts(&self) -> bool {
        matches!(self.inner.pool, Pool::Pg { .. })
    }

    /// Adds messages to a conversation if it stands as `decide` is told, and returns after the commit. None: it was
    /// declined, and has to be done with [`write`](Self::write).
    ///
    /// `decide` may be asked several times, and must then give the messages the same ids: by them a message is known that
    /// was kept although the answer got lost.
    ///
    /// # Errors
    /// The store's when the database is away or takes too long; whether anything was kept is then unknown.
    pub async fn post<T, F>(&self, address: PostAddress, decide: F) -> Result<Option<T>, StoreError>
    where
        F: FnMut(&SupportConversation) -> Option<(Post, T)> + Send + 'static,
        T: Send + 'static,
    {
        let Pool::Pg { posts, .. } = &self.inner.pool else { return Ok(None) };
        let (given_up, conversation) = (GivenUp::default(), address.conversation_id);
        let posted = posts.post(address, given_up.clone(), decide);
        let posted = self.within_limit(Operation::Post, &given_up, posted).await;
        if let Some(at_work) = given_up.is_set().then(|| posts.at_work(conversation)).flatten() {
            let inner = Arc::clone(&self.inner);
            given_up.when_stuck(move || {
                if let Pool::Pg { posts, .. } = &inner.pool {
                    posts.replace(&at_work);
                }
            });
        }
        STORE.posts.of(PostFate::of(&posted)).increment(1);
        posted
    }

    /// Remembers how a conversation stands, so that the next post to it need not read it.
    pub fn remember(&self, conversation: &SupportConversation) {
        if let Pool::Pg { posts, .. } = &self.inner.pool {
            posts.heads().remember(Arc::new(conversation.clone()));
        }
    }

    /// Does work for the database: it may take so long and no longer, and is counted.
    async fn within_limit<T, E: WorkError>(
        &self,
        operation: Operation,
        given_up: &GivenUp,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let began = Instant::now();
        let result = match tokio::time::timeout(self.inner.time_limit, work.instrument(operation.span())).await {
            Ok(result) => {
                if let Err(Some(error)) = result.as_ref().map_err(WorkError::as_store_error) {
                    STORE.errors.of(ErrorClass::of(error)).increment(1);
                }
                result
            }
            Err(_) => {
                given_up.set();
                STORE.errors.of(ErrorClass::TimedOut).increment(1);
                Err(E::from(StoreError::Unavailable("the database took too long".to_owned())))
            }
        };
        STORE.operation_duration.of(operation).record(began.elapsed());
        result
    }

    /// Runs work on a thread where it may block, within the limit; it is told since when it waits. A thread that is still
    /// at it keeps its permit, until it is given up for good: then it is `stuck`.
    async fn on_thread<T, E, F>(
        &self,
        operation: Operation,
        stuck: impl FnOnce() + Send + 'static,
        work: F,
    ) -> Result<T, E>
    where
        F: FnOnce(GivenUp, Instant) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        let (permits, given_up, since) = (Arc::clone(&self.inner.permits), GivenUp::default(), Instant::now());
        let (seen_by_work, held) = (given_up.clone(), Held::empty());
        let by_work = held.share();
        let worked = async move {
            by_work.put(permits.acquire_owned().await);
            let until_done = by_work.until_dropped();
            let span = tracing::Span::current();
            let done = tokio::task::spawn_blocking(move || {
                let result = span.in_scope(|| work(seen_by_work, since));
                drop(until_done);
                result
            });
            done.await.unwrap_or_else(|_| Err(E::from(StoreError::Internal("the work panicked".to_owned()))))
        };
        // Also for a caller who goes: what has no answer would keep its permit for good.
        let watch = given_up.watch(move || {
            let permit = held.take();
            if permit.is_some() {
                stuck();
            }
        });
        let result = self.within_limit(operation, &given_up, worked).await;
        watch.end();
        result
    }
}

/// A connection of the pool, for work that has waited since then.
fn from_pool<M: r2d2::ManageConnection>(
    pool: &r2d2::Pool<M>,
    since: Instant,
) -> Result<r2d2::PooledConnection<M>, StoreError> {
    let pooled = pool.get();
    STORE.pool_wait.record(since.elapsed());
    Ok(pooled?)
}

/// Whether the connection that gave this result must not be used again.
fn is_broken<T, E: WorkError>(result: &Result<T, E>) -> bool {
    matches!(result, Err(error) if matches!(error.as_store_error(), Some(StoreError::Unavailable(_))))
}
