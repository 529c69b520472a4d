//! The command line. Standard output carries what was asked for and nothing else; all the rest goes to stderr.

mod doctor;
mod health;
mod migrate;
mod purge;
mod scan;
mod serve;
mod token;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use support_rbac::SigningKey;
use support_store::Undelivered;

use crate::config::InvalidConfig;
use crate::server::ServeError;
use crate::{demo, openapi};

/// A support desk for drivers, customers and restaurants.
#[derive(Debug, Parser)]
#[command(name = "support-http", version, about)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (also what no command does)
    Serve,
    /// Run it on a throw-away database with demo people; print the console's address, and tokens and curl lines to paste
    Demo,
    /// Bring the database up to date and exit
    Migrate {
        /// Only say what would be applied
        #[arg(long)]
        check: bool,
        /// Take everything out of the database again, with all conversations; no server may run on it
        #[arg(long, requires = "yes", conflicts_with = "check")]
        revert: bool,
        /// Say that everything is to be removed
        #[arg(long, requires = "revert")]
        yes: bool,
        /// Remove audit records, too, that the host was not told of yet; without it they keep everything from being removed
        #[arg(long, requires = "revert")]
        discard_undelivered: bool,
    },
    /// Remove conversations for good that are too old to be kept, with their messages and files; print how many
    ///
    /// Takes those that are closed or resolved and whose last message is older than that, oldest first; what is open or
    /// pending is left alone unless --status names it. Servers may run meanwhile: each batch is a short transaction of its
    /// own, with a record in the audit log. What somebody writes to just then is passed over. It may be interrupted, run
    /// again, and run at several places at once.
    ///
    /// Wants the environment that `serve` has, so that it finds the same database, files and host. The audit log stays.
    Purge(purge::Purge),
    /// Look at everything that the server will need, and say what is wrong and what to do
    ///
    /// Reads the same variables as `serve` and changes nothing, but for a small object that it keeps in the storage of files
    /// and takes away again. Ends with 0 when all is well (warnings allowed), 1 with a problem, 2 when the configuration
    /// cannot be used.
    Doctor(doctor::Doctor),
    /// Ask a running server how it is; ends with 0 when it answers 200
    Health(health::Health),
    /// Print a new key pair for tokens, as two lines for an env file
    Keys,
    /// Print, narrow or revoke tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Print the OpenAPI document
    Openapi,
    /// Read lines and print those in which something would be masked: number, kinds, the masked line, by tabs
    ///
    /// Lines come from standard input. What is no UTF-8 or too long to look at is said on standard error and passed
    /// over. A secret that was found is never printed; docs/masking.md says what is found and what is not.
    Scan(scan::Scan),
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Config(#[from] InvalidConfig),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("{0}")]
    Other(String),
    #[error("standard output cannot be written: {0}")]
    Output(#[from] std::io::Error),
}

impl CommandError {
    fn other(error: impl std::fmt::Display) -> Self {
        Self::Other(error.to_string())
    }
}

/// Runs the command that the process was started with. 0 when it did what it should, 2 when it was told wrongly, 1 when
/// it failed.
#[expect(clippy::print_stderr, reason = "this is where a person at the terminal is told")]
pub fn run() -> ExitCode {
    let line = CommandLine::parse();
    let result = match line.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(),
        Command::Demo => demo::run().map_err(CommandError::from),
        Command::Migrate { revert: true, discard_undelivered: true, .. } => migrate::revert(Undelivered::Discarded),
        Command::Migrate { revert: true, .. } => migrate::revert(Undelivered::Kept),
        Command::Migrate { check, .. } => migrate::migrate(check),
        Command::Purge(purge) => purge::run(&purge),
        Command::Doctor(doctor) => match doctor::run(&doctor) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
        Command::Health(health) => health::run(&health),
        Command::Keys => keys(),
        Command::Token(command) => token::run(command),
        Command::Openapi => print(openapi::document()),
        Command::Scan(scan) => scan::run(&scan),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(CommandError::Config(error)) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes a line to standard output.
fn print(line: &str) -> Result<(), CommandError> {
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn keys() -> Result<(), CommandError> {
    let key = SigningKey::generate();
    print(&format!("SUPPORT_BISCUIT_PRIVATE_KEY={}", key.to_hex()))?;
    print(&format!("SUPPORT_BISCUIT_PUBLIC_KEY={}", key.public()))
}

impl From<demo::DemoError> for CommandError {
    fn from(error: demo::DemoError) -> Self {
        match error {
            demo::DemoError::Config(error) => Self::Config(error),
            demo::DemoError::Serve(error) => Self::Serve(error),
            demo::DemoError::Other(sentence) => Self::Other(sentence),
        }
    }
}

/// A runtime for what has to wait.
fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CommandError::other)
}
