//! The harness's own sockets against a small server that is right by construction: what the scenarios rely on when they
//! say that something came, came in order, or did not come.

use std::net::TcpListener;
use std::thread;

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use super::call::Address;
use super::frames::{CONTINUATION, TEXT, frame};
use super::handshake::Handshake;
use super::person::Conversation;

/// A server for one client: greets, sends two events before each answer, and closes with 4001 when asked to.
fn server() -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = Address::default();
    address.set(listener.local_addr().expect("its number").port());
    thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        let mut socket = tungstenite::accept(stream).expect("a handshake");
        let send = |socket: &mut WebSocket<_>, frame: Value| drop(socket.send(Message::text(frame.to_string())));
        send(&mut socket, json!({"type": "support:connected", "payload": {"heartbeatSeconds": 25}}));
        while let Ok(message) = socket.read() {
            let Message::Text(text) = message else { continue };
            let asked: Value = serde_json::from_str(text.as_str()).expect("JSON");
            if asked["type"] == "close" {
                let code = tungstenite::protocol::frame::coding::CloseCode::from(4001);
                let reason = tungstenite::protocol::CloseFrame { code, reason: "over".into() };
                let _ = socket.close(Some(reason));
                continue;
            }
            for number in [1, 2] {
                send(
                    &mut socket,
                    json!({"type": "support:newMessage", "payload": {"message": {"seq": number, "asked": asked["payload"]}}}),
                );
                send(&mut socket, json!({"type": "support:typing", "payload": {"number": number}}));
            }
            let mut answer = json!({"type": "support:ack", "payload": {}});
            if asked["requestId"].is_string() {
                answer["requestId"] = asked["requestId"].clone();
            }
            send(&mut socket, answer);
        }
    });
    address
}

#[test]
fn what_comes_before_an_answer_waits_in_order() {
    let mut socket = Handshake::at(&server()).open();
    assert_eq!(socket.connected["heartbeatSeconds"], 25);
    assert_eq!(socket.ask("support:anything", &json!({"a": 1})).ack(), json!({}));
    assert_eq!(socket.next_message()["seq"], 1);
    assert_eq!(socket.expect_event("support:typing")["number"], 1);
    assert_eq!(socket.expect_event("support:typing")["number"], 2);
    assert_eq!(socket.next_message()["seq"], 2);
    let kinds: Vec<Value> = socket.take_events().iter().map(|frame| frame["type"].clone()).collect();
    assert_eq!(kinds, ["support:newMessage", "support:typing", "support:newMessage", "support:typing"]);
}

#[test]
fn frames_by_hand_are_frames() {
    let mut socket = Handshake::at(&server()).open();
    let text = json!({"type": "support:anything", "payload": {"words": "x".repeat(70_000)}}).to_string();
    for (first, last) in [text.as_bytes().split_at(100), text.as_bytes().split_at(66_000)] {
        let bytes = [frame(TEXT & 0x0F, first), frame(CONTINUATION, last)].concat();
        std::io::Write::write_all(socket.raw(), &bytes).expect("the server reads");
        assert_eq!(socket.next_answer()["type"], "support:ack");
        assert_eq!(socket.next_message()["asked"]["words"].as_str().map(str::len), Some(70_000));
    }
    socket.ping(b"words");
}

#[test]
fn the_code_of_a_close_is_kept() {
    let mut socket = Handshake::at(&server()).open();
    socket.send_text("{\"type\":\"close\"}");
    assert!(socket.try_ask("support:anything", &json!({})).is_none());
    socket.closed_with(4001);
}

#[test]
#[should_panic(expected = "support:newMessage")]
fn an_event_is_not_nothing() {
    let mut socket = Handshake::at(&server()).open();
    socket.leave(&Conversation::missing());
    socket.nothing_came();
}

#[test]
#[should_panic(expected = "none")]
fn a_cut_is_no_close() {
    let mut socket = Handshake::at(&server()).open();
    socket.cut();
    assert_eq!(socket.ended(), Some(4001), "none");
}
