//! Whatever comes over a socket, the server lives, its answers have their form, and an innocent socket still works.

use std::io::Write;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use super::hostile::{Cast, cast};
use crate::harness::{Backend, CONTINUATION, Socket, TEXT, frame};

on_both_backends!(
    no_text_harms_the_server,
    no_payload_harms_the_server,
    no_bytes_harm_the_server,
    no_frames_harm_the_server,
);

const CASES: u32 = 40;

/// Runs so many cases, and holds after each of them that the server lives and serves.
fn for_all<S: Strategy>(backend: Backend, strategy: &S, case: impl Fn(&Cast, S::Value)) {
    let cast = std::cell::RefCell::new(cast(backend));
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(strategy, |value| {
        case(&cast.borrow(), value);
        let cast = &mut *cast.borrow_mut();
        cast.desk.get("/healthz").expect(200);
        cast.innocent.round_trip();
        Ok::<(), TestCaseError>(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    // To the end, what is said comes.
    let cast = cast.into_inner();
    let (driver, mut innocent) = (cast.driver, cast.innocent);
    let sent = driver.send(&cast.opened, "after all of this");
    while innocent.next_message() != sent {}
}

/// Sends texts, each of which has to be answered while the socket lives.
fn ask_all(socket: &mut Socket, texts: &[String]) {
    for text in texts {
        socket.send_text(text);
        socket.next_answer();
    }
}

fn no_text_harms_the_server(backend: Backend) {
    let text = prop_oneof![any::<String>(), "\\PC{0,200}", "[\\[\\]{}\",:a-z0-9\\\\ ]{0,200}"];
    for_all(backend, &prop::collection::vec(text, 1..8), |cast, texts| {
        ask_all(&mut cast.driver.connect(), &texts);
    });
}

/// JSON of any shape, not deep.
fn any_json() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!("0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e")),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[a-zA-Z]{0,12}", inner, 0..6).prop_map(|map| json!(map)),
        ]
    })
}

const TYPES: [&str; 8] = [
    "support:joinConversation",
    "support:leaveConversation",
    "support:sendMessage",
    "support:markRead",
    "support:typing",
    "support:watchInbox",
    "support:authenticate",
    "support:connected",
];
const FIELDS: [&str; 9] =
    ["conversationId", "afterSeq", "content", "format", "clientMessageId", "ifLastSeq", "upToSeq", "isTyping", "token"];

fn no_payload_harms_the_server(backend: Backend) {
    // The right names, the right conversation more often than not, and anything as values.
    let field = (prop::sample::select(&FIELDS[..]), any_json());
    let payload = (any::<bool>(), prop::collection::vec(field, 0..5));
    let frames = prop::collection::vec((prop::sample::select(&TYPES[..]), payload), 1..8);
    for_all(backend, &frames, |cast, frames| {
        let texts: Vec<String> = frames
            .into_iter()
            .map(|(kind, (is_real, fields))| {
                let mut payload = json!({});
                for (name, value) in fields {
                    payload[name] = value;
                }
                if is_real {
                    payload["conversationId"] = json!(cast.opened.id);
                }
                json!({"type": kind, "payload": payload}).to_string()
            })
            .collect();
        ask_all(&mut cast.driver.connect(), &texts);
    });
}

fn no_bytes_harm_the_server(backend: Backend) {
    for_all(backend, &prop::collection::vec(any::<u8>(), 0..3_000), |cast, bytes| {
        let mut socket = cast.driver.connect();
        // The server may have had enough before the end.
        let _ = socket.raw().write_all(&bytes);
        let _ = socket.raw().flush();
    });
}

fn no_frames_harm_the_server(backend: Backend) {
    // Whole frames of any kind and with any flags, masked as they should be: these get further than mere bytes.
    let kind = prop_oneof![any::<u8>(), Just(TEXT), Just(TEXT & 0x0F), Just(CONTINUATION), Just(CONTINUATION & 0x0F)];
    let frames = prop::collection::vec((kind, prop::collection::vec(any::<u8>(), 0..200)), 1..10);
    for_all(backend, &frames, |cast, frames| {
        let mut socket = cast.driver.connect();
        for (first, payload) in &frames {
            if socket.raw().write_all(&frame(*first, payload)).is_err() {
                break;
            }
        }
    });
}
