//! How many frames a client may send over one socket, and when too many cost it the connection.

use std::num::NonZeroU32;
use std::sync::Arc;

use support_domain::Clock;
use support_service::FrameLimiter;

/// So many frames too many cost the connection; each one that was admitted makes up for one.
const MOST_STRIKES: u32 = 100;

/// What becomes of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may come.
    Admitted,
    /// It is refused.
    Refused,
    /// It is refused, and the connection with it.
    Abuse,
}

/// Counts the frames of one socket.
#[derive(Debug)]
pub(super) struct FloodGate {
    limiter: FrameLimiter,
    strikes: u32,
}

impl FloodGate {
    /// A gate for so many frames a second.
    pub(super) fn new(per_second: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        Self { limiter: FrameLimiter::new(per_second, clock), strikes: 0 }
    }

    /// Counts a frame.
    pub(super) fn admit(&mut self) -> Admission {
        if self.limiter.admits() {
            self.strikes = self.strikes.saturating_sub(1);
            Admission::Admitted
        } else {
            self.strike()
        }
    }

    /// Counts a frame that somebody else refused as one too many.
    pub(super) fn strike(&mut self) -> Admission {
        self.strikes += 1;
        if self.strikes > MOST_STRIKES { Admission::Abuse } else { Admission::Refused }
    }
}
