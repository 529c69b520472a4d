//! How long things took: counted in buckets of three digits, from a microsecond to an hour. Percentiles are those of the
//! buckets; nothing is averaged over percentiles.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// What is longer counts as that long.
const LONGEST_MICROS: u64 = 3_600_000_000;

/// Durations, and their percentiles.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

/// What a table and a report show of them. All numbers are microseconds; 0 if nothing was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LatencySummary {
    /// How many.
    pub count: u64,
    /// The shortest.
    pub min_micros: u64,
    /// The mean.
    pub mean_micros: f64,
    /// Half of all took at most so long.
    pub p50_micros: u64,
    /// 90 of 100.
    pub p90_micros: u64,
    /// 99 of 100.
    pub p99_micros: u64,
    /// 999 of 1,000.
    pub p999_micros: u64,
    /// The longest.
    pub max_micros: u64,
}

impl Latencies {
    /// None yet.
    #[expect(clippy::expect_used, reason = "the bounds are constants that a test has tried")]
    pub fn new() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST_MICROS, 3).expect("bounds in order"))
    }

    /// Counts one.
    pub fn record(&mut self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.0.saturating_record(micros.clamp(1, LONGEST_MICROS));
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The percentiles.
    pub fn summary(&self) -> LatencySummary {
        if self.0.is_empty() {
            return LatencySummary::default();
        }
        let at = |quantile: f64| self.0.value_at_quantile(quantile);
        LatencySummary {
            count: self.0.len(),
            min_micros: self.0.min(),
            mean_micros: (self.0.mean() * 10.0).round() / 10.0,
            p50_micros: at(0.5),
            p90_micros: at(0.9),
            p99_micros: at(0.99),
            p999_micros: at(0.999),
            max_micros: self.0.max(),
        }
    }

    /// The buckets that are not empty, as (microseconds at most, how many), so that reports can be added up.
    pub fn buckets(&self) -> Vec<(u64, u64)> {
        self.0.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value())).collect()
    }
}

impl Default for Latencies {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn percentiles_are_those_of_what_was_counted() {
        let mut latencies = Latencies::new();
        for millis in 1..=1_000 {
            latencies.record(Duration::from_millis(millis));
        }
        let summary = latencies.summary();
        let near = |found: u64, expected: u64| assert!(found.abs_diff(expected) * 1_000 <= expected, "{found}");
        assert_eq!(summary.count, 1_000);
        near(summary.min_micros, 1_000);
        near(summary.p50_micros, 500_000);
        near(summary.p90_micros, 900_000);
        near(summary.p99_micros, 990_000);
        near(summary.p999_micros, 999_000);
        near(summary.max_micros, 1_000_000);
        assert!((summary.mean_micros - 500_500.0).abs() < 500.0);
    }

    #[test]
    fn nothing_and_the_extremes_can_be_counted() {
        let mut latencies = Latencies::new();
        assert_eq!(latencies.summary(), LatencySummary::default());
        latencies.record(Duration::ZERO);
        latencies.record(Duration::MAX);
        let summary = latencies.summary();
        assert_eq!((summary.count, summary.min_micros), (2, 1));
        assert!(summary.max_micros.abs_diff(LONGEST_MICROS) * 1_000 <= LONGEST_MICROS);
    }

    proptest! {
        #[test]
        fn no_bucket_loses_one_or_is_far_off(micros in prop::collection::vec(1_u64..10_000_000, 1..60)) {
            let mut latencies = Latencies::new();
            for one in &micros {
                latencies.record(Duration::from_micros(*one));
            }
            let buckets = latencies.buckets();
            prop_assert_eq!(buckets.iter().map(|(_, count)| count).sum::<u64>(), micros.len() as u64);
            let mut sorted = micros;
            sorted.sort_unstable();
            let mut counted = buckets.iter().flat_map(|(value, count)| std::iter::repeat_n(*value, *count as usize));
            for expected in sorted {
                let found = counted.next().unwrap();
                prop_assert!(found >= expected && (found - expected) * 1_000 <= expected, "{found} for {expected}");
            }
        }
    }
}
