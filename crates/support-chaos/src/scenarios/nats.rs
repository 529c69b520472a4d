//! NATS loses one of three servers, then all of them, and gets them back. Hints are lost, messages are not.

use support_load::Stop;

use super::{Played, evidence, pair, settle, urls};
use crate::nats::Cluster;
use crate::stage::Stage;
use crate::traffic::{Plan, Traffic};

pub(super) fn play(stage: &Stage) -> Result<Played, Stop> {
    let postgres = stage.postgres()?;
    let mut nats = Cluster::start(stage.folder.path(), 3)?;
    let nodes = pair(stage, &postgres.url(&[]), &nats)?;
    let traffic = Traffic::start(stage, Plan::at(urls(&nodes)))?;
    let (books, mut dice) = (&traffic.shared.books, stage.dice());
    let rounds = stage.pick(1, 5);
    let mut arrivals = Vec::new();
    let mut arrive = |traffic: &Traffic| {
        traffic.flows(100)?;
        let begun = books.now();
        traffic.arrives()?;
        arrivals.push(books.now().saturating_sub(begun));
        Ok::<_, Stop>(())
    };
    let mut kills = 0;
    for round in 0..rounds {
        let first = usize::try_from(dice.roll() % nats.size() as u64).unwrap_or(0);
        books.fault_begins();
        nats.kill(first);
        arrive(&traffic)?;
        (0..nats.size()).for_each(|number| nats.kill(number));
        kills += nats.size();
        arrive(&traffic)?;
        nats.start_all()?;
        arrive(&traffic)?;
        traffic.recovers(round + 1)?;
    }
    let mut account = settle(traffic, &nodes, &evidence(&postgres))?;
    account.count("kills of a NATS server", kills as f64);
    account.times("until everything acknowledged was at every socket of both nodes", &arrivals);
    Ok(Played::Through(account))
}
