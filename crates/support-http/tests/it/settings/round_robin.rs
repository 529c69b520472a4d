//! New conversations that go round among the staff: each in turn, whoever opens and at whatever node, in one transaction
//! with the opening itself.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ADMINS, change, manager};
use crate::harness::{Backend, Conversation, DESK, Desk, Person, all_at_once, eventually};

on_both_backends!(
    conversations_go_round_among_those_who_cover_the_country,
    openings_at_once_are_spread_evenly,
    with_nobody_to_give_it_to_a_conversation_stays_unassigned,
    what_is_sent_again_is_given_once,
    a_turn_is_on_record_as_nobodys_deed,
    what_the_desk_opens_takes_no_turn,
);

/// A desk that gives conversations in turn, after these people of Bangladesh and one of the States have come.
fn desk_in_turn(backend: Backend, ids: &[&str]) -> Desk {
    let desk = Desk::plan(backend).set("SUPPORT_SETTINGS_SECONDS", "1").start();
    let boss = desk.admin_with("watcher", "SUPER_ADMIN", None, &["--permission", "ASSIGN_SUPPORT_CONVERSATIONS"]);
    for id in ids {
        desk.admin_with(id, "SUPPORT_ADMIN", Some("BD"), &[]).get(DESK).expect(200);
    }
    desk.admin_with("maria", "SUPPORT_ADMIN", Some("US"), &[]).get(DESK).expect(200);
    let all = |person: &Person| person.get(ADMINS).expect(200)["admins"].as_array().map(Vec::len);
    eventually("the staff is noted", || all(&boss) == Some(ids.len() + 1));
    let manager = desk.admin_with("manager", "SUPER_ADMIN", None, &["--permission", "MANAGE_SUPPORT_SETTINGS"]);
    change(&manager, &json!({"autoAssignMode": "round_robin"}));
    desk
}

/// Who sees everything and, since it may not reply, gets nothing.
fn looker(desk: &Desk) -> Person {
    desk.admin("COMPLIANCE_ADMIN", None)
}

fn has(desk: &Desk, conversation: &Conversation) -> Value {
    looker(desk).see(conversation)["assignedAdminId"].clone()
}

fn conversations_go_round_among_those_who_cover_the_country(backend: Backend) {
    let desk = desk_in_turn(backend, &["anwar", "bilkis", "karim"]);
    let driver = desk.driver("driver-1", "BD");
    let opened: Vec<Conversation> = (0..7).map(|number| driver.open(&format!("Number {number}"), "Hello")).collect();
    let given: Vec<Value> = opened.iter().map(|conversation| has(&desk, conversation)).collect();
    assert_eq!(given, ["anwar", "bilkis", "karim", "anwar", "bilkis", "karim", "anwar"]);
    assert_eq!((&opened[0].json["assigned"], &opened[0].json["version"]), (&json!(true), &json!(2)));
    assert!(!opened[0].json.to_string().contains("anwar"), "a user does not learn who has it");
    let american = desk.customer("customer-1", "US").open("Elsewhere", "Hello");
    assert_eq!(has(&desk, &american), "maria", "each country has its own turns");
    assert_eq!(has(&desk, &driver.open("Number 8", "Hello")), "bilkis");
    // Turned off, nobody gets anything.
    change(&manager(&desk), &json!({"autoAssignMode": "manual"}));
    assert_eq!(has(&desk, &driver.open("Number 9", "Hello")), Value::Null);
}

fn openings_at_once_are_spread_evenly(backend: Backend) {
    let desk = desk_in_turn(backend, &["anwar", "bilkis", "karim", "shirin"]);
    let node = desk.another_node();
    // The other node has read the settings before it was ready.
    let opened = all_at_once(20, |number| {
        let driver = desk.driver(&format!("driver-{number}"), "BD");
        let driver = if number.is_multiple_of(2) { driver } else { driver.at(&node.address) };
        driver.open("At once", "Hello")
    });
    let mut given: BTreeMap<String, usize> = BTreeMap::new();
    for conversation in &opened {
        let admin = has(&desk, conversation);
        *given.entry(admin.as_str().unwrap_or("nobody").to_owned()).or_default() += 1;
    }
    let expected = ["anwar", "bilkis", "karim", "shirin"].map(|id| (id.to_owned(), 5));
    assert_eq!(given, BTreeMap::from(expected));
}

fn with_nobody_to_give_it_to_a_conversation_stays_unassigned(backend: Backend) {
    let desk = desk_in_turn(backend, &[]);
    let opened = desk.driver("driver-1", "BD").open("Anybody?", "Hello");
    assert_eq!((&opened.json["assigned"], &opened.json["version"]), (&json!(false), &json!(1)));
    assert_eq!(has(&desk, &opened), Value::Null);
}

fn what_is_sent_again_is_given_once(backend: Backend) {
    let desk = desk_in_turn(backend, &["anwar", "bilkis"]);
    let driver = desk.driver("driver-1", "BD");
    let body = json!({"subject": "Once", "initialMessage": "Hello", "clientMessageId": "key-1"});
    let first = driver.open_with(&body);
    for _ in 0..3 {
        let again = driver.post(driver.home, &body).expect(200);
        assert_eq!((&again["conversation"]["id"], &again["conversation"]["version"]), (&json!(first.id), &json!(2)));
    }
    assert_eq!(has(&desk, &first), "anwar");
    assert_eq!(has(&desk, &driver.open("The next one", "Hello")), "bilkis", "a repetition takes no turn");
}

fn a_turn_is_on_record_as_nobodys_deed(backend: Backend) {
    let desk = desk_in_turn(backend, &["anwar"]);
    let opened = desk.driver("driver-1", "BD").open("On record", "Hello");
    let records = desk.database.audit_logs();
    let of_it: Vec<&Value> = records.iter().filter(|record| record["entityId"] == opened.id).collect();
    let [created, assigned] = of_it[..] else { panic!("two records, not {}: {of_it:?}", of_it.len()) };
    assert_eq!(
        (&created["actionType"], &created["actorId"]),
        (&json!("SUPPORT_CONVERSATION_CREATED"), &json!("driver-1"))
    );
    assert_eq!(assigned["actionType"], "SUPPORT_CONVERSATION_ASSIGNED");
    assert_eq!((&assigned["actorId"], &assigned["actorRole"]), (&Value::Null, &json!("system")));
    assert_eq!(assigned["countryCode"], "BD");
    let expected = json!({"oldAssignedAdminId": null, "newAssignedAdminId": "anwar", "mode": "round_robin"});
    assert_eq!(assigned["metadata"], expected);
}

fn what_the_desk_opens_takes_no_turn(backend: Backend) {
    let desk = desk_in_turn(backend, &["anwar", "bilkis"]);
    let by_desk = json!({"userId": "driver-2", "userType": "driver", "countryCode": "BD", "subject": "From the desk",
        "initialMessage": "Hello"});
    let opened = desk.admin_with("anwar", "SUPPORT_ADMIN", Some("BD"), &[]).open_with(&by_desk);
    assert_eq!(opened.json["assignedAdminId"], Value::Null);
    assert_eq!(has(&desk, &desk.driver("driver-1", "BD").open("Mine", "Hello")), "anwar");
}
