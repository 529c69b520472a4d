//! How fast one may send: per person, and only sending.

use serde_json::json;

use crate::harness::{Answer, Backend, Desk, Person, USER};

on_both_backends!(
    who_sends_too_fast_is_told_when_to_come_back,
    a_refused_message_was_not_written,
    the_limit_is_each_senders_own,
    only_sending_is_limited,
    two_tokens_of_one_person_share_a_limit,
);

fn desk(backend: Backend) -> Desk {
    Desk::plan(backend).set("SUPPORT_SENDS_PER_MINUTE", "4").start()
}

/// Sends until refused, and returns the refusal and how many came through.
#[track_caller]
fn exhaust(person: &Person, path: &str) -> (Answer, usize) {
    for number in 0..8 {
        let answer = person.post(path, &json!({"content": format!("Message {number}")}));
        if answer.status != 201 {
            return (answer, number);
        }
    }
    panic!("eight messages came through a limit of four")
}

fn who_sends_too_fast_is_told_when_to_come_back(backend: Backend) {
    let desk = desk(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Fast", "Opening counts too");
    let (refusal, sent) = exhaust(&driver, &driver.path(&opened, "/messages"));
    assert!((3..=4).contains(&sent), "{sent} after the opening");
    let refusal = refusal.refused(429, "rate_limited");
    let seconds: u64 = refusal.header("retry-after").parse().expect("Retry-After in seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(refusal.header("x-ratelimit-limit"), "4");
    assert_eq!(refusal.header("x-ratelimit-remaining"), "0");
    driver.post(USER, &json!({"subject": "Another", "initialMessage": "Hello"})).refused(429, "rate_limited");
}

fn a_refused_message_was_not_written(backend: Backend) {
    let desk = desk(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Fast", "Hello");
    let (_, sent) = exhaust(&driver, &driver.path(&opened, "/messages"));
    assert_eq!(driver.messages(&opened).len(), 1 + sent);
    assert_eq!(driver.see(&opened)["lastSeq"], 1 + sent);
}

fn the_limit_is_each_senders_own(backend: Backend) {
    let desk = desk(backend);
    let (driver, admin) = (desk.driver("user-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Fast", "Hello");
    exhaust(&driver, &driver.path(&opened, "/messages")).0.refused(429, "rate_limited");
    admin.send(&opened, "The desk has a limit of its own");
    desk.driver("user-2", "BD").open("Another driver", "Hello");
    desk.customer("user-1", "BD").open("Another role", "Hello");
    exhaust(&admin, &admin.path(&opened, "/messages")).0.refused(429, "rate_limited");
}

fn only_sending_is_limited(backend: Backend) {
    let desk = desk(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Fast", "Hello");
    exhaust(&driver, &driver.path(&opened, "/messages"));
    for number in 0..10 {
        driver.list("");
        driver.messages(&opened);
        driver.read(&opened, number);
        admin.change(&opened, &json!({"priority": if number % 2 == 0 { "high" } else { "low" }}));
    }
}

fn two_tokens_of_one_person_share_a_limit(backend: Backend) {
    let desk = desk(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Fast", "Hello");
    exhaust(&driver, &driver.path(&opened, "/messages"));
    let narrowed =
        driver.with_token(&crate::harness::narrow(driver.token.as_ref().expect("a token"), &["--ttl", "30m"]));
    narrowed.post(&narrowed.path(&opened, "/messages"), &json!({"content": "again"})).refused(429, "rate_limited");
}
