//! The envelope of every frame: what is wrong with it costs an error that says so, and not the connection.

use serde_json::{Value, json};

use crate::harness::{BINARY, Backend, CONTINUATION, Conversation, Desk, PING, Person, Socket, TEXT, frame};

on_both_backends!(
    what_is_no_json_is_said_to_be_just_that,
    what_is_no_envelope_is_refused,
    an_unknown_type_is_refused,
    the_request_id_comes_back_and_only_if_there_was_one,
    a_binary_frame_costs_an_error,
    every_field_of_every_event_is_checked,
    deeply_nested_json_costs_an_error_only,
    a_text_may_come_in_parts,
    frames_that_are_sent_together_are_answered_in_order,
    a_refused_frame_changes_nothing,
);

fn online(backend: Backend) -> (Desk, Person, Conversation, Socket) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Envelopes", "Hello");
    let socket = driver.connect();
    (desk, driver, opened, socket)
}

/// Sends a text and demands an error without a request id; the code is returned.
#[track_caller]
fn error_of(socket: &mut Socket, text: &str) -> Value {
    socket.send_text(text);
    let answer = socket.next_answer();
    let shown: String = text.chars().take(80).collect();
    assert_eq!(answer["type"], "support:error", "{shown}: {answer}");
    assert_eq!(answer.get("requestId"), None, "{shown}: {answer}");
    answer["payload"].clone()
}

fn what_is_no_json_is_said_to_be_just_that(backend: Backend) {
    let (_desk, _, _, mut socket) = online(backend);
    let whole = r#"{"type":"support:watchInbox","payload":{}}"#;
    for text in [
        "",
        " ",
        "not json",
        "{",
        "{'type':'support:watchInbox'}",
        &whole[..whole.len() - 1],
        &format!("{whole}{whole}"),
        &format!("{whole}}}"),
        "\u{feff}{}",
        r#"{"type":"\ud800","payload":{}}"#,
        "NaN",
    ] {
        assert_eq!(error_of(&mut socket, text)["code"], "invalid_json", "{text}");
    }
    socket.round_trip();
}

fn what_is_no_envelope_is_refused(backend: Backend) {
    let (_desk, _, opened, mut socket) = online(backend);
    let join = json!({"conversationId": opened.id});
    for text in ["[]", "1", "null", "true", "\"support:watchInbox\"", "[\"support:watchInbox\",\"r\",{}]"] {
        let code = error_of(&mut socket, text)["code"].clone();
        assert!(["invalid_json", "validation_failed"].contains(&code.as_str().unwrap_or_default()), "{text}: {code}");
    }
    for (envelope, field) in [
        (json!({}), "type"),
        (json!({"payload": join}), "type"),
        (json!({"type": 5, "payload": join}), "type"),
        (json!({"type": null, "payload": join}), "type"),
        (json!({"type": "support:joinConversation"}), "payload"),
        (json!({"type": "support:joinConversation", "payload": null}), "payload"),
        (json!({"type": "support:joinConversation", "payload": []}), "payload"),
        (json!({"type": "support:joinConversation", "payload": "text"}), "payload"),
        (json!({"type": "support:joinConversation", "payload": join, "requestId": 7}), "requestId"),
        (json!({"type": "support:joinConversation", "payload": join, "requestId": {"a": 1}}), "requestId"),
        (json!({"type": "support:joinConversation", "payload": join, "requestId": "x".repeat(10_000)}), "requestId"),
        (json!({"type": "support:joinConversation", "payload": join, "surprise": 1}), "surprise"),
        (json!({"type": "support:joinConversation", "payload": join, "conversationId": opened.id}), "conversationId"),
    ] {
        let error = error_of(&mut socket, &envelope.to_string());
        assert_eq!(error["code"], "validation_failed", "{error}");
        assert!(!error["details"][field].is_null(), "{field} should be named: {error}");
    }
    socket.join(&opened);
}

fn an_unknown_type_is_refused(backend: Backend) {
    let (_desk, _, opened, mut socket) = online(backend);
    for kind in [
        "support:dance",
        "support:joinconversation",
        "SUPPORT:JOINCONVERSATION",
        "joinConversation",
        "support:newMessage",
        "support:connected",
        "support:ack",
        "",
        "__proto__",
        "support:joinConversation ",
    ] {
        socket.ask(kind, &json!({"conversationId": opened.id})).refused_field("type");
    }
    socket.join(&opened);
}

fn the_request_id_comes_back_and_only_if_there_was_one(backend: Backend) {
    let (_desk, _, opened, mut socket) = online(backend);
    let join = json!({"type": "support:joinConversation", "payload": {"conversationId": opened.id}});
    for id in ["1", "request-1", "0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e", "a b", "\u{9ac}\u{9be}", "\"quoted\"", "<b>"] {
        let mut asked = join.clone();
        asked["requestId"] = json!(id);
        socket.send_text(&asked.to_string());
        let answer = socket.next_answer();
        assert_eq!((&answer["requestId"], &answer["type"]), (&json!(id), &json!("support:ack")), "{answer}");
        // An error answers to it as well.
        asked["payload"] = json!({});
        socket.send_text(&asked.to_string());
        let answer = socket.next_answer();
        assert_eq!((&answer["requestId"], &answer["type"]), (&json!(id), &json!("support:error")), "{answer}");
        asked["type"] = json!("support:dance");
        socket.send_text(&asked.to_string());
        assert_eq!(socket.next_answer()["requestId"], id);
    }
    socket.send_text(&join.to_string());
    let answer = socket.next_answer();
    assert_eq!((answer.get("requestId"), &answer["type"]), (None, &json!("support:ack")), "{answer}");
}

fn a_binary_frame_costs_an_error(backend: Backend) {
    use std::io::Write;
    let (_desk, _, opened, mut socket) = online(backend);
    let join = json!({"type": "support:joinConversation", "requestId": "r", "payload": {"conversationId": opened.id}});
    for payload in [join.to_string().into_bytes(), Vec::new(), vec![0xFF; 1_000]] {
        socket.raw().write_all(&frame(BINARY, &payload)).expect("the server reads");
        let answer = socket.next_answer();
        assert_eq!(answer["type"], "support:error", "{answer}");
    }
    socket.join(&opened);
}

/// Bad values for a field.
type Bad = (&'static str, Vec<Value>);

/// What a client can ask, with a good payload and bad values for its fields.
fn events(opened: &Conversation) -> Vec<(&'static str, Value, Vec<Bad>)> {
    let numbers = || vec![json!(-1), json!(1.5), json!("1"), json!(true), json!([1]), json!(1e300)];
    let ids = || vec![json!(""), json!("1"), json!("no-uuid"), json!(7), json!(null), json!([opened.id])];
    vec![
        (
            "support:joinConversation",
            json!({"conversationId": opened.id}),
            vec![("conversationId", ids()), ("afterSeq", numbers()), ("beforeSeq", vec![json!(1)])],
        ),
        ("support:leaveConversation", json!({"conversationId": opened.id}), vec![("conversationId", ids())]),
        (
            "support:sendMessage",
            json!({"conversationId": opened.id, "content": "Good"}),
            vec![
                ("conversationId", ids()),
                ("content", vec![json!(""), json!(" \n\u{200b}"), json!("x".repeat(4_001)), json!(5), json!(null)]),
                ("format", vec![json!(""), json!("markdown"), json!("HTML"), json!(1)]),
                ("clientMessageId", vec![json!(""), json!("a b"), json!("k".repeat(129)), json!(7)]),
                ("ifLastSeq", numbers()),
                ("senderId", vec![json!("driver-2")]),
                ("senderType", vec![json!("admin")]),
            ],
        ),
        (
            "support:markRead",
            json!({"conversationId": opened.id, "upToSeq": 1}),
            vec![("conversationId", ids()), ("upToSeq", [numbers(), vec![json!(null)]].concat())],
        ),
        (
            "support:typing",
            json!({"conversationId": opened.id, "isTyping": true}),
            vec![
                ("conversationId", ids()),
                ("isTyping", vec![json!("true"), json!(1), json!(null)]),
                ("senderType", vec![json!("admin")]),
            ],
        ),
        ("support:watchInbox", json!({}), vec![("countryCode", vec![json!("BD")])]),
        ("support:authenticate", json!({"token": "t"}), vec![("token", vec![json!(5), json!(null), json!(["t"])])]),
    ]
}

fn every_field_of_every_event_is_checked(backend: Backend) {
    let (desk, driver, opened, mut socket) = online(backend);
    let mut staff = desk.admin("SUPPORT_ADMIN", Some("BD")).connect();
    let before = desk.database.snapshot();
    for (kind, good, bad) in events(&opened) {
        for (field, values) in bad {
            for value in values {
                let mut payload = good.clone();
                payload[field] = value;
                // Only the desk answers under a condition.
                let asked = if field == "ifLastSeq" { &mut staff } else { &mut socket };
                asked.ask(kind, &payload).refused_field(field);
            }
        }
        for required in good.as_object().expect("an object").keys() {
            let mut payload = good.clone();
            payload.as_object_mut().expect("an object").remove(required);
            socket.ask(kind, &payload).refused_field(required);
        }
        for unknown in ["surprise", "__proto__", "payload"] {
            let mut payload = good.clone();
            payload[unknown] = json!("value");
            socket.ask(kind, &payload).refused_field(unknown);
        }
    }
    assert_eq!(desk.database.snapshot(), before);
    socket.nothing_came();
    drop(staff);
    assert_eq!(driver.messages(&opened).len(), 1);
}

fn deeply_nested_json_costs_an_error_only(backend: Backend) {
    let (_desk, _, opened, mut socket) = online(backend);
    for depth in [200, 5_000, 30_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let depth = depth.min(60_000 / (open.len() + close.len()));
            let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            error_of(&mut socket, &nested);
            let inside = format!("{{\"type\":\"support:watchInbox\",\"payload\":{{\"a\":{nested}}}}}");
            error_of(&mut socket, &inside);
        }
    }
    socket.join(&opened);
}

fn a_text_may_come_in_parts(backend: Backend) {
    use std::io::Write;
    let (_desk, driver, opened, mut socket) = online(backend);
    let text = json!({"type": "support:sendMessage", "requestId": "parts", "payload":
        {"conversationId": opened.id, "content": "\u{9ac}\u{9be}\u{982}\u{9b2}\u{9be} in parts"}})
    .to_string();
    let bytes = text.as_bytes();
    // In the middle of a character, with a ping in between, and with a part of nothing.
    let middle = text.find('\u{982}').expect("the character") + 1;
    let parts = [
        frame(TEXT & 0x0F, &bytes[..middle]),
        frame(PING, b"still here"),
        frame(CONTINUATION & 0x0F, b""),
        frame(CONTINUATION & 0x0F, &bytes[middle..middle + 1]),
        frame(CONTINUATION, &bytes[middle + 1..]),
    ];
    for part in parts {
        socket.raw().write_all(&part).expect("the server reads");
    }
    let answer = socket.next_answer();
    assert_eq!((&answer["type"], &answer["requestId"]), (&json!("support:ack"), &json!("parts")), "{answer}");
    assert_eq!(driver.messages(&opened)[1]["text"], "\u{9ac}\u{9be}\u{982}\u{9b2}\u{9be} in parts");
    // One byte at a time is a slow network and no fault.
    for byte in frame(TEXT, json!({"type": "support:watchInbox", "payload": {}}).to_string().as_bytes()) {
        socket.raw().write_all(&[byte]).expect("the server reads");
    }
    assert_eq!(socket.next_answer()["type"], "support:ack");
}

fn frames_that_are_sent_together_are_answered_in_order(backend: Backend) {
    let (_desk, driver, opened, mut socket) = online(backend);
    let asked: Vec<String> = (0..50)
        .map(|number| {
            let payload = json!({"conversationId": opened.id, "content": format!("Message {number}")});
            socket.send_frame("support:sendMessage", &payload)
        })
        .collect();
    for (number, request_id) in asked.iter().enumerate() {
        let answer = socket.next_answer();
        assert_eq!(answer["requestId"], request_id.as_str(), "{answer}");
        assert_eq!(answer["payload"]["message"]["text"], format!("Message {number}"), "{answer}");
        assert_eq!(answer["payload"]["message"]["seq"], number + 2, "{answer}");
    }
    assert_eq!(driver.messages(&opened).len(), 51);
}

fn a_refused_frame_changes_nothing(backend: Backend) {
    let (desk, _, opened, mut socket) = online(backend);
    socket.join(&opened);
    let before = desk.database.snapshot();
    for text in ["", "[]", "{\"type\":\"support:dance\",\"payload\":{}}"] {
        error_of(&mut socket, text);
    }
    socket.ask("support:sendMessage", &json!({"conversationId": opened.id})).refused_field("content");
    assert_eq!(desk.database.snapshot(), before);
    // The room is still joined.
    desk.admin("SUPPORT_ADMIN", Some("BD")).send(&opened, "an answer");
    assert_eq!(socket.next_message()["text"], "an answer");
}
