//! Something that several may give back, and that is given back once: a permit, by the work or by who gave the work up.

use std::sync::{Arc, Mutex, PoisonError};

/// Where it is held.
pub(crate) struct Held<T>(Arc<Mutex<Option<T>>>);

impl<T> Held<T> {
    /// Nothing yet.
    pub(crate) fn empty() -> Self {
        Self(Arc::default())
    }

    /// The same place, for somebody else.
    pub(crate) fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// Holds it from now on.
    pub(crate) fn put(&self, value: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(value);
    }

    /// Takes it, if nobody has.
    pub(crate) fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Has it given back when the returned guard goes, also by a panic.
    pub(crate) fn until_dropped(self) -> GivesBack<T> {
        GivesBack(self)
    }
}

/// Gives back what is held.
pub(crate) struct GivesBack<T>(Held<T>);

impl<T> Drop for GivesBack<T> {
    fn drop(&mut self) {
        drop(self.0.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_given_back_once_also_by_a_panic() {
        let value = Arc::new(());
        let held = Held::empty();
        held.put(Arc::clone(&value));
        let guard = held.share().until_dropped();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _guard = guard;
            panic!("the work");
        }));
        assert!(panicked.is_err());
        assert_eq!((Arc::strong_count(&value), held.take().is_none()), (1, true));
    }
}
