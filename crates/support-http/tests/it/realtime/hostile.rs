//! Bytes that no proper client sends. Whoever sends them is shown out with the right code; the server and everybody else
//! do not notice.

use std::io::Write;

use serde_json::json;

use crate::harness::{
    BINARY, Backend, CLOSE, CONTINUATION, Conversation, Desk, PING, Person, Socket, TEXT, eventually, frame, header_of,
};

on_both_backends!(
    a_frame_that_declares_a_gibibyte_is_refused_before_it_comes,
    many_who_declare_much_cost_no_memory,
    a_frame_above_64_kib_is_too_large_and_one_of_64_kib_is_not,
    a_text_in_parts_above_64_kib_is_too_large,
    what_breaks_the_protocol_ends_with_1002,
    a_text_that_is_no_utf8_ends_with_1007,
    a_ping_is_answered_by_its_pong,
    who_says_nothing_after_half_a_frame_is_gone_in_the_end,
    a_close_by_hand_is_answered,
);

/// 64 KiB: what a frame may have at most.
const MOST: usize = 64 * 1024;
/// How much the server's memory may differ from before, in KiB.
const SLACK: u64 = 50 * 1024;

pub(super) struct Cast {
    pub(super) desk: Desk,
    pub(super) driver: Person,
    pub(super) opened: Conversation,
    pub(super) innocent: Socket,
}

/// A desk, an innocent who is online, and room for many bad tries.
pub(super) fn cast(backend: Backend) -> Cast {
    let desk = Desk::plan(backend).set("SUPPORT_MAX_SOCKETS_PER_PRINCIPAL", "1000").start();
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Hostile", "Hello");
    let mut innocent = driver.connect();
    innocent.join(&opened);
    Cast { desk, driver, opened, innocent }
}

impl Cast {
    /// Nothing has happened to anybody else.
    #[track_caller]
    fn all_is_well(&mut self) {
        self.desk.get("/healthz").expect(200);
        let sent = self.driver.send(&self.opened, "still well");
        assert_eq!(self.innocent.next_message(), sent);
        self.innocent.nothing_came();
        self.driver.connect().join(&self.opened);
    }
}

/// Writes as much as is taken. That it is not all taken is what is hoped for.
fn pour(socket: &mut Socket, bytes: &[u8], times: usize) {
    for _ in 0..times {
        if socket.raw().write_all(bytes).is_err() {
            return;
        }
    }
}

fn a_frame_that_declares_a_gibibyte_is_refused_before_it_comes(backend: Backend) {
    let mut cast = cast(backend);
    for first in [TEXT, BINARY, TEXT & 0x0F] {
        for length in [1 << 30, 1 << 20, MOST as u64 + 1, u64::from(u32::MAX) + 1, (1 << 63) - 1] {
            // Only the head: the refusal waits for nothing more.
            let mut socket = cast.driver.connect();
            pour(&mut socket, &header_of(first, length), 1);
            socket.closed_with(1009);
        }
    }
    // A length with the highest bit is none (RFC 6455, section 5.2).
    let mut socket = cast.driver.connect();
    pour(&mut socket, &header_of(TEXT, 1 << 63), 1);
    let code = socket.ended();
    assert!([Some(1002), Some(1009)].contains(&code), "{code:?}");
    cast.all_is_well();
}

fn many_who_declare_much_cost_no_memory(backend: Backend) {
    let mut cast = cast(backend);
    cast.all_is_well();
    let before = cast.desk.server.memory();
    let mut sockets: Vec<Socket> = (0..20).map(|_| cast.driver.connect()).collect();
    let block = vec![b' '; 256 * 1024];
    for socket in &mut sockets {
        pour(socket, &header_of(TEXT, 1 << 30), 1);
        pour(socket, &block, 64);
    }
    for socket in &mut sockets {
        // The code may be lost to whoever still pours; the end is not.
        let code = socket.ended();
        assert!([Some(1009), None].contains(&code), "{code:?}");
    }
    let after = cast.desk.server.memory();
    assert!(after < before + SLACK, "from {before} to {after} KiB");
    cast.all_is_well();
}

fn a_frame_above_64_kib_is_too_large_and_one_of_64_kib_is_not(backend: Backend) {
    let mut cast = cast(backend);
    let mut text = json!({"type": "support:watchInbox", "requestId": "full", "payload": {}}).to_string();
    text.push_str(&" ".repeat(MOST - text.len()));
    let mut socket = cast.driver.connect();
    socket.send_text(&text);
    let answer = socket.next_answer();
    assert_eq!((&answer["type"], &answer["requestId"]), (&json!("support:ack"), &json!("full")), "{answer}");
    text.push(' ');
    socket.send_text(&text);
    socket.closed_with(1009);
    // A field that is too long for itself, but not for a frame, is the field's fault.
    let mut socket = cast.driver.connect();
    let payload = json!({"conversationId": cast.opened.id, "content": "x".repeat(60_000)});
    socket.ask("support:sendMessage", &payload).refused_field("content");
    cast.all_is_well();
}

fn a_text_in_parts_above_64_kib_is_too_large(backend: Backend) {
    let mut cast = cast(backend);
    for size in [1_000, 30_000, MOST] {
        let mut socket = cast.driver.connect();
        pour(&mut socket, &frame(TEXT & 0x0F, b"\""), 1);
        pour(&mut socket, &frame(CONTINUATION & 0x0F, &vec![b'x'; size]), MOST / size + 2);
        socket.closed_with(1009);
    }
    // Parts of nothing are little, but without end they are too many.
    let before = cast.desk.server.memory();
    let mut socket = cast.driver.connect();
    pour(&mut socket, &frame(TEXT & 0x0F, b""), 1);
    pour(&mut socket, &frame(CONTINUATION & 0x0F, b"").repeat(1_000), 200);
    drop(socket);
    assert!(cast.desk.server.memory() < before + SLACK);
    cast.all_is_well();
}

fn what_breaks_the_protocol_ends_with_1002(backend: Backend) {
    let mut cast = cast(backend);
    let good = br#"{"type":"support:watchInbox","payload":{}}"#;
    let mut unmasked = vec![TEXT, u8::try_from(good.len()).expect("short")];
    unmasked.extend(good);
    let long_ping = [vec![PING, 0x80 | 126, 0, 126], vec![0; 4 + 126]].concat();
    let broken: Vec<(&str, Vec<u8>)> = vec![
        ("an unmasked text", unmasked),
        ("an unmasked ping", vec![PING, 0]),
        ("the first reserved bit", frame(TEXT | 0x40, good)),
        ("the second reserved bit", frame(TEXT | 0x20, good)),
        ("the third reserved bit", frame(TEXT | 0x10, good)),
        ("an unknown kind of data", frame(0x83, good)),
        ("the last unknown kind of data", frame(0x87, good)),
        ("an unknown kind of control", frame(0x8B, b"")),
        ("the last unknown kind of control", frame(0x8F, b"")),
        ("a ping in parts", frame(PING & 0x0F, b"half")),
        ("a ping that is too long", long_ping),
        ("a continuation of nothing", frame(CONTINUATION, good)),
        ("a text within a text", [frame(TEXT & 0x0F, b"{"), frame(TEXT, good)].concat()),
        ("a binary within a text", [frame(TEXT & 0x0F, b"{"), frame(BINARY, b"")].concat()),
        ("a close of one byte", frame(CLOSE, b"\x03")),
    ];
    for (what, bytes) in broken {
        let mut socket = cast.driver.connect();
        socket.join(&cast.opened);
        pour(&mut socket, &bytes, 1);
        assert_eq!(socket.ended(), Some(1002), "{what}");
    }
    cast.all_is_well();
}

fn a_text_that_is_no_utf8_ends_with_1007(backend: Backend) {
    let mut cast = cast(backend);
    for bytes in [
        b"\xff\xfe".as_slice(),
        b"{\"type\":\"\xc3\x28\"}",
        // A surrogate, an overlong zero, and a character that is cut off.
        b"\"\xed\xa0\x80\"",
        b"\"\xc0\x80\"",
        b"\"\xe0\xa6",
    ] {
        let mut socket = cast.driver.connect();
        pour(&mut socket, &frame(TEXT, bytes), 1);
        socket.closed_with(1007);
        let mut socket = cast.driver.connect();
        pour(&mut socket, &[frame(TEXT & 0x0F, b""), frame(CONTINUATION, bytes)].concat(), 1);
        socket.closed_with(1007);
    }
    cast.all_is_well();
}

fn a_ping_is_answered_by_its_pong(backend: Backend) {
    let mut cast = cast(backend);
    cast.innocent.ping(b"are you there?");
    cast.innocent.ping(&[b'x'; 125]);
    cast.innocent.ping(b"");
    // A pong that nobody asked for is no fault.
    cast.innocent.send(tungstenite::Message::Pong(b"unasked".to_vec().into()));
    cast.all_is_well();
}

fn who_says_nothing_after_half_a_frame_is_gone_in_the_end(backend: Backend) {
    let desk = Desk::plan(backend)
        .set("SUPPORT_WS_HEARTBEAT_SECONDS", "1")
        .set("SUPPORT_MAX_SOCKETS_PER_PRINCIPAL", "100")
        .start();
    let driver = desk.driver("driver-1", "BD");
    let mut first = driver.connect();
    first.round_trip();
    let before = desk.server.open_files();
    // Never read from again, so that no ping is answered.
    let half: Vec<Socket> = (0..20)
        .map(|number| {
            let mut socket = driver.connect();
            let whole = frame(TEXT, &[b' '; 1_000]);
            pour(&mut socket, &whole[..number * 50], 1);
            socket
        })
        .collect();
    assert!(desk.server.open_files() >= before + 15);
    eventually("those who say nothing are gone", || desk.server.open_files() < before + 10);
    drop((half, first));
    driver.connect().round_trip();
}

fn a_close_by_hand_is_answered(backend: Backend) {
    let mut cast = cast(backend);
    for (payload, code) in [(b"\x03\xe8bye".as_slice(), 1000), (b"\x03\xe9", 1001), (b"\x0f\xa0", 4000)] {
        let mut socket = cast.driver.connect();
        pour(&mut socket, &frame(CLOSE, payload), 1);
        let answered = socket.ended();
        assert!([Some(code), Some(1000)].contains(&answered), "{code}: {answered:?}");
    }
    // Without a code, and with words behind it that are no longer heard.
    let mut socket = cast.driver.connect();
    pour(&mut socket, &frame(CLOSE, b""), 1);
    let said = json!({"type": "support:sendMessage", "payload": {"conversationId": cast.opened.id, "content": "no"}});
    pour(&mut socket, &frame(TEXT, said.to_string().as_bytes()), 1);
    socket.ended();
    cast.all_is_well();
    assert_eq!(cast.driver.messages(&cast.opened).len(), 2);
}
