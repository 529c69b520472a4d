//! The store: pools, the writer, and the way in for work.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::prelude::*;
use support_domain::SupportConversation;
use tokio::sync::Semaphore;

use crate::error::Ended;
use crate::held::Held;
use crate::migrations::{Migrated, Reverted, Undelivered, migrate_pg, migrate_sqlite, revert_pg, revert_sqlite};
use crate::operations::{Backend, Reader, Transaction};
use crate::pg::{PgManager, Pools, Posts, Shared};
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

/// How long after its caller was told so, work that still has no answer from PostgreSQL is given up for good. No statement
/// takes as long; but a connection may be open at this side only, and then nothing ever comes.
const STUCK_AFTER: Duration = Duration::from_secs(10);

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
    Pg { pools: Pools<PgManager>, posts: Posts },
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
                pools: Pools::new({
                    let (address, config) = (address.clone(), config.clone());
                    move || pool(PgManager::new(&address, config.time_limit), &config)
                }),
                posts: Posts::start(address, config.writers, config.queue_length, config.time_limit)
                    .map_err(|error| StoreError::Unavailable(error.to_string()))?,
            },
            DatabaseUrl::Sqlite(file) => Pool::Sqlite {
                writer: Writer::start(file.clone(), config.queue_length)?,
                readers: pool(SqliteManager::new(file), config),
            },
        };
        let permits = Arc::new(Semaphore::new(config.pool_size.max(1) as usize));
        Ok(Self { inner: Arc::new(Inner { pool, permits, time_limit: config.time_limit }) })
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
        match &self.inner.pool {
            Pool::Pg { pools, .. } => {
                let shared = pools.current();
                self.on_thread(self.replacing(&shared), move |_| {
                    let mut session = shared.pool.get().map_err(StoreError::from)?;
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
                    || {},
                    move |_| {
                        let mut pooled = readers.get().map_err(StoreError::from)?;
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
                let shared = pools.current();
                self.on_thread(self.replacing(&shared), move |given_up| {
                    let mut work = unless_given_up(work, given_up);
                    let mut session = shared.pool.get().map_err(StoreError::from)?;
                    let mut attempt = 1;
                    loop {
                        let result = session
                            .conn
                            .transaction(|conn| work(&mut Transaction(Backend::Pg(conn))).map_err(Ended::Work))
                            .map_err(Ended::into_error);
                        session.broken = is_broken(&result);
                        match result {
                            Err(error) if error.may_retry() && attempt < MOST_ATTEMPTS => {
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
                self.within_limit(&given_up, writer.write(work)).await
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
        let result = self.within_limit(&given_up, posts.post(address, given_up.clone(), decide)).await;
        if let Some(at_work) = given_up.is_set().then(|| posts.at_work(conversation)).flatten() {
            let inner = Arc::clone(&self.inner);
            tokio::spawn(async move {
                tokio::time::sleep(STUCK_AFTER).await;
                if let Pool::Pg { posts, .. } = &inner.pool {
                    posts.replace(&at_work);
                }
            });
        }
        result
    }

    /// Remembers how a conversation stands, so that the next post to it need not read it.
    pub fn remember(&self, conversation: &SupportConversation) {
        if let Pool::Pg { posts, .. } = &self.inner.pool {
            posts.heads().remember(Arc::new(conversation.clone()));
        }
    }

    async fn within_limit<T, E: WorkError>(
        &self,
        given_up: &GivenUp,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        match tokio::time::timeout(self.inner.time_limit, work).await {
            Ok(result) => result,
            Err(_) => {
                given_up.0.store(true, Ordering::Release);
                Err(E::from(StoreError::Unavailable("the database took too long".to_owned())))
            }
        }
    }

    /// What is to be done when work with that pool is stuck.
    fn replacing(&self, shared: &Shared<PgManager>) -> impl FnOnce() + Send + use<> {
        let (inner, shared) = (Arc::clone(&self.inner), shared.clone());
        move || {
            if let Pool::Pg { pools, .. } = &inner.pool
                && pools.replace(&shared)
            {
                tracing::warn!("a connection to the database answers nothing; all are made anew");
            }
        }
    }

    /// Runs work on a thread where it may block, within the limit. A thread that is still at it keeps its permit, until it
    /// is given up for good: then it is `stuck`.
    async fn on_thread<T, E, F>(&self, stuck: impl FnOnce() + Send + 'static, work: F) -> Result<T, E>
    where
        F: FnOnce(GivenUp) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        let (permits, given_up) = (Arc::clone(&self.inner.permits), GivenUp::default());
        let (seen_by_work, held) = (given_up.clone(), Held::empty());
        let by_work = held.share();
        let result = self
            .within_limit(&given_up, async move {
                by_work.put(permits.acquire_owned().await);
                let until_done = by_work.until_dropped();
                let done = tokio::task::spawn_blocking(move || {
                    let result = work(seen_by_work);
                    drop(until_done);
                    result
                });
                done.await.unwrap_or_else(|_| Err(E::from(StoreError::Internal("the work panicked".to_owned()))))
            })
            .await;
        if given_up.is_set() {
            tokio::spawn(async move {
                tokio::time::sleep(STUCK_AFTER).await;
                let permit = held.take();
                if permit.is_some() {
                    stuck();
                }
            });
        }
        result
    }
}

/// Set when the caller was told that the work took too long.
#[derive(Debug, Clone, Default)]
pub(crate) struct GivenUp(Arc<AtomicBool>);

impl GivenUp {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// The work, undone if its caller has been told meanwhile that it took too long. That leaves the moment of the commit
/// itself, in which nobody can know: who wants to send again without fear needs a key for the message.
fn unless_given_up<T, E, F>(
    mut work: F,
    given_up: GivenUp,
) -> impl FnMut(&mut Transaction<'_>) -> Result<T, E> + Send + 'static
where
    F: FnMut(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    E: WorkError,
{
    let still_wanted = move || {
        let too_late = || E::from(StoreError::Unavailable("the caller has given up".to_owned()));
        if given_up.is_set() { Err(too_late()) } else { Ok(()) }
    };
    move |transaction| {
        still_wanted()?;
        let value = work(transaction)?;
        still_wanted().map(|()| value)
    }
}

/// Whether the connection that gave this result must not be used again.
fn is_broken<T, E: WorkError>(result: &Result<T, E>) -> bool {
    matches!(result, Err(error) if matches!(error.as_store_error(), Some(StoreError::Unavailable(_))))
}
