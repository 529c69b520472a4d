//! A load generator for support desks that counts every message.
//!
//! It speaks the public interface, REST and WebSockets, and knows nothing of the server behind it: what it needs is an
//! address and either the key that signs tokens or some tokens. It opens conversations of its own, sends, listens, cuts
//! connections, and at the end holds what the server has against what the server has acknowledged: everything there,
//! once, in order, without a gap. A number without that check would only say how fast messages can be lost.
//!
//! The binary `support-load` is this and a command line. Whoever makes trouble of another kind, as `support-chaos` does,
//! speaks through the same clients ([`rest`], [`socket`]) as the same [`people`], keeps the same books with
//! [`ledger::Ledger`], checks what a socket was sent with [`follower::Follower`], and reads frames with [`scan`].
//!
//! # By example
//! The books of one conversation. Nothing here asks a server, so any program can keep them:
//! ```
//! use support_load::ledger::{Fault, Found, Ledger, Receipt};
//! use uuid::Uuid;
//!
//! let (key, id) = (Uuid::from_u128(1), Uuid::from_u128(2));
//! let mut ledger = Ledger::default();
//! ledger.send(key);
//! ledger.acknowledge(key, Receipt { seq: 1, id });
//! // What was sent and never acknowledged may be there or not.
//! ledger.send(Uuid::from_u128(3));
//!
//! let found = Found { seq: 1, id, key: Some(key) };
//! assert_eq!(ledger.check(&[found]), []);
//! assert_eq!(ledger.check(&[]), [Fault::Lost { seq: 1 }]);
//! assert_eq!(ledger.check(&[found, found]), [Fault::Doubled { seq: 1 }]);
//! ```
//!
//! # What the numbers mean
//! - A closed loop (no `--rate`) says how much a server takes when each sender waits for its answer. Its latencies say
//!   nothing about moments at which nobody sent because all waited.
//! - An open loop (`--rate`) sends at moments that were fixed before. A message that could not be sent in time, because
//!   the answer to the one before was late, counts from when it was due ([`pace`]).
//! - The clock is this process's own: a delivery is timed from the key of the message, which holds when it was due
//!   ([`key`]), so senders and subscribers have to be of one process.
//! - It runs beside the server that it loads, so it costs little, and reports what it costs: a run in which this program
//!   had a whole CPU for itself all the time says something about this program.
//!
//! # How to add
//! - **a scenario**: `scenarios/mod.rs` says how.
//! - **a fault that is to be found**: a variant of [`ledger::Fault`], and a test in which a server makes it.
//! - **an advice** on a failure that is somebody's setting: a line in [`trouble::advice`].

mod crowd;
pub mod dice;
pub mod follower;
pub mod key;
pub mod latency;
pub mod ledger;
mod line;
pub mod measure;
pub mod options;
pub mod pace;
pub mod page;
pub mod people;
pub mod process;
mod progress;
pub mod report;
pub mod rest;
mod rooms;
mod run;
pub mod scan;
mod scenarios;
mod senders;
pub mod socket;
pub mod target;
mod tries;
pub mod trouble;

use std::fmt;

pub use options::{CommandLine, Scenario};
pub use report::Report;
pub use trouble::Trouble;

/// Why there is no report: the run could not be begun, or not be brought to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    sentence: String,
    is_usage: bool,
}

impl Stop {
    /// A failure.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), is_usage: false }
    }

    /// A fault of whoever told it what to do.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), is_usage: true }
    }

    /// Whether it was told wrongly, rather than failed.
    pub fn is_usage(&self) -> bool {
        self.is_usage
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Stop {}

/// Runs a scenario, on threads of its own, and waits for its end.
///
/// # Errors
/// When the server cannot be reached, refuses what is needed to begin, or the options contradict each other. What fails
/// once it has begun is in the report.
pub fn run(scenario: &Scenario) -> Result<Report, Stop> {
    // As many as may be; who needs more than that says so.
    process::raise_descriptors();
    let mut builder = match scenario.common().threads {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.worker_threads(scenario.common().threads as usize).enable_all().build();
    let runtime = runtime.map_err(|error| Stop::new(format!("no threads: {error}")))?;
    runtime.block_on(scenarios::play(scenario))
}
