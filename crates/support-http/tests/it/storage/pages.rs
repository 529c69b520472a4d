//! Pages while the list moves under them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::json;

use crate::harness::{Backend, Conversation, Desk, Person, column, eventually, numbers};

on_both_backends!(
    pages_of_conversations_neither_skip_nor_repeat_while_messages_arrive,
    pages_of_the_desk_neither_skip_nor_repeat_while_everything_moves,
    pages_of_messages_neither_skip_nor_repeat_while_messages_arrive,
    a_cursor_keeps_its_filters_company,
);
on_postgres!(a_message_that_was_under_way_when_the_walk_began_hides_nothing);

/// Walks through all pages; `meanwhile` is told the ids listed so far.
#[track_caller]
fn walk(person: &Person, query: &str, mut meanwhile: impl FnMut(&[String])) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    for _ in 0..100 {
        let page = person.list(&format!("?limit=4{query}{cursor}"));
        ids.extend(column(&page["conversations"], "id"));
        match page["pagination"]["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
        meanwhile(&ids);
    }
    panic!("the pages have no end: {} listed", ids.len());
}

#[track_caller]
fn each_exactly_once(walked: &[String], conversations: &[Conversation]) {
    for conversation in conversations {
        let times = walked.iter().filter(|id| **id == conversation.id).count();
        assert_eq!(times, 1, "{} of {}: {walked:?}", conversation.json["subject"], conversations.len());
    }
    let mut distinct = walked.to_vec();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), walked.len(), "something is listed twice");
}

fn pages_of_conversations_neither_skip_nor_repeat_while_messages_arrive(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened: Vec<Conversation> = (0..22).map(|number| driver.open(&format!("Number {number}"), "Hello")).collect();
    let mut turn = 0;
    let walked = walk(&driver, "", |listed| {
        // The oldest that was not listed yet jumps to the top, and one that was listed jumps too.
        let unlisted: Vec<&Conversation> = opened.iter().filter(|one| !listed.contains(&one.id)).collect();
        for conversation in unlisted.iter().take(2) {
            admin.send(conversation, "moves it");
        }
        if let Some(middle) = unlisted.get(unlisted.len() / 2) {
            driver.send(middle, "moves it");
        }
        let seen = opened.iter().find(|one| listed[0] == one.id).expect("the first listed");
        driver.send(seen, "moves it");
        driver.open(&format!("New {turn}"), "Hello");
        turn += 1;
    });
    each_exactly_once(&walked, &opened);
}

fn pages_of_the_desk_neither_skip_nor_repeat_while_everything_moves(backend: Backend) {
    let desk = Desk::start(backend);
    let boss = desk.admin("SUPER_ADMIN", None);
    let people = [desk.driver("driver-1", "BD"), desk.customer("customer-1", "US"), desk.restaurant("r-1", "BD")];
    let opened: Vec<Conversation> =
        (0..30).map(|number| people[number % 3].open(&format!("Number {number}"), "Hello")).collect();
    let over = AtomicBool::new(false);
    let walks = thread::scope(|scope| {
        for number in 0..3 {
            let (people, opened, over) = (&people, &opened, &over);
            scope.spawn(move || {
                for turn in (0..).take_while(|_| !over.load(Ordering::SeqCst)) {
                    people[number].send(&opened[(turn * 3) % 30 + number], "moves it");
                }
            });
        }
        let walks: Vec<Vec<String>> = (0..10).map(|_| walk(&boss, "&from=2020-01-01", |_| {})).collect();
        over.store(true, Ordering::SeqCst);
        walks
    });
    for walked in walks {
        each_exactly_once(&walked, &opened);
    }
}

fn pages_of_messages_neither_skip_nor_repeat_while_messages_arrive(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Many", "Message 1");
    for number in 2..=20 {
        driver.send(&opened, &format!("Message {number}"));
    }
    let page = |query: &str| driver.get(&driver.path(&opened, &format!("/messages?limit=3{query}"))).expect(200);
    let (mut forward, mut query) = (Vec::new(), String::new());
    for round in 0.. {
        let answer = page(&query);
        forward.extend(numbers(&answer["messages"], "seq"));
        if answer["pagination"]["hasMore"] == false {
            break;
        }
        query = format!("&afterSeq={}", answer["pagination"]["nextAfterSeq"]);
        if round < 5 {
            driver.send(&opened, "meanwhile");
        }
    }
    assert_eq!(forward, (1..=25).collect::<Vec<i64>>());
    let (mut backward, mut query) = (Vec::new(), "&beforeSeq=26".to_owned());
    loop {
        let answer = page(&query);
        backward.splice(0..0, numbers(&answer["messages"], "seq"));
        driver.send(&opened, "meanwhile");
        if answer["pagination"]["hasMore"] == false {
            break;
        }
        query = format!("&beforeSeq={}", answer["pagination"]["nextBeforeSeq"]);
    }
    assert_eq!(backward, forward);
}

fn a_cursor_keeps_its_filters_company(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened: Vec<Conversation> = (0..14).map(|number| driver.open(&format!("Number {number}"), "Hello")).collect();
    for conversation in opened.iter().step_by(2) {
        admin.change(conversation, &json!({"status": "pending", "priority": "high"}));
    }
    let even: Vec<Conversation> = opened.iter().step_by(2).cloned().collect();
    for query in ["&status=pending", "&priority=high&search=number", "&status=pending&assignedAdminId=none"] {
        let walked = walk(&admin, query, |_| {});
        each_exactly_once(&walked, &even);
        assert_eq!(walked.len(), even.len(), "{query}");
    }
}

fn a_message_that_was_under_way_when_the_walk_began_hides_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened: Vec<Conversation> = (0..12).map(|number| driver.open(&format!("Number {number}"), "Hello")).collect();
    let (oldest, newest) = (&opened[0], &opened[11]);
    let mut lock = desk.database.connect();
    lock.execute("BEGIN");
    lock.execute(&format!("SELECT 1 FROM support_chat.support_conversations WHERE id = '{}' FOR UPDATE", oldest.id));
    let walked = thread::scope(|scope| {
        let late = scope.spawn(|| driver.send(oldest, "takes its time"));
        let waiting = format!(
            "SELECT 'x' AS line FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'",
            desk.database.name()
        );
        eventually("the message waits for the lock", || !desk.database.server().lines(&waiting).is_empty());
        // What is written now is newer, but is there earlier.
        driver.send(newest, "overtakes");
        let mut late = Some(late);
        walk(&driver, "", |_| {
            if let Some(late) = late.take() {
                lock.execute("COMMIT");
                late.join().expect("the late message is sent");
            }
        })
    });
    each_exactly_once(&walked, &opened);
}
