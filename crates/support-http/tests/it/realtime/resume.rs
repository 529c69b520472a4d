//! Coming back: who asks for what came after the last number that they have gets every message once, and in order.

use serde_json::json;

use crate::harness::{Backend, Conversation, Desk, Dice, Follower, Person, all_at_once, numbers};

on_both_backends!(
    without_a_number_nothing_of_the_past_comes,
    after_a_number_exactly_what_came_since_comes,
    at_most_a_hundred_come_at_once_and_asking_on_brings_the_rest,
    a_room_is_silent_until_its_past_was_asked_for,
    a_past_that_nobody_asks_for_comes_by_itself,
    who_asks_on_until_the_end_has_everything_once_while_four_write,
    a_cut_socket_loses_nothing,
    a_writer_who_was_cut_sends_again_and_nobody_sees_it_twice,
    a_server_that_starts_again_loses_nothing,
    each_side_sees_its_own_view_of_the_past,
);

/// A conversation of so many messages.
fn long(driver: &Person, length: i64) -> Conversation {
    let opened = driver.open("Long", "Message 1");
    let mut socket = driver.connect();
    for number in 2..=length {
        assert_eq!(socket.say(&opened, &format!("Message {number}"))["seq"], number);
    }
    opened
}

fn range(from: i64, to: i64) -> Vec<i64> {
    (from..=to).collect()
}

fn without_a_number_nothing_of_the_past_comes(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = long(&driver, 5);
    let mut socket = driver.connect();
    let answer = socket.join(&opened);
    assert_eq!((&answer["messages"], &answer["hasMore"]), (&json!([]), &json!(false)));
    assert_eq!(answer["conversation"]["lastSeq"], 5);
    driver.send(&opened, "Message 6");
    assert_eq!(socket.next_message()["seq"], 6);
    socket.nothing_came();
}

fn after_a_number_exactly_what_came_since_comes(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = long(&driver, 12);
    let all = driver.messages(&opened);
    let mut socket = driver.connect();
    for after in [0, 1, 5, 11, 12, 13, 1_000, i64::MAX] {
        let answer = socket.join_after(&opened, after);
        let expected: Vec<_> = all.iter().filter(|message| message["seq"].as_i64() > Some(after)).cloned().collect();
        assert_eq!(answer["messages"], json!(expected), "after {after}");
        assert_eq!(answer["hasMore"], false, "after {after}");
    }
    socket.nothing_came();
    driver.send(&opened, "Message 13");
    assert_eq!(socket.next_message()["seq"], 13);
}

fn at_most_a_hundred_come_at_once_and_asking_on_brings_the_rest(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = long(&driver, 250);
    let mut socket = driver.connect();
    let mut seen = Vec::new();
    for (after, last, has_more) in [(0, 100, true), (100, 200, true), (200, 250, false)] {
        let answer = socket.join_after(&opened, after);
        let page = numbers(&answer["messages"], "seq");
        assert_eq!((page.clone(), &answer["hasMore"]), (range(after + 1, last), &json!(has_more)));
        seen.extend(page);
    }
    assert_eq!(seen, range(1, 250));
    // Exactly a hundred are all there is.
    let answer = socket.join_after(&opened, 150);
    let page = (numbers(&answer["messages"], "seq"), &answer["hasMore"]);
    assert_eq!(page, (range(151, 250), &json!(false)));
    socket.nothing_came();
}

fn a_room_is_silent_until_its_past_was_asked_for(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = long(&driver, 101);
    let (mut socket, mut witness) = (driver.connect(), driver.connect());
    witness.join(&opened);
    let answer = socket.join_after(&opened, 0);
    assert_eq!(answer["hasMore"], true);
    driver.send(&opened, "Message 102");
    witness.next_message();
    // Message 101 comes first, in whichever way; 102 never before it.
    let answer = socket.join_after(&opened, 100);
    assert_eq!((numbers(&answer["messages"], "seq"), &answer["hasMore"]), (range(101, 102), &json!(false)));
    socket.nothing_came();
    driver.send(&opened, "Message 103");
    assert_eq!(socket.next_message()["seq"], 103);
}

fn a_past_that_nobody_asks_for_comes_by_itself(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = long(&driver, 260);
    let mut socket = driver.connect();
    assert_eq!(socket.join_after(&opened, 0)["hasMore"], true);
    driver.send(&opened, "Message 261");
    let came: Vec<i64> = (101..=261).map(|_| socket.next_message()["seq"].as_i64().expect("a number")).collect();
    assert_eq!(came, range(101, 261));
    driver.send(&opened, "Message 262");
    assert_eq!(socket.next_message()["seq"], 262);
    socket.nothing_came();
}

fn who_asks_on_until_the_end_has_everything_once_while_four_write(backend: Backend) {
    const EACH: i64 = 60;
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = long(&driver, 230);
    let last = 230 + 4 * EACH;
    let followers = all_at_once(8, |number| {
        if number < 4 {
            // Half of them over REST, half over sockets; whoever writes here listens too.
            let person = if number % 2 == 0 { &driver } else { &admin };
            if number < 2 {
                for turn in 0..EACH {
                    person.send(&opened, &format!("Writer {number}, turn {turn}"));
                }
                return None;
            }
            let mut follower = Follower::join(person, &opened);
            for turn in 0..EACH {
                follower.say_under(&format!("{number}-{turn}"), &format!("Writer {number}, turn {turn}"));
            }
            follower.follow_until(last);
            return Some(follower);
        }
        let mut follower = Follower::join(if number % 2 == 0 { &driver } else { &admin }, &opened);
        follower.follow_until(last);
        Some(follower)
    });
    let all: Vec<_> = driver.messages(&opened).iter().map(|message| message["text"].clone()).collect();
    for follower in followers.into_iter().flatten() {
        assert_eq!(json!(follower.texts), json!(all));
    }
}

fn a_cut_socket_loses_nothing(backend: Backend) {
    const LAST: i64 = 301;
    let desk = Desk::plan(backend).set("SUPPORT_MAX_SOCKETS_PER_PRINCIPAL", "100").start();
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Cut", "Message 1");
    all_at_once(7, |number| {
        if number == 0 {
            let mut socket = admin.connect();
            for turn in 2..=LAST {
                socket.say(&opened, &format!("Message {turn}"));
            }
            return;
        }
        let (mut follower, mut dice) = (Follower::join(&driver, &opened), Dice::new(number));
        while follower.seq < LAST {
            let next = follower.seq + i64::try_from(dice.below(40)).expect("small");
            follower.follow_until(next.min(LAST));
            follower.cut_and_return();
        }
        assert!(follower.returns > 0);
        assert_eq!(follower.seq, LAST);
    });
}

fn a_writer_who_was_cut_sends_again_and_nobody_sees_it_twice(backend: Backend) {
    const LINES: usize = 40;
    let desk = Desk::plan(backend).set("SUPPORT_MAX_SOCKETS_PER_PRINCIPAL", "100").start();
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("A bad line", "Hello");
    let mut reader = Follower::join(&admin, &opened);
    let (mut writer, mut dice) = (Follower::join(&driver, &opened), Dice::new(7));
    for line in 0..LINES {
        let (key, words) = (format!("key-{line}"), format!("Line {line}"));
        for _ in 0..dice.below(3) {
            writer.say_and_lose(&key, &words);
        }
        writer.say_under(&key, &words);
    }
    let expected: Vec<String> =
        std::iter::once("Hello".to_owned()).chain((0..LINES).map(|line| format!("Line {line}"))).collect();
    let last = i64::try_from(LINES).expect("small") + 1;
    reader.follow_until(last);
    writer.follow_until(last);
    assert_eq!(reader.texts, expected);
    assert_eq!(writer.texts, expected);
    assert_eq!(driver.messages(&opened).len(), expected.len());
}

fn a_server_that_starts_again_loses_nothing(backend: Backend) {
    let mut desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Again", "Message 1");
    let mut follower = Follower::join(&driver, &opened);
    for round in 0..3 {
        let last = follower.seq;
        for _ in 0..3 {
            admin.send(&opened, &format!("Round {round}"));
        }
        follower.follow_until(last + 1);
        // Killed: nobody says goodbye.
        desk.restart();
        admin.send(&opened, &format!("After round {round}"));
        follower.cut_and_return();
        follower.follow_until(last + 4);
    }
    assert_eq!(follower.seq, 13);
}

fn each_side_sees_its_own_view_of_the_past(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let admin = desk.admin_with("agent-nadia", "SUPPORT_ADMIN", Some("BD"), &[]);
    let opened = driver.open("Views", "Hello");
    admin.send(&opened, "an answer");
    admin.change(&opened, &json!({"status": "pending", "assignedAdminId": "agent-nadia"}));
    for person in [&driver, &admin] {
        let answer = person.connect().join_after(&opened, 0);
        assert_eq!(answer["messages"], json!(person.messages(&opened)));
        assert_eq!(answer["conversation"], person.see(&opened));
    }
    let answer = driver.connect().join_after(&opened, 0);
    assert!(!answer.to_string().contains("nadia"), "{answer}");
}
