//! How much is measured. What is compared takes turns, round after round, so that whatever else the machine does meets both.

use std::time::Duration;

/// A form of the benchmark.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Rounds of what is cheap: sends, lists, fan-out.
    pub(crate) rounds: usize,
    /// Rounds of what takes long: sockets by the thousand.
    pub(crate) socket_rounds: usize,
    /// Seconds that are measured of each rate.
    pub(crate) seconds: u64,
    /// Seconds that sockets are held.
    pub(crate) held_seconds: u64,
    /// Pages of a list in each round.
    pub(crate) pages: usize,
    /// How far down the middle page of the large list is, in conversations; of the small one it is the half.
    pub(crate) depth: usize,
}

/// Seconds before it is measured: connections are made, statements prepared, caches filled.
pub(crate) const WARM_UP_SECONDS: u64 = 1;

/// How many senders.
pub(crate) const SENDERS: [usize; 3] = [1, 16, 64];

/// Conversations that they write to, each of which only one sender writes to.
pub(crate) const CONVERSATIONS: usize = 64;

/// Conversations in the lists.
pub(crate) const SMALL_LIST: usize = 10_000;
/// Conversations in the lists.
pub(crate) const LARGE_LIST: usize = 1_000_000;

/// Idle sockets.
pub(crate) const FEW_SOCKETS: usize = 5_000;
/// Idle sockets.
pub(crate) const MANY_SOCKETS: usize = 20_000;

/// Nothing that is started may take longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

impl Plan {
    pub(crate) fn of(quick: bool) -> Self {
        if quick {
            Self { rounds: 3, socket_rounds: 1, seconds: 2, held_seconds: 2, pages: 100, depth: 100_000 }
        } else {
            Self { rounds: 5, socket_rounds: 3, seconds: 6, held_seconds: 5, pages: 400, depth: LARGE_LIST / 2 }
        }
    }
}
