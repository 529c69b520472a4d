//! Thousands of sockets lose their connection at once and come back, while messages go on: the storm of `support-load`.

use clap::Parser;
use support_load::Stop;
use support_load::process::raise_descriptors;

use super::{Played, evidence, pair, urls};
use crate::nats::Cluster;
use crate::report::Account;
use crate::stage::Stage;

/// What else than sockets this process and a node have open.
const BESIDES: u64 = 1_000;

pub(super) fn play(stage: &Stage) -> Result<Played, Stop> {
    let sockets: u64 = stage.pick(200, 20_000);
    // After a cut of all, a server may have those from before and the new ones.
    if raise_descriptors().is_some_and(|limit| limit < sockets + BESIDES) {
        return Ok(Played::LeftOut(format!("{sockets} sockets need a higher limit of open files (ulimit -Hn)")));
    }
    let postgres = stage.postgres()?;
    let nats = Cluster::start(stage.folder.path(), 1)?;
    let nodes = pair(stage, &postgres.url(&[]), &nats)?;
    let seconds = stage.pick(3, 60);
    let words = format!(
        "support-load storm --quiet --sockets {sockets} --sockets-per-person 50 --cuts 2 --seconds {seconds} --rate 50 \
         --jitter {} --connecting 100 --timeout 20 --settle 60 --losses-allowed --seed {} --key {}",
        stage.pick(0.5, 5.0),
        stage.seed,
        stage.key(),
    );
    let urls = urls(&nodes);
    let words = words.split_whitespace().map(str::to_owned);
    let line: Vec<String> = words.chain(urls.iter().flat_map(|url| ["--url".to_owned(), url.clone()])).collect();
    let line = support_load::CommandLine::try_parse_from(line).map_err(|error| Stop::new(error.to_string()))?;
    let report = support_load::run(&line.scenario)?;
    let mut account = Account::default();
    for check in report.checks.iter().filter(|check| !check.passed) {
        account.fault(format!("{}: {}", check.sentence, check.faults.join("; ")));
    }
    evidence(&postgres).faults()?.into_iter().for_each(|fault| account.fault(fault));
    for measure in &report.measures {
        match measure.name {
            "send" => account.count("acknowledged messages", measure.count as f64),
            "resume" => account.count("resumes of sockets", measure.count as f64),
            _ => {}
        }
        for (kind, times) in &measure.errors {
            *account.refusals.entry(format!("{} {kind}", measure.name)).or_default() += times;
        }
    }
    account.count("sockets", sockets as f64);
    account.count("cuts of all sockets", 2.0);
    Ok(Played::Through(account))
}
