//! What the system allows this process. It says so of whoever runs this command: a unit or a container may have limits of
//! its own.

use std::sync::Arc;

use rustix::process::{Resource, getrlimit};

use super::Asked;
use super::finding::{Finding, Topic};

const TOPIC: Topic = Topic("process");
/// A connection takes two: its own, and one by which it can be cut.
const PER_SOCKET: u64 = 2;
/// For requests without a socket, files that are read, the log, the runtime.
const BESIDES: u64 = 256;

pub(super) async fn check(asked: Arc<Asked>) -> Vec<Finding> {
    let config = &asked.config;
    let for_host = config.host.tables.as_ref().map_or(0, |tables| u64::from(tables.pool_size) + 1);
    let others = u64::from(config.store.pool_size + config.store.writers) + for_host + BESIDES;
    let sockets = u64::try_from(config.sockets.max_sockets).unwrap_or(u64::MAX);
    let needed = sockets.saturating_mul(PER_SOCKET).saturating_add(others);
    vec![match getrlimit(Resource::Nofile).current {
        Some(allowed) if allowed < needed => {
            let room = allowed.saturating_sub(others) / PER_SOCKET;
            TOPIC.warning(
                format!("{allowed} open files are allowed: enough for {room} sockets, and SUPPORT_MAX_SOCKETS is {sockets}"),
                format!(
                    "allow {needed} (`ulimit -n`, LimitNOFILE in the unit), or lower SUPPORT_MAX_SOCKETS: without a free one \
                     no request is answered"
                ),
            )
        }
        Some(allowed) => TOPIC.ok(format!("{allowed} open files are allowed, and {needed} may be needed")),
        None => TOPIC.ok("any number of open files is allowed"),
    }]
}
