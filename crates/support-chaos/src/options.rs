//! What can be asked of the program, and the help that teaches it.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Breaks a support desk while people use it, and counts what it has acknowledged.
///
/// Everything that is broken is started by the program itself, in a temporary folder. It needs PostgreSQL's server
/// programs and nats-server; disk-full needs folders that it may fill, on file systems of their own (--small-disk), clock
/// needs libfaketime: what cannot be played here is left out with a word. Exit code 0: all is well; 1: something was lost,
/// doubled, out of order, without a record, or did not come back; 2: told wrongly.
#[derive(Debug, Parser)]
#[command(name = "support-chaos", version)]
pub struct CommandLine {
    /// What to play, in this order; without a name, everything
    pub scenarios: Vec<Scenario>,
    /// Say which scenarios there are, and do nothing
    #[arg(long)]
    pub list: bool,
    /// Play the short form: seconds instead of minutes
    #[arg(long)]
    pub short: bool,
    /// Chance begins here; without it, by chance. It is printed
    #[arg(long)]
    pub seed: Option<u64>,
    /// The program support-http
    #[arg(long, value_name = "PROGRAM", default_value = "target/release/support-http")]
    pub server: PathBuf,
    /// An empty folder on a small file system of its own, which may be filled up
    #[arg(long, value_name = "FOLDER")]
    pub small_disk: Option<PathBuf>,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Keep the folders with databases and logs of what failed, and say where they are
    #[arg(long)]
    pub keep: bool,
}

/// What can be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Nodes are killed (kill -9), one of two on PostgreSQL with NATS between them
    KillNode,
    /// The only node, on SQLite, is killed
    KillNodeSqlite,
    /// PostgreSQL is killed, or stopped without a checkpoint, and started again
    KillDatabase,
    /// PostgreSQL is killed and its synchronous standby takes over
    PromoteStandby,
    /// One of three NATS servers is killed, then all, and all come back
    Nats,
    /// The disk of PostgreSQL is full for a while
    DiskFull,
    /// The disk of SQLite is full for a while
    DiskFullSqlite,
    /// Connections between clients and nodes are slow, are cut, or are half open
    ProxyClients,
    /// Connections between a node and PostgreSQL are slow, are cut, or are half open
    ProxyDatabase,
    /// A node stands still (SIGSTOP), and goes on
    StopNode,
    /// The clock of a node is moved forward and back, also beyond the life of tokens
    Clock,
    /// Thousands of sockets lose their connection at once, and come back
    Reconnect,
    /// Migrations run, tables are changed and nodes are replaced while people write
    Migrate,
}

impl Scenario {
    /// All of them.
    pub fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// Its name on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// What it does, in a line.
    pub fn summary(self) -> String {
        let value = self.to_possible_value();
        value.and_then(|value| value.get_help().map(ToString::to_string)).unwrap_or_default()
    }
}
