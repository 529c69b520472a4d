//! How much one person may do, over REST and sockets together, and how much may come in over one socket.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use support_domain::{Clock, PrincipalKey};

use crate::metrics::{LimitKind, note_limit};

/// Somebody has done too much. They may go on after a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many; {limit} a minute are allowed")]
pub struct RateLimited {
    /// How many a minute are allowed.
    pub limit: u32,
    /// How long to wait.
    pub retry_after: Duration,
}

/// The desk's clock in the limiter's terms.
#[derive(Debug, Clone)]
struct Monotonic(Arc<dyn Clock>);

impl GovernorClock for Monotonic {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.monotonic().into()
    }
}

/// Counts by person: so many a minute, all of them at once if need be, then one as each is regained.
#[derive(Debug)]
pub(crate) struct PersonLimiter {
    kind: LimitKind,
    limit: NonZeroU32,
    clock: Monotonic,
    limiter: RateLimiter<PrincipalKey, DefaultKeyedStateStore<PrincipalKey>, Monotonic, NoOpMiddleware<Nanos>>,
}

impl PersonLimiter {
    pub(crate) fn new(kind: LimitKind, per_minute: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        let clock = Monotonic(clock);
        let quota = Quota::per_minute(per_minute);
        let store = DefaultKeyedStateStore::default();
        let limiter = RateLimiter::new(quota, store, clock.clone());
        Self { kind, limit: per_minute, clock, limiter }
    }

    /// Counts one.
    pub(crate) fn check(&self, person: &PrincipalKey) -> Result<(), RateLimited> {
        self.limiter.check_key(person).map(drop).map_err(|early| {
            note_limit(self.kind);
            let wait = early.earliest_possible().duration_since(self.clock.now());
            RateLimited { limit: self.limit.get(), retry_after: wait.into() }
        })
    }

    /// Forgets people who have their whole allowance again.
    pub(crate) fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

/// Counts the frames of one socket: so many a second, and five times as many at once if it was quiet before.
#[derive(Debug)]
pub struct FrameLimiter(RateLimiter<NotKeyed, InMemoryState, Monotonic, NoOpMiddleware<Nanos>>);

impl FrameLimiter {
    /// A limiter of so many frames a second.
    pub fn new(per_second: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        let burst = per_second.saturating_mul(NonZeroU32::MIN.saturating_add(4));
        let quota = Quota::per_second(per_second).allow_burst(burst);
        Self(RateLimiter::direct_with_clock(quota, Monotonic(clock)))
    }

    /// Counts one frame, and says whether it may still come.
    pub fn admits(&self) -> bool {
        self.0.check().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use support_domain::{AdminId, Timestamp};

    use super::*;

    #[derive(Debug, Default)]
    struct HeldClock(Mutex<Duration>);

    impl Clock for HeldClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }
        fn monotonic(&self) -> Duration {
            *self.0.lock().unwrap()
        }
    }

    #[test]
    fn a_burst_of_frames_and_then_so_many_a_second() {
        let clock = Arc::new(HeldClock::default());
        let limiter = FrameLimiter::new(NonZeroU32::new(2).unwrap(), clock.clone());
        let admitted = |tries: usize| (0..tries).filter(|_| limiter.admits()).count();
        assert_eq!(admitted(100), 10);
        *clock.0.lock().unwrap() = Duration::from_secs(1);
        assert_eq!(admitted(100), 2);
    }

    #[test]
    fn a_minute_of_sends_at_once_and_then_one_a_second() {
        let clock = Arc::new(HeldClock::default());
        let limiter = PersonLimiter::new(LimitKind::Sends, NonZeroU32::new(60).unwrap(), clock.clone());
        let [one, other] = ["admin-1", "admin-2"].map(|id| PrincipalKey::Admin(AdminId::parse(id).unwrap()));
        for _ in 0..60 {
            assert_eq!(limiter.check(&one), Ok(()));
        }
        let refused = limiter.check(&one).unwrap_err();
        assert_eq!((refused.limit, refused.retry_after), (60, Duration::from_secs(1)));
        assert_eq!(limiter.check(&other), Ok(()), "people do not share an allowance");
        *clock.0.lock().unwrap() = Duration::from_secs(1);
        limiter.forget_idle();
        assert_eq!(limiter.check(&one), Ok(()));
        assert!(limiter.check(&one).is_err());
    }
}
