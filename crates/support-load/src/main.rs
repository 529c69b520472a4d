//! The binary: reads the command line, runs, prints the table, writes the JSON.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use support_load::{CommandLine, Report, Scenario, Stop};

fn main() -> ExitCode {
    let CommandLine { scenario } = CommandLine::parse();
    let told = support_load::run(&scenario).map_err(Told::from).and_then(|report| tell(&scenario, &report));
    match told {
        Ok(code) => code,
        Err(Told { sentence, code }) => {
            // Nobody is left to tell if this fails.
            let _ = writeln!(std::io::stderr(), "{sentence}");
            ExitCode::from(code)
        }
    }
}

/// Why there is nothing on standard output.
struct Told {
    sentence: String,
    code: u8,
}

impl From<Stop> for Told {
    fn from(stop: Stop) -> Self {
        Self { sentence: stop.to_string(), code: if stop.is_usage() { 2 } else { 1 } }
    }
}

fn tell(scenario: &Scenario, report: &Report) -> Result<ExitCode, Told> {
    let failed = |what: &str, error: std::io::Error| Told { sentence: format!("{what}: {error}"), code: 1 };
    write!(std::io::stdout(), "{}", report.to_table()).map_err(|error| failed("standard output", error))?;
    if let Some(file) = &scenario.common().json {
        std::fs::write(file, report.to_json() + "\n").map_err(|error| failed("the report", error))?;
    }
    Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
