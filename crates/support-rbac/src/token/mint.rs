//! Makes tokens.
use std::time::Duration;

use support_domain::Timestamp;

use super::keys::{SigningKey, VerifyingKey};
use crate::caller::Principal;

/// Why a token could not be issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// Times in tokens are whole seconds.
    #[error("a token must live at least one second")]
    TtlTooShort,
    /// An email address with characters that a token does not carry.
    #[error("the email address must be 3 to 254 bytes of letters, digits and common punctuation, with an @")]
    Email,
    /// The library could not sign it.
    #[error("the token could not be signed")]
    Signing,
}

/// Issues tokens that are signed with one key.
#[derive(Debug)]
pub struct TokenIssuer {
    key: SigningKey,
}

impl TokenIssuer {
    /// An issuer that signs with `key`.
    pub fn new(key: SigningKey) -> Self {
        Self { key }
    }

    /// The key that verifies its tokens.
    pub fn public(&self) -> VerifyingKey {
        self.key.public()
    }

    /// Issues a token for that person, good from now on for `ttl`; times in tokens are whole seconds, cut.
    pub fn issue(&self, _principal: &Principal, _now: Timestamp, _ttl: Duration) -> Result<String, IssueError> {
        todo!()
    }
}
