//! `support:sendMessage`: the same rules, the same refusals, the same records as over REST.

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, Desk, Person, Socket, keys};
use crate::shapes;

on_both_backends!(
    a_sent_message_is_the_one_that_rest_shows,
    the_same_key_twice_is_the_first_message_and_one_event,
    a_key_counts_over_rest_and_socket_together,
    the_same_key_with_other_words_is_a_mismatch,
    a_closed_conversation_takes_no_message,
    an_answer_under_a_condition_is_stale_when_the_conversation_moved_on,
    who_may_only_look_may_not_answer,
    sending_reopens_and_everybody_is_told,
    the_limit_on_sending_is_shared_with_rest,
    html_is_sanitized_and_secrets_are_masked_before_anybody_sees_them,
    the_audit_log_is_the_same_as_for_rest,
);

fn online(backend: Backend) -> (Desk, Person, Person, Conversation) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let admin = desk.admin_with("agent-1", "SUPPORT_ADMIN", Some("BD"), &["--email", "agent-1@example.com"]);
    let opened = driver.open("Sending", "Hello");
    (desk, driver, admin, opened)
}

#[track_caller]
fn send(socket: &mut Socket, conversation: &Conversation, more: &Value) -> crate::harness::Reply {
    let mut payload = more.clone();
    payload["conversationId"] = json!(conversation.id);
    socket.ask("support:sendMessage", &payload)
}

fn a_sent_message_is_the_one_that_rest_shows(backend: Backend) {
    let (_desk, driver, admin, opened) = online(backend);
    for (person, words) in [(&driver, "from the user"), (&admin, "from the desk")] {
        let payload = json!({"content": words, "format": "text", "clientMessageId": "key-1"});
        // Sending asks for no room.
        let sent = person.connect().say_with(&opened, &payload);
        assert_eq!(keys(&sent), shapes::message());
        assert_eq!((&sent["text"], &sent["clientMessageId"]), (&json!(words), &json!("key-1")));
        assert!(sent["senderId"].is_string(), "whoever wrote it sees their own id: {sent}");
        assert_eq!(person.messages(&opened).last(), Some(&sent));
    }
    assert_eq!(driver.messages(&opened).len(), 3);
    assert_eq!(driver.see(&opened)["lastMessagePreview"], "from the desk");
}

fn the_same_key_twice_is_the_first_message_and_one_event(backend: Backend) {
    let (desk, driver, admin, opened) = online(backend);
    let (mut user, mut staff) = (driver.connect(), admin.connect());
    staff.join(&opened);
    let payload = json!({"content": "only once", "clientMessageId": "key-1"});
    let first = user.say_with(&opened, &payload);
    let before = desk.database.snapshot();
    for _ in 0..3 {
        assert_eq!(user.say_with(&opened, &payload), first);
    }
    assert_eq!(desk.database.snapshot(), before);
    user.say(&opened, "the end");
    let texts = [staff.next_message()["text"].clone(), staff.next_message()["text"].clone()];
    assert_eq!(texts, ["only once", "the end"]);
    staff.nothing_came();
}

fn a_key_counts_over_rest_and_socket_together(backend: Backend) {
    let (_desk, driver, _, opened) = online(backend);
    let mut socket = driver.connect();
    let over_rest = driver.send_with(&opened, &json!({"content": "by REST", "clientMessageId": "key-1"}));
    let payload = json!({"content": "by REST", "clientMessageId": "key-1"});
    assert_eq!(socket.say_with(&opened, &payload)["id"], over_rest["id"]);
    let over_socket = socket.say_with(&opened, &json!({"content": "by socket", "clientMessageId": "key-2"}));
    let body = json!({"content": "by socket", "clientMessageId": "key-2"});
    let again = driver.post(&driver.path(&opened, "/messages"), &body).expect(200);
    assert_eq!(again["message"], over_socket);
    assert_eq!(driver.messages(&opened).len(), 3);
}

fn the_same_key_with_other_words_is_a_mismatch(backend: Backend) {
    let (desk, driver, admin, opened) = online(backend);
    for person in [&driver, &admin] {
        let mut socket = person.connect();
        socket.say_with(&opened, &json!({"content": "these words", "clientMessageId": "key-1"}));
        let before = desk.database.snapshot();
        let other = json!({"content": "other words", "clientMessageId": "key-1"});
        send(&mut socket, &opened, &other).refused("idempotency_mismatch");
        assert_eq!(desk.database.snapshot(), before);
        socket.say_with(&opened, &json!({"content": "other words", "clientMessageId": "key-2"}));
    }
}

fn a_closed_conversation_takes_no_message(backend: Backend) {
    let (desk, driver, admin, opened) = online(backend);
    let (mut user, mut staff) = (driver.connect(), admin.connect());
    let payload = json!({"content": "in time", "clientMessageId": "key-1"});
    let in_time = user.say_with(&opened, &payload);
    user.join(&opened);
    admin.change(&opened, &json!({"status": "closed"}));
    let before = desk.database.snapshot();
    for socket in [&mut user, &mut staff] {
        send(socket, &opened, &json!({"content": "one more thing"})).refused("conversation_closed");
    }
    assert_eq!(user.say_with(&opened, &payload)["id"], in_time["id"]);
    assert_eq!(desk.database.snapshot(), before);
    // It can still be joined and read.
    staff.join(&opened);
    assert_eq!(staff.mark_read(&opened, 3)["unreadCountAdmin"], 0);
    assert_eq!(user.expect_event("support:messagesRead")["upToSeq"], 3);
}

fn an_answer_under_a_condition_is_stale_when_the_conversation_moved_on(backend: Backend) {
    let (desk, driver, admin, opened) = online(backend);
    let mut staff = admin.connect();
    assert_eq!(staff.say_with(&opened, &json!({"content": "first", "ifLastSeq": 1}))["seq"], 2);
    driver.send(&opened, "and another thing");
    let before = desk.database.snapshot();
    for last in [0, 1, 2, 4] {
        send(&mut staff, &opened, &json!({"content": "too late", "ifLastSeq": last})).refused("stale");
    }
    assert_eq!(desk.database.snapshot(), before);
    assert_eq!(staff.say_with(&opened, &json!({"content": "now", "ifLastSeq": 3}))["seq"], 4);
    // Of two who answer the same question one is told.
    let mut colleague = desk.admin_with("agent-2", "SUPPORT_ADMIN", Some("BD"), &[]).connect();
    let answer = json!({"content": "mine", "ifLastSeq": 4});
    assert!(send(&mut staff, &opened, &answer).is_ack);
    send(&mut colleague, &opened, &answer).refused("stale");
}

fn who_may_only_look_may_not_answer(backend: Backend) {
    let (desk, _, _, opened) = online(backend);
    let before = desk.database.snapshot();
    for role in ["READONLY_ADMIN", "COMPLIANCE_ADMIN", "RISK_ADMIN"] {
        let mut socket = desk.admin(role, Some("BD")).connect();
        socket.join(&opened);
        send(&mut socket, &opened, &json!({"content": "no"})).refused("forbidden");
        let missing = send(&mut socket, &Conversation::missing(), &json!({"content": "no"}));
        missing.refused("forbidden");
    }
    assert_eq!(desk.database.snapshot(), before);
    // Who may answer need not be able to look.
    let only = ["--permission", "REPLY_SUPPORT_CONVERSATIONS"];
    let mut replier = desk.admin_with("agent-3", "SUPPORT_ADMIN", Some("BD"), &only).connect();
    let join = replier.ask("support:joinConversation", &json!({"conversationId": opened.id}));
    join.refused("forbidden");
    assert_eq!(replier.say(&opened, "a reply without seeing")["seq"], 2);
}

fn sending_reopens_and_everybody_is_told(backend: Backend) {
    let (_desk, driver, admin, opened) = online(backend);
    let (mut user, mut staff) = (driver.connect(), admin.connect());
    admin.change(&opened, &json!({"status": "resolved"}));
    user.join(&opened);
    staff.join(&opened);
    assert_eq!(user.say(&opened, "It broke again")["seq"], 3);
    // The note about the change is somebody else's words: it comes to the sender as well.
    let note = user.next_message();
    assert_eq!((&note["seq"], &note["senderType"], &note["senderId"]), (&json!(4), &json!("system"), &Value::Null));
    let seqs = [staff.next_message()["seq"].clone(), staff.next_message()["seq"].clone()];
    assert_eq!(seqs, [3, 4]);
    for socket in [&mut user, &mut staff] {
        let seen = socket.update_of(&opened, |seen| seen["status"] == "open");
        assert_eq!((&seen["version"], &seen["lastSeq"]), (&json!(3), &json!(4)));
        socket.nothing_came();
    }
}

fn the_limit_on_sending_is_shared_with_rest(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_SENDS_PER_MINUTE", "4").start();
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Fast", "Opening counts too");
    let (mut user, mut second) = (driver.connect(), driver.connect());
    user.join(&opened);
    driver.send(&opened, "by REST");
    let mut sent = 0;
    while send(&mut user, &opened, &json!({"content": "by socket"})).is_ack {
        sent += 1;
        assert!(sent < 8, "eight messages came through a limit of four");
    }
    assert!((2..=3).contains(&sent), "{sent} after two");
    let length = driver.messages(&opened).len();
    assert_eq!(length, 2 + sent, "a refused message was not written");
    for socket in [&mut user, &mut second] {
        send(socket, &opened, &json!({"content": "again"})).refused("rate_limited");
        // Only sending is limited.
        socket.mark_read(&opened, 1);
        socket.typing(&opened, true);
    }
    driver.post(&driver.path(&opened, "/messages"), &json!({"content": "again"})).refused(429, "rate_limited");
    assert_eq!(driver.messages(&opened).len(), length);
    // The desk has a limit of its own.
    admin.connect().say(&opened, "an answer");
}

fn html_is_sanitized_and_secrets_are_masked_before_anybody_sees_them(backend: Backend) {
    let (desk, driver, admin, opened) = online(backend);
    let (mut user, mut staff, mut watcher) = (driver.connect(), admin.connect(), admin.connect());
    for socket in [&mut user, &mut staff] {
        socket.keep_what_comes();
        socket.join(&opened);
    }
    watcher.keep_what_comes();
    watcher.watch();
    let words = "<b>bold</b><script>alert(1)</script><img src=x onerror=alert(1)> words";
    let html = user.say_with(&opened, &json!({"content": words, "format": "html"}));
    assert!(html["content"].as_str().is_some_and(|content| content.contains("<b>bold</b>")), "{html}");
    let card = user.say(&opened, "my card is 4111 1111 1111 1111");
    assert!(card["text"].as_str().is_some_and(|text| text.starts_with("my card is") && text.contains('*')), "{card}");
    for sent in [&html, &card] {
        let seen = staff.next_message();
        assert_eq!((&seen["content"], &seen["text"]), (&sent["content"], &sent["text"]));
    }
    let update = watcher.update_of(&opened, |seen| seen["lastSeq"] == 3);
    assert!(update["lastMessagePreview"].as_str().is_some_and(|text| text.contains('*')), "{update}");
    for socket in [&mut user, &mut staff, &mut watcher] {
        socket.round_trip();
        for harm in ["4111 1111 1111 1111", "411111111111"] {
            assert!(!socket.heard().contains(harm), "{harm} in {}", socket.heard());
        }
    }
    for harm in ["<script", "<img"] {
        assert!(!html["content"].as_str().is_some_and(|content| content.contains(harm)), "{html}");
        assert!(!update["lastMessagePreview"].as_str().is_some_and(|preview| preview.contains(harm)), "{update}");
    }
    assert_eq!(driver.messages(&opened)[1]["content"], html["content"]);
    assert!(!desk.database.snapshot().join(" ").contains("4111 1111"));
}

/// What a record says, without what differs between two conversations.
fn essence(record: &Value, conversation: &Conversation) -> Value {
    let mut record = record.clone();
    let named = record["metadata"].as_object().map(|metadata| metadata.keys().cloned().collect::<Vec<_>>());
    record["metadata"] = json!(named);
    serde_json::from_str(&record.to_string().replace(&conversation.id, "ID")).expect("JSON")
}

fn the_audit_log_is_the_same_as_for_rest(backend: Backend) {
    let (desk, driver, admin, by_rest) = online(backend);
    let by_socket = driver.open("Sending", "Hello");
    for opened in [&by_rest, &by_socket] {
        admin.change(opened, &json!({"status": "pending"}));
    }
    let mark = desk.database.audit_logs().len();
    driver.send(&by_rest, "It is back");
    admin.send_with(&by_rest, &json!({"content": "an answer", "clientMessageId": "key-1"}));
    admin.read(&by_rest, 4);
    let middle = desk.database.audit_logs().len();
    let (mut user, mut staff) = (driver.connect(), admin.connect());
    user.say(&by_socket, "It is back");
    let answer = json!({"content": "an answer", "clientMessageId": "key-1"});
    staff.say_with(&by_socket, &answer);
    staff.say_with(&by_socket, &answer);
    staff.mark_read(&by_socket, 4);
    staff.join(&by_socket);
    staff.typing(&by_socket, true);
    staff.watch();
    staff.ask("support:sendMessage", &json!({"conversationId": by_socket.id, "content": ""})).refused_field("content");
    let logs = desk.database.audit_logs();
    let of = |records: &[Value], opened| records.iter().map(|one| essence(one, opened)).collect::<Vec<_>>();
    assert_eq!(of(&logs[middle..], &by_socket), of(&logs[mark..middle], &by_rest));
    let replies: Vec<&Value> = logs[middle..].iter().filter(|one| one["actorId"] == "agent-1").collect();
    assert_eq!(replies.len(), 1, "{replies:?}");
    assert_eq!(replies[0]["actionType"], "SUPPORT_MESSAGE_SENT");
    assert_eq!(replies[0]["description"], format!("Admin replied to conversation {}", by_socket.id));
    assert_eq!(replies[0]["actorEmail"], "agent-1@example.com");
}
