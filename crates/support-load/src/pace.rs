//! When each sender should send. Closed loop: whenever the answer to the one before has come. Open loop: at moments that
//! were fixed before, whatever the server does, so that its pauses are not left out of the latencies ("coordinated
//! omission"). Pure: asks no clock.

use std::time::Duration;

/// The plan of all senders of a run.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    per_second: Option<f64>,
    senders: u64,
}

/// From when a message's latency counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The moment.
    pub at: Duration,
    /// How late this program itself was, though the sender was free. Nothing that a server can help.
    pub own_lateness: Duration,
}

impl Pace {
    /// So many messages a second over all `senders`, evenly spread; `None` for a closed loop.
    pub fn new(per_second: Option<f64>, senders: usize) -> Self {
        Self { per_second, senders: senders.max(1) as u64 }
    }

    /// How long after the start that sender should send its message of that turn; `None` in a closed loop.
    pub fn intended(&self, sender: usize, turn: u64) -> Option<Duration> {
        let place = turn.saturating_mul(self.senders).saturating_add(sender as u64);
        self.per_second.map(|rate| Duration::try_from_secs_f64(place as f64 / rate).unwrap_or(Duration::MAX))
    }

    /// How many of a sender's turns from `turn` on were meant for before `end`: what an overloaded server has not taken.
    pub fn left_undone(&self, sender: usize, turn: u64, end: Duration) -> u64 {
        let Some(rate) = self.per_second else { return 0 };
        let turns = ((end.as_secs_f64() * rate - sender as f64) / self.senders as f64).ceil().max(0.0) as u64;
        turns.saturating_sub(turn)
    }
}

/// From when to count: a sender that was free at the intended moment and woke up late was held up by this program; one
/// that was still busy was held up by the server, and that counts.
pub fn start(intended: Duration, free_at: Duration, now: Duration) -> Start {
    if free_at <= intended {
        Start { at: now, own_lateness: now.saturating_sub(intended) }
    } else {
        Start { at: intended, own_lateness: now.saturating_sub(free_at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn senders_take_turns_evenly() {
        let pace = Pace::new(Some(100.0), 4);
        let mut all: Vec<u128> = Vec::new();
        for sender in 0..4 {
            all.extend((0..25).map(|turn| pace.intended(sender, turn).unwrap().as_millis()));
        }
        all.sort_unstable();
        assert!(all.iter().copied().eq((0..100).map(|number| number * 10)), "{all:?}");
        assert_eq!(Pace::new(None, 4).intended(0, 3), None);
    }

    #[test]
    fn what_was_not_sent_in_time_is_known() {
        let pace = Pace::new(Some(100.0), 4);
        let end = Duration::from_secs(1);
        for sender in 0..4 {
            let turns = (0..).take_while(|turn| pace.intended(sender, *turn).unwrap() < end).count() as u64;
            assert_eq!(pace.left_undone(sender, 0, end), turns);
            assert_eq!(pace.left_undone(sender, 20, end), turns - 20);
            assert_eq!(pace.left_undone(sender, turns, end), 0);
        }
        assert_eq!(Pace::new(None, 4).left_undone(0, 0, end), 0);
    }

    #[test]
    fn a_wait_for_the_server_counts_and_a_late_timer_does_not() {
        assert_eq!(start(10 * MILLI, 8 * MILLI, 11 * MILLI), Start { at: 11 * MILLI, own_lateness: MILLI });
        assert_eq!(start(10 * MILLI, 30 * MILLI, 30 * MILLI), Start { at: 10 * MILLI, own_lateness: Duration::ZERO });
    }
}
