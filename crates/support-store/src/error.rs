//! What can go wrong in the database. The texts are for the log; none of them may reach a client.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// A failure of the database or of what it holds.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or cannot take the work now. Trying again later may help.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// Another transaction was first; the work can be done again from its start.
    #[error("the transaction met another one: {0}")]
    Conflict(String),
    /// A row holds what its type cannot hold.
    #[error("column {column} holds an invalid value")]
    Corrupt {
        /// The column; never its value.
        column: &'static str,
    },
    /// The migrations could not be applied.
    #[error("the migrations failed: {0}")]
    Migration(String),
    /// Anything else: a mistake of ours.
    #[error("the database refused a statement: {0}")]
    Internal(String),
}

/// What SQLite and PostgreSQL say where diesel has no kind of its own for it.
const UNAVAILABLE: [&str; 10] = [
    "database is locked",
    "database table is locked",
    "database or disk is full",
    "disk I/O error",
    "unable to open database file",
    "attempt to write a readonly database",
    "terminating connection",
    "the database system is",
    "canceling statement",
    "could not extend file",
];

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        let DieselError::DatabaseError(kind, information) = &error else {
            return match error {
                DieselError::BrokenTransactionManager | DieselError::RollbackErrorOnCommit { .. } => {
                    Self::Unavailable(error.to_string())
                }
                _ => Self::Internal(error.to_string()),
            };
        };
        // A constraint's message may quote the row; its name says enough.
        let constraint = information.constraint_name().unwrap_or("unnamed").to_owned();
        match kind {
            DatabaseErrorKind::UniqueViolation => Self::Conflict(format!("unique constraint {constraint}")),
            DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::ExclusionViolation => Self::Internal(format!("{kind:?} of {constraint}")),
            DatabaseErrorKind::SerializationFailure => Self::Conflict("serialization failure".to_owned()),
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::ReadOnlyTransaction
            | DatabaseErrorKind::UnableToSendCommand => Self::Unavailable(format!("{kind:?}")),
            _ => {
                let message = information.message();
                if message.contains("deadlock detected") {
                    Self::Conflict("deadlock".to_owned())
                } else if UNAVAILABLE.iter().any(|known| message.contains(known)) {
                    Self::Unavailable(message.to_owned())
                } else {
                    Self::Internal(message.to_owned())
                }
            }
        }
    }
}

impl From<r2d2::Error> for StoreError {
    fn from(error: r2d2::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// The error of a closure that works in a transaction: it may be the caller's own, and it may be the store's.
pub trait WorkError: From<StoreError> + Send + 'static {
    /// The store's error, if it is one.
    fn as_store_error(&self) -> Option<&StoreError>;

    /// Whether the work may be done again from its start.
    fn may_retry(&self) -> bool {
        matches!(self.as_store_error(), Some(StoreError::Conflict(_)))
    }
}

impl WorkError for StoreError {
    fn as_store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

/// What ends a transaction: the work said no, or the database did.
pub(crate) enum Ended<E> {
    Work(E),
    Database(DieselError),
}

impl<E> From<DieselError> for Ended<E> {
    fn from(error: DieselError) -> Self {
        Self::Database(error)
    }
}

impl<E: WorkError> Ended<E> {
    pub(crate) fn into_error(self) -> E {
        match self {
            Self::Work(error) => error,
            Self::Database(error) => E::from(StoreError::from(error)),
        }
    }
}
