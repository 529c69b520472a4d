//! Issues tokens. Never keeps one, never prints one, and asks no clock: the caller says what time it is.

use std::time::Duration;

use biscuit_auth::Biscuit;
use support_domain::Timestamp;

use super::form::{Claims, is_email, whole_seconds};
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
    /// The library could not make or sign it.
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

    /// Issues a token for that person: URL-safe base64, at most [`MAX_TOKEN_BYTES`](super::MAX_TOKEN_BYTES) with room
    /// for narrowings. It is good before `now` + `ttl`, cut to whole seconds. It carries the id of its key.
    pub fn issue(&self, principal: &Principal, now: Timestamp, ttl: Duration) -> Result<String, IssueError> {
        if ttl < Duration::from_secs(1) {
            return Err(IssueError::TtlTooShort);
        }
        if principal.as_admin().and_then(|admin| admin.email.as_deref()).is_some_and(|email| !is_email(email)) {
            return Err(IssueError::Email);
        }
        let claims = Claims { principal: principal.clone(), expires_at: whole_seconds(now.plus(ttl)) };
        let text = claims.render();
        // What would not be read back as the same claims must never be signed.
        if Claims::parse(&text).as_ref() != Some(&claims) {
            return Err(IssueError::Signing);
        }
        Biscuit::builder()
            .root_key_id(self.public().key_id())
            .code(text)
            .and_then(|builder| builder.build(self.key.pair()))
            .and_then(|token| token.to_base64())
            .map_err(|_| IssueError::Signing)
    }
}
