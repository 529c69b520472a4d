//! A node stands still, as one does whose machine is moved or overloaded, and goes on as if nothing had been.

use std::time::Duration;

use support_load::Stop;

use super::{Played, evidence, pair, settle, urls};
use crate::nats::Cluster;
use crate::node::Node;
use crate::stage::{Stage, pause};
use crate::traffic::{Plan, Traffic};

pub(super) fn play(stage: &Stage) -> Result<Played, Stop> {
    let postgres = stage.postgres()?;
    let nats = Cluster::start(stage.folder.path(), 1)?;
    let nodes = pair(stage, &postgres.url(&[]), &nats)?;
    // Half of the listeners do not notice, and hold on to their sockets.
    let plan = Plan { has_patient_listeners: true, patience: Duration::from_secs(2), ..Plan::at(urls(&nodes)) };
    let traffic = Traffic::start(stage, plan)?;
    let books = &traffic.shared.books;
    let still = stage.pick(Duration::from_secs(4), Duration::from_secs(60));
    for (number, node) in nodes.iter().enumerate().take(stage.pick(1, 2)) {
        traffic.flows(50)?;
        node.pause()?;
        books.fault_begins();
        // The other one serves meanwhile.
        let waited = traffic.recovers(number + 1).and_then(|()| traffic.flows(50));
        pause(still);
        Node::resume(node)?;
        waited?;
        traffic.arrives()?;
    }
    let mut account = settle(traffic, &nodes, &evidence(&postgres))?;
    account.count("standstills of a node", stage.pick(1, 2) as f64);
    account.count("length of a standstill, s", still.as_secs_f64());
    Ok(Played::Through(account))
}
