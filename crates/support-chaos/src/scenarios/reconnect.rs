//! Thousands of sockets lose their connection at once and come back, while messages go on: the storm of `support-load`.
//! More sockets than one process may open are spread over several programs of it, which begin together.

use std::process::Command;

use clap::Parser;
use serde_json::Value;
use support_load::Stop;
use support_load::process::raise_descriptors;

use super::{Played, evidence, pair, urls};
use crate::nats::Cluster;
use crate::program::{Program, wait_until};
use crate::report::Account;
use crate::stage::Stage;

/// What else than sockets a process has open. A node may have those from before a cut and the new ones for a moment.
const BESIDES: u64 = 2_000;
const CUTS: u32 = 2;

pub(super) fn play(stage: &Stage) -> Result<Played, Stop> {
    let sockets: u64 = stage.pick(200, 20_000);
    let room = raise_descriptors().map_or(u64::MAX, |limit| limit.saturating_sub(BESIDES));
    if room < sockets / 2 {
        return Ok(Played::LeftOut(format!("{sockets} sockets need a higher limit of open files (ulimit -Hn)")));
    }
    let postgres = stage.postgres()?;
    let nats = Cluster::start(stage.folder.path(), 1)?;
    let nodes = pair(stage, &postgres.url(&[]), &nats)?;
    let parts = sockets.div_ceil(room.min(sockets));
    let words = words(stage, sockets / parts, &urls(&nodes));
    let reports = if parts == 1 { vec![in_this_process(words)?] } else { in_others(stage, parts, &words)? };
    let mut account = Account::default();
    reports.iter().for_each(|report| add(&mut account, report));
    evidence(&postgres).faults()?.into_iter().for_each(|fault| account.fault(fault));
    account.count("sockets", sockets as f64);
    account.count("cuts of all sockets", f64::from(CUTS));
    Ok(Played::Through(account))
}

fn words(stage: &Stage, sockets: u64, urls: &[String]) -> Vec<String> {
    let words = format!(
        "storm --quiet --sockets {sockets} --sockets-per-person 50 --cuts {CUTS} --seconds {} --rate 50 --jitter {} \
         --connecting 100 --timeout 20 --settle 60 --losses-allowed --seed {} --key {}",
        stage.pick(3, 60),
        stage.pick(0.5, 5.0),
        stage.seed,
        stage.key(),
    );
    let urls = urls.iter().flat_map(|url| ["--url".to_owned(), url.clone()]);
    words.split_whitespace().map(str::to_owned).chain(urls).collect()
}

fn in_this_process(words: Vec<String>) -> Result<Value, Stop> {
    let line = ["support-load".to_owned()].into_iter().chain(words);
    let line = support_load::CommandLine::try_parse_from(line).map_err(|error| Stop::new(error.to_string()))?;
    understood(&support_load::run(&line.scenario)?.to_json())
}

/// By so many programs `support-load`, which stands beside the server's.
fn in_others(stage: &Stage, parts: u64, words: &[String]) -> Result<Vec<Value>, Stop> {
    let folder = stage.folder.path();
    let mut running = Vec::new();
    for part in 0..parts {
        let (log, json) = (folder.join(format!("load-{part}.log")), folder.join(format!("load-{part}.json")));
        let mut command = Command::new(stage.program_beside("support-load"));
        running.push((Program::start(command.args(words).arg("--json").arg(&json), &log)?, log, json));
    }
    let mut reports = Vec::new();
    for (mut program, log, json) in running {
        wait_until("the storm is over", std::time::Duration::from_secs(400), || !program.is_running())?;
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        let report = std::fs::read_to_string(&json).map_err(|_| Stop::new(format!("support-load: {}", said())))?;
        reports.push(understood(&report)?);
    }
    Ok(reports)
}

fn understood(report: &str) -> Result<Value, Stop> {
    serde_json::from_str(report).map_err(|error| Stop::new(format!("the report of support-load: {error}")))
}

/// Adds what one program has found.
fn add(account: &mut Account, report: &Value) {
    let list = |of: &Value, name: &str| of[name].as_array().cloned().unwrap_or_default();
    for check in list(report, "checks").iter().filter(|check| check["passed"] != true) {
        account.fault(format!("{}: {}", check["sentence"], check["faults"]));
    }
    for measure in list(report, "measures") {
        let name = measure["name"].as_str().unwrap_or_default();
        let count = measure["count"].as_f64().unwrap_or(0.0);
        match name {
            "send" => account.add("acknowledged messages", count),
            "resume" => account.add("resumes of sockets", count),
            _ => {}
        }
        for (kind, times) in measure["errors"].as_object().into_iter().flatten() {
            *account.refusals.entry(format!("{name} {kind}")).or_default() += times.as_u64().unwrap_or(0);
        }
    }
}
