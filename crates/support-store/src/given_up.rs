//! What becomes of work whose caller was told that it took too long: it is undone if it can be, and, where no answer ever
//! comes, left to its fate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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
        if self.is_set() {
            tokio::spawn(async move {
                tokio::time::sleep(STUCK_AFTER).await;
                act();
            });
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
