//! Live sockets and whether those behind them may still come. All of them are asked about together, so that a thousand
//! sockets cost one question every few seconds, and each looks at an atomic before it sends.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use support_domain::Clock;
use support_rbac::{Caller, Principal, StandingUnavailable, Verdict};
use support_store::StoreError;

use crate::{ServiceError, SupportService};

/// How many people are asked about together.
const ASKED_AT_ONCE: usize = 1_000;

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
    /// When it was asked last what was then answered, by the monotonic clock.
    known_at: Duration,
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
    fn set(&self, answers: &HashMap<(Principal, bool), LiveStanding>, asked_at: Duration) -> usize {
        self.change(|watched| {
            let mut changed = 0;
            for watched in watched.values_mut() {
                if let Some(standing) = answers.get(&key(&watched.caller)) {
                    watched.known_at = watched.known_at.max(asked_at);
                    changed += usize::from(watched.now_has(*standing));
                }
            }
            changed
        })
    }

    /// Doubts those of whom nothing was known since.
    fn doubt(&self, since: Duration) -> usize {
        self.change(|watched| {
            let doubted = watched.values().filter(|watched| watched.known_at <= since);
            doubted.filter(|watched| watched.now_has(LiveStanding::Doubted)).count()
        })
    }
}

impl Watched {
    /// Whether that is another standing than before.
    fn now_has(&self, standing: LiveStanding) -> bool {
        self.standing.swap(standing.number(), Ordering::Relaxed) != standing.number()
    }
}

fn key(caller: &Caller) -> (Principal, bool) {
    (caller.principal.clone(), caller.is_revocable())
}

/// A caller who is watched for as long as this lives.
#[derive(Debug)]
pub struct WatchedCaller {
    standing: Arc<AtomicU8>,
    clock: Arc<dyn Clock>,
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
        let now = self.clock.monotonic();
        if let Some((watchlist, id)) = &self.place {
            watchlist.change(|watched| {
                if let Some(watched) = watched.get_mut(id) {
                    watched.caller = Arc::clone(caller);
                    watched.known_at = now;
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
            let (caller, standing, known_at) = (Arc::clone(caller), Arc::clone(&standing), self.clock().monotonic());
            watchlist.change(|watched| watched.insert(id, Watched { caller, standing, known_at }));
            (watchlist, id)
        });
        WatchedCaller { standing, clock: Arc::clone(self.clock()), place }
    }

    /// Asks whether all those with live sockets may still come, and has the sockets of the others look. To be called
    /// every second or two. Who was answered about is settled, whatever becomes of the rest.
    ///
    /// # Errors
    /// When nobody can say of some; those keep the standing that they had.
    pub async fn check_live_standing(&self) -> Result<(), StandingUnavailable> {
        let Some(standing) = self.standing() else { return Ok(()) };
        let people = self.watchlist().people();
        let mut outcome = Ok(());
        for people in people.chunks(ASKED_AT_ONCE) {
            let asked_at = self.clock().monotonic();
            match standing.check_live(people).await {
                Ok(verdicts) => self.settle(people, &verdicts, asked_at),
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        outcome
    }

    fn settle(&self, people: &[Arc<Caller>], verdicts: &[Verdict], asked_at: Duration) {
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
        if self.watchlist().set(&answers.collect(), asked_at) > 0 {
            self.wake_sockets();
        }
    }

    /// Has those live sockets come again of which nobody could say anything for that long.
    pub fn doubt_live_standing(&self, after: Duration) {
        let Some(since) = self.clock().monotonic().checked_sub(after) else { return };
        if self.watchlist().doubt(since) > 0 {
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
