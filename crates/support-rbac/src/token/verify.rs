//! Verifies tokens.
use std::sync::Arc;

use support_domain::Clock;

use super::keys::TrustedKeys;
use super::revocation::RevocationList;
use crate::authenticator::{AuthenticationError, Authenticator, BoxFuture};
use crate::caller::Caller;

/// Authenticates Biscuit tokens.
#[derive(Debug)]
pub struct BiscuitAuthenticator {
    keys: TrustedKeys,
    clock: Arc<dyn Clock>,
    revocations: Arc<dyn RevocationList>,
}

impl BiscuitAuthenticator {
    /// An authenticator that trusts these keys.
    pub fn new(keys: TrustedKeys, clock: Arc<dyn Clock>, revocations: Arc<dyn RevocationList>) -> Self {
        Self { keys, clock, revocations }
    }

    /// The caller that the token speaks for.
    pub fn verify(&self, _token: &str) -> Result<Arc<Caller>, AuthenticationError> {
        let _ = (&self.keys, &self.clock, &self.revocations);
        todo!()
    }
}

impl Authenticator for BiscuitAuthenticator {
    fn authenticate<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Arc<Caller>, AuthenticationError>> {
        Box::pin(async move { self.verify(token) })
    }
}
