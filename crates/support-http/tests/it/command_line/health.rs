//! `health`: whether a server answers, for whoever has no `curl`.

use std::collections::BTreeMap;
use std::net::TcpListener;

use crate::harness::{Backend, Desk, Outcome, binary};

on_both_backends!(a_server_that_runs_is_healthy_and_one_that_ended_is_not);

fn asked(arguments: &[&str], address: &str) -> Outcome {
    let environment = BTreeMap::from([("SUPPORT_BIND".to_owned(), address.to_owned())]);
    binary(&[&["health"], arguments].concat(), &environment)
}

fn a_server_that_runs_is_healthy_and_one_that_ended_is_not(backend: Backend) {
    let mut desk = Desk::start(backend);
    let address = desk.address().get();
    let ready = format!("http://{address}/readyz");
    for outcome in [asked(&[], &address), asked(&[&ready], "127.0.0.1:1")] {
        assert_eq!((outcome.code, outcome.stdout.as_str(), outcome.stderr.as_str()), (Some(0), "", ""));
    }
    let elsewhere = asked(&[&format!("http://{address}/nowhere")], &address);
    assert_eq!((elsewhere.code, elsewhere.stderr.as_str()), (Some(1), "it is not healthy: it answers 404\n"));
    desk.server.kill();
    let ended = asked(&[], &address);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.starts_with("it is not healthy: "), "{}", ended.stderr);
}

#[test]
fn what_was_asked_wrongly_is_said() {
    assert_eq!(asked(&["https://127.0.0.1:1/"], "127.0.0.1:1").code, Some(1));
    let outcome = asked(&[], "nonsense");
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.starts_with("SUPPORT_BIND: "), "{}", outcome.stderr);
    // A server that takes any port says which in a file.
    let outcome = asked(&[], "127.0.0.1:0");
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.starts_with("SUPPORT_PORT_FILE: "), "{}", outcome.stderr);
}

#[test]
fn what_does_not_answer_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let outcome = asked(&[], &silent.local_addr().expect("an address").to_string());
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
}
