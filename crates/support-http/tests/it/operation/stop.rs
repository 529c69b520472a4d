//! SIGTERM: what is in flight is finished, then the process ends by itself, without an error.

use serde_json::json;

use crate::harness::{Backend, Desk, Raw};

on_both_backends!(
    a_stop_finishes_the_request_in_flight,
    a_stop_without_work_ends_with_success,
    what_was_written_before_a_stop_is_there_after_the_next_start,
);

fn a_stop_finishes_the_request_in_flight(backend: Backend) {
    let mut desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("In flight", "Hello");
    let body = json!({"content": "Sent while the server was asked to stop"}).to_string();
    let mut raw = Raw::connect(desk.address());
    raw.write(format!(
        "POST {} HTTP/1.1\r\nhost: desk\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\n\r\n",
        driver.path(&opened, "/messages"),
        driver.token.as_ref().expect("a token"),
        body.len()
    ));
    // From here on the request is in the server's hands.
    let go_on = raw.head();
    assert!(go_on.starts_with("HTTP/1.1 100"), "{go_on}");
    desk.server.ask_to_stop();
    raw.write(body);
    let answer = raw.answer("POST while stopping").expect(201);
    assert_eq!(answer["message"]["seq"], 2);
    drop(raw);
    assert_eq!(desk.server.ended().code(), Some(0), "{}", desk.server.log());
    desk.restart();
    assert_eq!(driver.messages(&opened).len(), 2);
}

fn a_stop_without_work_ends_with_success(backend: Backend) {
    let mut desk = Desk::start(backend);
    desk.driver("driver-1", "BD").open("Before", "Hello");
    desk.server.ask_to_stop();
    assert_eq!(desk.server.ended().code(), Some(0), "{}", desk.server.log());
}

fn what_was_written_before_a_stop_is_there_after_the_next_start(backend: Backend) {
    let mut desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Kept", "Hello");
    desk.admin("SUPER_ADMIN", None).change(&opened, &json!({"status": "pending"}));
    let (before, rows) = (driver.see(&opened), desk.database.snapshot());
    desk.server.ask_to_stop();
    desk.server.ended();
    desk.restart();
    assert_eq!(driver.see(&opened), before);
    assert_eq!(desk.database.snapshot(), rows);
}
