//! What `scripts/bench` tells the program: where things are, and how much to measure.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Measures the desk against what limits it. Called by scripts/bench, which starts what is needed.
#[derive(Debug, Clone, Parser)]
#[command(name = "support-bench", version)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// What can be done.
#[derive(Debug, Clone, Subcommand)]
pub enum Task {
    /// Measure, and write the page
    Measure(Box<Options>),
    /// Write the page anew from the raw figures of a run, after a change of its text
    Page(Written),
}

/// Where what comes out is written.
#[derive(Debug, Clone, Args)]
pub struct Written {
    /// The page
    #[arg(long)]
    pub page: PathBuf,
    /// The folder for its pictures
    #[arg(long)]
    pub images: PathBuf,
    /// The file for all raw figures
    #[arg(long)]
    pub json: PathBuf,
}

/// What to measure, and with what.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Measure less, in about four minutes
    #[arg(long)]
    pub quick: bool,
    /// Only these, comma separated; then the table is printed, and no page is written
    #[arg(long, value_enum, value_delimiter = ',')]
    pub only: Vec<Scene>,
    /// The address of a PostgreSQL for this run alone, as its superuser, `postgres://USER@HOST:PORT/DATABASE`
    #[arg(long)]
    pub postgres: String,
    /// Its data folder
    #[arg(long)]
    pub postgres_data: PathBuf,
    /// PostgreSQL's client
    #[arg(long)]
    pub psql: PathBuf,
    /// PostgreSQL's own benchmark
    #[arg(long)]
    pub pgbench: PathBuf,
    /// The folder with support-http and support-load
    #[arg(long)]
    pub bin: PathBuf,
    /// What `cargo bench` has printed
    #[arg(long)]
    pub micro: Option<PathBuf>,
    /// An empty folder for files of this run, on the disk that is to be measured
    #[arg(long)]
    pub work: PathBuf,
    /// The commit that is measured
    #[arg(long)]
    pub commit: String,
    /// The compiler that has built it
    #[arg(long)]
    pub compiler: String,
    #[command(flatten)]
    pub(crate) written: Written,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scene {
    /// Functions by themselves.
    Micro,
    /// Messages over REST on PostgreSQL, against pgbench.
    Sends,
    /// Messages over REST on SQLite, against a loop of the same statements.
    Sqlite,
    /// Messages to many sockets.
    FanOut,
    /// Sockets that do nothing.
    Idle,
    /// Sockets that all come back at once.
    Storm,
    /// Pages of the desk's list.
    Lists,
}

impl Scene {
    /// In the order in which they are played.
    pub(crate) const ALL: [Self; 7] =
        [Self::Micro, Self::Sends, Self::Sqlite, Self::FanOut, Self::Idle, Self::Storm, Self::Lists];
}

impl Options {
    pub(crate) fn is_whole(&self) -> bool {
        self.only.is_empty()
    }

    pub(crate) fn plays(&self, scene: Scene) -> bool {
        self.is_whole() || self.only.contains(&scene)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_no_scene_is_forgotten() {
        CommandLine::command().debug_assert();
        assert_eq!(Scene::value_variants(), Scene::ALL);
    }
}
