//! The disk of the database is full while people write, and later has room again.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use support_load::Stop;

use super::{Played, evidence, pair, settle, urls};
use crate::evidence::Database;
use crate::nats::Cluster;
use crate::node::{Node, status};
use crate::postgres::Postgres;
use crate::program::wait_for;
use crate::stage::{Stage, pause};
use crate::traffic::{Plan, Traffic};

/// How long it stays full, at least.
const FULL: Duration = Duration::from_secs(3);

/// The small disk, or why there is none.
fn disk(stage: &Stage) -> Result<&Path, String> {
    let disk = stage.small_disk.as_deref().ok_or_else(|| {
        "no small disk to fill up: --small-disk names one, and scripts/chaos makes one as root".to_owned()
    })?;
    let entries = std::fs::read_dir(disk).map_err(|error| format!("{}: {error}", disk.display()))?;
    if entries.count() > 0 { Err(format!("{} is not empty", disk.display())) } else { Ok(disk) }
}

pub(super) fn on_postgres(stage: &Stage) -> Result<Played, Stop> {
    let disk = match disk(stage) {
        Ok(disk) => disk,
        Err(reason) => return Ok(Played::LeftOut(reason)),
    };
    let postgres = Postgres::create(disk, stage.folder.path(), "postgres")?;
    let nats = Cluster::start(stage.folder.path(), 1)?;
    let nodes = pair(stage, &postgres.url(&[]), &nats)?;
    // Where PostgreSQL cannot write its log of changes it ends; somebody has to make room and start it again.
    let start_again = || if postgres.is_running() { Ok(false) } else { postgres.start().map(|()| true) };
    let played = fill(stage, &nodes, disk, &evidence(&postgres), &start_again);
    drop(postgres);
    clear(disk, played)
}

pub(super) fn on_sqlite(stage: &Stage) -> Result<Played, Stop> {
    let disk = match disk(stage) {
        Ok(disk) => disk,
        Err(reason) => return Ok(Played::LeftOut(reason)),
    };
    let file = disk.join("desk.db");
    let mut nodes = vec![stage.node("only", &format!("sqlite:{}", file.display()), &[])?];
    nodes[0].open()?;
    let played = fill(stage, &nodes, disk, &Database::Sqlite(file), &|| Ok(false));
    drop(nodes);
    clear(disk, played)
}

/// Leaves the disk empty, as it was.
fn clear(disk: &Path, played: Result<Played, Stop>) -> Result<Played, Stop> {
    let said = |error: std::io::Error| Stop::new(format!("{}: {error}", disk.display()));
    for entry in std::fs::read_dir(disk).map_err(said)? {
        let path = entry.map_err(said)?.path();
        if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) }.map_err(said)?;
    }
    played
}

fn fill(
    stage: &Stage,
    nodes: &[Node],
    disk: &Path,
    database: &Database,
    start_again: &dyn Fn() -> Result<bool, Stop>,
) -> Result<Played, Stop> {
    let traffic = Traffic::start(stage, Plan::at(urls(nodes)))?;
    let books = &traffic.shared.books;
    let rounds = stage.pick(1, 3);
    let (mut recoveries, mut starts) = (Vec::new(), 0);
    for round in 1..=rounds {
        traffic.flows(50)?;
        let mut ballast = Ballast::new(disk, round)?;
        // It is full when nothing is acknowledged any more: what is left over inside of files is used up, too.
        wait_for("the disk is full for the database", || {
            ballast.grow();
            let before = traffic.acknowledged();
            pause(Duration::from_millis(500));
            (traffic.acknowledged() == before).then_some(())
        })?;
        books.fault_begins();
        pause(FULL);
        // The desk itself is there, and says so.
        if nodes.iter().any(|node| status(&node.address(), "/healthz") != Some(200)) {
            books.fault("a node with a full disk does not answer at /healthz".to_owned());
        }
        drop(ballast);
        let begun = books.now();
        starts += u32::from(start_again()?);
        traffic.flows(1)?;
        recoveries.push(books.now().saturating_sub(begun));
        traffic.recovers(round)?;
    }
    traffic.flows(50)?;
    let mut account = settle(traffic, nodes, database)?;
    account.count("times that the disk was full", rounds as f64);
    account.count("starts of a database that had ended for want of room", f64::from(starts));
    account.times("from the moment that there is room to an acknowledgement", &recoveries);
    Ok(Played::Through(account))
}

/// A file that takes all the room there is; gone with it.
struct Ballast {
    path: PathBuf,
    file: File,
}

impl Ballast {
    fn new(disk: &Path, number: usize) -> Result<Self, Stop> {
        let path = disk.join(format!("ballast-{number}"));
        let file = File::create(&path).map_err(|error| Stop::new(format!("{}: {error}", path.display())))?;
        Ok(Self { path, file })
    }

    /// Takes what room there is.
    fn grow(&mut self) {
        for size in [1 << 20, 1 << 12] {
            let piece = vec![0_u8; size];
            while self.file.write_all(&piece).is_ok() {}
        }
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        // What cannot be removed is found by the next one, which finds the disk full.
        let _ = std::fs::remove_file(&self.path);
    }
}
