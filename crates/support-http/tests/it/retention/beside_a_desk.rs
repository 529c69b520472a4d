//! A purge beside a desk that is at work, beside another purge, and one that is killed.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::{age, counts, purge, records};
use crate::harness::{
    Backend, Conversation, Desk, Follower, Person, about, all_at_once, bare_command, column, eventually,
};

on_both_backends!(
    a_desk_at_work_loses_nothing_while_it_is_purged,
    whoever_writes_in_time_keeps_the_conversation,
    a_socket_in_a_conversation_that_is_purged_is_told_not_found,
    two_purges_at_once_take_different_ones,
    a_purge_that_was_killed_is_finished_by_the_next,
);

/// So many conversations of a driver whose last message is long ago, and which are done.
fn old(desk: &Desk, driver: &Person, how_many: usize) -> Vec<Conversation> {
    let admin = desk.admin("SUPER_ADMIN", None);
    let opened = (0..how_many).map(|number| driver.open(&format!("Old {number}"), "Hello"));
    opened
        .inspect(|one| {
            admin.change(one, &json!({"status": "resolved"}));
            age(desk, one, 500);
        })
        .collect()
}

fn a_desk_at_work_loses_nothing_while_it_is_purged(backend: Backend) {
    const WRITERS: usize = 4;
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    old(&desk, &driver, 24);
    let young: Vec<Conversation> =
        (0..WRITERS).map(|number| driver.open(&format!("Young {number}"), "Hello")).collect();
    let mut follower = Follower::join(&admin, &young[0]);
    let is_over = AtomicBool::new(false);
    let acknowledged: Vec<Vec<Value>> = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let (driver, admin, young, is_over) = (&driver, &admin, &young, &is_over);
                scope.spawn(move || {
                    let mut acknowledged = Vec::new();
                    while !is_over.load(Ordering::Relaxed) || acknowledged.len() < 10 {
                        let who = if acknowledged.len() % 2 == 0 { driver } else { admin };
                        acknowledged.push(who.send(&young[number], &format!("{number} {}", acknowledged.len())));
                    }
                    acknowledged
                })
            })
            .collect();
        let printed = purge(&desk, &["--older-than", "400d", "--batch", "2", "--pause", "1ms"]).printed();
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(counts(&printed, "BD"), [24, 48, 0]);
        writers.into_iter().map(|writer| writer.join().expect("a writer")).collect()
    });
    for (opened, acknowledged) in young.iter().zip(&acknowledged) {
        let texts = |messages: &[Value]| column(&json!(messages), "text");
        let all = driver.messages(opened);
        assert_eq!(texts(&all)[1..], texts(acknowledged), "each once, in order, and no more");
    }
    follower.follow_until(i64::try_from(acknowledged[0].len()).expect("a number") + 1);
    assert_eq!(admin.list("?limit=100")["conversations"].as_array().map(Vec::len), Some(WRITERS));
}

/// Of a message and a purge one wins, whoever sends it and however: over REST, with what the node remembers.
fn whoever_writes_in_time_keeps_the_conversation(backend: Backend) {
    const EACH: usize = 12;
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let contested: Vec<Conversation> =
        (0..EACH).map(|number| driver.open(&format!("Contested {number}"), "Hello")).collect();
    contested.iter().for_each(|one| age(&desk, one, 500));
    let answers: Vec<Option<u16>> = all_at_once(EACH + 1, |number| {
        if number == EACH {
            let arguments = ["--older-than", "400d", "--status", "open", "--batch", "1", "--pause", "0s"];
            purge(&desk, &arguments).printed();
            return None;
        }
        let path = driver.path(&contested[number], "/messages");
        // The process of the purge takes a while to start; some write before, and some after.
        for _ in 0..number {
            driver.get(&driver.path(&contested[number], ""));
        }
        Some(driver.post(&path, &json!({"content": "In time?"})).status)
    });
    let purged: BTreeSet<String> = records(&desk)
        .iter()
        .flat_map(|record| record["metadata"]["conversationIds"].as_array().cloned().unwrap_or_default())
        .filter_map(|id| id.as_str().map(ToOwned::to_owned))
        .collect();
    for (opened, status) in contested.iter().zip(answers) {
        match status {
            Some(201) => {
                assert!(!purged.contains(&opened.id));
                assert_eq!(driver.messages(opened).len(), 2);
            }
            Some(404) => {
                assert!(purged.contains(&opened.id));
                driver.get(&driver.path(opened, "")).refused(404, "not_found");
            }
            other => panic!("{other:?}"),
        }
    }
}

fn a_socket_in_a_conversation_that_is_purged_is_told_not_found(backend: Backend) {
    let desk = Desk::start(backend);
    let node = desk.another_node();
    let driver = desk.driver("driver-1", "BD");
    let (gone, stays) = (driver.open("Gone", "Hello"), driver.open("Stays", "Hello"));
    let mut sockets = [driver.connect(), driver.at(&node.address).connect()];
    for socket in &mut sockets {
        socket.join(&gone);
        socket.join(&stays);
        // Now the node knows how both stand.
        socket.say(&gone, "Still here");
    }
    age(&desk, &gone, 500);
    assert_eq!(counts(&purge(&desk, &["--older-than", "400d", "--status", "open"]).printed(), "BD"), [1, 3, 0]);
    for socket in &mut sockets {
        for _ in 0..2 {
            socket.ask("support:sendMessage", &about(&gone, &json!({"content": "Anybody?"}))).refused("not_found");
        }
        socket.ask("support:markRead", &about(&gone, &json!({"upToSeq": 1}))).refused("not_found");
        socket.ask("support:typing", &about(&gone, &json!({"isTyping": true}))).refused("not_found");
        socket.ask("support:joinConversation", &about(&gone, &json!({"afterSeq": 0}))).refused("not_found");
        let message = socket.say(&stays, "Here we go on");
        assert_eq!(message["conversationId"], stays.id);
    }
    assert_eq!(driver.messages(&stays).len(), 3);
    let count = desk.database.count("support_conversations");
    assert_eq!((count, desk.database.count("support_messages")), (1, 3), "nothing came back");
}

fn two_purges_at_once_take_different_ones(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = old(&desk, &driver, 16);
    let arguments = ["--older-than", "400d", "--batch", "2", "--pause", "1ms"];
    let mut taken: usize = all_at_once(2, |_| counts(&purge(&desk, &arguments).printed(), "BD")[0]).into_iter().sum();
    // One that found all the rest held by the other had nothing more to do.
    taken += counts(&purge(&desk, &arguments).printed(), "BD")[0];
    assert_eq!((taken, desk.database.count("support_conversations")), (opened.len(), 0));
    let named: Vec<Value> = records(&desk)
        .iter()
        .flat_map(|record| record["metadata"]["conversationIds"].as_array().cloned().unwrap_or_default())
        .collect();
    let different: BTreeSet<&str> = named.iter().filter_map(Value::as_str).collect();
    assert_eq!((named.len(), different.len()), (opened.len(), opened.len()), "each is on record once");
}

fn a_purge_that_was_killed_is_finished_by_the_next(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = old(&desk, &driver, 5);
    let mut killed = bare_command(desk.database.folder())
        .args(["purge", "--older-than", "400d", "--batch", "2", "--pause", "600s"])
        .envs(desk.environment())
        .spawn()
        .expect("the command starts");
    eventually("the first batch is gone", || desk.database.count("support_conversations") < opened.len());
    killed.kill().expect("it waits");
    killed.wait().expect("it has ended");
    assert_eq!((desk.database.count("support_conversations"), desk.database.count("support_messages")), (3, 6));
    assert_eq!(records(&desk).len(), 1);
    assert_eq!(counts(&purge(&desk, &["--older-than", "400d"]).printed(), "BD"), [3, 6, 0]);
    let purged: u64 = records(&desk).iter().filter_map(|record| record["metadata"]["conversations"].as_u64()).sum();
    assert_eq!((records(&desk).len(), purged), (2, 5));
    assert_eq!(desk.database.count("support_messages"), 0);
}
