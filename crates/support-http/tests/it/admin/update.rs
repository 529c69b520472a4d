//! Status, priority and assignment: all or nothing, one version a change, a note that both sides see.

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, Desk, Person, all_at_once};

on_both_backends!(
    every_way_from_one_status_to_another,
    what_already_is_so_is_no_change,
    several_changes_are_one_version,
    a_change_is_all_or_nothing,
    a_closed_conversation_is_final,
    a_version_that_has_moved_on_is_stale,
    of_many_who_claim_at_once_one_wins,
    assignment_can_be_given_moved_and_taken_back,
    a_change_of_status_writes_a_note_that_names_nobody,
);

fn refused(person: &Person, conversation: &Conversation, body: &Value, code: &str) {
    person.patch(&person.path(conversation, ""), body).refused(409, code);
}

fn every_way_from_one_status_to_another(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let statuses = ["open", "pending", "resolved", "closed"];
    let allowed = [
        ("open", "pending"),
        ("open", "resolved"),
        ("open", "closed"),
        ("pending", "open"),
        ("pending", "resolved"),
        ("pending", "closed"),
        ("resolved", "open"),
        ("resolved", "closed"),
    ];
    for from in statuses {
        for to in statuses {
            let opened = driver.open(&format!("{from} to {to}"), "Hello");
            admin.change(&opened, &json!({"status": from}));
            let before = admin.see(&opened);
            let answer = admin.patch(&admin.path(&opened, ""), &json!({"status": to}));
            if allowed.contains(&(from, to)) {
                let after = answer.expect(200)["conversation"].clone();
                assert_eq!(after["status"], to);
                assert_eq!(after["version"], before["version"].as_i64().unwrap() + 1);
                assert_eq!(after["lastSeq"], before["lastSeq"].as_i64().unwrap() + 1);
                assert_eq!(after["lastMessagePreview"], "Hello");
                assert_eq!(admin.see(&opened), after);
            } else if from == to && from != "closed" {
                assert_eq!(answer.expect(200)["conversation"], before);
            } else {
                answer.refused(409, "invalid_transition");
                assert_eq!(admin.see(&opened), before);
            }
        }
    }
}

fn what_already_is_so_is_no_change(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Same", "Hello");
    admin.change(&opened, &json!({"priority": "high", "assignedAdminId": "agent-1"}));
    let before = desk.database.snapshot();
    for body in [
        json!({"status": "open"}),
        json!({"priority": "high"}),
        json!({"assignedAdminId": "agent-1"}),
        json!({"status": "open", "priority": "high", "assignedAdminId": "agent-1", "version": 2}),
    ] {
        assert_eq!(admin.change(&opened, &body)["version"], 2, "{body}");
    }
    assert_eq!(desk.database.snapshot(), before);
    // Of several wanted changes, those that are none leave no trace.
    let changed = admin.change(&opened, &json!({"status": "open", "priority": "low"}));
    assert_eq!((&changed["version"], &changed["lastSeq"]), (&json!(3), &json!(1)));
}

fn several_changes_are_one_version(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Several", "Hello");
    let body = json!({"status": "pending", "priority": "urgent", "assignedAdminId": "agent-1", "version": 1});
    let changed = admin.change(&opened, &body);
    for (key, value) in [
        ("status", json!("pending")),
        ("priority", json!("urgent")),
        ("assignedAdminId", json!("agent-1")),
        ("version", json!(2)),
        ("lastSeq", json!(2)),
    ] {
        assert_eq!(changed[key], value, "{key}");
    }
    let seen = driver.see(&opened);
    assert_eq!((&seen["assigned"], &seen["priority"]), (&json!(true), &json!("urgent")));
}

fn a_change_is_all_or_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("All", "Hello");
    admin.change(&opened, &json!({"status": "resolved"}));
    let before = desk.database.snapshot();
    // There is no way from resolved to pending.
    let body = json!({"status": "pending", "priority": "urgent", "assignedAdminId": "agent-1"});
    refused(&admin, &opened, &body, "invalid_transition");
    let body = json!({"priority": "urgent", "assignedAdminId": "agent-1", "version": 1});
    refused(&admin, &opened, &body, "stale");
    let body = json!({"priority": "urgent", "status": "bogus"});
    admin.patch(&admin.path(&opened, ""), &body).refused_field("status");
    assert_eq!(desk.database.snapshot(), before);
}

fn a_closed_conversation_is_final(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPER_ADMIN", None));
    let opened = driver.open("Final", "Hello");
    admin.change(&opened, &json!({"status": "closed"}));
    let before = desk.database.snapshot();
    for status in ["open", "pending", "resolved", "closed"] {
        refused(&admin, &opened, &json!({"status": status}), "invalid_transition");
    }
    refused(&admin, &opened, &json!({"priority": "low"}), "conversation_closed");
    refused(&admin, &opened, &json!({"assignedAdminId": "agent-1"}), "conversation_closed");
    refused(&admin, &opened, &json!({"assignedAdminId": null}), "conversation_closed");
    assert_eq!(desk.database.snapshot(), before);
}

fn a_version_that_has_moved_on_is_stale(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Versions", "Hello");
    assert_eq!(admin.change(&opened, &json!({"priority": "low", "version": 1}))["version"], 2);
    for version in [1, 3, 99] {
        refused(&admin, &opened, &json!({"priority": "high", "version": version}), "stale");
    }
    // Messages and reading do not move it.
    driver.send(&opened, "more");
    admin.read(&opened, 2);
    assert_eq!(admin.change(&opened, &json!({"priority": "high", "version": 2}))["version"], 3);
}

fn of_many_who_claim_at_once_one_wins(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("Claim me", "Hello");
    let agents: Vec<Person> =
        (0..12).map(|number| desk.admin_with(&format!("agent-{number}"), "SUPPORT_ADMIN", Some("BD"), &[])).collect();
    let statuses = all_at_once(agents.len(), |number| {
        let body = json!({"assignedAdminId": format!("agent-{number}"), "version": 1});
        agents[number].patch(&agents[number].path(&opened, ""), &body).status
    });
    let winners: Vec<usize> = (0..agents.len()).filter(|number| statuses[*number] == 200).collect();
    assert_eq!(winners.len(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    let seen = agents[0].see(&opened);
    assert_eq!(seen["assignedAdminId"], format!("agent-{}", winners[0]));
    assert_eq!(seen["version"], 2);
}

fn assignment_can_be_given_moved_and_taken_back(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("COUNTRY_ADMIN", Some("BD")));
    let opened = driver.open("Whose", "Hello");
    for (to, assigned) in [(json!("agent-1"), true), (json!("agent-2"), true), (Value::Null, false)] {
        let changed = admin.change(&opened, &json!({"assignedAdminId": to}));
        assert_eq!(changed["assignedAdminId"], to);
        assert_eq!(changed["lastSeq"], 1, "assignment is no message");
        assert_eq!(driver.see(&opened)["assigned"], assigned);
    }
}

fn a_change_of_status_writes_a_note_that_names_nobody(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let admin = desk.admin_with("agent-nadia", "SUPPORT_ADMIN", Some("BD"), &["--email", "nadia@example.com"]);
    let opened = driver.open("Notes", "Hello");
    for (number, status) in ["pending", "open", "resolved", "closed"].iter().enumerate() {
        admin.change(&opened, &json!({"status": status}));
        let note = driver.messages(&opened)[number + 1].clone();
        for (key, value) in [
            ("senderType", json!("system")),
            ("senderId", Value::Null),
            ("messageType", json!("system")),
            ("isReadByUser", json!(false)),
            ("isReadByAdmin", json!(true)),
        ] {
            assert_eq!(note[key], value, "{key}");
        }
        assert!(!note["text"].as_str().unwrap().is_empty());
        assert!(!note.to_string().contains("nadia"), "{note}");
        assert_eq!(admin.messages(&opened)[number + 1], note);
    }
    assert_eq!(driver.see(&opened)["lastMessagePreview"], "Hello");
}
