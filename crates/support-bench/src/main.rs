//! The binary: reads the command line, plays, and says what stood in the way.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use support_bench::CommandLine;

fn main() -> ExitCode {
    let CommandLine { task } = CommandLine::parse();
    match support_bench::end_on_signals().and_then(|()| support_bench::play(task)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            // Nobody is left to tell if this fails.
            let _ = writeln!(std::io::stderr(), "{stop}");
            ExitCode::FAILURE
        }
    }
}
