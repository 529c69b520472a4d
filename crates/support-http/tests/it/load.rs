//! The load generator against the real server: what it finds of an honest desk is that it is honest, and a limit that
//! stands in its way is called by its name. How fast it was is nobody's business here.

use clap::Parser;
use support_load::{CommandLine, Report, Stop};

use crate::harness::{Backend, Desk, signing_key};

on_both_backends!(every_scenario_passes, a_limit_in_the_way_is_named);
on_postgres!(sockets_at_two_nodes_miss_nothing);

/// Runs `support-load` with these words, and those that every run has.
fn load(urls: &[String], words: &str) -> Result<Report, Stop> {
    let mut line: Vec<&str> = ["support-load"].into_iter().chain(words.split_whitespace()).collect();
    line.extend(["--quiet", "--key", &signing_key().private]);
    urls.iter().for_each(|url| line.extend(["--url", url]));
    let line = CommandLine::try_parse_from(line).expect("a sound command line");
    support_load::run(&line.scenario)
}

/// It did all that was asked, without a failure, and every check passed.
#[track_caller]
fn passes(urls: &[String], words: &str, counts: &[(&str, u64)]) -> Report {
    let report = load(urls, words).expect("a report");
    assert!(report.passed(), "{words}: {}", report.to_table());
    for (name, count) in counts {
        let measure = report.measures.iter().find(|measure| measure.name == *name).expect("a measure");
        assert_eq!((measure.count, measure.errors.len()), (*count, 0), "{words}, {name}: {}", report.to_table());
    }
    report
}

fn url(desk: &Desk) -> Vec<String> {
    vec![format!("http://{}", desk.address().get())]
}

fn every_scenario_passes(backend: Backend) {
    let desk = Desk::start(backend);
    let url = url(&desk);
    let sends = format!("sends --senders 3 --conversations 2 --messages 30 --server-pid {}", desk.server.pid());
    let report = passes(&url, &sends, &[("send", 30)]);
    assert!(report.server.is_some_and(|server| server.rss_after_bytes > 1_000_000), "{}", report.to_table());
    passes(&url, "sends --senders 2 --conversations 4 --rate 100 --messages 20", &[("send", 20), ("own lateness", 20)]);
    passes(&url, "socket-sends --senders 4 --conversations 2 --messages 30", &[("send", 30)]);
    // More sockets in a room than its owner may have: the staff listens, too.
    let fan_out = "fan-out --rooms 2 --subscribers 12 --senders 3 --messages 30 --over";
    passes(&url, &format!("{fan_out} rest"), &[("delivery", 360), ("send", 30), ("join", 24)]);
    passes(&url, &format!("{fan_out} socket"), &[("delivery", 360), ("send", 30), ("join", 24)]);
    passes(&url, "idle --sockets 20 --conversations 2 --seconds 0.2", &[("join", 20)]);
    passes(&url, "lists --conversations 12 --limit 5 --walkers 2 --walks 2", &[]);
    let storm = passes(&url, "storm --sockets 20 --seconds 1 --jitter 0.3 --senders 2", &[("resume", 20)]);
    assert_eq!(storm.numbers["joinedAtTheEnd"], 20.0);
}

fn a_limit_in_the_way_is_named(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_SENDS_PER_MINUTE", "5").start();
    let url = url(&desk);
    let report = load(&url, "sends --senders 1 --messages 20 --seconds 0.5").expect("a report");
    assert!(
        report.passed() && report.measures[0].errors.contains_key("http_429_rate_limited"),
        "{}",
        report.to_table()
    );
    assert!(report.advice.iter().any(|advice| advice.contains("SUPPORT_SENDS_PER_MINUTE")), "{}", report.to_table());
    let stop = load(&url, "idle --sockets 12 --sockets-per-person 20 --settle 3").expect_err("ten sockets at most");
    assert!(stop.to_string().contains("10 of 12 sockets"), "{stop}");
    assert!(stop.to_string().contains("SUPPORT_MAX_SOCKETS_PER_PRINCIPAL"), "{stop}");
}

fn sockets_at_two_nodes_miss_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let node = desk.another_node();
    let urls = [url(&desk), vec![format!("http://{}", node.address.get())]].concat();
    passes(&urls, "fan-out --rooms 2 --subscribers 6 --senders 2 --messages 20", &[("delivery", 120), ("send", 20)]);
    passes(&urls, "storm --sockets 12 --seconds 1 --jitter 0.2 --senders 2", &[("resume", 12)]);
}
