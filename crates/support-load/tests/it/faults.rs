//! Exit codes and what is said, for each thing that a desk can do wrong.

use std::process::{Command, Output};

use serde_json::Value;
use support_rbac::SigningKey;

use super::desk::{Fault, open};

const SENDS: &[&str] = &["sends", "--senders", "2", "--messages", "20"];
const FAN_OUT: &[&str] = &["fan-out", "--rooms", "2", "--subscribers", "3", "--senders", "2", "--messages", "20"];
const LISTS: &[&str] = &["lists", "--conversations", "7", "--limit", "3"];

fn load(url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_support-load"));
    command.args(arguments).args(["--url", url, "--settle", "1"]);
    command.env("SUPPORT_BISCUIT_PRIVATE_KEY", SigningKey::generate().to_hex());
    command.output().expect("the binary runs")
}

#[track_caller]
fn passes(fault: Fault, arguments: &[&str]) {
    let output = load(&open(fault), arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// It ends with 1, says that this check failed, and only this one, and what was wrong.
#[track_caller]
fn fails(fault: Fault, arguments: &[&str], check: &str, what: &str) {
    let output = load(&open(fault), arguments);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let failed: Vec<&str> = told.lines().filter(|line| line.starts_with("FAILED")).collect();
    assert!(matches!(&failed[..], [one] if one.starts_with(&format!("FAILED {check}:"))), "{told}");
    assert!(told.contains(what), "{told}");
}

#[test]
fn an_honest_desk_passes() {
    passes(Fault::None, SENDS);
    passes(Fault::None, FAN_OUT);
    passes(Fault::None, LISTS);
}

#[test]
fn a_lost_message_is_found() {
    fails(Fault::Loses, SENDS, "kept", "lost: message 3");
    fails(Fault::Loses, SENDS, "kept", "gap: there are no messages 3 to 3");
}

#[test]
fn a_doubled_message_is_found() {
    fails(Fault::Doubles, SENDS, "kept", "doubled: message 3");
}

#[test]
fn a_reordered_message_is_found() {
    fails(Fault::Reorders, SENDS, "kept", "reordered: message 3 stands after message 4");
}

#[test]
fn an_unacknowledged_message_may_be_there_or_not() {
    passes(Fault::Refuses, SENDS);
    passes(Fault::Forgets, SENDS);
}

#[test]
fn a_message_that_does_not_come_comes_twice_or_comes_late_is_found() {
    fails(Fault::DeliversNot, FAN_OUT, "delivered", "1 lost, 0 doubled, 0 reordered");
    fails(Fault::DeliversTwice, FAN_OUT, "delivered", "0 lost, 1 doubled, 0 reordered");
    fails(Fault::DeliversLate, FAN_OUT, "delivered", "0 lost, 0 doubled, 1 reordered");
}

#[test]
fn a_sender_finds_by_its_own_socket_what_does_not_come() {
    // Two senders in each conversation: what one sends comes to the other.
    let shared = ["socket-sends", "--senders", "4", "--conversations", "2", "--messages", "20"];
    passes(Fault::None, &shared);
    fails(Fault::DeliversTwice, &shared, "delivered", "doubled");
    fails(Fault::DeliversLate, &shared, "delivered", "reordered");
}

#[test]
fn a_message_that_a_resume_leaves_out_is_found() {
    let storm = ["storm", "--sockets", "6", "--conversations", "2", "--seconds", "1", "--jitter", "0.4"];
    passes(Fault::None, &storm);
    fails(Fault::ResumesShort, &storm, "delivered", "1 lost, 0 doubled, 0 reordered");
}

#[test]
fn a_lost_socket_is_found_unless_losses_are_expected() {
    fails(Fault::HangsUp, FAN_OUT, "stayed", "lost, 6 times");
    passes(Fault::HangsUp, &[FAN_OUT, &["--losses-allowed"]].concat());
}

#[test]
fn a_conversation_that_is_listed_twice_is_found() {
    fails(Fault::ListsTwice, LISTS, "listed", "again");
}

#[test]
fn the_report_holds_what_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let json = ["--json", file.to_str().unwrap(), "--seed", "7"];
    let output = load(&open(Fault::Loses), &[SENDS, &json].concat());
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!((&report["scenario"], &report["options"]["seed"]), (&"sends".into(), &7.into()));
    assert_eq!(report["options"]["senders"], 2);
    assert_eq!(report["measures"][0]["count"], 20);
    let buckets = report["measures"][0]["histogram"].as_array().unwrap();
    assert_eq!(buckets.iter().map(|bucket| bucket[1].as_u64().unwrap()).sum::<u64>(), 20);
    assert_eq!(report["checks"][0]["name"], "kept");
    assert_eq!(report["checks"][0]["passed"], false);
}

#[test]
fn without_a_server_or_with_wrong_words_it_says_so() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = load(&format!("http://{nobody}"), SENDS);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("connect_refused"), "{output:?}");
    for wrong in [["lists", "--tokens", "/nowhere"], ["sends", "--key", "c0ffee"]] {
        assert_eq!(load("http://127.0.0.1:1", &wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert_eq!(load("https://127.0.0.1", SENDS).status.code(), Some(2));
    let mut command = Command::new(env!("CARGO_BIN_EXE_support-load"));
    let output = command.args(SENDS).env_remove("SUPPORT_BISCUIT_PRIVATE_KEY").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("SUPPORT_BISCUIT_PRIVATE_KEY"), "{output:?}");
}
