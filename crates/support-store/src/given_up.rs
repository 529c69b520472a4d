//! What becomes of work whose caller was told that it took too long: it is undone if it can be, and, where no answer ever
//! comes, left to its fate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;

use crate::{StoreError, Transaction, WorkError};

/// How long after its caller was told so, work that still has no answer from PostgreSQL is given up for good. No statement
/// takes as long; but a connection may be open at this side only, and then nothing ever comes.
const STUCK_AFTER: Duration = Duration::from_secs(10);

/// Set when the caller was told that the work took too long.
#[derive(Debug, Clone, Default)]
pub(crate) struct GivenUp(Arc<AtomicBool>);

impl GivenUp {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// If it is set, has that done when the work should be over in any case.
    pub(crate) fn when_stuck(&self, act: impl FnOnce() + Send + 'static) {
        // Without a runtime the process is about to end, and nothing is left to be mended.
        if let (true, Ok(runtime)) = (self.is_set(), Handle::try_current()) {
            runtime.spawn(async move {
                tokio::time::sleep(STUCK_AFTER).await;
                act();
            });
        }
    }

    /// The same also for a caller who goes before the work is over: to be held on to while it is waited for.
    pub(crate) fn watch<A: FnOnce() + Send + 'static>(&self, act: A) -> Watch<A> {
        Watch { given_up: self.clone(), act: Some(act), is_over: false }
    }
}

/// Gives work up when its caller goes. See [`GivenUp::watch`].
pub(crate) struct Watch<A: FnOnce() + Send + 'static> {
    given_up: GivenUp,
    act: Option<A>,
    is_over: bool,
}

impl<A: FnOnce() + Send + 'static> Watch<A> {
    /// The work has ended, or its caller was told that it took too long.
    pub(crate) fn end(mut self) {
        self.is_over = true;
    }
}

impl<A: FnOnce() + Send + 'static> Drop for Watch<A> {
    fn drop(&mut self) {
        if !self.is_over {
            self.given_up.set();
        }
        if let Some(act) = self.act.take() {
            self.given_up.when_stuck(act);
        }
    }
}

/// The work, undone if its caller has been told meanwhile that it took too long. That leaves the moment of the commit
/// itself, in which nobody can know: who wants to send again without fear needs a key for the message.
pub(crate) fn unless_given_up<T, E, F>(
    mut work: F,
    given_up: GivenUp,
) -> impl FnMut(&mut Transaction<'_>) -> Result<T, E> + Send + 'static
where
    F: FnMut(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    E: WorkError,
{
    let still_wanted = move || {
        let too_late = || E::from(StoreError::Unavailable("the caller has given up".to_owned()));
        if given_up.is_set() { Err(too_late()) } else { Ok(()) }
    };
    move |transaction| {
        still_wanted()?;
        let value = work(transaction)?;
        still_wanted().map(|()| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_given_up_when_its_caller_goes_and_not_when_it_ends() {
        let ended = GivenUp::default();
        ended.watch(|| {}).end();
        assert!(!ended.is_set());
        let abandoned = GivenUp::default();
        let work = {
            let given_up = abandoned.clone();
            async move {
                let watch = given_up.watch(|| {});
                std::future::pending::<()>().await;
                watch.end();
            }
        };
        let task = tokio::spawn(work);
        tokio::task::yield_now().await;
        assert!(!abandoned.is_set());
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert!(abandoned.is_set());
    }
}
