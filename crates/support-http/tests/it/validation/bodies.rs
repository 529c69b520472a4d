//! Bad values in the fields of bodies.

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, DESK, Desk, Person, USER};

on_both_backends!(
    opening_by_a_user,
    opening_by_the_desk,
    sending_by_a_user,
    sending_by_the_desk,
    changing,
    reading,
    several_bad_fields_are_all_named_or_at_least_one,
    what_is_just_within_the_limits_is_accepted,
);

/// Text that is no good where words are asked for.
fn no_words(limit: usize) -> Vec<Value> {
    vec![
        json!(""),
        json!("   \n\t "),
        json!("\u{200b}\u{feff}"),
        json!("x".repeat(limit + 1)),
        json!("\u{9ac}".repeat(limit + 1)),
        json!(5),
        json!(true),
        json!(null),
        json!(["a"]),
        json!({"a": "b"}),
    ]
}

fn no_keys() -> Vec<Value> {
    vec![json!(""), json!("a b"), json!("a\n"), json!("\u{9ac}"), json!("k".repeat(129)), json!(7), json!(["k"])]
}

fn no_metadata() -> Vec<Value> {
    vec![json!("text"), json!([]), json!(3), json!({"a": {"b": {"c": {"d": {}}}}}), json!({"a": "x".repeat(4_100)})]
}

fn no_priorities() -> Vec<Value> {
    vec![json!(""), json!("critical"), json!("Normal"), json!("HIGH"), json!(1), json!(["low"])]
}

fn no_ids() -> Vec<Value> {
    vec![json!(""), json!("a b"), json!("a/b"), json!("a\n"), json!("\u{9ac}"), json!("i".repeat(129)), json!(4)]
}

fn no_whole_numbers() -> Vec<Value> {
    vec![json!(-1), json!(1.5), json!("1"), json!(true), json!([1]), json!(1e300), json!(1e20)]
}

/// Puts each bad value into its field of a good body, leaves each required field out, adds an unknown one; demands that
/// each is refused by name and that nothing was written.
#[track_caller]
fn every_field(
    desk: &Desk,
    person: &Person,
    method: &str,
    path: &str,
    good: &Value,
    bad: &[(&str, Vec<Value>)],
    required: &[&str],
) {
    let before = desk.database.snapshot();
    let ask = |body: &Value| person.call(method, path).json(body).send();
    for (field, values) in bad {
        for value in values {
            let mut body = good.clone();
            body[*field] = value.clone();
            ask(&body).refused_field(field);
        }
    }
    for field in required {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(*field);
        ask(&body).refused_field(field);
    }
    // Above all what would decide in whose name it is done.
    for field in ["surprise", "senderId", "senderType", "id", "seq", "createdAt", "__proto__"] {
        let mut body = good.clone();
        body[field] = json!("value");
        ask(&body).refused_field(field);
    }
    assert_eq!(desk.database.snapshot(), before);
}

fn opening_by_a_user(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let good = json!({"subject": "Good", "initialMessage": "Good", "priority": "low", "metadata": {},
        "clientMessageId": "key"});
    let bad = [
        ("subject", no_words(200)),
        ("initialMessage", no_words(4_000)),
        ("priority", no_priorities()),
        ("metadata", no_metadata()),
        ("clientMessageId", no_keys()),
        ("userId", vec![json!("driver-2")]),
        ("countryCode", vec![json!("US")]),
        ("status", vec![json!("closed")]),
    ];
    every_field(&desk, &driver, "POST", USER, &good, &bad, &["subject", "initialMessage"]);
    driver.open_with(&good);
}

fn opening_by_the_desk(backend: Backend) {
    let desk = Desk::start(backend);
    let admin = desk.admin("SUPER_ADMIN", None);
    let good = json!({"userId": "driver-1", "userType": "driver", "countryCode": "BD", "subject": "Good",
        "initialMessage": "Good", "priority": "low"});
    let required = ["userId", "userType", "countryCode", "subject", "initialMessage"];
    let bad = [
        ("userId", no_ids()),
        ("userType", vec![json!("pilot"), json!("DRIVER"), json!(""), json!(1), json!(null)]),
        ("countryCode", vec![json!("FR"), json!("bd"), json!(""), json!(1), json!(null)]),
        ("subject", no_words(200)),
        ("initialMessage", no_words(4_000)),
        ("priority", no_priorities()),
        ("assignedAdminId", vec![json!("agent-1")]),
    ];
    every_field(&desk, &admin, "POST", DESK, &good, &bad, &required);
    admin.open_with(&good);
}

fn sending(desk: &Desk, person: &Person, opened: &Conversation, more: Vec<(&str, Vec<Value>)>) {
    let good = json!({"content": "Good", "format": "text", "clientMessageId": "key", "metadata": {}});
    let mut bad = vec![
        ("content", no_words(4_000)),
        ("format", vec![json!(""), json!("markdown"), json!("HTML"), json!(1)]),
        ("clientMessageId", no_keys()),
        ("metadata", no_metadata()),
    ];
    bad.extend(more);
    every_field(desk, person, "POST", &person.path(opened, "/messages"), &good, &bad, &["content"]);
    person.send_with(opened, &good);
}

fn sending_by_a_user(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Fields", "Hello");
    // Only the desk answers under a condition.
    sending(&desk, &driver, &opened, vec![("ifLastSeq", vec![json!(1)])]);
}

fn sending_by_the_desk(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("Fields", "Hello");
    sending(&desk, &desk.admin("SUPER_ADMIN", None), &opened, vec![("ifLastSeq", no_whole_numbers())]);
}

fn changing(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPER_ADMIN", None));
    let opened = driver.open("Fields", "Hello");
    let path = admin.path(&opened, "");
    let good = json!({"status": "pending", "priority": "low", "assignedAdminId": "agent-1", "version": 1});
    let bad = [
        ("status", vec![json!(""), json!("bogus"), json!("Open"), json!(1), json!(["open"])]),
        ("priority", no_priorities()),
        ("assignedAdminId", no_ids()),
        ("version", no_whole_numbers()),
        ("subject", vec![json!("another")]),
    ];
    every_field(&desk, &admin, "PATCH", &path, &good, &bad, &[]);
    let before = desk.database.snapshot();
    for nothing in [json!({}), json!({"version": 1})] {
        admin.patch(&path, &nothing).refused(400, "validation_failed");
    }
    assert_eq!(desk.database.snapshot(), before);
    admin.change(&opened, &good);
}

fn reading(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPER_ADMIN", None));
    let opened = driver.open("Fields", "Hello");
    for person in [&driver, &admin] {
        let mut bad = no_whole_numbers();
        bad.push(json!(null));
        let path = person.path(&opened, "/read");
        every_field(&desk, person, "POST", &path, &json!({"upToSeq": 1}), &[("upToSeq", bad)], &["upToSeq"]);
        person.read(&opened, 1);
    }
}

fn several_bad_fields_are_all_named_or_at_least_one(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let answer = driver.post(USER, &json!({"subject": "", "initialMessage": ""})).refused(400, "validation_failed");
    let named = answer["details"].as_object().expect("details");
    assert!(!named.is_empty() && named.keys().all(|key| ["subject", "initialMessage"].contains(&key.as_str())));
}

fn what_is_just_within_the_limits_is_accepted(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver
        .open_with(&json!({"subject": "\u{9ac}".repeat(200), "initialMessage": "\u{1f600}".repeat(4_000),
        "clientMessageId": "k".repeat(128), "metadata": {"a": {"b": {"c": {}}}}}));
    assert_eq!(opened.json["subject"].as_str().map(|subject| subject.chars().count()), Some(200));
    assert_eq!(driver.messages(&opened)[0]["text"].as_str().map(|text| text.chars().count()), Some(4_000));
    let sent = driver.send_with(&opened, &json!({"content": "x", "metadata": {"a": "x".repeat(4_000)}}));
    assert_eq!(sent["metadata"]["a"].as_str().map(str::len), Some(4_000));
    let longest = "i".repeat(128);
    assert_eq!(desk.driver(&longest, "BD").open("Long id", "Hello").json["userId"], longest);
}
