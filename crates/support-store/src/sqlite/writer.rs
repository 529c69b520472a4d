//! The one thread that writes to SQLite.
//!
//! It takes pieces of work from a bounded queue in the order in which they came, does those that wait in one
//! transaction, each behind a savepoint of its own so that one which fails undoes only itself, commits once, and only
//! then answers. Alone, a piece of work waits for nobody.

use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Conn, manager::establish};
use crate::error::Ended;
use crate::metrics::{QueueName, STORE, count};
use crate::operations::Backend;
use crate::{StoreError, Transaction, WorkError};

/// Most pieces of work that share a commit.
const MOST_SHARED: usize = 64;

/// A piece of work in the queue, its types hidden.
trait Job: Send {
    /// Does the work behind a savepoint and keeps the result.
    fn run(&mut self, conn: &mut Conn);
    /// Keeps an error in the place of a result.
    fn fail(&mut self, error: StoreError);
    /// Answers: with the result after a commit, with the error when it failed.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Work<F, T, E> {
    work: F,
    /// Of who waits for it.
    span: tracing::Span,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Work<F, T, E>
where
    F: FnMut(&mut Transaction<'_>) -> Result<T, E> + Send,
    T: Send,
    E: WorkError,
{
    fn run(&mut self, conn: &mut Conn) {
        let _entered = self.span.clone().entered();
        let result = conn.transaction(|conn| (self.work)(&mut Transaction(Backend::Sqlite(conn))).map_err(Ended::Work));
        self.result = Some(result.map_err(Ended::into_error));
    }

    fn fail(&mut self, error: StoreError) {
        self.result = Some(Err(E::from(error)));
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            // It had failed anyway, whatever became of the others.
            (_, Some(Err(error))) => Err(error),
            (Err(error), _) => Err(E::from(error)),
            (Ok(()), None) => Err(E::from(StoreError::Internal("the work was not done".to_owned()))),
        };
        // Whoever asked may have gone.
        let _ = self.answer.send(result);
    }
}

/// The way to the writer thread.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: SyncSender<Box<dyn Job>>,
}

impl Writer {
    /// Starts the thread on a connection of its own. It ends when the writer is dropped and the queue is empty.
    pub(crate) fn start(file: PathBuf, queue_length: usize) -> Result<Self, StoreError> {
        let unavailable = |error: &dyn std::fmt::Display| StoreError::Unavailable(error.to_string());
        let conn = establish(&file).map_err(|error| unavailable(&error))?;
        let (queue, jobs) = sync_channel(queue_length);
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || serve(conn, &file, &jobs))
            .map_err(|error| unavailable(&error))?;
        Ok(Self { queue })
    }

    /// Hands in a piece of work. Refuses it when the queue is full.
    pub(crate) async fn write<F, T, E>(&self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        let (answer, result) = oneshot::channel();
        STORE.queue_depth.of(QueueName::Writes).increment(1.0);
        self.queue.try_send(Box::new(Work { work, span: tracing::Span::current(), result: None, answer })).map_err(
            |error| {
                STORE.queue_depth.of(QueueName::Writes).decrement(1.0);
                StoreError::Unavailable(match error {
                    TrySendError::Full(_) => {
                        STORE.queue_full.of(QueueName::Writes).increment(1);
                        "the queue of the writer is full".to_owned()
                    }
                    TrySendError::Disconnected(_) => "the writer has ended".to_owned(),
                })
            },
        )?;
        // The thread answers every job; it drops one only when it ends itself.
        result.await.unwrap_or_else(|_| Err(E::from(StoreError::Unavailable("the writer has ended".to_owned()))))
    }
}

fn serve(conn: Conn, file: &std::path::Path, jobs: &Receiver<Box<dyn Job>>) {
    let mut open = Some(conn);
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        while batch.len() < MOST_SHARED
            && let Ok(job) = jobs.try_recv()
        {
            batch.push(job);
        }
        STORE.queue_depth.of(QueueName::Writes).decrement(count(batch.len()));
        let conn = match open.take().map_or_else(|| establish(file), Ok) {
            Ok(conn) => conn,
            Err(error) => {
                for job in batch {
                    job.finish(Err(StoreError::Unavailable(error.to_string())));
                }
                continue;
            }
        };
        open = commit_together(conn, batch);
    }
}

/// Does the batch in one transaction and gives the connection back, if it can still be trusted.
fn commit_together(mut conn: Conn, mut batch: Vec<Box<dyn Job>>) -> Option<Conn> {
    let (began, jobs) = (Instant::now(), batch.len());
    let result = conn.immediate_transaction(|conn| batch.iter_mut().try_for_each(|job| run_alone(conn, job.as_mut())));
    STORE.batch_size.of(QueueName::Writes).record(count(jobs));
    STORE.batch_duration.of(QueueName::Writes).record(began.elapsed());
    match result {
        Ok(()) => {
            batch.into_iter().for_each(|job| job.finish(Ok(())));
            Some(conn)
        }
        Err(error) => {
            // Nothing of the batch was kept, whatever the database called it. Its connection goes with it.
            let error = StoreError::from(error);
            for job in batch {
                job.finish(Err(StoreError::Unavailable(error.to_string())));
            }
            None
        }
    }
}

/// Does one piece of work. An error here ends the batch: the work panicked, or SQLite has ended the transaction by itself,
/// as it does when the disk is full, and whatever came next would be outside it.
fn run_alone(conn: &mut Conn, job: &mut dyn Job) -> QueryResult<()> {
    let done = catch_unwind(AssertUnwindSafe(|| job.run(conn)));
    if done.is_err() {
        job.fail(StoreError::Internal("the work panicked".to_owned()));
        return Err(DieselError::RollbackTransaction);
    }
    let status = AnsiTransactionManager::transaction_manager_status_mut(conn);
    match status.transaction_depth() {
        Ok(depth) if depth == NonZeroU32::new(1) => Ok(()),
        _ => Err(DieselError::BrokenTransactionManager),
    }
}
