//! `kill -9` of a node while people write. Clients go to the other node, or wait until the only one is back.

use std::time::Duration;

use support_load::Stop;

use super::{Played, evidence, pair, settle, urls};
use crate::evidence::Database;
use crate::nats::Cluster;
use crate::node::Node;
use crate::stage::{Stage, pause};
use crate::traffic::{Plan, Traffic};

pub(super) fn on_postgres(stage: &Stage) -> Result<Played, Stop> {
    let postgres = stage.postgres()?;
    let nats = Cluster::start(stage.folder.path(), 1)?;
    let mut nodes = pair(stage, &postgres.url(&[]), &nats)?;
    let kills = stage.pick(5, 100);
    kill(stage, &mut nodes, kills, &evidence(&postgres))
}

pub(super) fn on_sqlite(stage: &Stage) -> Result<Played, Stop> {
    let file = stage.folder.path().join("desk.db");
    let mut nodes = vec![stage.node("only", &format!("sqlite:{}", file.display()), &[])?];
    nodes[0].open()?;
    let kills = stage.pick(3, 20);
    kill(stage, &mut nodes, kills, &Database::Sqlite(file))
}

fn kill(stage: &Stage, nodes: &mut [Node], kills: usize, database: &Database) -> Result<Played, Stop> {
    let traffic = Traffic::start(stage, Plan::at(urls(nodes)))?;
    let (books, mut dice) = (&traffic.shared.books, stage.dice());
    let mut starts = Vec::new();
    for kill in 1..=kills {
        traffic.flows(20)?;
        pause(dice.below(Duration::from_millis(300)));
        let number = usize::try_from(dice.roll() % nodes.len() as u64).unwrap_or(0);
        nodes[number].kill();
        books.fault_begins();
        pause(dice.below(Duration::from_millis(300)));
        let begun = books.now();
        nodes[number].open()?;
        starts.push(books.now().saturating_sub(begun));
        traffic.recovers(kill)?;
    }
    traffic.flows(20)?;
    let mut account = settle(traffic, nodes, database)?;
    account.count("kills of a node", kills as f64);
    account.times("from the start of a killed node until it is ready", &starts);
    Ok(Played::Through(account))
}
