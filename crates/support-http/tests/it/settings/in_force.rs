//! What a change does: limits that really change, over REST and sockets, on every node, and after a restart.

use serde_json::json;

use super::{FOR_USERS, change, manager, settings};
use crate::attachments::{pdf, png, png_of};
use crate::harness::{Backend, Conversation, Desk, Person, eventually};

on_both_backends!(
    a_shorter_limit_holds_at_once,
    a_longer_limit_holds_at_once,
    what_files_may_be_holds_at_once,
    the_limit_holds_over_sockets_that_are_open,
    a_change_at_one_node_is_in_force_at_the_other,
    a_change_survives_a_restart,
    the_default_priority_is_for_openings_that_name_none,
);

/// What sending so many characters is answered with.
#[track_caller]
fn send(person: &Person, opened: &Conversation, characters: usize) -> u16 {
    let answer = person.post(&person.path(opened, "/messages"), &json!({"content": "\u{995}".repeat(characters)}));
    if answer.status == 400 { answer.refused_field("content").status } else { answer.status }
}

fn a_shorter_limit_holds_at_once(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Length", "Hello");
    assert_eq!(send(&driver, &opened, 101), 201);
    change(&manager(&desk), &json!({"maxMessageLength": 100}));
    for person in [&driver, &admin] {
        assert_eq!((send(person, &opened, 101), send(person, &opened, 100)), (400, 201));
    }
    let opening = json!({"subject": "Long", "initialMessage": "x".repeat(101)});
    driver.post(driver.home, &opening).refused_field("initialMessage");
    assert_eq!(driver.get(FOR_USERS).expect(200)["settings"]["maxMessageLength"], 100);
    assert_eq!(driver.messages(&opened).len(), 4, "what was sent before stays");
}

fn what_files_may_be_holds_at_once(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let large = png_of(&vec![7; 1024 * 1024]);
    driver.upload("a.pdf", &pdf());
    driver.upload("large.png", &large);
    change(&manager(&desk), &json!({"allowedMimeTypes": ["image/png"], "maxAttachmentSizeMB": 1}));
    driver.upload("a.png", &png());
    driver.try_upload("a.pdf", &pdf()).refused(415, "unsupported_media_type");
    driver.try_upload("large.png", &large).refused(413, "payload_too_large");
    change(&manager(&desk), &json!({"allowedMimeTypes": null, "maxAttachmentSizeMB": 50}));
    driver.upload("a.pdf", &pdf());
    driver.upload("larger.png", &png_of(&vec![7; 11 * 1024 * 1024]));
}

fn a_longer_limit_holds_at_once(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Length", "Hello");
    assert_eq!(send(&driver, &opened, 4_001), 400);
    change(&manager(&desk), &json!({"maxMessageLength": 10_000}));
    assert_eq!((send(&driver, &opened, 10_000), send(&driver, &opened, 10_001)), (201, 400));
    // Each of them as long as characters can be in JSON.
    let escaped = format!(r#"{{"content":"{}"}}"#, r"\ud83d\ude97".repeat(10_000));
    let call = driver.call("POST", &driver.path(&opened, "/messages")).body("application/json", escaped);
    call.send().expect(201);
    let mut socket = driver.connect();
    let joined = socket.join_after(&opened, 0);
    assert_eq!(joined["messages"].as_array().map(Vec::len), Some(3), "the longest ones fit a socket's queue");
}

fn the_limit_holds_over_sockets_that_are_open(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Length", "Hello");
    let mut socket = driver.connect();
    socket.join(&opened);
    let long = "y".repeat(101);
    socket.say(&opened, &long);
    change(&manager(&desk), &json!({"maxMessageLength": 100}));
    let too_long = json!({"conversationId": opened.id, "content": long});
    socket.ask("support:sendMessage", &too_long).refused_field("content");
    socket.say(&opened, &long[..100]);
}

fn a_change_at_one_node_is_in_force_at_the_other(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_SETTINGS_SECONDS", "1").start();
    let node = desk.another_node();
    let (driver, admin) = (desk.driver("driver-1", "BD").at(&node.address), manager(&desk));
    let opened = driver.open("Length", "Hello");
    change(&admin, &json!({"maxMessageLength": 100}));
    eventually("the other node knows the limit", || send(&driver, &opened, 101) == 400);
    assert_eq!(driver.get(FOR_USERS).expect(200)["settings"]["maxMessageLength"], 100);
    // And back, from the other one. Whoever asks there sees at once what is kept.
    let changed = change(&admin.at(&node.address), &json!({"maxMessageLength": 200, "version": 1}));
    assert_eq!(settings(&admin), changed);
    let here = desk.driver("driver-1", "BD");
    assert_eq!(send(&here, &opened, 101), 201, "who has looked knows");
}

fn a_change_survives_a_restart(backend: Backend) {
    let mut desk = Desk::start(backend);
    let changed = change(&manager(&desk), &json!({"maxMessageLength": 150, "businessHoursEnabled": true}));
    desk.restart();
    let driver = desk.driver("driver-1", "BD");
    assert_eq!(driver.get(FOR_USERS).expect(200)["settings"]["maxMessageLength"], 150, "from the first request on");
    assert_eq!(settings(&manager(&desk)), changed);
    let opened = driver.open("Length", "Hello");
    assert_eq!((send(&driver, &opened, 151), send(&driver, &opened, 150)), (400, 201));
}

fn the_default_priority_is_for_openings_that_name_none(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    assert_eq!(driver.open("Before", "Hello").json["priority"], "normal");
    change(&manager(&desk), &json!({"defaultPriority": "high"}));
    assert_eq!(driver.open("After", "Hello").json["priority"], "high");
    let named = json!({"subject": "Named", "initialMessage": "Hello", "priority": "low"});
    assert_eq!(driver.open_with(&named).json["priority"], "low");
    let by_desk = json!({"userId": "driver-2", "userType": "driver", "countryCode": "BD", "subject": "From the desk",
        "initialMessage": "Hello"});
    assert_eq!(admin.open_with(&by_desk).json["priority"], "high");
    let records = desk.database.audit_logs();
    let last = records.iter().rfind(|record| record["actionType"] == "SUPPORT_CONVERSATION_CREATED").expect("a record");
    assert_eq!(last["metadata"]["priority"], "high");
}
