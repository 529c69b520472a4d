//! What PostgreSQL takes from `pgbench -M prepared`, when each message is one statement on the desk's own tables: the limit
//! that the desk is held against. The statement does what a post of the desk does to the database (`sql/send.sql`).

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use support_domain::Clock;

use crate::children::Running;
use crate::figures::{Book, Unit, percentile};
use crate::plan::{CONVERSATIONS, PATIENCE, WARM_UP_SECONDS};
use crate::{Stage, Stop};

const SEND: &str = include_str!("sql/send.sql");
const PREPARE: &str = include_str!("sql/rooms.sql");

/// As the desk's own connections for messages: a plan that is made once, and no reading of whole tables.
const SESSION: &str = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off";

/// A transaction that was logged.
#[derive(Debug, PartialEq, Eq)]
struct Transaction {
    ended_at_millis: i64,
    micros: u64,
}

/// A line of `--log`: client, number, microseconds, script, seconds since 1970 and microseconds of the end.
fn transaction(line: &str) -> Option<Transaction> {
    let mut fields = line.split_ascii_whitespace().skip(2);
    let micros = fields.next()?.parse().ok()?;
    let (seconds, fraction): (i64, i64) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Transaction { ended_at_millis: seconds * 1_000 + fraction / 1_000, micros })
}

impl Stage {
    /// How many processors there are.
    pub(crate) fn cores(&self) -> usize {
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }

    /// Makes the conversations to which pgbench writes.
    pub(crate) fn prepare_pgbench(&self, database: &str) -> Result<(), Stop> {
        self.run_sql(database, PREPARE, &[("conversations", CONVERSATIONS)])
    }

    /// Measures pgbench with so many clients, and notes it under `NAME.rate` and so on. Connecting is not measured.
    pub(crate) fn pgbench(&self, database: &str, clients: usize, book: &mut Book, name: &str) -> Result<(), Stop> {
        let work = &self.options.work;
        let (script, log) = (work.join("send.sql"), work.join("pgbench-log"));
        std::fs::write(&script, SEND).map_err(Stop::when("pgbench"))?;
        remove_logs(work)?;
        let threads = clients.min(self.cores());
        let mut command = Command::new(&self.options.pgbench);
        command.args(["--no-vacuum", "--protocol=prepared", "--log"]).arg("--log-prefix").arg(&log);
        command.arg("--file").arg(&script);
        for (option, value) in [("--client", clients), ("--jobs", threads)] {
            command.args([option, &value.to_string()]);
        }
        command.args([
            "--define",
            &format!("clients={clients}"),
            "--define",
            &format!("conversations={CONVERSATIONS}"),
        ]);
        command.args(["--time", &(WARM_UP_SECONDS + self.plan.seconds + 1).to_string()]);
        command.arg(self.postgres.url(database)).env("PGOPTIONS", SESSION);
        let mut running = Running::start(&mut command, "pgbench", work)?;
        std::thread::sleep(Duration::from_secs(WARM_UP_SECONDS));
        let (from, cpu_before) = (self.clock.now().millis(), self.postgres.cpu_seconds()?);
        std::thread::sleep(Duration::from_secs(self.plan.seconds));
        let (to, cpu_after) = (self.clock.now().millis(), self.postgres.cpu_seconds()?);
        if !running.wait(PATIENCE)?.success() {
            let said = std::fs::read_to_string(work.join("pgbench.err")).unwrap_or_default();
            return Err(Stop::new(format!("pgbench has failed:\n{said}")));
        }
        let mut micros: Vec<u64> = read_logs(work)?
            .into_iter()
            .filter(|transaction| (from..to).contains(&transaction.ended_at_millis))
            .map(|transaction| transaction.micros)
            .collect();
        micros.sort_unstable();
        let count = micros.len() as f64;
        let at = |percent| percentile(&micros, percent).ok_or_else(|| Stop::new("pgbench has done nothing"));
        let (half, most) = (at(50)?, at(99)?);
        book.note(format!("{name}.rate"), Unit::PerSecond, count * 1_000.0 / (to - from) as f64);
        book.note(format!("{name}.p50"), Unit::Millis, half as f64 / 1_000.0);
        book.note(format!("{name}.p99"), Unit::Millis, most as f64 / 1_000.0);
        book.note(format!("{name}.database_cpu"), Unit::Micros, (cpu_after - cpu_before) * 1e6 / count);
        Ok(())
    }
}

fn logs(folder: &Path) -> Result<Vec<std::path::PathBuf>, Stop> {
    let entries = std::fs::read_dir(folder).map_err(Stop::when("pgbench's log"))?;
    let is_log = |path: &std::path::PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("pgbench-log."))
    };
    Ok(entries.flatten().map(|entry| entry.path()).filter(is_log).collect())
}

fn remove_logs(folder: &Path) -> Result<(), Stop> {
    logs(folder)?.into_iter().try_for_each(|file| std::fs::remove_file(file).map_err(Stop::when("pgbench's log")))
}

/// One file a thread.
fn read_logs(folder: &Path) -> Result<Vec<Transaction>, Stop> {
    let mut transactions = Vec::new();
    for file in logs(folder)? {
        let text = std::fs::read_to_string(file).map_err(Stop::when("pgbench's log"))?;
        for line in text.lines() {
            let read = transaction(line);
            transactions.push(read.ok_or_else(|| Stop::new(format!("pgbench's log is not understood: {line}")))?);
        }
    }
    Ok(transactions)
}

/// The statement, for those who read the page.
pub(crate) fn statement() -> String {
    let statement = SEND.lines().skip_while(|line| line.starts_with('\\') || line.starts_with("--"));
    statement.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_is_read_and_a_failed_transaction_is_not() {
        let line = "3 117 1523 0 1700000000 250999";
        assert_eq!(transaction(line), Some(Transaction { ended_at_millis: 1_700_000_000_250, micros: 1_523 }));
        assert_eq!(transaction("3 117 failed 0 1700000000 250999"), None);
        assert_eq!(transaction("3 117 1523"), None);
    }

    #[test]
    fn logs_of_all_threads_are_read_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["pgbench-log.42", "pgbench-log.42.1"] {
            std::fs::write(folder.path().join(name), "0 1 10 0 1 0\n0 2 20 0 1 0\n").unwrap();
        }
        std::fs::write(folder.path().join("other"), "no log").unwrap();
        assert_eq!(read_logs(folder.path()).unwrap().len(), 4);
        remove_logs(folder.path()).unwrap();
        assert!(read_logs(folder.path()).unwrap().is_empty());
        assert!(folder.path().join("other").exists());
    }

    #[test]
    fn the_statement_that_is_shown_has_no_command_of_pgbench() {
        let statement = statement();
        assert!(statement.starts_with("WITH") && statement.contains("support_audit_logs"), "{statement}");
    }
}
