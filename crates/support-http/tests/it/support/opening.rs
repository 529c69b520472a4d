//! A user opens a conversation.

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, Desk, USER};

on_both_backends!(
    opening_answers_with_the_conversation_and_its_first_message,
    the_channel_is_the_users_type,
    every_priority_can_be_asked_for_and_normal_is_the_default,
    metadata_comes_back_as_it_was_given,
    opening_again_with_the_same_key_is_the_first_conversation,
    the_same_key_with_other_words_is_a_mismatch,
    two_people_may_use_the_same_key,
    the_form_that_the_hosts_own_client_posts_is_accepted,
);

fn opening_answers_with_the_conversation_and_its_first_message(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("  Payment missing ", "  My payment of May is missing.  ");
    let conversation = &opened.json;
    for (key, value) in [
        ("subject", json!("Payment missing")),
        ("status", json!("open")),
        ("priority", json!("normal")),
        ("userId", json!("driver-1")),
        ("userType", json!("driver")),
        ("countryCode", json!("BD")),
        ("assigned", json!(false)),
        ("unreadCountUser", json!(0)),
        ("lastSeq", json!(1)),
        ("version", json!(1)),
        ("metadata", json!({})),
        ("lastMessagePreview", json!("My payment of May is missing.")),
    ] {
        assert_eq!(conversation[key], value, "{key}");
    }
    assert_eq!(conversation["createdAt"], conversation["lastMessageAt"]);
    let message = &opened.message;
    for (key, value) in [
        ("seq", json!(1)),
        ("senderType", json!("user")),
        ("senderId", json!("driver-1")),
        ("content", json!("My payment of May is missing.")),
        ("text", json!("My payment of May is missing.")),
        ("messageType", json!("text")),
        ("isReadByUser", json!(true)),
        ("isReadByAdmin", json!(false)),
        ("clientMessageId", Value::Null),
    ] {
        assert_eq!(message[key], value, "{key}");
    }
    let admin = desk.admin("SUPPORT_ADMIN", Some("BD"));
    let seen = admin.see(&opened);
    assert_eq!((&seen["unreadCountAdmin"], &seen["assignedAdminId"]), (&json!(1), &Value::Null));
}

fn the_channel_is_the_users_type(backend: Backend) {
    let desk = Desk::start(backend);
    for user_type in ["driver", "customer", "restaurant"] {
        let opened = desk.user(user_type, "user-1", "US").open("Channel", "Hello");
        assert_eq!(opened.json["channel"], user_type);
        assert_eq!(opened.json["userType"], user_type);
        assert_eq!(opened.json["countryCode"], "US");
    }
}

fn every_priority_can_be_asked_for_and_normal_is_the_default(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    for priority in ["low", "normal", "high", "urgent"] {
        let body = json!({"subject": "Priority", "initialMessage": "Hello", "priority": priority});
        assert_eq!(driver.open_with(&body).json["priority"], priority);
    }
    assert_eq!(driver.open("Priority", "Hello").json["priority"], "normal");
}

fn metadata_comes_back_as_it_was_given(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let metadata = json!({"appVersion": "4.2.0", "trip": {"legs": [1, 2.5, -3], "paid": true, "tip": null}});
    let body = json!({"subject": "Metadata", "initialMessage": "Hello", "metadata": metadata});
    let opened = driver.open_with(&body);
    assert_eq!(opened.json["metadata"], metadata);
    assert_eq!(driver.see(&opened)["metadata"], metadata);
    let sent = driver.send_with(&opened, &json!({"content": "more", "metadata": metadata}));
    assert_eq!(sent["metadata"], metadata);
}

fn opening_again_with_the_same_key_is_the_first_conversation(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let body = json!({"subject": "Once", "initialMessage": "Hello", "clientMessageId": "key-1"});
    let first = driver.open_with(&body);
    assert_eq!(first.message["clientMessageId"], "key-1");
    let before = desk.database.snapshot();
    let again = Conversation::from_answer(&driver.post(USER, &body).expect(200));
    assert_eq!((again.json, again.message), (first.json.clone(), first.message.clone()));
    assert_eq!(desk.database.snapshot(), before);

    // The key lives as long as the message: also after the conversation went on, and after it was closed.
    driver.send(&first, "more");
    desk.admin("SUPPORT_ADMIN", Some("BD")).change(&first, &json!({"status": "closed"}));
    let much_later = Conversation::from_answer(&driver.post(USER, &body).expect(200));
    assert_eq!((much_later.id, &much_later.message["seq"]), (first.id, &json!(1)));
    assert_eq!(desk.database.count("support_conversations"), 1);
}

fn the_same_key_with_other_words_is_a_mismatch(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    driver.open_with(&json!({"subject": "Once", "initialMessage": "Hello", "clientMessageId": "key-1"}));
    let before = desk.database.snapshot();
    let other = json!({"subject": "Once", "initialMessage": "Other words", "clientMessageId": "key-1"});
    driver.post(USER, &other).refused(409, "idempotency_mismatch");
    assert_eq!(desk.database.snapshot(), before);
}

fn two_people_may_use_the_same_key(backend: Backend) {
    let desk = Desk::start(backend);
    let body = json!({"subject": "Once each", "initialMessage": "Hello", "clientMessageId": "key-1"});
    let ids: Vec<String> = [desk.driver("driver-1", "BD"), desk.driver("driver-2", "BD")]
        .iter()
        .map(|driver| driver.open_with(&body).id)
        .collect();
    assert_ne!(ids[0], ids[1]);
}

fn the_form_that_the_hosts_own_client_posts_is_accepted(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let body = r#"{"subject":"Help","priority":"high","initialMessage":"Please"}"#;
    let answer = driver.call("POST", USER).body("application/json; charset=utf-8", body).send();
    let opened = Conversation::from_answer(&answer.expect(201));
    let path = driver.path(&opened, "/messages");
    driver.call("POST", &path).body("application/json;charset=UTF-8", r#"{"content":"More"}"#).send().expect(201);
}
