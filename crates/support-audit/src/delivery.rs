//! Telling the host's own audit log, at least once.
//!
//! The record is in our table by the change's own transaction; from there it is delivered behind the request, and
//! marked only after the host's helper said yes. What fails is tried again in its turn.

use std::future::Future;
use std::pin::Pin;

use support_domain::{AuditLogId, AuditLogRecord};

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The host's helper did not take a record. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the host's audit log did not take a record: {0}")]
pub struct SinkError(pub String);

/// The host's own helper. It may be told of a record twice: a record's id never changes.
pub trait AuditSink: Send + Sync + std::fmt::Debug {
    /// Takes a record.
    fn log_audit_event<'a>(&'a self, record: &'a AuditLogRecord) -> BoxFuture<'a, Result<(), SinkError>>;
}

/// Where undelivered records wait.
pub trait AuditSource: Sync {
    /// Why the source could not be read or marked.
    type Error: Send;
    /// At most `limit` records that were not delivered, oldest first.
    fn pending(&self, limit: i64) -> impl Future<Output = Result<Vec<AuditLogRecord>, Self::Error>> + Send;
    /// Marks records as delivered.
    fn mark_delivered(&self, ids: Vec<AuditLogId>) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Most records that are taken from the source at once.
const BATCH: i64 = 100;

/// What came of an attempt to deliver.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivery {
    /// How many records were delivered.
    pub delivered: usize,
    /// Why the next one waits, if the host did not take it. For whoever tries again and again to log once.
    pub refusal: Option<SinkError>,
}

/// Delivers what waits, up to one batch, in order. Stops at the first that the sink does not take, so that the host sees
/// them in the order in which they were written.
///
/// # Errors
/// The source's. What was delivered but could not be marked will be delivered again.
pub async fn deliver_pending<S: AuditSource>(source: &S, sink: &dyn AuditSink) -> Result<Delivery, S::Error> {
    let (mut delivered, mut refusal) = (Vec::new(), None);
    for record in source.pending(BATCH).await? {
        match sink.log_audit_event(&record).await {
            Ok(()) => delivered.push(record.id),
            Err(error) => {
                tracing::debug!(error = %error, audit_log = %record.id, "an audit record waits to be delivered");
                refusal = Some(error);
                break;
            }
        }
    }
    let count = delivered.len();
    if count > 0 {
        source.mark_delivered(delivered).await?;
    }
    Ok(Delivery { delivered: count, refusal })
}
