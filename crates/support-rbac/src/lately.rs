//! Answers that are good for a moment, each asked for once at a time: of many who miss the same one at the same moment one
//! asks, and all go by what it hears. Never gives an answer that is older than it may be, and never keeps a failure.

use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::Shared;
use support_domain::Clock;

use crate::authenticator::BoxFuture;

/// How many answers are remembered.
const REMEMBERED_ANSWERS: u64 = 10_000;

/// A question that was asked, and is answered by now or will be.
struct Asked<V, E> {
    /// By the monotonic clock.
    at: Duration,
    answer: Shared<BoxFuture<'static, Result<V, E>>>,
}

impl<V, E> Clone for Asked<V, E> {
    fn clone(&self) -> Self {
        Self { at: self.at, answer: self.answer.clone() }
    }
}

/// Answers by what was asked. `Debug` shows none of them.
pub struct Lately<K, V, E> {
    clock: Arc<dyn Clock>,
    lasts: Duration,
    asked: moka::sync::Cache<K, Asked<V, E>>,
}

impl<K, V, E> fmt::Debug for Lately<K, V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lately").field("lasts", &self.lasts).finish_non_exhaustive()
    }
}

impl<K, V, E> Lately<K, V, E>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    /// Answers that are good for so long after they were asked for.
    pub fn new(clock: Arc<dyn Clock>, lasts: Duration) -> Self {
        let asked = moka::sync::Cache::builder().max_capacity(REMEMBERED_ANSWERS).time_to_live(lasts).build();
        Self { clock, lasts, asked }
    }

    /// The answer, as of at most so long ago; `ask` is used only if nobody else has asked since.
    ///
    /// # Errors
    /// Those of whoever asked. Who comes after a failure asks anew.
    pub async fn get_or_ask<F>(&self, key: K, ask: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let at = self.clock.monotonic();
        let begin = || {
            let asking: BoxFuture<'static, Result<V, E>> = Box::pin(ask());
            Asked { at, answer: asking.shared() }
        };
        let is_over = |asked: &Asked<V, E>| {
            at.saturating_sub(asked.at) >= self.lasts || asked.answer.peek().is_some_and(Result::is_err)
        };
        let asked = self.asked.entry(key).or_insert_with_if(begin, is_over).into_value();
        asked.answer.await
    }
}

#[cfg(test)]
#[path = "lately_tests.rs"]
mod tests;
