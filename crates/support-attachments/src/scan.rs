//! Whether a file is clean, as somebody else says who knows.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

/// What a scanner says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was found.
    Clean,
    /// Something was found. What it was is for nobody here.
    Infected,
}

/// The scanner could not say anything. The file stays unreadable, and is looked at again later. The texts are for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanFailed {
    /// It cannot be reached at all, for this file as little as for others.
    #[error("the scanner is away: {0}")]
    Away(String),
    /// It was reached. Perhaps this file alone is too much for it.
    #[error("the scanner gave no verdict: {0}")]
    NoVerdict(String),
}

/// Looks at files before anybody may read them.
#[async_trait]
pub trait Scanner: Send + Sync + fmt::Debug {
    /// Looks at a whole file.
    async fn scan(&self, bytes: Bytes) -> Result<Verdict, ScanFailed>;
}
