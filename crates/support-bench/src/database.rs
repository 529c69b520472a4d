//! The PostgreSQL of the run: its databases, its settings, its processes. It is asked through psql, as anybody would.

use std::path::Path;
use std::process::Command;

use crate::children::run;
use crate::options::Options;
use crate::plan::PATIENCE;
use crate::{Stage, Stop};

/// A running PostgreSQL.
#[derive(Debug, Clone)]
pub(crate) struct Postgres {
    /// Up to the name of the database.
    server: String,
    /// Its first process.
    pub(crate) pid: u32,
}

impl Postgres {
    pub(crate) fn new(options: &Options) -> Result<Self, Stop> {
        let server = options.postgres.rsplit_once('/').map(|(server, _)| server.to_owned());
        let server = server.ok_or_else(|| Stop::new("--postgres names no database"))?;
        let file = options.postgres_data.join("postmaster.pid");
        let text = std::fs::read_to_string(&file).map_err(Stop::when("--postgres-data"))?;
        let pid = first_process(&text).ok_or_else(|| Stop::new("--postgres-data: no process is named there"))?;
        Ok(Self { server, pid })
    }

    /// The address of a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.server)
    }

    /// CPU that all its processes have used so far, in seconds.
    pub(crate) fn cpu_seconds(&self) -> Result<f64, Stop> {
        support_load::process::cpu_seconds_of_trees(&[self.pid])
            .ok_or_else(|| Stop::new("the processes of PostgreSQL cannot be looked at"))
    }
}

/// The first line of `postmaster.pid`.
fn first_process(text: &str) -> Option<u32> {
    text.lines().next()?.trim().parse().ok()
}

impl Stage {
    /// What these words print: unaligned, without heads.
    pub(crate) fn psql(&self, database: &str, words: &[&str]) -> Result<String, Stop> {
        let mut command = Command::new(&self.options.psql);
        command.args(["--no-psqlrc", "-qAtX", "-v", "ON_ERROR_STOP=1"]).arg(self.postgres.url(database)).args(words);
        let printed = run(&mut command, "psql", &self.options.work, PATIENCE)?;
        Ok(printed.trim_end().to_owned())
    }

    /// An empty desk in a database of its own. What a run before has left of that name is gone.
    pub(crate) fn make_database(&self, name: &str) -> Result<String, Stop> {
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        self.psql("postgres", &["-c", &drop, "-c", &format!("CREATE DATABASE {name}")])?;
        let url = self.postgres.url(name);
        self.migrate(&url)?;
        Ok(url)
    }

    /// Runs a script with variables.
    pub(crate) fn run_sql(&self, database: &str, script: &str, variables: &[(&str, usize)]) -> Result<(), Stop> {
        let file = self.options.work.join("script.sql");
        std::fs::write(&file, script).map_err(Stop::when("a script"))?;
        let values: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut words: Vec<&str> = values.iter().flat_map(|value| ["-v", value]).collect();
        words.extend(["-f", path(&file)?]);
        self.psql(database, &words).map(drop)
    }
}

/// A path as a word of a command line.
pub(crate) fn path(path: &Path) -> Result<&str, Stop> {
    path.to_str().ok_or_else(|| Stop::new("a path is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_process_is_named_in_the_first_line() {
        assert_eq!(first_process("4242\n/data\n1700000000\n5432\n"), Some(4_242));
        assert_eq!(first_process(""), None);
    }
}
