//! A user's own list, and one conversation of it.

use serde_json::{Value, json};

use crate::harness::{Backend, Desk, column};

on_both_backends!(
    the_list_is_newest_activity_first,
    a_message_moves_its_conversation_to_the_top,
    the_list_can_be_filtered_by_status,
    the_list_can_be_searched_by_subject_whatever_the_case,
    what_a_search_means_is_its_characters,
    the_list_can_be_bounded_by_the_time_of_opening,
    filters_hold_together,
    pages_have_twenty_unless_asked_otherwise,
    the_last_page_says_that_it_is_the_last,
);

fn the_list_is_newest_activity_first(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    for subject in ["First", "Second", "Third"] {
        driver.open(subject, "Hello");
    }
    assert_eq!(column(&driver.list("")["conversations"], "subject"), ["Third", "Second", "First"]);
}

fn a_message_moves_its_conversation_to_the_top(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened: Vec<_> = ["First", "Second", "Third"].iter().map(|subject| driver.open(subject, "Hello")).collect();
    driver.send(&opened[0], "again");
    assert_eq!(column(&driver.list("")["conversations"], "subject"), ["First", "Third", "Second"]);
    admin.send(&opened[1], "an answer");
    let list = driver.list("");
    assert_eq!(column(&list["conversations"], "subject"), ["Second", "First", "Third"]);
    assert_eq!(list["conversations"][0]["lastMessagePreview"], "an answer");
    assert_eq!(list["conversations"][0]["unreadCountUser"], 1);
}

fn the_list_can_be_filtered_by_status(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    for status in ["open", "pending", "resolved", "closed"] {
        let opened = driver.open(status, "Hello");
        admin.change(&opened, &json!({"status": status}));
    }
    for status in ["open", "pending", "resolved", "closed"] {
        let list = driver.list(&format!("?status={status}"));
        assert_eq!(column(&list["conversations"], "subject"), [status]);
        assert_eq!(column(&list["conversations"], "status"), [status]);
    }
    assert_eq!(driver.list("")["conversations"].as_array().map(Vec::len), Some(4));
}

fn the_list_can_be_searched_by_subject_whatever_the_case(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    driver.open("Refund for Trip 812", "nothing of this kind");
    driver.open("App crashes", "refund");
    driver.open("\u{9a6}\u{9be}\u{9ae} \u{9ab}\u{9c7}\u{9b0}\u{9a4}", "Bangla");
    driver.open("\u{c9}t\u{c9} Stra\u{df}e", "French and German");
    for (search, subjects) in [
        ("refund", vec!["Refund for Trip 812"]),
        ("REFUND", vec!["Refund for Trip 812"]),
        ("trip%20812", vec!["Refund for Trip 812"]),
        ("rip", vec!["Refund for Trip 812"]),
        ("r", vec!["\u{c9}t\u{c9} Stra\u{df}e", "App crashes", "Refund for Trip 812"]),
        // "fare" in Bangla, and a letter whose capital is not ASCII.
        ("%E0%A6%AB%E0%A7%87%E0%A6%B0%E0%A6%A4", vec!["\u{9a6}\u{9be}\u{9ae} \u{9ab}\u{9c7}\u{9b0}\u{9a4}"]),
        ("%C3%A9t%C3%A9", vec!["\u{c9}t\u{c9} Stra\u{df}e"]),
        ("nothing", vec![]),
    ] {
        let list = driver.list(&format!("?search={search}"));
        assert_eq!(column(&list["conversations"], "subject"), subjects, "{search}");
    }
}

fn what_a_search_means_is_its_characters(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    for subject in ["100% wrong", "snake_case", "it's here", "back\\slash", "plain", "bang! bang"] {
        driver.open(subject, "Hello");
    }
    for (search, subject) in [
        ("%25", "100% wrong"),
        ("_", "snake_case"),
        ("%27", "it's here"),
        ("%5C", "back\\slash"),
        ("%5Cs", "back\\slash"),
        ("!", "bang! bang"),
        ("0%25%20w", "100% wrong"),
    ] {
        let list = driver.list(&format!("?search={search}"));
        assert_eq!(column(&list["conversations"], "subject"), [subject], "{search}");
    }
    // Not what databases are for, and no reason to fall over either.
    for search in ["%00", "a%00b", "%F0%9F%98%80", "%25%25%25%25", &"x".repeat(3_000)] {
        let answer = driver.get(&format!("{}?search={search}", driver.home));
        assert!(answer.status < 500, "{} {}", answer.asked, answer.text);
    }
}

fn the_list_can_be_bounded_by_the_time_of_opening(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened: Vec<_> = (1..=3).map(|number| driver.open(&format!("Number {number}"), "Hello")).collect();
    let time = |number: usize| opened[number].json["createdAt"].as_str().expect("a time").to_owned();
    let (first, last) = (time(0), time(2));
    let count = |query: &str| driver.list(query)["conversations"].as_array().expect("a list").len();
    for (query, expected) in [
        (format!("?from={first}"), 3),
        (format!("?to={last}"), 3),
        (format!("?from={first}&to={last}"), 3),
        // A date stands for its whole day at either end.
        (format!("?from={}&to={}", &first[..10], &last[..10]), 3),
        ("?from=2999-01-01".to_owned(), 0),
        ("?to=2020-01-01".to_owned(), 0),
        ("?from=2020-01-01T00:00:00%2B06:00&to=2999-12-31T23:59:59.999999Z".to_owned(), 3),
        ("?from=2020-02-29&to=2999-12-31".to_owned(), 3),
    ] {
        assert_eq!(count(&query), expected, "{query}");
    }
    // What is opened at a bound is within it.
    assert!(column(&driver.list(&format!("?from={last}"))["conversations"], "id").contains(&opened[2].id));
    assert!(column(&driver.list(&format!("?to={first}"))["conversations"], "id").contains(&opened[0].id));
}

fn filters_hold_together(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let tyre = driver.open("Flat tyre", "Hello");
    driver.open("Flat fee", "Hello");
    admin.change(&tyre, &json!({"status": "resolved"}));
    let list = driver.list("?search=flat&status=resolved&from=2020-01-01&to=2999-01-01&limit=5");
    assert_eq!(column(&list["conversations"], "subject"), ["Flat tyre"]);
    let empty = driver.list("?search=fee&status=resolved");
    assert_eq!(empty["conversations"], json!([]));
    assert_eq!(empty["pagination"], json!({"limit": 20, "nextCursor": null}));
}

fn pages_have_twenty_unless_asked_otherwise(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    for number in 0..22 {
        driver.open(&format!("Number {number}"), "Hello");
    }
    for (query, limit, length) in [("", 20, 20), ("?limit=1", 1, 1), ("?limit=22", 22, 22), ("?limit=100", 100, 22)] {
        let list = driver.list(query);
        assert_eq!(list["conversations"].as_array().map(Vec::len), Some(length), "{query}");
        assert_eq!(list["pagination"]["limit"], limit, "{query}");
        assert_eq!(list["pagination"]["nextCursor"].is_string(), length < 22, "{query}: {}", list["pagination"]);
    }
}

fn the_last_page_says_that_it_is_the_last(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    for number in 0..4 {
        driver.open(&format!("Number {number}"), "Hello");
    }
    let first = driver.list("?limit=2");
    let cursor = first["pagination"]["nextCursor"].as_str().expect("a further page");
    let second = driver.list(&format!("?limit=2&cursor={cursor}"));
    assert_eq!(second["pagination"], json!({"limit": 2, "nextCursor": Value::Null}));
    let subjects = [column(&first["conversations"], "subject"), column(&second["conversations"], "subject")].concat();
    assert_eq!(subjects, ["Number 3", "Number 2", "Number 1", "Number 0"]);
}
