//! From a token to a caller, whatever kind of token it is. Never answers with more than "not authenticated": the reason
//! is for the log, and no reason ever holds the token.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::caller::Caller;

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a token was refused: a fixed sentence for the debug log, never for an answer. Being fixed, it cannot hold a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal(&'static str);

impl Refusal {
    /// A refusal with that sentence.
    pub const fn new(reason: &'static str) -> Self {
        Self(reason)
    }

    /// The sentence.
    pub const fn reason(self) -> &'static str {
        self.0
    }
}

/// Why there is no caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    /// The token is missing, malformed, over, revoked, or of no known kind. `Display` does not say which.
    #[error("not authenticated")]
    Unauthenticated(Refusal),
    /// It could not be decided in time. The same token may be good a moment later.
    #[error("authentication is not available at the moment")]
    Unavailable,
}

impl AuthenticationError {
    /// An [`AuthenticationError::Unauthenticated`] for that reason.
    pub const fn refused(reason: &'static str) -> Self {
        Self::Unauthenticated(Refusal::new(reason))
    }
}

/// Turns a token into the caller that it speaks for.
pub trait Authenticator: Send + Sync + fmt::Debug {
    /// The caller, or why there is none. `token` is what stood behind `Bearer `.
    fn authenticate<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Arc<Caller>, AuthenticationError>>;
}

/// Several authenticators, asked in order: the first that knows the caller wins. If none does, "not available" wins over
/// "not authenticated", since a client throws a token away on the latter.
#[derive(Debug, Clone, Default)]
pub struct AuthenticatorChain(pub Vec<Arc<dyn Authenticator>>);

impl Authenticator for AuthenticatorChain {
    fn authenticate<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Arc<Caller>, AuthenticationError>> {
        Box::pin(async move {
            let mut answer = AuthenticationError::refused("no authenticator is configured");
            for (position, authenticator) in self.0.iter().enumerate() {
                match authenticator.authenticate(token).await {
                    Ok(caller) => return Ok(caller),
                    Err(AuthenticationError::Unavailable) => answer = AuthenticationError::Unavailable,
                    Err(AuthenticationError::Unauthenticated(refusal)) => {
                        tracing::debug!(position, reason = refusal.reason(), "an authenticator refused the token");
                        if answer != AuthenticationError::Unavailable {
                            answer = AuthenticationError::Unauthenticated(refusal);
                        }
                    }
                }
            }
            Err(answer)
        })
    }
}

#[cfg(test)]
#[path = "authenticator_tests.rs"]
mod tests;
