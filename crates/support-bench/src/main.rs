//! The binary: reads the command line, plays, and says what stood in the way.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use support_bench::Options;

fn main() -> ExitCode {
    let options = Options::parse();
    match support_bench::end_on_signals().and_then(|()| support_bench::play(options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            // Nobody is left to tell if this fails.
            let _ = writeln!(std::io::stderr(), "{stop}");
            ExitCode::FAILURE
        }
    }
}
