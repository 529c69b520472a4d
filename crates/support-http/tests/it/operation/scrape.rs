//! What `/metrics` shows, taken apart, and what docs/metrics.md says of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::harness::{Person, eventually};

const TABLE: &str = include_str!("../../../../../docs/metrics.md");

/// A line of the metrics.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) value: f64,
}

/// All of them at one moment.
#[derive(Debug)]
pub(super) struct Scrape {
    pub(super) text: String,
    pub(super) samples: Vec<Sample>,
}

impl Scrape {
    /// What the server shows there now.
    #[track_caller]
    pub(super) fn at(person: &Person) -> Self {
        let text = person.get("/metrics").expect(200).text;
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let samples = lines.map(sample).collect();
        Self { text, samples }
    }

    /// The sum of all lines of that name that have these labels.
    pub(super) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |sample: &&Sample| {
            sample.name == name
                && labels.iter().all(|(label, value)| sample.labels.get(*label).is_some_and(|of| of == value))
        };
        self.samples.iter().filter(has).map(|sample| sample.value).sum()
    }
}

fn sample(line: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').expect("a value");
    let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
    let Some((name, labels)) = series.split_once('{') else {
        return Sample { name: series.to_owned(), labels: BTreeMap::new(), value };
    };
    // No value of ours has a quote or a comma in it, which the test of the labels would tell.
    let labels = labels.strip_suffix('}').expect("a closing brace").split(',');
    let labels = labels.map(|label| label.split_once('=').expect("a label"));
    let labels = labels.map(|(label, value)| (label.to_owned(), value.trim_matches('"').to_owned()));
    Sample { name: name.to_owned(), labels: labels.collect(), value }
}

/// Waits until as many have been counted as were done since, and demands that there are not more.
#[track_caller]
pub(super) fn grown(person: &Person, since: &Scrape, name: &str, labels: &[(&str, &str)], by: f64) {
    let before = since.sum(name, labels);
    let mut last = 0.0;
    eventually(&format!("{name} {labels:?} has grown by {by}"), || {
        last = Scrape::at(person).sum(name, labels) - before;
        last >= by
    });
    assert!((last - by).abs() < f64::EPSILON, "{name} {labels:?} has grown by {last}, not by {by}");
}

/// A row of the documentation.
#[derive(Debug)]
pub(super) struct Documented {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) meaning: &'static str,
    /// Each label with its values; with none where they are known only while the program runs.
    pub(super) labels: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

/// What docs/metrics.md says that there is.
pub(super) fn documented() -> Vec<Documented> {
    let rows = TABLE.lines().filter(|line| line.starts_with("| `support_"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, kind, _, labels, meaning] = cells[..] else { panic!("{row}") };
        let labels = if labels == "none" { Vec::new() } else { labels.split("; ").collect() };
        let labels = labels.into_iter().map(|label| {
            let (label, values) = label.split_once(": ").unwrap_or((label, ""));
            (label.trim_matches('`'), values.split(", ").filter(|value| !value.is_empty()).collect())
        });
        Documented { name: name.trim_matches('`'), kind, meaning, labels: labels.collect() }
    })
    .collect()
}
