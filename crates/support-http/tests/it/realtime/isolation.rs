//! Who has no business in a conversation is refused whatever they ask, cannot tell it from one that does not exist, and
//! hears nothing of what happens in it.

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, Desk, Person, Reply, Socket, narrow};

on_both_backends!(
    strangers_are_refused_whatever_they_ask,
    strangers_cannot_tell_a_conversation_from_none,
    strangers_hear_nothing_not_even_as_watchers,
    a_token_for_one_conversation_hears_of_that_one_only,
    a_read_only_token_may_join_and_watch_and_nothing_else,
    a_room_that_one_may_not_join_is_not_joined_by_sending,
    the_desk_of_another_country_and_the_finance_desk_stay_outside,
);

/// Somebody who must stay outside, with the code that they are refused with.
struct Outsider {
    who: &'static str,
    person: Person,
    code: &'static str,
}

fn narrowed(person: &Person, how: &[&str]) -> Person {
    person.with_token(&narrow(person.token.as_ref().expect("a token"), how))
}

/// Everybody who must stay out of a conversation of the driver `driver-1` of Bangladesh.
fn outsiders(desk: &Desk) -> Vec<Outsider> {
    let driver = desk.driver("driver-1", "BD");
    let elsewhere = driver.open("Another conversation", "Hello");
    let root = desk.admin("SUPER_ADMIN", None);
    let people = [
        ("another driver", desk.driver("driver-2", "BD"), "not_found"),
        ("a driver of another country", desk.driver("driver-3", "US"), "not_found"),
        ("a customer of the same id", desk.customer("driver-1", "BD"), "not_found"),
        ("a restaurant of the same id", desk.restaurant("driver-1", "BD"), "not_found"),
        ("the desk of another country", desk.admin_with("agent-us", "SUPPORT_ADMIN", Some("US"), &[]), "not_found"),
        ("a desk without a country", desk.admin_with("agent-no", "SUPPORT_ADMIN", None, &[]), "not_found"),
        ("an admin named like the driver", desk.admin_with("driver-1", "SUPPORT_ADMIN", Some("US"), &[]), "not_found"),
        ("the finance desk", desk.admin("FINANCE_ADMIN", Some("BD")), "forbidden"),
        ("the driver, narrowed", narrowed(&driver, &["--conversation", &elsewhere.id]), "not_found"),
        ("the desk, narrowed", narrowed(&root, &["--conversation", &elsewhere.id]), "not_found"),
    ];
    people.into_iter().map(|(who, person, code)| Outsider { who, person, code }).collect()
}

/// What can be asked about a conversation, but for leaving it.
fn questions(conversation: &Conversation) -> Vec<(&'static str, Value)> {
    let id = &conversation.id;
    vec![
        ("support:joinConversation", json!({"conversationId": id})),
        ("support:joinConversation", json!({"conversationId": id, "afterSeq": 0})),
        ("support:sendMessage", json!({"conversationId": id, "content": "let me in"})),
        ("support:sendMessage", json!({"conversationId": id, "content": "let me in", "clientMessageId": "key-1"})),
        ("support:markRead", json!({"conversationId": id, "upToSeq": 1})),
        ("support:typing", json!({"conversationId": id, "isTyping": true})),
    ]
}

fn strangers_are_refused_whatever_they_ask(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Mine", "secret words");
    driver.send_with(&opened, &json!({"content": "let me in", "clientMessageId": "key-1"}));
    let outsiders = outsiders(&desk);
    let before = desk.database.snapshot();
    let mut inside = driver.connect();
    inside.join(&opened);
    for Outsider { who, person, code } in &outsiders {
        let mut socket = person.connect();
        for (kind, payload) in questions(&opened) {
            let reply = socket.ask(kind, &payload);
            assert_eq!((reply.is_ack, &reply.payload["code"]), (false, &json!(code)), "{who}: {kind} {:?}", reply);
        }
        socket.nothing_came();
    }
    assert_eq!(desk.database.snapshot(), before);
    inside.nothing_came();
}

fn strangers_cannot_tell_a_conversation_from_none(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("Mine", "secret words");
    let missing = Conversation::missing();
    for Outsider { who, person, .. } in &outsiders(&desk) {
        let mut socket = person.connect();
        let mut all = |conversation: &Conversation| {
            let mut asked = questions(conversation);
            asked.push(("support:leaveConversation", json!({"conversationId": conversation.id})));
            let replies: Vec<Reply> = asked.iter().map(|(kind, payload)| socket.ask(kind, payload)).collect();
            format!("{replies:?}").replace(&conversation.id, "ID")
        };
        assert_eq!(all(&opened), all(&missing), "{who}");
    }
}

/// Everything that can happen in a conversation, seen by somebody inside.
fn let_everything_happen(desk: &Desk, driver: &Person, opened: &Conversation) {
    let admin = desk.admin("SUPPORT_ADMIN", Some("BD"));
    let (mut user, mut staff, mut witness) = (driver.connect(), admin.connect(), admin.connect());
    for socket in [&mut user, &mut staff, &mut witness] {
        socket.join(opened);
    }
    witness.watch();
    user.say(opened, "secret words");
    staff.say(opened, "secret answer");
    user.typing(opened, true);
    user.mark_read(opened, 99);
    driver.send(opened, "secret words over REST");
    admin.change(opened, &json!({"status": "pending", "priority": "urgent", "assignedAdminId": "agent-9"}));
    admin.read(opened, 99);
    for _ in 0..4 {
        witness.next_message();
    }
    witness.expect_event("support:typing");
    let by = |event: Value| event["by"].clone();
    assert_eq!(by(witness.expect_event("support:messagesRead")), "user");
    assert_eq!(by(witness.expect_event("support:messagesRead")), "admin");
    witness.update_of(opened, |seen| seen["status"] == "pending");
    // The last word, after which nothing is under way any more.
    user.say(opened, "secret end");
    assert_eq!(witness.next_message()["text"], "secret end");
    witness.update_of(opened, |seen| seen["lastMessagePreview"] == "secret end");
}

fn strangers_hear_nothing_not_even_as_watchers(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Mine", "secret words");
    let outsiders = outsiders(&desk);
    let mut sockets: Vec<(&str, Socket)> = outsiders
        .iter()
        .map(|Outsider { who, person, code }| {
            let mut socket = person.connect();
            socket.keep_what_comes();
            // A refused join must leave nothing behind.
            socket.ask("support:joinConversation", &json!({"conversationId": opened.id, "afterSeq": 0})).refused(code);
            let watch = socket.ask("support:watchInbox", &json!({}));
            assert_eq!(watch.is_ack, *code != "forbidden", "{who}: {watch:?}");
            (*who, socket)
        })
        .collect();
    let_everything_happen(&desk, &driver, &opened);
    for (who, socket) in &mut sockets {
        let came = socket.take_events();
        assert!(came.is_empty(), "{who}: {came:?}");
        assert!(!socket.heard().contains(&opened.id) && !socket.heard().contains("secret"), "{who}");
    }
}

fn a_token_for_one_conversation_hears_of_that_one_only(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let (one, other) = (driver.open("The one", "Hello"), driver.open("The other", "Hello"));
    let root = desk.admin("SUPER_ADMIN", None);
    for person in [narrowed(&driver, &["--conversation", &one.id]), narrowed(&root, &["--conversation", &one.id])] {
        let mut socket = person.connect();
        socket.join(&one);
        socket.watch();
        let_everything_happen(&desk, &driver, &other);
        driver.open("A new one", "Hello");
        socket.nothing_came();
        driver.send(&one, "to be heard");
        assert_eq!(socket.next_message()["text"], "to be heard");
        socket.update_of(&one, |seen| seen["lastMessagePreview"] == "to be heard");
        socket.say(&one, "and said");
        for frame in socket.take_events() {
            assert!(!frame.to_string().contains(&other.id), "{frame}");
        }
    }
}

fn a_read_only_token_may_join_and_watch_and_nothing_else(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let admin = desk.admin("SUPPORT_ADMIN", Some("BD"));
    let opened = driver.open("Look", "but don't touch");
    for person in [narrowed(&driver, &["--read-only"]), narrowed(&admin, &["--read-only"])] {
        let mut socket = person.connect();
        assert_eq!(socket.join_after(&opened, 0)["messages"][0]["text"], "but don't touch");
        socket.watch();
        let before = desk.database.snapshot();
        let mut witness = admin.connect();
        witness.join(&opened);
        for (kind, payload) in [
            ("support:sendMessage", json!({"conversationId": opened.id, "content": "no"})),
            ("support:markRead", json!({"conversationId": opened.id, "upToSeq": 1})),
            ("support:typing", json!({"conversationId": opened.id, "isTyping": true})),
        ] {
            socket.ask(kind, &payload).refused("forbidden");
        }
        assert_eq!(desk.database.snapshot(), before);
        witness.nothing_came();
        let said = driver.send(&opened, "to be heard");
        assert_eq!(socket.next_message()["id"], said["id"]);
        socket.update_of(&opened, |seen| seen["lastSeq"] == said["seq"]);
        socket.leave(&opened);
    }
}

fn a_room_that_one_may_not_join_is_not_joined_by_sending(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Mine", "Hello");
    let only = ["--permission", "REPLY_SUPPORT_CONVERSATIONS"];
    let mut replier = desk.admin_with("agent-1", "SUPPORT_ADMIN", Some("BD"), &only).connect();
    let mut sender = driver.connect();
    replier.say(&opened, "a reply without seeing");
    // Nor does a user's own sending join anything.
    sender.say(&opened, "without a room");
    let mut witness = driver.connect();
    witness.join(&opened);
    driver.send(&opened, "secret words");
    witness.next_message();
    replier.nothing_came();
    sender.nothing_came();
}

fn the_desk_of_another_country_and_the_finance_desk_stay_outside(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("In Bangladesh", "Hello");
    for (role, country, code) in [
        ("SUPPORT_ADMIN", Some("US"), "not_found"),
        ("COUNTRY_ADMIN", Some("US"), "not_found"),
        ("CITY_ADMIN", Some("US"), "not_found"),
        ("READONLY_ADMIN", Some("US"), "not_found"),
        ("SUPPORT_ADMIN", None, "not_found"),
        ("FINANCE_ADMIN", Some("BD"), "forbidden"),
        ("INFRA_ADMIN", Some("BD"), "forbidden"),
    ] {
        let mut socket = desk.admin(role, country).connect();
        let join = socket.ask("support:joinConversation", &json!({"conversationId": opened.id}));
        join.refused(code);
    }
    for role in ["SUPER_ADMIN", "ADMIN", "COMPLIANCE_ADMIN", "RISK_ADMIN"] {
        desk.admin(role, None).connect().join(&opened);
    }
    for role in ["COUNTRY_ADMIN", "CITY_ADMIN", "SUPPORT_ADMIN", "READONLY_ADMIN"] {
        desk.admin(role, Some("BD")).connect().join(&opened);
    }
}
