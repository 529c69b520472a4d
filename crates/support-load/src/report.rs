//! What a run has found, as a table for people and as JSON for programs. The JSON has every number of the table, with its
//! unit in its name, the buckets of the histograms, and the options. Neither has a token, or what was written.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;

use crate::measure::Measured;
use crate::process::Usage;
use crate::trouble::advice;

/// So many faults of a check are told; the rest is counted.
const TOLD: usize = 20;

/// A run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The subcommand.
    pub scenario: &'static str,
    /// The version of this program.
    pub version: &'static str,
    /// When it was started, RFC 3339.
    pub started_at: String,
    /// What was asked for.
    pub options: Value,
    /// How long was measured.
    pub measured_seconds: f64,
    /// What was measured, the most important first.
    pub measures: Vec<Measured>,
    /// Single numbers, with their units in their names.
    pub numbers: BTreeMap<&'static str, f64>,
    /// The server's processes, if they were named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Spent>,
    /// The database's processes, if the first of them was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<SpentCpu>,
    /// This program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Spent>,
    /// What was checked.
    pub checks: Vec<Check>,
    /// What stands in the way, if something does.
    pub advice: Vec<&'static str>,
}

/// What processes have used while it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spent {
    /// CPU.
    pub cpu_seconds: f64,
    /// CPU for each of what was measured first.
    pub cpu_micros_per_operation: f64,
    /// Memory before.
    pub rss_before_bytes: u64,
    /// Memory after.
    pub rss_after_bytes: u64,
}

/// CPU that processes have used while it was measured. Of a database nothing is said of memory: its processes share most
/// of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SpentCpu {
    /// CPU.
    pub cpu_seconds: f64,
    /// CPU for each of what was measured first.
    pub cpu_micros_per_operation: f64,
}

/// A promise that was held, or was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Its name: `kept`, `delivered`, `stayed`, `listed`, `worked`.
    pub name: &'static str,
    /// What holds if it passed, and over how much.
    pub sentence: String,
    /// Whether it did.
    pub passed: bool,
    /// How many faults were found.
    pub fault_count: u64,
    /// The first of them.
    pub faults: Vec<String>,
}

impl Check {
    /// From all faults that were found.
    pub fn new(name: &'static str, sentence: String, mut faults: Vec<String>) -> Self {
        let fault_count = faults.len() as u64;
        faults.truncate(TOLD);
        Self { name, sentence, passed: fault_count == 0, fault_count, faults }
    }
}

impl Spent {
    /// Between two looks, for so many operations.
    pub(crate) fn between(before: Option<Usage>, after: Option<Usage>, operations: u64) -> Option<Self> {
        let (before, after) = (before?, after?);
        let cpu = SpentCpu::between(Some(before.cpu_seconds), Some(after.cpu_seconds), operations)?;
        Some(Self {
            cpu_seconds: cpu.cpu_seconds,
            cpu_micros_per_operation: cpu.cpu_micros_per_operation,
            rss_before_bytes: before.rss_bytes,
            rss_after_bytes: after.rss_bytes,
        })
    }
}

impl SpentCpu {
    /// Between two looks at seconds, for so many operations.
    pub(crate) fn between(before: Option<f64>, after: Option<f64>, operations: u64) -> Option<Self> {
        let cpu_seconds = after? - before?;
        Some(Self {
            cpu_seconds: (cpu_seconds * 1_000.0).round() / 1_000.0,
            cpu_micros_per_operation: (cpu_seconds * 1e7 / operations.max(1) as f64).round() / 10.0,
        })
    }
}

impl Report {
    /// Whether every check passed.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }

    /// What can be said about the failures that were counted, each once, and about this program on so many threads.
    pub(crate) fn advise(&mut self, threads: f64) {
        let kinds = self.measures.iter().flat_map(|measure| measure.errors.keys());
        let mut said: Vec<&'static str> = Vec::new();
        for sentence in kinds.filter_map(|kind| advice(kind)) {
            if !said.contains(&sentence) {
                said.push(sentence);
            }
        }
        let busy = self.client.map_or(0.0, |client| client.cpu_seconds / self.measured_seconds.max(0.001));
        if self.measured_seconds >= 1.0 && busy > 0.9 * threads {
            said.push(
                "this program had no CPU left: the numbers are partly its own; give it more --threads, or less work",
            );
        }
        self.advice = said;
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// As a table.
    pub fn to_table(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_table(&mut text);
        text
    }

    fn write_table(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "{}: {:.1} s measured", self.scenario, self.measured_seconds)?;
        let head = ["", "count", "per second", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms", "errors"];
        let mut rows = vec![head.map(str::to_owned)];
        let happened = |measure: &&Measured| measure.count > 0 || !measure.errors.is_empty();
        rows.extend(self.measures.iter().filter(happened).map(row));
        let widths: Vec<usize> = (0..head.len())
            .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
            .collect();
        for row in &rows {
            let mut line = format!("  {:<width$}", row[0], width = widths[0]);
            for (cell, width) in row.iter().zip(&widths).skip(1) {
                write!(line, "  {cell:>width$}")?;
            }
            writeln!(text, "{}", line.trim_end())?;
        }
        for measure in &self.measures {
            for (kind, times) in &measure.errors {
                writeln!(text, "  error in {}: {kind}, {times} times", measure.name)?;
            }
        }
        for (name, number) in &self.numbers {
            writeln!(text, "  {name} {number}")?;
        }
        self.write_spent(text)?;
        for check in &self.checks {
            let verdict = if check.passed { "passed" } else { "FAILED" };
            writeln!(text, "{verdict} {}: {}", check.name, check.sentence)?;
            for fault in &check.faults {
                writeln!(text, "  {fault}")?;
            }
            if check.fault_count > check.faults.len() as u64 {
                writeln!(text, "  and {} more", check.fault_count - check.faults.len() as u64)?;
            }
        }
        for sentence in &self.advice {
            writeln!(text, "note: {sentence}")?;
        }
        Ok(())
    }

    fn write_spent(&self, text: &mut String) -> std::fmt::Result {
        let mebibytes = |bytes: u64| bytes as f64 / 1_048_576.0;
        for (who, spent) in [("server", self.server), ("this program", self.client)] {
            let Some(spent) = spent else { continue };
            writeln!(
                text,
                "  {who}: {:.2} s of CPU, {} us for each, memory {:.1} -> {:.1} MiB",
                spent.cpu_seconds,
                spent.cpu_micros_per_operation,
                mebibytes(spent.rss_before_bytes),
                mebibytes(spent.rss_after_bytes),
            )?;
        }
        if let Some(spent) = self.database {
            let SpentCpu { cpu_seconds, cpu_micros_per_operation } = spent;
            writeln!(text, "  database: {cpu_seconds:.2} s of CPU, {cpu_micros_per_operation} us for each")?;
        }
        Ok(())
    }
}

fn row(measure: &Measured) -> [String; 9] {
    let millis = |micros: u64| format!("{:.2}", micros as f64 / 1_000.0);
    let latency = &measure.latency;
    [
        measure.name.to_owned(),
        measure.count.to_string(),
        measure.per_second.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}")),
        millis(latency.p50_micros),
        millis(latency.p90_micros),
        millis(latency.p99_micros),
        millis(latency.p999_micros),
        millis(latency.max_micros),
        measure.errors.values().sum::<u64>().to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::measure::Measure;

    fn report() -> Report {
        let measure = Measure::new("send");
        measure.succeed(Duration::ZERO, Duration::from_millis(12));
        measure.fail_times("http_429_rate_limited", 3);
        let usage = |cpu_seconds| Some(Usage { cpu_seconds, rss_bytes: 1_048_576 });
        let mut report = Report {
            scenario: "sends",
            version: "0",
            started_at: String::new(),
            options: Value::Null,
            measured_seconds: 1.0,
            measures: vec![measure.report(Duration::from_secs(1))],
            numbers: BTreeMap::from([("sent", 4.0)]),
            server: Spent::between(usage(1.0), usage(1.5), 1_000),
            database: SpentCpu::between(Some(2.0), Some(2.25), 1_000),
            client: Spent::between(usage(1.0), usage(1.95), 1_000),
            checks: vec![Check::new("kept", "all".to_owned(), vec!["x".to_owned(); 25])],
            advice: Vec::new(),
        };
        report.advise(1.0);
        report
    }

    #[test]
    fn a_table_says_what_failed_and_what_stands_in_the_way() {
        let table = report().to_table();
        for part in [
            "12.0",
            "http_429_rate_limited, 3 times",
            "500 us for each",
            "database: 0.25 s of CPU, 250 us for each",
            "FAILED kept",
            "and 5 more",
            "note: SUPPORT_SENDS",
            "no CPU left",
        ] {
            assert!(table.contains(part), "{part}: {table}");
        }
        assert!(!report().passed());
    }

    #[test]
    fn the_json_has_units_in_its_names_and_the_buckets() {
        let json: Value = serde_json::from_str(&report().to_json()).unwrap();
        let measure = &json["measures"][0];
        assert_eq!(measure["latency"]["count"], 1);
        assert!(measure["latency"]["p99Micros"].as_u64().unwrap().abs_diff(12_000) < 20);
        assert_eq!(measure["histogram"][0][1], 1);
        assert_eq!(json["server"]["cpuMicrosPerOperation"], 500.0);
        assert_eq!(json["checks"][0]["faultCount"], 25);
        assert_eq!(json["checks"][0]["faults"].as_array().unwrap().len(), TOLD);
    }
}
