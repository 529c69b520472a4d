//! The clock of one of two nodes is moved while both serve: forward and back within the life of tokens, and once beyond.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use support_load::Stop;
use support_load::rest::RestClient;
use support_load::target::Target;

use super::{Played, evidence, settle, urls};
use crate::nats::Cluster;
use crate::node::Node;
use crate::program::wait_for;
use crate::stage::{Stage, pause};
use crate::traffic::{Plan, Traffic};

/// Tokens of those who use the desk live for 24 hours.
const WITHIN: u64 = 20 * 3_600;
const BEYOND: i64 = 25 * 3_600;
/// How long the library may go by what it has read before.
const CACHED: Duration = Duration::from_secs(1);

/// The library that stands between a program and its clock, where Debian's package `faketime` puts it.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    let candidates = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    candidates.chain([PathBuf::from("/usr/lib/faketime/libfaketimeMT.so.1")]).find(|library| library.is_file())
}

pub(super) fn play(stage: &Stage) -> Result<Played, Stop> {
    let Some(library) = library() else {
        return Ok(Played::LeftOut("libfaketime is not there; on Debian it is in the package faketime".to_owned()));
    };
    let clock = Clock { file: stage.folder.path().join("clock") };
    clock.set(0)?;
    let postgres = stage.postgres()?;
    let nats = Cluster::start(stage.folder.path(), 1)?;
    let (library, file, nats) = (library.display().to_string(), clock.file.display().to_string(), nats);
    let (nats_url, url) = (nats.url(), postgres.url(&[]));
    let moved = [
        ("SUPPORT_NATS_URL", nats_url.as_str()),
        ("LD_PRELOAD", &library),
        ("FAKETIME_TIMESTAMP_FILE", &file),
        ("FAKETIME_CACHE_DURATION", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    let mut nodes = vec![stage.node("moved", &url, &moved)?, stage.node("true", &url, &moved[..1])?];
    nodes.iter_mut().try_for_each(Node::open)?;
    let tolerated = &["http_401_unauthenticated", "handshake_401", "close_4001", "socket_unauthenticated"];
    let traffic = Traffic::start(stage, Plan { tolerated, ..Plan::at(urls(&nodes)) })?;
    let moves = stage.pick(3, 12);
    let mut dice = stage.dice();
    for number in 0..moves {
        traffic.flows(50)?;
        let seconds = i64::try_from(1 + dice.roll() % WITHIN).unwrap_or(1);
        clock.set(if number % 2 == 0 { seconds } else { -seconds })?;
        traffic.flows(50)?;
        traffic.arrives()?;
    }
    if let Some(kind) = ["http_401_unauthenticated", "close_4001"].into_iter().find(|kind| seen(&traffic, kind)) {
        traffic.shared.books.fault(format!("a token was over before its time: {kind}"));
    }
    beyond(stage, &clock, &traffic, &nodes[0])?;
    traffic.flows(50)?;
    let mut account = settle(traffic, &nodes, &evidence(&postgres))?;
    account.count("moves of a clock within the life of tokens", f64::from(moves));
    account.count("moves of a clock beyond it", 1.0);
    Ok(Played::Through(account))
}

fn seen(traffic: &Traffic, kind: &str) -> bool {
    traffic.shared.books.troubles().contains_key(kind)
}

/// Moves the clock beyond the life of all tokens: they are over there, for requests and for sockets. Then back.
fn beyond(stage: &Stage, clock: &Clock, traffic: &Traffic, node: &Node) -> Result<(), Stop> {
    let target: Arc<[_]> = [Arc::new(Target::find(&node.url(), &[])?)].into();
    let mut client = RestClient::new(target, 0, Duration::from_secs(3));
    let somebody = stage.people()?.user(0)?;
    let mut ask = || stage.runtime.block_on(client.get(&somebody, "/api/support/conversations"));
    clock.set(BEYOND)?;
    wait_for("a token is over for requests", || {
        ask().is_err_and(|trouble| trouble.kind == "http_401_unauthenticated").then_some(())
    })?;
    wait_for("a token is over for sockets", || seen(traffic, "close_4001").then_some(()))?;
    clock.set(0)?;
    wait_for("a token is good again", || ask().is_ok().then_some(()))
}

/// The clock of a node, as the library reads it.
struct Clock {
    file: PathBuf,
}

impl Clock {
    /// So many seconds before or behind the true one, from a moment on that has passed when this returns.
    fn set(&self, seconds: i64) -> Result<(), Stop> {
        // Put in place at once, so that nobody reads half of it.
        let new = self.file.with_extension("new");
        let said = |error: std::io::Error| Stop::new(format!("{}: {error}", self.file.display()));
        fs::write(&new, format!("{seconds:+}\n")).and_then(|()| fs::rename(&new, &self.file)).map_err(said)?;
        pause(2 * CACHED);
        Ok(())
    }
}
