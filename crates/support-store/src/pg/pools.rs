//! The pool of connections, and another one in its place when connections of it are stuck: they are open at this side, and
//! nothing ever comes over them. The ones that lie idle in the same pool were made by the same way, so all of it goes.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use r2d2::{ManageConnection, Pool};

/// Most pools that were replaced and have work that never ends. A database that is slow for another reason, waiting for a
/// standby for instance, must not be given connections without end.
const MOST_STUCK: usize = 3;

/// The pool of the moment.
pub(crate) struct Pools<M: ManageConnection> {
    make: Box<dyn Fn() -> Pool<M> + Send + Sync>,
    state: Mutex<State<M>>,
}

struct State<M: ManageConnection> {
    current: Shared<M>,
    /// Those that were replaced, as long as somebody works with one.
    stuck: Vec<Weak<()>>,
}

/// A pool in use. Whoever works with it holds on to this.
pub(crate) struct Shared<M: ManageConnection> {
    pub(crate) pool: Pool<M>,
    life: Arc<()>,
}

impl<M: ManageConnection> Clone for Shared<M> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), life: Arc::clone(&self.life) }
    }
}

impl<M: ManageConnection> Pools<M> {
    /// Pools that are made like this.
    pub(crate) fn new(make: impl Fn() -> Pool<M> + Send + Sync + 'static) -> Self {
        let current = Shared { pool: make(), life: Arc::default() };
        Self { make: Box::new(make), state: Mutex::new(State { current, stuck: Vec::new() }) }
    }

    fn state(&self) -> MutexGuard<'_, State<M>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pool for new work.
    pub(crate) fn current(&self) -> Shared<M> {
        self.state().current.clone()
    }

    /// Has another pool take the place of this one, unless that has happened already, and says whether it did.
    pub(crate) fn replace(&self, stuck: &Shared<M>) -> bool {
        let mut state = self.state();
        state.stuck.retain(|life| life.strong_count() > 0);
        if !Arc::ptr_eq(&state.current.life, &stuck.life) || state.stuck.len() >= MOST_STUCK {
            return false;
        }
        let new = Shared { pool: (self.make)(), life: Arc::default() };
        let old = std::mem::replace(&mut state.current, new);
        state.stuck.push(Arc::downgrade(&old.life));
        // Its idle connections are closed without the lock.
        drop(state);
        drop(old);
        true
    }
}

/// The pool that some work has its connection from: that of the moment at which it may begin, not at which it began to wait.
pub(crate) struct Used<M: ManageConnection>(Arc<OnceLock<Shared<M>>>);

impl<M: ManageConnection> Clone for Used<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M: ManageConnection> Used<M> {
    /// None yet.
    pub(crate) fn none() -> Self {
        Self(Arc::default())
    }

    /// The pool of the moment; the same one for the same work later on.
    pub(crate) fn pool_of(&self, pools: &Pools<M>) -> Pool<M> {
        self.0.get_or_init(|| pools.current()).pool.clone()
    }

    /// What is to be done when the work is stuck.
    pub(crate) fn replacing(&self, pools: &Arc<Pools<M>>) -> impl FnOnce() + Send + use<M> {
        let (pools, used) = (Arc::clone(pools), self.clone());
        move || {
            if used.0.get().is_some_and(|shared| pools.replace(shared)) {
                tracing::warn!("a connection to the database answers nothing; all are made anew");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Nothing;

    impl ManageConnection for Nothing {
        type Connection = ();
        type Error = std::io::Error;

        fn connect(&self) -> Result<(), std::io::Error> {
            Ok(())
        }

        fn is_valid(&self, (): &mut ()) -> Result<(), std::io::Error> {
            Ok(())
        }

        fn has_broken(&self, (): &mut ()) -> bool {
            false
        }
    }

    fn pools() -> Pools<Nothing> {
        Pools::new(|| Pool::builder().max_size(1).build_unchecked(Nothing))
    }

    #[test]
    fn when_all_connections_are_stuck_new_work_gets_others() {
        let pools = pools();
        let stuck = pools.current();
        let _never_given_back = stuck.pool.get().unwrap();
        assert!(pools.current().pool.try_get().is_none());
        assert!(pools.replace(&stuck));
        assert!(pools.current().pool.get().is_ok());
        assert!(!pools.replace(&stuck), "the new one has done nothing wrong");
    }

    #[test]
    fn work_has_the_pool_of_when_it_begins_and_replaces_no_other() {
        let pools = Arc::new(pools());
        let (early, late) = (Used::none(), Used::none());
        let (replace_early, replace_late) = (early.replacing(&pools), late.replacing(&pools));
        early.pool_of(&pools);
        let before = pools.current();
        replace_early();
        let after = pools.current();
        assert!(!Arc::ptr_eq(&before.life, &after.life));
        // It was asked for before, and begins now.
        late.pool_of(&pools);
        assert!(Arc::ptr_eq(&late.0.get().unwrap().life, &after.life));
        early.replacing(&pools)();
        assert!(Arc::ptr_eq(&pools.current().life, &after.life), "the new one has done nothing wrong");
        replace_late();
        assert!(!Arc::ptr_eq(&pools.current().life, &after.life));
    }

    #[test]
    fn only_so_many_are_replaced_until_the_work_of_one_has_ended() {
        let pools = pools();
        let mut stuck: Vec<_> = Vec::new();
        for _ in 0..MOST_STUCK {
            stuck.push(pools.current());
            assert!(pools.replace(stuck.last().unwrap()));
        }
        let last = pools.current();
        assert!(!pools.replace(&last));
        stuck.remove(0);
        assert!(pools.replace(&last));
    }
}
