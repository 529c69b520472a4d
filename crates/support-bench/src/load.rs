//! The load: runs of `support-load`, and what its reports say. A run in which a check fails ends the benchmark: numbers of
//! a desk that loses messages are of no interest.

use std::process::Command;

use serde_json::Value;

use crate::children::{Running, run};
use crate::database::path;
use crate::desk::Desk;
use crate::figures::{Book, Unit};
use crate::plan::PATIENCE;
use crate::{Stage, Stop};

/// What a run of `support-load` has reported.
#[derive(Debug)]
pub(crate) struct Report(Value);

/// A run that is under way.
pub(crate) struct Load {
    running: Running,
    name: String,
}

impl Stage {
    fn load_command(&self, desk: &Desk, name: &str, words: &str) -> Result<Command, Stop> {
        let mut command = Command::new(self.options.bin.join("support-load"));
        command.args(words.split_whitespace()).args(["--quiet", "--url", &desk.url]);
        command.args(["--server-pid", &desk.pid().to_string()]);
        command.args(["--json", path(&self.options.work.join(format!("{name}.json")))?]);
        command.env("SUPPORT_BISCUIT_PRIVATE_KEY", &self.keys.private);
        Ok(command)
    }

    /// Loads a desk to the end.
    pub(crate) fn load(&self, desk: &Desk, words: &str) -> Result<Report, Stop> {
        run(&mut self.load_command(desk, "load", words)?, "load", &self.options.work, PATIENCE)?;
        self.report("load")
    }

    /// Loads a desk beside others, under a name of its own.
    pub(crate) fn begin_load(&self, desk: &Desk, name: &str, words: &str) -> Result<Load, Stop> {
        let running = Running::start(&mut self.load_command(desk, name, words)?, name, &self.options.work)?;
        Ok(Load { running, name: name.to_owned() })
    }

    pub(crate) fn end_load(&self, mut load: Load) -> Result<Report, Stop> {
        if load.running.wait(PATIENCE)?.success() {
            return self.report(&load.name);
        }
        let said = |kind: &str| std::fs::read_to_string(self.options.work.join(format!("{}.{kind}", load.name)));
        let said: String = ["out", "err"].into_iter().filter_map(|kind| said(kind).ok()).collect();
        Err(Stop::new(format!("{} has failed:\n{said}", load.name)))
    }

    fn report(&self, name: &str) -> Result<Report, Stop> {
        let file = self.options.work.join(format!("{name}.json"));
        let text = std::fs::read_to_string(file).map_err(Stop::when("a report"))?;
        serde_json::from_str(&text).map(Report).map_err(Stop::when("a report"))
    }
}

impl Report {
    /// A number of the report, by its JSON pointer.
    pub(crate) fn number(&self, pointer: &str) -> Result<f64, Stop> {
        let number = self.0.pointer(pointer).and_then(Value::as_f64);
        number.ok_or_else(|| Stop::new(format!("a report has no {pointer}")))
    }

    /// Of a measure.
    pub(crate) fn measure(&self, name: &str, pointer: &str) -> Result<f64, Stop> {
        let measures = self.0["measures"].as_array().map_or(&[][..], Vec::as_slice);
        let measure = measures.iter().find(|measure| measure["name"] == name);
        let number = measure.and_then(|measure| measure.pointer(pointer)).and_then(Value::as_f64);
        number.ok_or_else(|| Stop::new(format!("a report has no {pointer} of {name}")))
    }

    /// Notes how long a measure took, under `NAME.p50` and so on, in milliseconds.
    pub(crate) fn note_latency(&self, book: &mut Book, name: &str, measure: &str) -> Result<(), Stop> {
        for (key, pointer) in [("p50", "p50Micros"), ("p99", "p99Micros"), ("max", "maxMicros")] {
            let micros = self.measure(measure, &format!("/latency/{pointer}"))?;
            book.note(format!("{name}.{key}"), Unit::Millis, micros / 1_000.0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_report_are_found_by_name() {
        let report = r#"{"server": {"cpuSeconds": 1.5}, "measures": [{"name": "delivery", "count": 3},
            {"name": "send", "latency": {"p50Micros": 1500, "p99Micros": 2000, "maxMicros": 9000}}]}"#;
        let report = Report(serde_json::from_str(report).unwrap());
        assert_eq!(report.number("/server/cpuSeconds").unwrap(), 1.5);
        assert_eq!(report.measure("delivery", "/count").unwrap(), 3.0);
        assert!(report.measure("join", "/count").is_err() && report.number("/database").is_err());
        let mut book = Book::default();
        report.note_latency(&mut book, "x", "send").unwrap();
        assert_eq!(
            (book.median("x.p50"), book.median("x.p99"), book.median("x.max")),
            (Some(1.5), Some(2.0), Some(9.0))
        );
    }
}
