//! The binary: reads the command line, plays, says what came of each scenario as it ends, writes the JSON.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use support_chaos::{CommandLine, Scenario};

fn main() -> ExitCode {
    let options = CommandLine::parse();
    if options.list {
        for scenario in Scenario::all() {
            say(&format!("{:<18} {}", scenario.name(), scenario.summary()));
        }
        return ExitCode::SUCCESS;
    }
    let report = match support_chaos::run(&options, &say) {
        Ok(report) => report,
        Err(stop) => return fail(&stop.to_string(), if stop.is_usage() { 2 } else { 1 }),
    };
    if let Some(file) = &options.json
        && let Err(error) = std::fs::write(file, report.to_json() + "\n")
    {
        return fail(&format!("the report: {error}"), 1);
    }
    say(if report.passed() { "\nAll that was played held." } else { "\nSomething did not hold." });
    if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn say(line: &str) {
    // Nobody is left to tell if this fails.
    let _ = writeln!(std::io::stdout(), "{}", line.trim_end());
}

fn fail(sentence: &str, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{sentence}");
    ExitCode::from(code)
}
