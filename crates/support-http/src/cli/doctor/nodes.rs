//! The way between nodes: something is told at each server of NATS, and has to be heard at each.

use std::sync::Arc;

use support_domain::{Clock, IdSource, SystemClock, SystemIds};
use support_realtime::fan_out::Nats;

use super::Asked;
use super::finding::{Finding, Topic};

const TOPIC: Topic = Topic("nodes");

pub(super) async fn check(asked: Arc<Asked>) -> Vec<Finding> {
    let Some(url) = &asked.config.nats_url else {
        return vec![if asked.nodes > 1 {
            let every = asked.config.sync_every.as_secs();
            TOPIC.warning(
                format!("without NATS, sockets at other nodes hear of something up to {every} seconds later"),
                "set SUPPORT_NATS_URL at every node",
            )
        } else {
            TOPIC.ok("NATS is not configured: one node needs none, and several look into the database")
        }];
    };
    let word = SystemIds::new().next(SystemClock::new().now()).simple().to_string();
    let Ok(tried) = Nats::try_out(url, &word).await else {
        return vec![TOPIC.problem("SUPPORT_NATS_URL is none of NATS", "correct it as the documentation has it")];
    };
    tried
        .into_iter()
        .map(|server| match server.fault {
            None => TOPIC.ok(format!("NATS at {} lets us in, and what is told is heard", server.address)),
            Some(fault) => TOPIC.problem(format!("NATS at {} {fault}", server.address), advice(&fault)),
        })
        .collect()
}

fn advice(fault: &str) -> &'static str {
    if fault.contains("authorization") {
        "correct name and password, or the token, in SUPPORT_NATS_URL"
    } else if fault.contains("refuses") {
        "allow this user of NATS to publish and subscribe `support.>`"
    } else if fault.contains("hear") {
        "join the servers to one cluster; SUPPORT_NATS_URL has to name servers of one cluster only"
    } else {
        "look whether it runs and can be reached from here; meanwhile other nodes hear of everything some seconds later"
    }
}
