//! What goes, what stays, and what is on record of it.

use serde_json::json;

use super::{age, counts, purge, records};
use crate::attachments::{pdf, png};
use crate::harness::{Backend, Conversation, Desk, Person, column, keys};

on_both_backends!(
    what_is_old_and_done_is_gone_with_all_that_is_of_it,
    what_is_young_or_not_done_stays_as_it_was,
    another_country_is_left_alone,
    a_status_that_is_named_is_taken_and_no_other,
    a_dry_run_counts_the_same_and_changes_nothing,
    each_batch_leaves_a_record_that_names_what_went,
    the_key_of_an_opening_that_is_gone_opens_anew,
);

/// A conversation with that last status, and a reply.
fn talk(driver: &Person, admin: &Person, subject: &str, status: &str) -> Conversation {
    let opened = driver.open(subject, "The marmalade is missing");
    admin.send(&opened, "It was found");
    if status != "open" {
        admin.change(&opened, &json!({"status": status}));
    }
    opened
}

fn what_is_old_and_done_is_gone_with_all_that_is_of_it(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let [closed, resolved] = ["Zeppelin late", "Zeppelin early"].map(|subject| {
        let opened = driver.open(subject, "The marmalade is missing");
        driver.send_files(&opened, &[&driver.upload("quicksilver.png", &png()), &driver.upload("b.pdf", &pdf())]);
        opened
    });
    let file = driver.messages(&closed)[1]["attachments"][0].clone();
    driver.fetch(&file).expect(200);
    admin.change(&closed, &json!({"status": "closed"}));
    admin.change(&resolved, &json!({"status": "resolved"}));
    age(&desk, &closed, 401);
    age(&desk, &resolved, 500);
    let before = desk.database.audit_logs();

    let printed = purge(&desk, &["--older-than", "400d"]).printed();
    assert_eq!(
        printed,
        "purged BD: 2 conversations, 6 messages, 4 files\npurged US: 0 conversations, 0 messages, 0 files\n"
    );
    for gone in [&closed, &resolved] {
        for person in [&driver, &admin] {
            person.get(&person.path(gone, "")).refused(404, "not_found");
            person.get(&person.path(gone, "/messages")).refused(404, "not_found");
            person.post(&person.path(gone, "/messages"), &json!({"content": "Hello?"})).refused(404, "not_found");
            person.post(&person.path(gone, "/read"), &json!({"upToSeq": 1})).refused(404, "not_found");
        }
        admin.patch(&admin.path(gone, ""), &json!({"priority": "low"})).refused(404, "not_found");
    }
    driver.fetch(&file).refused(404, "not_found");
    assert_eq!(driver.list("")["conversations"], json!([]));
    assert_eq!(admin.list("?search=zeppelin")["conversations"], json!([]));
    assert_eq!(desk.database.kept_files(), [[0_u8; 0]; 0]);
    for table in ["support_conversations", "support_conversation_search", "support_messages", "support_attachments"] {
        assert_eq!(desk.database.count(table), 0, "{table}");
    }
    let left = desk.database.snapshot().join("\n").to_lowercase();
    for word in ["marmalade", "zeppelin", "quicksilver"] {
        assert!(!left.contains(word), "{word} is still there");
    }
    assert_eq!(desk.database.audit_logs()[..before.len()], before, "what was done stays on record");
    assert_eq!(
        purge(&desk, &["--older-than", "400d"]).printed(),
        printed.replace(['2', '6', '4'], "0"),
        "once is enough"
    );
}

fn what_is_young_or_not_done_stays_as_it_was(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let young = ["closed", "resolved", "open"].map(|status| talk(&driver, &admin, "Young", status));
    let waiting = ["open", "pending"].map(|status| talk(&driver, &admin, "Waiting", status));
    let gone = talk(&driver, &admin, "Old", "closed");
    driver.send_files(&young[2], &[&driver.upload("a.png", &png())]);
    driver.upload("b.png", &png());
    young.iter().for_each(|one| age(&desk, one, 399));
    waiting.iter().chain([&gone]).for_each(|one| age(&desk, one, 1_000));
    let of_gone = |row: &String| row.replace('-', "").to_lowercase().contains(&gone.id.replace('-', ""));
    let is_kept = |row: &String| row.starts_with("support_audit_logs") || !of_gone(row);
    let mut expected: Vec<String> = desk.database.snapshot().into_iter().filter(is_kept).collect();
    assert_eq!(counts(&purge(&desk, &["--older-than", "400d"]).printed(), "BD"), [1, 3, 0]);
    let mut left = desk.database.snapshot();
    left.retain(|row| !row.contains("SUPPORT_CONVERSATIONS_PURGED"));
    expected.retain(|row| !row.contains("SUPPORT_CONVERSATIONS_PURGED"));
    assert_eq!(left, expected);
    assert_eq!(desk.database.kept_files().len(), 2);
    driver.send(&waiting[0], "Still waiting");
}

fn another_country_is_left_alone(backend: Backend) {
    let desk = Desk::start(backend);
    let admin = desk.admin("SUPER_ADMIN", None);
    let (here, there) = (desk.driver("driver-1", "BD"), desk.driver("driver-2", "US"));
    let (dhaka, boston) = (talk(&here, &admin, "Dhaka", "closed"), talk(&there, &admin, "Boston", "closed"));
    age(&desk, &dhaka, 500);
    age(&desk, &boston, 500);
    let printed = purge(&desk, &["--older-than", "400d", "--country", "US"]).printed();
    assert_eq!(printed, "purged US: 1 conversations, 3 messages, 0 files\n");
    there.get(&there.path(&boston, "")).refused(404, "not_found");
    assert_eq!(here.messages(&dhaka).len(), 3);
    assert_eq!(records(&desk).len(), 1);
    assert_eq!(records(&desk)[0]["countryCode"], "US");
}

fn a_status_that_is_named_is_taken_and_no_other(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    for status in ["open", "pending", "resolved", "closed"] {
        age(&desk, &talk(&driver, &admin, status, status), 500);
    }
    let left = || {
        let mut statuses = column(&admin.list("")["conversations"], "status");
        statuses.sort();
        statuses
    };
    purge(&desk, &["--older-than", "400d", "--status", "pending"]).printed();
    assert_eq!(left(), ["closed", "open", "resolved"]);
    purge(&desk, &["--older-than", "400d", "--status", "open", "--status", "closed"]).printed();
    assert_eq!(left(), ["resolved"]);
}

fn a_dry_run_counts_the_same_and_changes_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    for number in 0..5 {
        let opened = driver.open("Old", "Hello");
        if number < 3 {
            driver.send_files(&opened, &[&driver.upload("a.png", &png())]);
        }
        admin.change(&opened, &json!({"status": "closed"}));
        age(&desk, &opened, 500);
    }
    let before = desk.database.snapshot();
    let arguments = ["--older-than", "70w", "--batch", "2", "--pause", "0s"];
    let said = purge(&desk, &[&arguments[..], &["--dry-run"]].concat()).printed();
    assert!(said.lines().all(|line| line.starts_with("would purge ")), "{said}");
    assert_eq!(counts(&said, "BD"), [5, 13, 3]);
    assert_eq!(desk.database.snapshot(), before);
    assert_eq!(purge(&desk, &arguments).printed(), said.replace("would purge", "purged"));
}

fn each_batch_leaves_a_record_that_names_what_went(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_ENVIRONMENT", "staging").start();
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let mut old: Vec<Conversation> = (0..3).map(|_| talk(&driver, &admin, "Marmalade", "closed")).collect();
    for (days, one) in (500..).zip(&old) {
        age(&desk, one, days);
    }
    old.reverse();
    let arguments = ["--older-than", "400d", "--batch", "2", "--pause", "0s", "--email", "ops@example.com"];
    purge(&desk, &arguments).printed();
    let records = records(&desk);
    assert_eq!(records.len(), 2);
    for (record, went) in records.iter().zip([&old[..2], &old[2..]]) {
        let who = (&record["actorId"], &record["actorEmail"], &record["actorRole"], &record["countryCode"]);
        assert_eq!(who, (&json!(null), &json!("ops@example.com"), &json!("operator"), &json!("BD")));
        assert_eq!((&record["entityType"], &record["entityId"]), (&json!("support_conversation"), &json!(null)));
        assert_eq!((&record["environment"], &record["success"]), (&json!("staging"), &json!(true)));
        let metadata = &record["metadata"];
        let ids: Vec<&str> = went.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(metadata["conversationIds"], json!(ids), "oldest first");
        assert_eq!(
            (&metadata["conversations"], &metadata["messages"], &metadata["files"]),
            (&json!(went.len()), &json!(went.len() * 3), &json!(0))
        );
        assert_eq!((&metadata["status"], &metadata["countryCode"]), (&json!("closed"), &json!("BD")));
        assert!(metadata["lastMessageBefore"].as_str().is_some_and(|moment| moment.ends_with('Z')), "{metadata}");
        assert_eq!(keys(metadata).len(), 7, "nothing of what was in them: {metadata}");
    }
}

fn the_key_of_an_opening_that_is_gone_opens_anew(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let body = json!({"subject": "Again", "initialMessage": "Hello", "clientMessageId": "opening-1"});
    let first = driver.open_with(&body);
    admin.change(&first, &json!({"status": "closed"}));
    age(&desk, &first, 500);
    purge(&desk, &["--older-than", "400d"]).printed();
    let second = driver.open_with(&body);
    assert_ne!(second.id, first.id);
    assert_eq!(driver.messages(&second).len(), 1);
}
