//! Messages: sending them, and reading them in pages.

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, Desk, Person, numbers};

on_both_backends!(
    messages_are_numbered_from_one_without_gaps,
    messages_come_oldest_first_whatever_the_page,
    pages_forward_and_backward_cover_everything_once,
    a_page_beyond_the_end_is_empty,
    sending_again_with_the_same_key_is_the_first_message,
    the_same_key_with_other_words_is_a_mismatch_even_when_closed,
    a_key_counts_within_its_conversation_and_sender,
    a_closed_conversation_takes_no_message,
    a_users_message_reopens_what_was_pending_or_resolved,
);

/// A conversation of so many messages.
fn long(driver: &Person, length: usize) -> Conversation {
    let opened = driver.open("Long", "Message 1");
    for number in 2..=length {
        driver.send(&opened, &format!("Message {number}"));
    }
    opened
}

fn page(person: &Person, conversation: &Conversation, query: &str) -> (Vec<i64>, Value) {
    let answer = person.get(&person.path(conversation, &format!("/messages{query}"))).expect(200);
    (numbers(&answer["messages"], "seq"), answer["pagination"].clone())
}

fn messages_are_numbered_from_one_without_gaps(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Numbers", "one");
    assert_eq!(admin.send(&opened, "two")["seq"], 2);
    assert_eq!(driver.send(&opened, "three")["seq"], 3);
    admin.change(&opened, &json!({"status": "pending"}));
    assert_eq!(driver.send(&opened, "five")["seq"], 5);
    let texts: Vec<Value> = driver.messages(&opened).iter().map(|message| message["seq"].clone()).collect();
    assert_eq!(texts, [1, 2, 3, 4, 5, 6]);
    assert_eq!(driver.see(&opened)["lastSeq"], 6);
}

fn messages_come_oldest_first_whatever_the_page(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = long(&driver, 25);
    let range = |from: i64, to: i64| (from..=to).collect::<Vec<i64>>();
    for (query, expected) in [
        ("", range(1, 20)),
        ("?limit=2", range(1, 2)),
        ("?limit=100", range(1, 25)),
        ("?afterSeq=0", range(1, 20)),
        ("?afterSeq=20", range(21, 25)),
        ("?afterSeq=3&limit=4", range(4, 7)),
        ("?beforeSeq=26&limit=3", range(23, 25)),
        ("?beforeSeq=21&limit=5", range(16, 20)),
        ("?beforeSeq=3", range(1, 2)),
        ("?beforeSeq=1000&limit=100", range(1, 25)),
    ] {
        assert_eq!(page(&driver, &opened, query).0, expected, "{query}");
    }
    let admin = desk.admin("READONLY_ADMIN", Some("BD"));
    assert_eq!(page(&admin, &opened, "?afterSeq=3&limit=4").0, range(4, 7));
}

fn pages_forward_and_backward_cover_everything_once(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = long(&driver, 23);
    let (mut forward, mut query) = (Vec::<i64>::new(), "?limit=5".to_owned());
    loop {
        let (seqs, pagination) = page(&driver, &opened, &query);
        assert_eq!(pagination["limit"], 5);
        forward.extend(&seqs);
        if pagination["hasMore"] == false {
            break;
        }
        assert_eq!(pagination["nextAfterSeq"], seqs[seqs.len() - 1]);
        query = format!("?limit=5&afterSeq={}", pagination["nextAfterSeq"]);
    }
    assert_eq!(forward, (1..=23).collect::<Vec<i64>>());

    let (mut backward, mut query) = (Vec::<i64>::new(), "?limit=5&beforeSeq=24".to_owned());
    loop {
        let (seqs, pagination) = page(&driver, &opened, &query);
        backward.splice(0..0, seqs.iter().copied());
        if pagination["hasMore"] == false {
            break;
        }
        assert_eq!(pagination["nextBeforeSeq"], seqs[0]);
        query = format!("?limit=5&beforeSeq={}", pagination["nextBeforeSeq"]);
    }
    assert_eq!(backward, forward);
}

fn a_page_beyond_the_end_is_empty(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = long(&driver, 2);
    for query in ["?afterSeq=2", "?afterSeq=999999", "?afterSeq=9223372036854775807", "?beforeSeq=1"] {
        let (seqs, pagination) = page(&driver, &opened, query);
        assert!(seqs.is_empty(), "{query}: {seqs:?}");
        assert_eq!(pagination["hasMore"], false, "{query}");
    }
}

fn sending_again_with_the_same_key_is_the_first_message(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Once", "Hello");
    for person in [&driver, &admin] {
        let body = json!({"content": "only once", "clientMessageId": "key-1"});
        let first = person.send_with(&opened, &body);
        assert_eq!(first["clientMessageId"], "key-1");
        let before = desk.database.snapshot();
        let again = person.post(&person.path(&opened, "/messages"), &body).expect(200);
        assert_eq!(again["message"]["id"], first["id"]);
        assert_eq!(again["message"], first);
        assert_eq!(desk.database.snapshot(), before);
    }
    // A closed conversation still answers for what it has.
    admin.change(&opened, &json!({"status": "closed"}));
    let body = json!({"content": "only once", "clientMessageId": "key-1"});
    for person in [&driver, &admin] {
        let again = person.post(&person.path(&opened, "/messages"), &body).expect(200);
        assert_eq!(again["message"]["clientMessageId"], "key-1");
    }
}

fn the_same_key_with_other_words_is_a_mismatch_even_when_closed(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Once", "Hello");
    driver.send_with(&opened, &json!({"content": "these words", "clientMessageId": "key-1"}));
    admin.send_with(&opened, &json!({"content": "these words", "clientMessageId": "key-2"}));
    let user_path = driver.path(&opened, "/messages");
    let other = json!({"content": "other words", "clientMessageId": "key-1"});
    driver.post(&user_path, &other).refused(409, "idempotency_mismatch");
    // Looked at before ifLastSeq, and before whether the conversation is closed.
    let stale = json!({"content": "other words", "clientMessageId": "key-2", "ifLastSeq": 1});
    admin.post(&admin.path(&opened, "/messages"), &stale).refused(409, "idempotency_mismatch");
    let same = json!({"content": "these words", "clientMessageId": "key-2", "ifLastSeq": 1});
    admin.post(&admin.path(&opened, "/messages"), &same).expect(200);
    admin.change(&opened, &json!({"status": "closed"}));
    driver.post(&user_path, &other).refused(409, "idempotency_mismatch");
}

fn a_key_counts_within_its_conversation_and_sender(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let (one, other) = (driver.open("One", "Hello"), driver.open("Other", "Hello"));
    let body = |words: &str| json!({"content": words, "clientMessageId": "key-1"});
    driver.send_with(&one, &body("the user's, in the one"));
    driver.send_with(&other, &body("the user's, in the other"));
    admin.send_with(&one, &body("the desk's, in the one"));
    let colleague = desk.admin_with("agent-2", "SUPPORT_ADMIN", Some("BD"), &[]);
    colleague.send_with(&one, &body("a colleague's, in the one"));
    assert_eq!((driver.messages(&one).len(), driver.messages(&other).len()), (4, 2));
}

fn a_closed_conversation_takes_no_message(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Over", "Hello");
    admin.change(&opened, &json!({"status": "closed"}));
    let before = desk.database.snapshot();
    for person in [&driver, &admin] {
        let body = json!({"content": "one more thing", "clientMessageId": "new"});
        person.post(&person.path(&opened, "/messages"), &body).refused(409, "conversation_closed");
        assert_eq!(person.messages(&opened).len(), 2);
    }
    let stale = json!({"content": "one more thing", "ifLastSeq": 1});
    let answer = admin.post(&admin.path(&opened, "/messages"), &stale).expect(409);
    assert!(["conversation_closed", "stale"].contains(&answer["code"].as_str().unwrap()), "{}", answer.text);
    assert_eq!(desk.database.snapshot(), before);
}

fn a_users_message_reopens_what_was_pending_or_resolved(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    for status in ["pending", "resolved"] {
        let opened = driver.open("Again", "Hello");
        admin.change(&opened, &json!({"status": status}));
        // The desk's own words reopen nothing.
        admin.send(&opened, "Anything else?");
        assert_eq!(driver.see(&opened)["status"], status);

        let sent = driver.send(&opened, "It broke again");
        assert_eq!(sent["seq"], 4);
        let seen = admin.see(&opened);
        assert_eq!((&seen["status"], &seen["version"], &seen["lastSeq"]), (&json!("open"), &json!(3), &json!(5)));
        assert_eq!(seen["lastMessagePreview"], "It broke again");
        let note = &driver.messages(&opened)[4];
        assert_eq!((&note["senderType"], &note["messageType"]), (&json!("system"), &json!("system")));
        // The user caused the note, so it is no news to them, but it is to the desk.
        assert_eq!((&note["isReadByUser"], &note["isReadByAdmin"]), (&json!(true), &json!(false)));
        assert_eq!(driver.see(&opened)["unreadCountUser"], 2);
        assert_eq!(seen["unreadCountAdmin"], 3);
    }
}
