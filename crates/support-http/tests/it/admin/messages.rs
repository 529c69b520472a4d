//! The desk answers.

use serde_json::{Value, json};

use crate::harness::{Backend, Desk};

on_both_backends!(
    a_reply_reaches_the_user_and_counts_as_unread,
    a_reply_goes_out_only_while_the_conversation_stands_where_it_was_seen,
    two_agents_who_answer_the_same_words_do_not_both,
);

fn a_reply_reaches_the_user_and_counts_as_unread(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Question", "Hello");
    let reply = admin.send(&opened, "Good morning, how can we help?");
    for (key, value) in [
        ("seq", json!(2)),
        ("senderType", json!("admin")),
        ("senderId", json!("support_admin-1")),
        ("isReadByAdmin", json!(true)),
        ("isReadByUser", json!(false)),
    ] {
        assert_eq!(reply[key], value, "{key}");
    }
    let seen = driver.see(&opened);
    assert_eq!((&seen["unreadCountUser"], &seen["lastSeq"]), (&json!(1), &json!(2)));
    assert_eq!(seen["lastMessagePreview"], "Good morning, how can we help?");
    assert_eq!(seen["version"], 1, "a message is no change of the conversation's version");
    let mut as_user_sees = reply;
    as_user_sees["senderId"] = Value::Null;
    assert_eq!(driver.messages(&opened)[1], as_user_sees);
}

fn a_reply_goes_out_only_while_the_conversation_stands_where_it_was_seen(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Question", "Hello");
    admin.send_with(&opened, &json!({"content": "two", "ifLastSeq": 1}));
    driver.send(&opened, "three");
    let before = desk.database.snapshot();
    for last in [0, 1, 2, 4, 99] {
        let body = json!({"content": "too late", "ifLastSeq": last});
        admin.post(&admin.path(&opened, "/messages"), &body).refused(409, "stale");
    }
    assert_eq!(desk.database.snapshot(), before);
    assert_eq!(admin.send_with(&opened, &json!({"content": "four", "ifLastSeq": 3}))["seq"], 4);
}

fn two_agents_who_answer_the_same_words_do_not_both(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("Question", "Hello");
    let agents: Vec<_> =
        (0..8).map(|number| desk.admin_with(&format!("agent-{number}"), "SUPPORT_ADMIN", Some("BD"), &[])).collect();
    let statuses = crate::harness::all_at_once(8, |number| {
        let agent = &agents[number];
        agent.post(&agent.path(&opened, "/messages"), &json!({"content": "I do", "ifLastSeq": 1})).status
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
    assert_eq!(agents[0].messages(&opened).len(), 2);
}
