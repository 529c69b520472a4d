//! What was counted of one kind of work: how many, how long each took, which failures. Cheap enough for every message;
//! one for all tasks, since the tasks of this program rarely run at the same time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::Trouble;
use crate::latency::{Latencies, LatencySummary};

/// Counts one kind of work.
#[derive(Debug)]
pub struct Measure {
    name: &'static str,
    counted: Mutex<Counted>,
    /// All that went well, also in the warm-up: for progress.
    done: AtomicU64,
}

#[derive(Debug, Default)]
struct Counted {
    /// `None`: from the beginning, which is another one than that of the rest.
    from: Option<Duration>,
    latencies: Latencies,
    errors: BTreeMap<String, u64>,
}

/// A measure as it is reported.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    /// What was measured.
    pub name: &'static str,
    /// How many went well, without the warm-up.
    pub count: u64,
    /// How many of them a second, if it was counted all the time.
    pub per_second: Option<f64>,
    /// How many failed, by kind, those of the warm-up included.
    pub errors: BTreeMap<String, u64>,
    /// How long they took.
    pub latency: LatencySummary,
    /// Every bucket that is not empty: microseconds at most, and how many.
    pub histogram: Vec<(u64, u64)>,
}

impl Measure {
    /// Nothing counted yet, no warm-up.
    pub fn new(name: &'static str) -> Self {
        Self { name, counted: Mutex::default(), done: AtomicU64::new(0) }
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What begins before that moment does not count. Only what has such a moment has a rate.
    pub fn count_from(&self, from: Duration) {
        self.counted().from = Some(from);
    }

    /// Something that began at `start` went well and is over now.
    pub fn succeed(&self, start: Duration, now: Duration) {
        let mut counted = self.counted();
        if counted.from.is_none_or(|from| start >= from) {
            counted.latencies.record(now.saturating_sub(start));
        }
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Something failed.
    pub fn fail(&self, trouble: &Trouble) {
        self.fail_times(&trouble.kind, 1);
    }

    /// Something failed so often.
    pub fn fail_times(&self, kind: &str, times: u64) {
        if times > 0 {
            *self.counted().errors.entry(kind.to_owned()).or_default() += times;
        }
    }

    /// How many went well, those of the warm-up included.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// The failures so far.
    pub fn errors(&self) -> BTreeMap<String, u64> {
        self.counted().errors.clone()
    }

    /// What to report, when it was counted for so long.
    pub fn report(&self, during: Duration) -> Measured {
        let counted = self.counted();
        let count = counted.latencies.count();
        let is_timed = counted.from.is_some() && !during.is_zero();
        let per_second = is_timed.then(|| (count as f64 / during.as_secs_f64() * 100.0).round() / 100.0);
        Measured {
            name: self.name,
            count,
            per_second,
            errors: counted.errors.clone(),
            latency: counted.latencies.summary(),
            histogram: counted.latencies.buckets(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_warm_up_is_not_measured_but_its_failures_are_told() {
        let measure = Measure::new("send");
        let second = Duration::from_secs;
        measure.count_from(second(2));
        measure.succeed(second(1), second(3));
        measure.succeed(second(2), second(3));
        measure.succeed(second(4), second(5));
        measure.fail(&Trouble::new("timeout"));
        measure.fail_times("timeout", 2);
        measure.fail_times("lost", 0);
        let report = measure.report(second(4));
        assert_eq!((report.count, report.per_second, measure.done()), (2, Some(0.5), 3));
        assert_eq!(Measure::new("join").report(second(4)).per_second, None);
        assert_eq!(report.errors, BTreeMap::from([("timeout".to_owned(), 3)]));
        assert_eq!(report.histogram.iter().map(|(_, count)| count).sum::<u64>(), 2);
    }
}
