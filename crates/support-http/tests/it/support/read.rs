//! Reading: watermarks that only move forward, and the counts that follow from them.

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, Desk, Person};

on_both_backends!(
    reading_moves_the_own_side_only,
    a_watermark_never_moves_back,
    reading_past_the_end_is_reading_to_the_end,
    reading_up_to_zero_changes_nothing,
    nothing_but_reading_moves_a_watermark,
    counts_always_equal_the_unread_messages,
    a_closed_conversation_can_still_be_read,
);

/// Both sides' counts, held against the messages themselves.
#[track_caller]
fn unread(admin: &Person, conversation: &Conversation) -> (i64, i64) {
    let seen = admin.see(conversation);
    let messages = admin.messages(conversation);
    let count = |key: &str| messages.iter().filter(|message| message[key] == false).count();
    assert_eq!(seen["unreadCountUser"], count("isReadByUser"), "{messages:?}");
    assert_eq!(seen["unreadCountAdmin"], count("isReadByAdmin"), "{messages:?}");
    (seen["unreadCountUser"].as_i64().unwrap(), seen["unreadCountAdmin"].as_i64().unwrap())
}

fn reading_moves_the_own_side_only(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("READONLY_ADMIN", Some("BD")));
    let writer = desk.admin("SUPPORT_ADMIN", Some("BD"));
    let opened = driver.open("Counts", "one");
    driver.send(&opened, "two");
    writer.send(&opened, "three");
    writer.send(&opened, "four");
    assert_eq!(unread(&admin, &opened), (2, 2));
    assert_eq!(admin.read(&opened, 1)["unreadCountAdmin"], 1);
    assert_eq!(unread(&admin, &opened), (2, 1));
    assert_eq!(driver.read(&opened, 3)["unreadCountUser"], 1);
    assert_eq!(unread(&admin, &opened), (1, 1));
    let flags: Vec<_> =
        admin.messages(&opened).iter().map(|m| json!([m["isReadByUser"], m["isReadByAdmin"]])).collect();
    assert_eq!(json!(flags), json!([[true, true], [true, false], [true, true], [false, true]]));
}

fn a_watermark_never_moves_back(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Back", "one");
    driver.send(&opened, "two");
    driver.send(&opened, "three");
    admin.read(&opened, 3);
    for up_to in [2, 1, 0] {
        assert_eq!(admin.read(&opened, up_to)["unreadCountAdmin"], 0);
    }
    driver.send(&opened, "four");
    assert_eq!(unread(&admin, &opened), (0, 1));
}

fn reading_past_the_end_is_reading_to_the_end(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Past", "one");
    for up_to in [2, 1_000, i64::MAX] {
        assert_eq!(admin.read(&opened, up_to)["unreadCountAdmin"], 0);
    }
    // What comes later was not read in advance.
    driver.send(&opened, "two");
    assert_eq!(unread(&admin, &opened), (0, 1));
}

fn reading_up_to_zero_changes_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Zero", "one");
    let before = desk.database.snapshot();
    assert_eq!(admin.read(&opened, 0)["unreadCountAdmin"], 1);
    assert_eq!(driver.read(&opened, 0)["unreadCountUser"], 0);
    assert_eq!(desk.database.snapshot(), before);
}

fn nothing_but_reading_moves_a_watermark(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Still", "one");
    admin.send(&opened, "two");
    assert_eq!(unread(&admin, &opened), (1, 1));
    driver.send(&opened, "three");
    driver.messages(&opened);
    driver.see(&opened);
    admin.change(&opened, &json!({"status": "pending", "priority": "high"}));
    assert_eq!(unread(&admin, &opened), (2, 2));
    let changes: Value = admin.see(&opened)["version"].clone();
    admin.read(&opened, 4);
    assert_eq!(admin.see(&opened)["version"], changes, "reading is no change of the conversation's version");
}

fn counts_always_equal_the_unread_messages(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Every step", "one");
    let steps: [&dyn Fn(); 10] = [
        &|| drop(admin.send(&opened, "an answer")),
        &|| drop(driver.read(&opened, 2)),
        &|| drop(admin.change(&opened, &json!({"status": "pending"}))),
        &|| drop(driver.send(&opened, "more")),
        &|| drop(admin.read(&opened, 3)),
        &|| drop(driver.send(&opened, "and more")),
        &|| drop(admin.change(&opened, &json!({"status": "resolved", "priority": "low"}))),
        &|| drop(driver.read(&opened, 99)),
        &|| drop(admin.read(&opened, 99)),
        &|| drop(admin.change(&opened, &json!({"status": "closed"}))),
    ];
    let counts: Vec<(i64, i64)> = steps
        .iter()
        .map(|step| {
            step();
            unread(&admin, &opened)
        })
        .collect();
    assert_eq!(counts, [(1, 1), (0, 1), (1, 1), (1, 3), (1, 2), (1, 3), (2, 3), (0, 3), (0, 0), (1, 0)]);
}

fn a_closed_conversation_can_still_be_read(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Over", "one");
    admin.change(&opened, &json!({"status": "closed"}));
    assert_eq!(driver.read(&opened, 2)["unreadCountUser"], 0);
    assert_eq!(admin.read(&opened, 2)["unreadCountAdmin"], 0);
    assert_eq!(unread(&admin, &opened), (0, 0));
}
