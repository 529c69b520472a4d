//! `kill -9` while people send: what was acknowledged is there afterwards, once, and what was not can be sent again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, Desk, Person, eventually};

on_both_backends!(every_acknowledged_message_survives_a_kill);

const WRITERS: usize = 8;

/// What a writer knows when the server is gone.
#[derive(Default)]
struct Memory {
    /// Key and acknowledged message.
    acknowledged: Vec<(String, Value)>,
    /// The body that went unanswered.
    in_doubt: Option<Value>,
}

fn every_acknowledged_message_survives_a_kill(backend: Backend) {
    let mut desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let conversations = [driver.open("One", "Hello"), driver.open("Other", "Hello")];
    for round in 0..3 {
        let memories = write_until_killed(&mut desk, [&driver, &admin], &conversations, round);
        desk.restart();
        for (number, memory) in memories.iter().enumerate() {
            let (person, conversation) = (writer([&driver, &admin], number), &conversations[number % 2]);
            verify(person, conversation, memory);
        }
        for conversation in &conversations {
            let all = driver.messages(conversation);
            let seqs: Vec<usize> = all.iter().filter_map(|message| message["seq"].as_u64()?.try_into().ok()).collect();
            assert_eq!(seqs, (1..=all.len()).collect::<Vec<usize>>());
            let seen = admin.see(conversation);
            assert_eq!(seen["lastSeq"], all.len());
            let unread = all.iter().filter(|message| message["isReadByUser"] == false).count();
            assert_eq!(seen["unreadCountUser"], unread);
        }
    }
}

fn writer(people: [&Person; 2], number: usize) -> &Person {
    people[(number / 2) % 2]
}

/// Eight people write as fast as they can until the server is killed under them.
fn write_until_killed(
    desk: &mut Desk,
    people: [&Person; 2],
    conversations: &[Conversation; 2],
    round: usize,
) -> Vec<Memory> {
    let (sent, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let write = |number: usize| {
            let (person, conversation) = (writer(people, number), &conversations[number % 2]);
            let mut memory = Memory::default();
            for turn in 0.. {
                let key = format!("round-{round}-writer-{number}-turn-{turn}");
                let body = json!({"content": key, "clientMessageId": key});
                let call = person.call("POST", &person.path(conversation, "/messages")).json(&body);
                match call.try_send() {
                    Ok(answer) if answer.status == 201 => memory.acknowledged.push((key, answer["message"].clone())),
                    // A refusal promises nothing either way; only silence and refusals are in doubt.
                    Ok(_) | Err(_) => memory.in_doubt = Some(body),
                }
                sent.fetch_add(1, Ordering::SeqCst);
                if memory.in_doubt.is_some() || over.load(Ordering::SeqCst) {
                    break;
                }
            }
            memory
        };
        let threads: Vec<_> = (0..WRITERS).map(|number| scope.spawn(move || write(number))).collect();
        eventually("the writers are in full swing", || sent.load(Ordering::SeqCst) >= 60);
        desk.server.kill();
        over.store(true, Ordering::SeqCst);
        threads.into_iter().map(|thread| thread.join().expect("a writer failed")).collect()
    })
}

/// Everything acknowledged is there as it was, and what was in doubt can be sent again without becoming two.
#[track_caller]
fn verify(person: &Person, conversation: &Conversation, memory: &Memory) {
    let by_key = |all: Vec<Value>| -> BTreeMap<String, Value> {
        let count = all.len();
        let keyed: BTreeMap<String, Value> = all
            .into_iter()
            .map(|message| (format!("{} {}", message["clientMessageId"], message["senderType"]), message))
            .collect();
        assert_eq!(keyed.len(), count, "a key stands twice");
        keyed
    };
    let side = if person.home == crate::harness::USER { "user" } else { "admin" };
    let stored = by_key(person.messages(conversation));
    for (key, message) in &memory.acknowledged {
        let kept = stored.get(&format!("\"{key}\" \"{side}\"")).unwrap_or_else(|| panic!("{key} is lost"));
        assert_eq!((&kept["id"], &kept["seq"], &kept["text"]), (&message["id"], &message["seq"], &message["text"]));
    }
    if let Some(body) = &memory.in_doubt {
        let answer = person.post(&person.path(conversation, "/messages"), body);
        assert!([200, 201].contains(&answer.status), "{}", answer.text);
        by_key(person.messages(conversation));
    }
}
