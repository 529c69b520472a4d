//! The short form of what `scripts/chaos` does, with the server of this suite: each scenario once, some seconds long. What
//! cannot be played here is left out, with a word.

use std::path::Path;
use std::process::Command;

use clap::Parser;
use support_chaos::{CommandLine, Verdict};
use tempfile::TempDir;

use crate::harness::{Backend, Nats, scratch_folder};

on_postgres!(
    a_killed_node_loses_nothing,
    a_killed_database_loses_nothing,
    a_promoted_standby_has_everything,
    without_nats_everything_arrives,
    a_full_disk_loses_nothing,
    bad_lines_to_clients_lose_nothing,
    bad_lines_to_the_database_lose_nothing,
    a_node_that_stood_still_goes_on,
    a_clock_that_moves_changes_no_order,
    sockets_that_all_come_back_miss_nothing,
    migrations_under_load_lose_nothing,
);

#[test]
fn a_killed_node_on_sqlite_loses_nothing() {
    holds("kill-node-sqlite", None);
}

#[test]
fn a_full_disk_under_sqlite_loses_nothing() {
    let Some(disk) = SmallDisk::mount() else { return };
    holds("disk-full-sqlite", Some(disk.0.path()));
}

/// A small file system in memory that may be filled up.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// Only root may mount one, and not everywhere. Otherwise says so, and the test is to be left out.
    fn mount() -> Option<Self> {
        let disk = Self(scratch_folder());
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=160m,mode=755", "tmpfs"]).arg(disk.0.path());
        let is_mounted = mount.output().is_ok_and(|output| output.status.success());
        if !is_mounted {
            eprintln!("skipped: no file system can be mounted here");
        }
        is_mounted.then_some(disk)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Whatever was not mounted, or is still in use, stays as it is.
        let _ = Command::new("umount").arg(self.0.path()).output();
    }
}

/// Plays it, and demands that all that was promised held.
#[track_caller]
fn holds(scenario: &str, small_disk: Option<&Path>) {
    let mut words = vec!["support-chaos", scenario, "--short", "--server", env!("CARGO_BIN_EXE_support-http")];
    if let Some(disk) = small_disk {
        words.extend(["--small-disk", disk.to_str().expect("UTF-8")]);
    }
    let options = CommandLine::try_parse_from(words).expect("a sound command line");
    let report = support_chaos::run(&options, &|line| eprintln!("{line}")).expect("a stage");
    assert!(report.passed(), "{}", report.to_text());
    if let Some(Verdict::LeftOut(reason)) = report.scenarios.first().map(|told| &told.verdict) {
        eprintln!("skipped: {reason}");
    }
}

/// The same, where there is NATS for two nodes.
#[track_caller]
fn holds_with_nats(scenario: &str) {
    if Nats::given().is_some() {
        holds(scenario, None);
    }
}

fn a_killed_node_loses_nothing(_: Backend) {
    holds_with_nats("kill-node");
}

fn a_killed_database_loses_nothing(_: Backend) {
    holds_with_nats("kill-database");
}

fn a_promoted_standby_has_everything(_: Backend) {
    holds_with_nats("promote-standby");
}

fn without_nats_everything_arrives(_: Backend) {
    holds_with_nats("nats");
}

fn a_full_disk_loses_nothing(_: Backend) {
    let Some(disk) = SmallDisk::mount() else { return };
    if Nats::given().is_some() {
        holds("disk-full", Some(disk.0.path()));
    }
}

fn bad_lines_to_clients_lose_nothing(_: Backend) {
    holds_with_nats("proxy-clients");
}

fn bad_lines_to_the_database_lose_nothing(_: Backend) {
    holds("proxy-database", None);
}

fn a_node_that_stood_still_goes_on(_: Backend) {
    holds_with_nats("stop-node");
}

fn a_clock_that_moves_changes_no_order(_: Backend) {
    holds_with_nats("clock");
}

fn sockets_that_all_come_back_miss_nothing(_: Backend) {
    holds_with_nats("reconnect");
}

fn migrations_under_load_lose_nothing(_: Backend) {
    holds_with_nats("migrate");
}
