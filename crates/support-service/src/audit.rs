//! The audit log in the store: appended to within a transaction, delivered from behind the requests.

use std::convert::Infallible;

use support_audit::{AuditLog, AuditSource};
use support_domain::{AuditLogId, AuditLogRecord};
use support_store::{Store, StoreError, Transaction};

use crate::ServiceError;

/// The log within a transaction.
pub(crate) struct LogInTransaction<'a, 'b> {
    pub(crate) transaction: &'a mut Transaction<'b>,
    /// Whether records have to be delivered as well.
    pub(crate) deliver: bool,
}

impl AuditLog for LogInTransaction<'_, '_> {
    type Error = StoreError;

    fn append(&mut self, record: AuditLogRecord) -> Result<(), StoreError> {
        self.transaction.insert_audit_log(record, self.deliver)
    }
}

/// Records that are kept together with what they record.
#[derive(Default)]
pub(crate) struct Records(pub(crate) Vec<AuditLogRecord>);

impl AuditLog for Records {
    type Error = Infallible;

    fn append(&mut self, record: AuditLogRecord) -> Result<(), Infallible> {
        self.0.push(record);
        Ok(())
    }
}

/// The records that wait to be delivered.
pub(crate) struct PendingLogs<'a>(pub(crate) &'a Store);

impl AuditSource for PendingLogs<'_> {
    type Error = ServiceError;

    async fn pending(&self, limit: i64) -> Result<Vec<AuditLogRecord>, ServiceError> {
        self.0.read(move |reader| Ok(reader.list_pending_audit_logs(limit)?)).await
    }

    async fn mark_delivered(&self, ids: Vec<AuditLogId>) -> Result<(), ServiceError> {
        self.0.write(move |transaction| Ok(transaction.update_audit_logs_delivered(&ids)?)).await
    }
}
