//! Many at the same moment.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Answer, Backend, Desk, Person, all_at_once};

on_both_backends!(
    sixteen_writers_on_one_conversation_leave_no_gap_and_no_double,
    the_same_key_thirty_two_times_at_once_is_one_message,
    the_same_key_thirty_two_times_at_once_is_one_conversation,
    messages_and_a_close_at_once_end_with_the_close,
    many_readers_and_writers_leave_true_counts,
);

fn count_of(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

fn sixteen_writers_on_one_conversation_leave_no_gap_and_no_double(backend: Backend) {
    const EACH: usize = 15;
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Sixteen", "Hello");
    let writers: Vec<Person> = (0..16)
        .map(|number| match number % 2 {
            0 => driver.clone(),
            _ => desk.admin_with(&format!("agent-{number}"), "SUPPORT_ADMIN", Some("BD"), &[]),
        })
        .collect();
    let acknowledged = all_at_once(writers.len(), |number| {
        let write = |turn| writers[number].send(&opened, &format!("Writer {number}, turn {turn}"));
        (0..EACH)
            .map(write)
            .map(|message| (message["seq"].as_i64().unwrap(), message["text"].clone()))
            .collect::<Vec<_>>()
    });
    // Nobody overtakes themselves.
    for own in &acknowledged {
        assert!(own.is_sorted_by_key(|(seq, _)| *seq), "{own:?}");
    }
    let all = driver.messages(&opened);
    let seqs: Vec<i64> = all.iter().map(|message| message["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=16 * EACH as i64 + 1).collect::<Vec<i64>>());
    for (seq, text) in acknowledged.iter().flatten() {
        assert_eq!(all[usize::try_from(*seq - 1).unwrap()]["text"], *text);
    }
    let texts: BTreeSet<&str> = all.iter().map(|message| message["text"].as_str().unwrap()).collect();
    assert_eq!(texts.len(), all.len());
    assert!(all.is_sorted_by_key(|message| message["createdAt"].as_str().unwrap()), "time runs with the numbers");
    let seen = desk.admin("SUPER_ADMIN", None).see(&opened);
    assert_eq!((&seen["lastSeq"], &seen["version"]), (&json!(all.len()), &json!(1)));
    assert_eq!((&seen["unreadCountUser"], &seen["unreadCountAdmin"]), (&json!(8 * EACH), &json!(8 * EACH + 1)));
    assert_eq!(seen["lastMessagePreview"], all[all.len() - 1]["text"]);
}

fn the_same_key_thirty_two_times_at_once_is_one_message(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Once", "Hello");
    for (person, length) in [(&driver, 2), (&admin, 3)] {
        let body = json!({"content": "only once", "clientMessageId": "the-key"});
        let answers = all_at_once(32, |_| person.post(&person.path(&opened, "/messages"), &body));
        assert_eq!((count_of(&answers, 201), count_of(&answers, 200)), (1, 31));
        let ids: BTreeSet<String> = answers.iter().map(|answer| answer["message"]["id"].to_string()).collect();
        assert_eq!(ids.len(), 1, "{ids:?}");
        assert_eq!(driver.messages(&opened).len(), length);
    }
}

fn the_same_key_thirty_two_times_at_once_is_one_conversation(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let body = json!({"subject": "Once", "initialMessage": "Hello", "clientMessageId": "the-key"});
    let answers = all_at_once(32, |_| driver.post(driver.home, &body));
    assert_eq!((count_of(&answers, 201), count_of(&answers, 200)), (1, 31));
    let ids: BTreeSet<String> =
        answers.iter().map(|answer| format!("{} {}", answer["conversation"]["id"], answer["message"]["id"])).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(driver.list("")["conversations"].as_array().map(Vec::len), Some(1));
    assert_eq!((desk.database.count("support_conversations"), desk.database.count("support_messages")), (1, 1));
}

fn messages_and_a_close_at_once_end_with_the_close(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    for round in 0..5 {
        let opened = driver.open(&format!("Round {round}"), "Hello");
        let answers = all_at_once(8, |number| match number {
            0 => admin.patch(&admin.path(&opened, ""), &json!({"status": "closed"})),
            _ => driver.post(&driver.path(&opened, "/messages"), &json!({"content": format!("Message {number}")})),
        });
        answers[0].clone().expect(200);
        let all = driver.messages(&opened);
        assert_eq!(all.len(), 2 + count_of(&answers[1..], 201));
        assert_eq!(count_of(&answers[1..], 201) + count_of(&answers[1..], 409), 7);
        // Nobody is told "sent" for words behind the close.
        assert_eq!(all[all.len() - 1]["senderType"], "system");
        assert_eq!(driver.see(&opened)["status"], "closed");
    }
}

fn many_readers_and_writers_leave_true_counts(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Counts", "Hello");
    all_at_once(8, |number| {
        let person = if number % 2 == 0 { &driver } else { &admin };
        for turn in 0..10 {
            if number < 4 {
                person.send(&opened, "words");
            } else {
                let last = person.see(&opened)["lastSeq"].as_i64().expect("lastSeq");
                person.read(&opened, last - turn % 3);
            }
        }
    });
    let (seen, all): (Value, Vec<Value>) = (admin.see(&opened), admin.messages(&opened));
    let unread = |key: &str| all.iter().filter(|message| message[key] == false).count();
    assert_eq!(all.len(), 41);
    assert_eq!(seen["unreadCountUser"], unread("isReadByUser"));
    assert_eq!(seen["unreadCountAdmin"], unread("isReadByAdmin"));
}
