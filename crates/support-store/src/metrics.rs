//! What the store counts: how long work for the database takes and waits, what shares a commit, and what goes wrong. No
//! label is ever taken from what is stored.

use support_domain::TextEnum;
use support_metrics::{Counter, Counters, Gauge, Gauges, Histogram, Histograms, label_values, table};

use crate::StoreError;

label_values! {
    /// Ways of working with the database.
    pub(crate) enum Operation {
        /// Reading, each statement for itself.
        Read = "read",
        /// Reading in one snapshot.
        Snapshot = "snapshot",
        /// A transaction that writes.
        Write = "write",
        /// A post.
        Post = "post",
    }
}

label_values! {
    /// What went wrong.
    pub(crate) enum ErrorClass {
        /// The database is away, or cannot take the work.
        Unavailable = "unavailable",
        /// It took longer than work may take.
        TimedOut = "timed_out",
        /// Another transaction was first, or something was there already.
        Conflict = "conflict",
        /// A row holds what its type cannot hold.
        Corrupt = "corrupt",
        /// Migrations.
        Migration = "migration",
        /// A mistake of ours.
        Internal = "internal",
    }
}

label_values! {
    /// The queues before the threads that write.
    pub(crate) enum QueueName {
        /// Posts, on PostgreSQL.
        Posts = "posts",
        /// All that writes, on SQLite.
        Writes = "writes",
    }
}

label_values! {
    /// What became of a post.
    pub(crate) enum PostFate {
        /// It was kept.
        Kept = "kept",
        /// It has to go through a transaction.
        Declined = "declined",
        /// Nobody knows.
        Failed = "failed",
    }
}

label_values! {
    /// What a connection of the pool does.
    pub(crate) enum ConnectionState {
        /// It works.
        InUse = "in_use",
        /// It waits for work.
        Idle = "idle",
    }
}

table! {
    /// What the store counts.
    pub(crate) static STORE: StoreMetrics {
        /// How long work for the database took, waiting included.
        operation_duration: Histograms<Operation> = "support_store_operation_duration_seconds" by ["operation"] in Seconds;
        /// Work for the database that failed, by what was wrong.
        errors: Counters<ErrorClass> = "support_store_errors_total" by ["class"] in Count;
        /// How long work waited for a connection of the pool.
        pool_wait: Histogram = "support_store_pool_wait_seconds" in Seconds;
        /// Connections of the pool, by whether they work.
        pool_connections: Gauges<ConnectionState> = "support_store_pool_connections" by ["state"] in Count;
        /// Most connections that the pool may have.
        pool_connections_max: Gauge = "support_store_pool_connections_max" in Count;
        /// Connections to the database that could not be made.
        connection_failures: Counter = "support_store_connection_failures_total" in Count;
        /// Work that waits for a thread that writes.
        queue_depth: Gauges<QueueName> = "support_store_queue_depth" by ["queue"] in Count;
        /// Most work that may wait in one queue.
        queue_depth_max: Gauge = "support_store_queue_depth_max" in Count;
        /// Work that was refused because the queue was full.
        queue_full: Counters<QueueName> = "support_store_queue_full_total" by ["queue"] in Count;
        /// Posts that shared a statement, or writes that shared a transaction.
        batch_size: Histograms<QueueName> = "support_store_batch_size" by ["queue"] in Count;
        /// How long a statement of posts, or a transaction of writes, took, its commit included.
        batch_duration: Histograms<QueueName> = "support_store_batch_duration_seconds" by ["queue"] in Seconds;
        /// Posts, by what became of them. What was declined is done in a transaction.
        posts: Counters<PostFate> = "support_store_posts_total" by ["fate"] in Count;
        /// Transactions that were begun anew because they had met another one.
        retries: Counter = "support_store_retries_total" in Count;
    }
}

impl ErrorClass {
    pub(crate) const fn of(error: &StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable,
            StoreError::Conflict(_) => Self::Conflict,
            StoreError::Corrupt { .. } => Self::Corrupt,
            StoreError::Migration(_) => Self::Migration,
            StoreError::Internal(_) => Self::Internal,
        }
    }
}

impl PostFate {
    pub(crate) const fn of<T>(posted: &Result<Option<T>, StoreError>) -> Self {
        match posted {
            Ok(Some(_)) => Self::Kept,
            Ok(None) => Self::Declined,
            Err(_) => Self::Failed,
        }
    }
}

impl Operation {
    /// The operation's span. Of what is read or written only its name and its kind are ever known to a span.
    pub(crate) fn span(self) -> tracing::Span {
        tracing::debug_span!("database", operation = self.as_str())
    }
}

/// A count as a gauge takes it.
#[expect(clippy::cast_precision_loss, reason = "counts of this process are far below 2^52")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}
