//! Live sockets and whether those behind them may still come. All of them are asked about together, so that a thousand
//! sockets cost one question every few seconds, and each looks at an atomic before it sends.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use support_rbac::{Caller, Principal, StandingUnavailable, Verdict};
use support_store::StoreError;

use crate::{ServiceError, SupportService};

/// What is known of the caller of a live socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveStanding {
    /// They may stay.
    Stands,
    /// They may not.
    Fallen,
    /// Nobody could say for too long: they have to come again.
    Doubted,
}

impl LiveStanding {
    const fn number(self) -> u8 {
        match self {
            Self::Stands => 0,
            Self::Fallen => 1,
            Self::Doubted => 2,
        }
    }

    const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Stands,
            1 => Self::Fallen,
            _ => Self::Doubted,
        }
    }
}

#[derive(Debug)]
struct Watched {
    caller: Arc<Caller>,
    standing: Arc<AtomicU8>,
}

/// The callers of this node's live sockets. Empty where nobody knows about standing.
#[derive(Debug, Default)]
pub(crate) struct Watchlist {
    next: AtomicU64,
    watched: Mutex<HashMap<u64, Watched>>,
}

impl Watchlist {
    fn change<T>(&self, change: impl FnOnce(&mut HashMap<u64, Watched>) -> T) -> T {
        change(&mut self.watched.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Everybody once: a caller for each person and kind of token.
    fn people(&self) -> Vec<Arc<Caller>> {
        self.change(|watched| {
            let callers = watched.values().map(|watched| (key(&watched.caller), Arc::clone(&watched.caller)));
            callers.collect::<HashMap<_, _>>().into_values().collect()
        })
    }

    /// Sets the standing of those sockets whose caller is as they were asked about. Whoever came or changed meanwhile
    /// is asked about the next time.
    fn set(&self, answers: &HashMap<(Principal, bool), LiveStanding>) -> usize {
        self.change(|watched| {
            let mut changed = 0;
            for watched in watched.values() {
                if let Some(standing) = answers.get(&key(&watched.caller)) {
                    let before = watched.standing.swap(standing.number(), Ordering::Relaxed);
                    changed += usize::from(before != standing.number());
                }
            }
            changed
        })
    }
}

fn key(caller: &Caller) -> (Principal, bool) {
    (caller.principal.clone(), caller.is_revocable())
}

/// A caller who is watched for as long as this lives.
#[derive(Debug)]
pub struct WatchedCaller {
    standing: Arc<AtomicU8>,
    /// None where nobody knows about standing.
    place: Option<(Arc<Watchlist>, u64)>,
}

impl WatchedCaller {
    /// What is known of them.
    pub fn standing(&self) -> LiveStanding {
        LiveStanding::from_number(self.standing.load(Ordering::Relaxed))
    }

    /// They have come with another token, which was looked at just now.
    pub fn renew(&self, caller: &Arc<Caller>) {
        if let Some((watchlist, id)) = &self.place {
            watchlist.change(|watched| {
                if let Some(watched) = watched.get_mut(id) {
                    watched.caller = Arc::clone(caller);
                    watched.standing.store(LiveStanding::Stands.number(), Ordering::Relaxed);
                }
            });
        }
    }
}

impl Drop for WatchedCaller {
    fn drop(&mut self) {
        if let Some((watchlist, id)) = &self.place {
            watchlist.change(|watched| watched.remove(id));
        }
    }
}

impl SupportService {
    /// Watches the caller of a live socket.
    pub fn watch_standing(&self, caller: &Arc<Caller>) -> WatchedCaller {
        let standing = Arc::new(AtomicU8::new(LiveStanding::Stands.number()));
        let place = self.standing().map(|_| {
            let watchlist = Arc::clone(self.watchlist());
            let id = watchlist.next.fetch_add(1, Ordering::Relaxed);
            let (caller, standing) = (Arc::clone(caller), Arc::clone(&standing));
            watchlist.change(|watched| watched.insert(id, Watched { caller, standing }));
            (watchlist, id)
        });
        WatchedCaller { standing, place }
    }

    /// Asks whether all those with live sockets may still come, and has the sockets of the others look. To be called
    /// every second or two.
    ///
    /// # Errors
    /// When nobody can say; everybody keeps the standing that they had.
    pub async fn check_live_standing(&self) -> Result<(), StandingUnavailable> {
        let Some(standing) = self.standing() else { return Ok(()) };
        let people = self.watchlist().people();
        if people.is_empty() {
            return Ok(());
        }
        let verdicts = standing.check(&people).await?;
        let answers = people.iter().zip(verdicts).map(|(caller, verdict)| {
            let standing = match verdict {
                Verdict::Stands => LiveStanding::Stands,
                Verdict::Fallen(refusal) => {
                    tracing::debug!(reason = refusal.reason(), "the access of a live socket is withdrawn");
                    LiveStanding::Fallen
                }
            };
            (key(caller), standing)
        });
        self.settle(&answers.collect());
        Ok(())
    }

    /// Says that nobody could say for too long: all live sockets have to come again.
    pub fn doubt_live_standing(&self) {
        let people = self.watchlist().people();
        self.settle(&people.iter().map(|caller| (key(caller), LiveStanding::Doubted)).collect());
    }

    fn settle(&self, answers: &HashMap<(Principal, bool), LiveStanding>) {
        if self.watchlist().set(answers) > 0 {
            self.wake_sockets();
        }
    }

    /// Whether a caller who came without a token just now may still come: with a ticket, for which they showed their
    /// token up to half a minute ago.
    pub(crate) async fn check_standing_of(&self, caller: &Arc<Caller>) -> Result<bool, ServiceError> {
        let Some(standing) = self.standing() else { return Ok(true) };
        let verdicts = standing.check(&[Arc::clone(caller)]).await;
        let verdicts = verdicts.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(verdicts == [Verdict::Stands])
    }
}
