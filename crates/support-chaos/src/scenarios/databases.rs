//! PostgreSQL is killed: it comes back by itself, or its synchronous standby takes its place.

use support_load::Stop;

use super::{Played, evidence, pair, settle, urls};
use crate::nats::Cluster;
use crate::stage::{Stage, pause};
use crate::traffic::{Plan, Traffic};
use std::time::Duration;

/// Killed (`kill -9` of its first process), or stopped without a checkpoint, by turns; started again each time.
pub(super) fn kill(stage: &Stage) -> Result<Played, Stop> {
    let postgres = stage.postgres()?;
    let nats = Cluster::start(stage.folder.path(), 1)?;
    let nodes = pair(stage, &postgres.url(&[]), &nats)?;
    let traffic = Traffic::start(stage, Plan::at(urls(&nodes)))?;
    let (books, mut dice) = (&traffic.shared.books, stage.dice());
    let kills = stage.pick(2, 20);
    let mut starts = Vec::new();
    for kill in 1..=kills {
        traffic.flows(50)?;
        pause(dice.below(Duration::from_millis(300)));
        if kill % 2 == 1 {
            postgres.kill()?;
        } else {
            postgres.stop_at_once()?;
        }
        books.fault_begins();
        pause(dice.below(Duration::from_secs(1)));
        let begun = books.now();
        postgres.start()?;
        starts.push(books.now().saturating_sub(begun));
        traffic.recovers(kill)?;
    }
    traffic.flows(50)?;
    let mut account = settle(traffic, &nodes, &evidence(&postgres))?;
    account.count("kills of PostgreSQL", kills as f64);
    account.times("PostgreSQL's own recovery", &starts);
    Ok(Played::Through(account))
}

/// Nodes know two hosts. The one that takes writes is killed, the other is promoted, and a new standby follows it.
pub(super) fn promote(stage: &Stage) -> Result<Played, Stop> {
    let folder = stage.folder.path();
    let mut primary = stage.postgres()?;
    let mut standby = primary.standby(folder, "standby-0", None)?;
    primary.wait_for_standby()?;
    let nats = Cluster::start(folder, 1)?;
    let nodes = pair(stage, &primary.url(&[&standby]), &nats)?;
    let traffic = Traffic::start(stage, Plan::at(urls(&nodes)))?;
    let books = &traffic.shared.books;
    let promotions = stage.pick(1, 5);
    let mut times = Vec::new();
    for promotion in 1..=promotions {
        traffic.flows(100)?;
        primary.kill()?;
        books.fault_begins();
        let begun = books.now();
        standby.promote()?;
        times.push(books.now().saturating_sub(begun));
        traffic.recovers(promotion)?;
        traffic.flows(50)?;
        // What was left of the old one is thrown away: it may have written what nobody was told of.
        let port = primary.port;
        primary = standby;
        standby = primary.standby(folder, &format!("standby-{promotion}"), Some(port))?;
        primary.wait_for_standby()?;
    }
    traffic.flows(50)?;
    let mut account = settle(traffic, &nodes, &evidence(&primary))?;
    account.count("promotions of a synchronous standby", promotions as f64);
    account.times("the promotion itself", &times);
    Ok(Played::Through(account))
}
