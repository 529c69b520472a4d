//! Whether people with good tokens may still come: what no token can tell, because it changes while the token lives. Who
//! knows it is the host. Never decides what a caller may do; that is the policy.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use support_domain::Clock;

use crate::authenticator::{AuthenticationError, Authenticator, BoxFuture, Refusal};
use crate::caller::{Caller, Principal};
use crate::lately::Lately;

/// How old an answer may be that a request goes by.
pub const STANDING_LASTS: Duration = Duration::from_secs(2);

/// What is known of one caller at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They are who their token says, or nobody knows better.
    Stands,
    /// They may not come with this token any more.
    Fallen(Refusal),
}

/// Nobody can say at the moment. The text is for the log, and names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("whether people may still come cannot be asked: {0}")]
pub struct StandingUnavailable(pub String);

/// Knows whether callers may still come.
pub trait Standing: Send + Sync + fmt::Debug {
    /// A verdict for each of the callers, in their order, as of now.
    fn check<'a>(&'a self, callers: &'a [Arc<Caller>]) -> BoxFuture<'a, Result<Vec<Verdict>, StandingUnavailable>>;

    /// The same for those whose sockets are open, who are asked about again and again. Where that can be kept from
    /// waiting behind requests, it should be.
    fn check_live<'a>(
        &'a self,
        callers: &'a [Arc<Caller>],
    ) -> BoxFuture<'a, Result<Vec<Verdict>, StandingUnavailable>> {
        self.check(callers)
    }
}

/// An authenticator's callers, without those who have fallen. An answer is good for [`STANDING_LASTS`].
#[derive(Debug)]
pub struct StandingAuthenticator {
    inner: Arc<dyn Authenticator>,
    standing: Arc<dyn Standing>,
    /// By person and by whether their token can be revoked, which some hosts make a difference of.
    answers: Lately<(Principal, bool), Verdict, StandingUnavailable>,
}

impl StandingAuthenticator {
    /// Looks at whoever `inner` knows.
    pub fn new(inner: Arc<dyn Authenticator>, standing: Arc<dyn Standing>, clock: Arc<dyn Clock>) -> Self {
        Self { inner, standing, answers: Lately::new(clock, STANDING_LASTS) }
    }

    async fn verdict(&self, caller: &Arc<Caller>) -> Result<Verdict, AuthenticationError> {
        let key = (caller.principal.clone(), caller.is_revocable());
        let (standing, asked) = (Arc::clone(&self.standing), [Arc::clone(caller)]);
        let ask = || async move {
            let verdicts = standing.check(&asked).await?;
            verdicts.first().copied().ok_or_else(|| StandingUnavailable("there was no verdict".to_owned()))
        };
        self.answers.get_or_ask(key, ask).await.map_err(|_| AuthenticationError::Unavailable)
    }
}

impl Authenticator for StandingAuthenticator {
    fn authenticate<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Arc<Caller>, AuthenticationError>> {
        Box::pin(async move {
            let caller = self.inner.authenticate(token).await?;
            match self.verdict(&caller).await? {
                Verdict::Stands => Ok(caller),
                Verdict::Fallen(refusal) => Err(AuthenticationError::Unauthenticated(refusal)),
            }
        })
    }
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
