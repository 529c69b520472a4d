//! `support-http doctor`: looks at everything that the server will need, says of each thing whether it is as it should be,
//! and if not, what to do. Changes nothing, but for a small object that it keeps in the storage of files and takes away
//! again. Prints no secret: no password, no key, no address that may hold one.
//!
//! # How to add
//! A check is a function that returns findings, in the file of its topic. It may ask for as long as [`PATIENCE`]; all of
//! them run at once. What the desk's crates know of the world they tell by functions of their own
//! (`support_store::Condition`, `Files::probe`, `Nats::try_out`); what it means for whoever operates the desk is said here.

mod configuration;
mod database;
mod disk;
mod files;
mod finding;
mod host;
mod keys;
mod network;
mod nodes;
mod postgres;
mod process;
mod sqlite;
mod time;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use self::finding::{Finding, Report, Topic};
use super::{CommandError, runtime};
use crate::config::Config;

/// How long a check may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What `doctor` is asked.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
    /// How many nodes share the database, so that its connections can be counted
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    nodes: u32,
}

/// What every check is given.
#[derive(Debug)]
struct Asked {
    config: Config,
    nodes: u32,
}

pub(super) fn run(doctor: &Doctor) -> Result<ExitCode, CommandError> {
    crate::log::start("off")?;
    let read = configuration::read();
    let mut report = Report { is_badly_configured: read.config.is_none(), findings: read.findings };
    if let Some(config) = read.config {
        let runtime = runtime()?;
        report.findings.extend(runtime.block_on(examine(Arc::new(Asked { config, nodes: doctor.nodes }))));
        // What does not answer is not waited for.
        runtime.shutdown_background();
    }
    let output = io::stdout().lock();
    let written = if doctor.json { report.write_json(output) } else { report.write_text(output) };
    written?;
    Ok(report.exit_code())
}

/// Runs all checks at once, and returns what they found in a fixed order.
async fn examine(asked: Arc<Asked>) -> Vec<Finding> {
    macro_rules! start {
        ($($topic:literal: $check:path),+ $(,)?) => {
            vec![$({
                let asked = Arc::clone(&asked);
                tokio::spawn(async move { in_time(Topic($topic), $check(asked)).await })
            }),+]
        };
    }
    let running = start![
        "time": time::check,
        "keys": keys::check,
        "database": database::check,
        "nodes": nodes::check,
        "files": files::check,
        "scanner": files::check_scanner,
        "host": host::check,
        "network": network::check,
        "process": process::check,
    ];
    let mut findings = Vec::new();
    for check in running {
        findings.extend(check.await.unwrap_or_default());
    }
    findings
}

/// Ends a check that takes too long.
async fn in_time(topic: Topic, check: impl Future<Output = Vec<Finding>>) -> Vec<Finding> {
    tokio::time::timeout(PATIENCE, check).await.unwrap_or_else(|_| {
        let what = format!("no answer within {} seconds", PATIENCE.as_secs());
        vec![topic.problem(what, "look whether it is overloaded, or whether something on the way drops packets")]
    })
}

/// Does what blocks on a thread of its own.
async fn on_thread(topic: Topic, work: impl FnOnce() -> Vec<Finding> + Send + 'static) -> Vec<Finding> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        vec![topic.problem("the check itself has failed", "report it, with the version and what is configured")]
    })
}
