//! Why a use case did not do what was asked. What a client may see is decided in `support-http`.

use support_attachments::{FilesError, Refusal};
use support_domain::ConversationStatus;
use support_domain::conversation::{ChangeRefused, Closed};
use support_rbac::Denied;
use support_store::{StoreError, WorkError};

use crate::RateLimited;

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The right person without the permission.
    #[error("forbidden")]
    Forbidden,
    /// Unknown, someone else's, or out of the admin's country: nobody can tell which.
    #[error("not found")]
    NotFound,
    /// The conversation is closed for good.
    #[error("the conversation is closed")]
    ConversationClosed,
    /// The conversation cannot go from one status to the other.
    #[error("a conversation cannot go from {from} to {to}")]
    InvalidTransition {
        /// Where it stands.
        from: ConversationStatus,
        /// Where it was to go.
        to: ConversationStatus,
    },
    /// The conversation has moved on since the caller looked.
    #[error("the conversation has changed: {field} is {actual}")]
    Stale {
        /// The field of the request that is out of date.
        field: &'static str,
        /// What it would have to be now.
        actual: i64,
    },
    /// The same key came with another content.
    #[error("the clientMessageId was used for something else")]
    IdempotencyMismatch,
    /// The conversation cannot be given to that admin: unknown, no longer active, or of another country.
    #[error("the admin cannot be given the conversation")]
    NotAssignable,
    /// The host has no such user: unknown, of another kind, or of another country. Nobody can tell which.
    #[error("there is no such user")]
    NoSuchUser,
    /// A message names uploads that its sender cannot put on it: unknown, somebody else's, on a message, or not clean yet.
    /// Nobody can tell which.
    #[error("the message names uploads that cannot be sent")]
    UploadsNotSendable,
    /// A file is larger than files may be.
    #[error("the file is too large")]
    FileTooLarge,
    /// A file cannot be kept.
    #[error(transparent)]
    FileRefused(Refusal),
    /// The scanner has found something in a file.
    #[error("the file is infected")]
    FileInfected,
    /// Nobody has found the file clean yet.
    #[error("the file was not looked at yet")]
    FileNotReady,
    /// Too much is under way at the moment.
    #[error("too much is under way")]
    Busy,
    /// Where files are kept.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// Too many sends.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Denied> for ServiceError {
    fn from(Denied::Forbidden { .. }: Denied) -> Self {
        Self::Forbidden
    }
}

impl From<Closed> for ServiceError {
    fn from(Closed: Closed) -> Self {
        Self::ConversationClosed
    }
}

impl From<ChangeRefused> for ServiceError {
    fn from(refused: ChangeRefused) -> Self {
        match refused {
            ChangeRefused::Closed => Self::ConversationClosed,
            ChangeRefused::InvalidTransition { from, to } => Self::InvalidTransition { from, to },
        }
    }
}

impl WorkError for ServiceError {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}
