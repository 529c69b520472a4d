//! Whether people with good tokens may still come: what no token can tell, because it changes while the token lives. Who
//! knows it is the host. Never decides what a caller may do; that is the policy.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use support_domain::Clock;

use crate::authenticator::{AuthenticationError, Authenticator, BoxFuture, Refusal};
use crate::caller::{Caller, Principal};

/// How old an answer may be that a request goes by.
pub const STANDING_LASTS: Duration = Duration::from_secs(2);

/// How many answers are remembered.
const REMEMBERED_ANSWERS: u64 = 10_000;

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
}

/// An authenticator's callers, without those who have fallen. An answer is good for [`STANDING_LASTS`].
#[derive(Debug)]
pub struct StandingAuthenticator {
    inner: Arc<dyn Authenticator>,
    standing: Arc<dyn Standing>,
    clock: Arc<dyn Clock>,
    /// By person and by whether their token can be revoked, which some hosts make a difference of. With the moment of the
    /// answer, by the monotonic clock.
    answers: moka::sync::Cache<(Principal, bool), (Verdict, Duration)>,
}

impl StandingAuthenticator {
    /// Looks at whoever `inner` knows.
    pub fn new(inner: Arc<dyn Authenticator>, standing: Arc<dyn Standing>, clock: Arc<dyn Clock>) -> Self {
        let answers =
            moka::sync::Cache::builder().max_capacity(REMEMBERED_ANSWERS).time_to_live(STANDING_LASTS).build();
        Self { inner, standing, clock, answers }
    }

    async fn verdict(&self, caller: &Arc<Caller>) -> Result<Verdict, AuthenticationError> {
        let asked_at = self.clock.monotonic();
        let key = (caller.principal.clone(), caller.is_revocable());
        let is_fresh = |answer: &(Verdict, Duration)| asked_at.saturating_sub(answer.1) < STANDING_LASTS;
        if let Some((verdict, _)) = self.answers.get(&key).filter(is_fresh) {
            return Ok(verdict);
        }
        let asked = [Arc::clone(caller)];
        let verdicts = self.standing.check(&asked).await;
        let Ok([verdict]) = verdicts.as_deref() else { return Err(AuthenticationError::Unavailable) };
        self.answers.insert(key, (*verdict, asked_at));
        Ok(*verdict)
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
