//! Tokens that their holder narrowed, offline: to one conversation, to reading, to a shorter life. A narrowed token is
//! never worth more than the one it was made from.

use serde_json::json;

use crate::harness::{Backend, DESK, Desk, Person, USER, column, eventually, narrow};

on_both_backends!(
    a_users_token_for_one_conversation_does_nothing_outside_it,
    an_admins_token_for_one_conversation_does_nothing_outside_it,
    a_read_only_token_changes_nothing,
    narrowings_add_up,
    two_different_conversations_leave_none,
    a_shortened_token_ends_and_its_parent_lives_on,
    a_longer_life_cannot_be_had_by_narrowing,
    a_narrowed_token_of_a_stranger_opens_nothing,
);

fn narrowed(person: &Person, how: &[&str]) -> Person {
    person.with_token(&narrow(person.token.as_ref().expect("a token"), how))
}

fn a_users_token_for_one_conversation_does_nothing_outside_it(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let (one, other) = (driver.open("The one", "Hello"), driver.open("The other", "Hello"));
    let narrow = narrowed(&driver, &["--conversation", &one.id]);
    assert_eq!(column(&narrow.list("")["conversations"], "subject"), ["The one"]);
    assert_eq!(narrow.list("?search=other")["conversations"], json!([]));
    narrow.send(&one, "inside");
    narrow.read(&one, 1);
    assert_eq!(narrow.messages(&one).len(), 2);

    let before = desk.database.snapshot();
    narrow.get(&narrow.path(&other, "")).refused(404, "not_found");
    narrow.get(&narrow.path(&other, "/messages")).refused(404, "not_found");
    narrow.post(&narrow.path(&other, "/messages"), &json!({"content": "no"})).refused(404, "not_found");
    narrow.post(&narrow.path(&other, "/read"), &json!({"upToSeq": 1})).refused(404, "not_found");
    narrow.post(USER, &json!({"subject": "New", "initialMessage": "no"})).refused(403, "forbidden");
    assert_eq!(desk.database.snapshot(), before);
}

fn an_admins_token_for_one_conversation_does_nothing_outside_it(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let (one, other) = (driver.open("The one", "Hello"), driver.open("The other", "Hello"));
    let narrow = narrowed(&desk.admin("SUPER_ADMIN", None), &["--conversation", &one.id]);
    let list = narrow.list("?includeTotal=true");
    assert_eq!(column(&list["conversations"], "subject"), ["The one"]);
    assert_eq!(list["pagination"]["total"], 1);
    narrow.send(&one, "inside");
    narrow.change(&one, &json!({"priority": "high"}));

    let before = desk.database.snapshot();
    narrow.get(&narrow.path(&other, "")).refused(404, "not_found");
    narrow.patch(&narrow.path(&other, ""), &json!({"status": "closed"})).refused(404, "not_found");
    narrow.post(&narrow.path(&other, "/messages"), &json!({"content": "no"})).refused(404, "not_found");
    let opening = json!({"userId": "driver-1", "userType": "driver", "countryCode": "BD", "subject": "New",
        "initialMessage": "no"});
    narrow.post(DESK, &opening).refused(403, "forbidden");
    assert_eq!(desk.database.snapshot(), before);
}

fn a_read_only_token_changes_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Look", "but don't touch");
    let (reader, watcher) =
        (narrowed(&driver, &["--read-only"]), narrowed(&desk.admin("SUPER_ADMIN", None), &["--read-only"]));
    let before = desk.database.snapshot();
    for person in [&reader, &watcher] {
        assert_eq!(column(&person.list("")["conversations"], "subject"), ["Look"]);
        person.see(&opened);
        assert_eq!(person.messages(&opened).len(), 1);
        person.post(&person.path(&opened, "/messages"), &json!({"content": "no"})).refused(403, "forbidden");
        person.post(&person.path(&opened, "/read"), &json!({"upToSeq": 1})).refused(403, "forbidden");
    }
    reader.post(USER, &json!({"subject": "New", "initialMessage": "no"})).refused(403, "forbidden");
    for change in [json!({"status": "closed"}), json!({"priority": "low"}), json!({"assignedAdminId": null})] {
        watcher.patch(&watcher.path(&opened, ""), &change).refused(403, "forbidden");
    }
    assert_eq!(desk.database.snapshot(), before);
}

fn narrowings_add_up(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let (one, other) = (driver.open("The one", "Hello"), driver.open("The other", "Hello"));
    let in_one_step = narrowed(&driver, &["--conversation", &one.id, "--read-only"]);
    let in_two_steps = narrowed(&narrowed(&driver, &["--read-only"]), &["--conversation", &one.id]);
    for person in [in_one_step, in_two_steps] {
        person.see(&one);
        person.get(&person.path(&other, "")).refused(404, "not_found");
        person.post(&person.path(&one, "/messages"), &json!({"content": "no"})).refused(403, "forbidden");
    }
}

fn two_different_conversations_leave_none(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let (one, other) = (driver.open("The one", "Hello"), driver.open("The other", "Hello"));
    let none = narrowed(&narrowed(&driver, &["--conversation", &one.id]), &["--conversation", &other.id]);
    assert_eq!(none.list("")["conversations"], json!([]));
    for target in [&one, &other] {
        none.get(&none.path(target, "")).refused(404, "not_found");
    }
}

fn a_shortened_token_ends_and_its_parent_lives_on(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    driver.list("");
    let brief = narrowed(&driver, &["--ttl", "1s"]);
    eventually("the shortened token ends", || brief.get(USER).status == 401);
    brief.get(USER).refused(401, "unauthenticated");
    driver.list("");
}

fn a_longer_life_cannot_be_had_by_narrowing(backend: Backend) {
    let desk = Desk::start(backend);
    let token = crate::harness::signing_key().token(&[
        "user",
        "--id",
        "driver-1",
        "--type",
        "driver",
        "--country",
        "BD",
        "--ttl",
        "1s",
    ]);
    let brief = desk.nobody().with_token(&token);
    let longer = narrowed(&brief, &["--ttl", "1h"]);
    eventually("the token ends", || brief.get(USER).status == 401);
    longer.get(USER).refused(401, "unauthenticated");
}

fn a_narrowed_token_of_a_stranger_opens_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("Mine", "Hello");
    let stranger = narrowed(&desk.driver("driver-2", "BD"), &["--conversation", &opened.id]);
    assert_eq!(stranger.list("")["conversations"], json!([]));
    stranger.get(&stranger.path(&opened, "")).refused(404, "not_found");
}
