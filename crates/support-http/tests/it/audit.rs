//! The audit log: one record for each key action, with the old and the new value, and nothing of what was said.

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, Desk};

on_both_backends!(
    each_key_action_leaves_one_record,
    old_and_new_values_are_in_the_record,
    a_user_who_reopens_is_on_record,
    what_changed_nothing_leaves_no_record,
    no_record_holds_anything_that_was_said,
);

fn of_kind(desk: &Desk, action: &str) -> Vec<Value> {
    desk.database.audit_logs().into_iter().filter(|record| record["actionType"] == action).collect()
}

/// Holds a record against who did what to which conversation.
#[track_caller]
fn check(record: &Value, actor: (&str, &str), conversation: &Conversation) {
    assert_eq!(record["actorId"], actor.0, "{record}");
    assert_eq!(record["actorRole"], actor.1, "{record}");
    assert_eq!(record["entityType"], "support_conversation", "{record}");
    assert_eq!(record["entityId"], conversation.id, "{record}");
    assert_eq!(record["success"], true, "{record}");
    assert!(record["description"].as_str().is_some_and(|text| !text.is_empty()), "{record}");
    assert!(record["actorEmail"].is_string() && record["environment"].is_string(), "{record}");
}

/// Whether a word stands in a record's metadata as a value.
fn tells(record: &Value, word: &Value) -> bool {
    record["metadata"].to_string().contains(&word.to_string())
}

fn each_key_action_leaves_one_record(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let admin = desk.admin_with("agent-1", "SUPPORT_ADMIN", Some("BD"), &["--email", "agent-1@example.com"]);
    let agent = ("agent-1", "SUPPORT_ADMIN");
    let opened = driver.open("Subject words", "content words");
    let created = of_kind(&desk, "SUPPORT_CONVERSATION_CREATED");
    assert_eq!(created.len(), 1);
    check(&created[0], ("driver-1", created[0]["actorRole"].as_str().unwrap_or_default()), &opened);
    assert_eq!(created[0]["countryCode"], "BD");

    admin.send(&opened, "an answer");
    let sent = of_kind(&desk, "SUPPORT_MESSAGE_SENT");
    let replies: Vec<&Value> = sent.iter().filter(|record| record["actorId"] == "agent-1").collect();
    assert_eq!(replies.len(), 1);
    check(replies[0], agent, &opened);
    assert_eq!(replies[0]["description"], format!("Admin replied to conversation {}", opened.id));
    assert_eq!(replies[0]["actorEmail"], "agent-1@example.com");

    admin.change(&opened, &json!({"status": "pending", "priority": "high", "assignedAdminId": "agent-2"}));
    for action in [
        "SUPPORT_CONVERSATION_STATUS_CHANGED",
        "SUPPORT_CONVERSATION_PRIORITY_CHANGED",
        "SUPPORT_CONVERSATION_ASSIGNED",
    ] {
        let records = of_kind(&desk, action);
        assert_eq!(records.len(), 1, "{action}");
        check(&records[0], agent, &opened);
    }
    let by_desk = admin.open_with(&json!({"userId": "driver-2", "userType": "driver", "countryCode": "BD",
        "subject": "Subject words", "initialMessage": "content words"}));
    let created = of_kind(&desk, "SUPPORT_CONVERSATION_CREATED");
    assert_eq!(created.len(), 2);
    check(&created[1], agent, &by_desk);
}

fn old_and_new_values_are_in_the_record(backend: Backend) {
    let desk = Desk::start(backend);
    let admin = desk.admin("SUPPORT_ADMIN", Some("BD"));
    let opened = desk.driver("driver-1", "BD").open("Values", "Hello");
    let last = |action: &str| of_kind(&desk, action).pop().expect("a record");
    for (change, action, old, new) in [
        (json!({"status": "pending"}), "SUPPORT_CONVERSATION_STATUS_CHANGED", json!("open"), json!("pending")),
        (json!({"status": "closed"}), "SUPPORT_CONVERSATION_STATUS_CHANGED", json!("pending"), json!("closed")),
    ] {
        admin.change(&opened, &change);
        let record = last(action);
        assert!(tells(&record, &old) && tells(&record, &new), "{record}");
    }
    let opened = desk.driver("driver-1", "BD").open("Values", "Hello");
    for (change, action, old, new) in [
        (json!({"priority": "urgent"}), "SUPPORT_CONVERSATION_PRIORITY_CHANGED", json!("normal"), json!("urgent")),
        (json!({"priority": "low"}), "SUPPORT_CONVERSATION_PRIORITY_CHANGED", json!("urgent"), json!("low")),
        (json!({"assignedAdminId": "agent-1"}), "SUPPORT_CONVERSATION_ASSIGNED", Value::Null, json!("agent-1")),
        (json!({"assignedAdminId": "agent-2"}), "SUPPORT_CONVERSATION_ASSIGNED", json!("agent-1"), json!("agent-2")),
        (json!({"assignedAdminId": null}), "SUPPORT_CONVERSATION_ASSIGNED", json!("agent-2"), Value::Null),
    ] {
        admin.change(&opened, &change);
        let record = last(action);
        assert!(tells(&record, &old) && tells(&record, &new), "{record}");
    }
}

fn a_user_who_reopens_is_on_record(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Again", "Hello");
    admin.change(&opened, &json!({"status": "resolved"}));
    driver.send(&opened, "It is back");
    let records = of_kind(&desk, "SUPPORT_CONVERSATION_STATUS_CHANGED");
    assert_eq!(records.len(), 2, "{records:?}");
    assert_eq!((&records[1]["actorId"], &records[1]["entityId"]), (&json!("driver-1"), &json!(opened.id)));
    assert!(tells(&records[1], &json!("resolved")) && tells(&records[1], &json!("open")), "{}", records[1]);
}

fn what_changed_nothing_leaves_no_record(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let body = json!({"subject": "Once", "initialMessage": "Hello", "clientMessageId": "key-1"});
    let opened = driver.open_with(&body);
    let reply = json!({"content": "an answer", "clientMessageId": "key-1"});
    admin.send_with(&opened, &reply);
    let before = desk.database.audit_logs();
    driver.post(driver.home, &body).expect(200);
    admin.post(&admin.path(&opened, "/messages"), &reply).expect(200);
    admin.change(&opened, &json!({"status": "open", "priority": "normal", "assignedAdminId": null}));
    admin.patch(&admin.path(&opened, ""), &json!({"priority": "low", "version": 9})).refused(409, "stale");
    admin.read(&opened, 2);
    admin.list("");
    admin.see(&opened);
    assert_eq!(desk.database.audit_logs(), before);
}

fn no_record_holds_anything_that_was_said(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let body = json!({"subject": "Xylophone matter", "initialMessage": "The marmalade is missing",
        "metadata": {"zeppelin": "quicksilver"}});
    let opened = driver.open_with(&body);
    admin.send_with(&opened, &json!({"content": "The <b>marmalade</b> is back", "format": "html"}));
    admin.change(&opened, &json!({"status": "resolved", "priority": "low", "assignedAdminId": "agent-1"}));
    driver.send(&opened, "No marmalade here");
    admin.change(&opened, &json!({"status": "closed"}));
    let records = json!(desk.database.audit_logs()).to_string().to_lowercase();
    assert!(records.contains(&opened.id));
    for word in ["xylophone", "marmalade", "zeppelin", "quicksilver", "http"] {
        assert!(!records.contains(word), "{word} is on record: {records}");
    }
}
