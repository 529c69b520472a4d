//! The binary: reads the command line and hands over.

use std::process::ExitCode;

fn main() -> ExitCode {
    support_http::cli::run()
}
