//! A row of a table: what is known of a metric before anything is counted.

use crate::Instrument;

/// How a metric moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// It counts samples by their size.
    Histogram,
}

impl Kind {
    /// As Prometheus calls it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// What a metric's numbers are numbers of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// 0 for no and 1 for yes.
    Flag,
}

impl Unit {
    /// In a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
            Self::Flag => "0 or 1",
        }
    }
}

/// From a wait for nothing to the longest that the database may take, and some more.
const SECONDS: &[f64] =
    &[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const COUNTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// A metric.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// How it moves.
    pub kind: Kind,
    /// What it is a number of.
    pub unit: Unit,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    help: &'static str,
    values: fn() -> Vec<Vec<&'static str>>,
    begin: fn(),
}

impl Metric {
    /// The row of an instrument. For [`table!`](crate::table).
    pub const fn new<I: Instrument>(
        name: &'static str,
        unit: Unit,
        labels: &'static [&'static str],
        help: &'static str,
        begin: fn(),
    ) -> Self {
        Self { name, kind: I::KIND, unit, labels, help, values: I::values, begin }
    }

    /// What it means, in a sentence or two.
    pub fn help(&self) -> &'static str {
        self.help.trim()
    }

    /// For each label all values that it can have; nothing where they are patterns of routes.
    pub fn values(&self) -> Vec<Vec<&'static str>> {
        (self.values)()
    }

    /// The upper bounds by which a histogram counts its samples.
    pub const fn buckets(&self) -> &'static [f64] {
        match self.unit {
            Unit::Seconds => SECONDS,
            Unit::Count | Unit::Bytes | Unit::Flag => COUNTS,
        }
    }

    /// Tells the recorder that there is now what the metric means, and makes the handles of its table if nobody has yet:
    /// a counter that is there from the start, at 0, is one whose first step is seen.
    pub fn describe(&self) {
        (self.begin)();
        let unit = match self.unit {
            Unit::Seconds => Some(metrics::Unit::Seconds),
            Unit::Bytes => Some(metrics::Unit::Bytes),
            Unit::Count => Some(metrics::Unit::Count),
            Unit::Flag => None,
        };
        let (name, help) = (self.name.into(), self.help().into());
        metrics::with_recorder(|recorder| match self.kind {
            Kind::Counter => recorder.describe_counter(name, unit, help),
            Kind::Gauge => recorder.describe_gauge(name, unit, help),
            Kind::Histogram => recorder.describe_histogram(name, unit, help),
        });
    }
}
