//! Bad lines: between clients and nodes, and between a node and its database. Slow, cut, half open, and swallowing all.

use std::time::Duration;

use support_load::Stop;

use super::{Played, evidence, pair, settle, urls};
use crate::nats::Cluster;
use crate::proxy::Proxy;
use crate::stage::{Stage, pause};
use crate::traffic::{Plan, Traffic};

const KINDS: usize = 4;

pub(super) fn before_nodes(stage: &Stage) -> Result<Played, Stop> {
    let postgres = stage.postgres()?;
    let nats = Cluster::start(stage.folder.path(), 1)?;
    let nodes = pair(stage, &postgres.url(&[]), &nats)?;
    let proxies = nodes.iter().map(|node| Proxy::start(&stage.runtime, &node.address()));
    let proxies = proxies.collect::<Result<Vec<_>, Stop>>()?;
    let urls = proxies.iter().map(|proxy| format!("http://{}", proxy.address())).collect();
    let traffic = Traffic::start(stage, Plan { patience: Duration::from_secs(2), ..Plan::at(urls) })?;
    let rounds = disturb(stage, &traffic, &proxies)?;
    let mut account = settle(traffic, &nodes, &evidence(&postgres))?;
    account.count("disturbances between clients and nodes", rounds as f64);
    Ok(Played::Through(account))
}

pub(super) fn before_the_database(stage: &Stage) -> Result<Played, Stop> {
    let postgres = stage.postgres()?;
    let proxy = Proxy::start(&stage.runtime, &format!("127.0.0.1:{}", postgres.port))?;
    let url = crate::postgres::Postgres::url_through(&proxy.address());
    let mut nodes = vec![stage.node("only", &url, &[])?];
    nodes[0].open()?;
    let traffic = Traffic::start(stage, Plan::at(urls(&nodes)))?;
    let rounds = disturb(stage, &traffic, &[proxy])?;
    let mut account = settle(traffic, &nodes, &evidence(&postgres))?;
    account.count("disturbances between the node and PostgreSQL", rounds as f64);
    Ok(Played::Through(account))
}

/// One kind of disturbance after the other; between them all is well again.
fn disturb(stage: &Stage, traffic: &Traffic, proxies: &[Proxy]) -> Result<usize, Stop> {
    let (books, mut dice) = (&traffic.shared.books, stage.dice());
    let rounds = stage.pick(KINDS, 5 * KINDS);
    for round in 0..rounds {
        traffic.flows(30)?;
        pause(dice.below(Duration::from_millis(300)));
        books.fault_begins();
        match round % KINDS {
            0 => {
                proxies.iter().for_each(|proxy| proxy.slow(Duration::from_millis(200)));
                traffic.flows(10)?;
            }
            1 => proxies.iter().for_each(Proxy::cut),
            2 => proxies.iter().for_each(Proxy::half_open),
            _ => {
                proxies.iter().for_each(Proxy::swallow);
                pause(Duration::from_secs(1) + dice.below(Duration::from_secs(2)));
            }
        }
        proxies.iter().for_each(Proxy::clear);
        traffic.recovers(round + 1)?;
    }
    traffic.flows(30)?;
    Ok(rounds)
}
