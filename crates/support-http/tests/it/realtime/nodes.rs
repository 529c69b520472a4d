//! Two servers on one database: whoever talks to either is in the same conversation. NATS makes it quick, and is never
//! what it depends on.

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, Desk, Follower, Nats, Node, Person, Plan, Socket, all_at_once};

on_postgres!(
    what_happens_at_one_node_reaches_the_other,
    watchers_at_one_node_see_what_happens_at_the_other,
    strangers_at_the_other_node_hear_nothing,
    whoever_moves_to_the_other_node_misses_nothing,
    with_nats_killed_while_sending_nothing_is_missing_or_doubled,
    nodes_start_without_nats_and_find_it_later,
    without_nats_two_nodes_still_converge,
    a_node_that_dies_takes_nothing_with_it,
);

struct Pair {
    desk: Desk,
    node: Node,
    driver: Person,
    admin: Person,
    opened: Conversation,
}

/// Two nodes, a driver at the first and an admin at the second.
fn pair(plan: Plan) -> Pair {
    let desk = plan.set("SUPPORT_MAX_SOCKETS_PER_PRINCIPAL", "50").start();
    let node = desk.another_node();
    let driver = desk.driver("driver-1", "BD");
    let admin = desk.admin("SUPPORT_ADMIN", Some("BD")).at(&node.address);
    let opened = driver.open("Two nodes", "Hello");
    Pair { desk, node, driver, admin, opened }
}

fn with_nats(backend: Backend, url: &str) -> Plan {
    Desk::plan(backend).set("SUPPORT_NATS_URL", url)
}

fn in_room(person: &Person, conversation: &Conversation) -> Socket {
    let mut socket = person.connect();
    socket.join(conversation);
    socket
}

fn what_happens_at_one_node_reaches_the_other(backend: Backend) {
    let Some(url) = Nats::given() else { return };
    let pair = pair(with_nats(backend, &url));
    let (driver, admin, opened) = (&pair.driver, &pair.admin, &pair.opened);
    let (mut user, mut staff) = (in_room(driver, opened), in_room(admin, opened));
    let mut second = in_room(&driver.at(&pair.node.address), opened);
    let asked = user.say(opened, "Where is my money?");
    assert_eq!(staff.next_message()["id"], asked["id"]);
    assert_eq!(second.next_message(), asked);
    let answered = staff.say(opened, "On its way.");
    for socket in [&mut user, &mut second] {
        let came = socket.next_message();
        assert_eq!((&came["id"], &came["senderId"]), (&answered["id"], &Value::Null));
    }
    user.typing(opened, true);
    let by_user = json!({"conversationId": opened.id, "senderType": "user", "isTyping": true});
    assert_eq!(staff.expect_event("support:typing"), by_user);
    staff.typing(opened, true);
    assert_eq!(user.expect_event("support:typing")["senderType"], "admin");
    assert_eq!(second.expect_event("support:typing")["senderType"], "admin");
    user.mark_read(opened, 3);
    staff.mark_read(opened, 3);
    for socket in [&mut user, &mut staff, &mut second] {
        let (one, other) = (socket.expect_event("support:messagesRead"), socket.expect_event("support:messagesRead"));
        assert_eq!((&one["upToSeq"], &other["upToSeq"]), (&json!(3), &json!(3)));
        assert_ne!(one["by"], other["by"]);
    }
    admin.change(opened, &json!({"status": "resolved"}));
    for socket in [&mut user, &mut staff, &mut second] {
        assert_eq!(socket.next_message()["seq"], 4);
        assert_eq!(socket.update_of(opened, |_| true)["version"], 2);
        // Nothing has come twice, nor to who typed it.
        socket.nothing_came();
    }
}

fn watchers_at_one_node_see_what_happens_at_the_other(backend: Backend) {
    let Some(url) = Nats::given() else { return };
    let pair = pair(with_nats(backend, &url));
    let (mut user, mut staff) = (pair.driver.connect(), pair.admin.connect());
    user.watch();
    staff.watch();
    let new = pair.driver.open("Opened here", "Hello");
    assert_eq!(staff.update_of(&new, |_| true)["subject"], "Opened here");
    pair.driver.send(&new, "more");
    staff.update_of(&new, |seen| seen["lastSeq"] == 2);
    pair.admin.read(&new, 2);
    pair.admin.send(&new, "an answer");
    let seen = user.update_of(&new, |seen| seen["lastSeq"] == 3);
    assert_eq!(seen["unreadCountUser"], 1);
    pair.driver.read(&new, 3);
    staff.update_of(&new, |seen| seen["unreadCountUser"] == 0);
    pair.admin.change(&new, &json!({"priority": "urgent", "assignedAdminId": "agent-1"}));
    assert_eq!(user.update_of(&new, |seen| seen["version"] == 2)["assigned"], true);
    let by_desk = pair.admin.open_with(&json!({"userId": "driver-1", "userType": "driver", "countryCode": "BD",
        "subject": "From the desk", "initialMessage": "Good morning"}));
    assert_eq!(user.update_of(&by_desk, |_| true)["subject"], "From the desk");
    staff.none_came_of("support:newMessage");
}

fn strangers_at_the_other_node_hear_nothing(backend: Backend) {
    let Some(url) = Nats::given() else { return };
    let pair = pair(with_nats(backend, &url));
    let there = &pair.node.address;
    let desk = &pair.desk;
    let mut strangers = [
        desk.driver("driver-2", "BD").at(there).connect(),
        desk.customer("driver-1", "BD").at(there).connect(),
        desk.admin_with("agent-us", "SUPPORT_ADMIN", Some("US"), &[]).at(there).connect(),
    ];
    for socket in &mut strangers {
        socket.ask("support:joinConversation", &json!({"conversationId": pair.opened.id})).refused("not_found");
        socket.watch();
    }
    let mut witness = in_room(&pair.admin, &pair.opened);
    witness.watch();
    let mut user = in_room(&pair.driver, &pair.opened);
    user.say(&pair.opened, "secret words");
    user.typing(&pair.opened, true);
    witness.next_message();
    witness.expect_event("support:typing");
    witness.update_of(&pair.opened, |seen| seen["lastSeq"] == 2);
    for socket in &mut strangers {
        socket.nothing_came();
    }
}

fn whoever_moves_to_the_other_node_misses_nothing(backend: Backend) {
    let Some(url) = Nats::given() else { return };
    let pair = pair(with_nats(backend, &url));
    let (here, there) = (pair.driver.clone(), pair.driver.at(&pair.node.address));
    all_at_once(3, |number| {
        if number == 0 {
            for turn in 2..=200 {
                pair.admin.send(&pair.opened, &format!("Message {turn}"));
            }
            return;
        }
        let mut follower = Follower::join(if number == 1 { &here } else { &there }, &pair.opened);
        for turn in 1..=10 {
            follower.follow_until(i64::try_from(20 * turn).expect("small"));
            follower.move_to(if (turn + number) % 2 == 0 { &here } else { &there });
        }
        assert_eq!(follower.seq, 200);
    });
}

fn with_nats_killed_while_sending_nothing_is_missing_or_doubled(backend: Backend) {
    const EACH: usize = 150;
    let Some(mut nats) = Nats::private() else { return };
    let pair = pair(with_nats(backend, &nats.url()).set("SUPPORT_SYNC_SECONDS", "1"));
    let last = i64::try_from(4 * EACH + 1).expect("small");
    let people = [&pair.driver, &pair.admin];
    std::thread::scope(|scope| {
        let clients = scope.spawn(|| {
            all_at_once(8, |number| {
                let person =
                    people[number % 2].at(if number % 4 < 2 { pair.desk.address() } else { &pair.node.address });
                let mut follower = Follower::join(&person, &pair.opened);
                if number < 4 {
                    // No sender sees an error: the follower demands it.
                    for turn in 0..EACH {
                        follower.say_under(&format!("{number}-{turn}"), &format!("Writer {number}, turn {turn}"));
                    }
                }
                follower.follow_until(last);
                assert_eq!(follower.returns, 0, "client {number} was cut");
                follower.texts
            })
        });
        // Some way into the work, each time.
        for mark in [1, 2, 3] {
            let reached = i64::try_from(mark * EACH).expect("small");
            crate::harness::eventually("the work has come some way", || {
                pair.driver.see(&pair.opened)["lastSeq"].as_i64() >= Some(reached)
            });
            nats.kill();
            crate::harness::eventually("the work goes on without NATS", || {
                pair.driver.see(&pair.opened)["lastSeq"].as_i64() >= Some((reached + 40).min(last))
            });
            nats.start_again();
        }
        let texts = clients.join().expect("the clients");
        assert!(texts.iter().all(|one| *one == texts[0]));
    });
    // And it is quick and whole again: typing crosses only by NATS.
    let (mut user, mut staff) = (in_room(&pair.driver, &pair.opened), in_room(&pair.admin, &pair.opened));
    crate::harness::eventually("typing crosses again", || {
        user.typing(&pair.opened, true);
        staff.take_events().iter().any(|frame| frame["type"] == "support:typing")
    });
}

fn nodes_start_without_nats_and_find_it_later(backend: Backend) {
    let Some(mut nats) = Nats::private() else { return };
    nats.kill();
    let pair = pair(with_nats(backend, &nats.url()).set("SUPPORT_SYNC_SECONDS", "1"));
    let (mut user, mut staff) = (in_room(&pair.driver, &pair.opened), in_room(&pair.admin, &pair.opened));
    user.say(&pair.opened, "Is anybody there?");
    assert_eq!(staff.next_message()["text"], "Is anybody there?");
    nats.start_again();
    crate::harness::eventually("typing crosses", || {
        staff.typing(&pair.opened, true);
        user.take_events().iter().any(|frame| frame["type"] == "support:typing")
    });
    assert_eq!(staff.say(&pair.opened, "Yes.")["seq"], 3);
    assert_eq!(user.next_message()["text"], "Yes.");
}

fn without_nats_two_nodes_still_converge(backend: Backend) {
    let pair = pair(Desk::plan(backend).set("SUPPORT_SYNC_SECONDS", "1"));
    let (mut user, mut staff) = (in_room(&pair.driver, &pair.opened), in_room(&pair.admin, &pair.opened));
    for number in 0..3 {
        user.say(&pair.opened, &format!("Question {number}"));
        assert_eq!(staff.next_message()["text"], format!("Question {number}"));
        pair.admin.send(&pair.opened, &format!("Answer {number}"));
        assert_eq!(user.next_message()["text"], format!("Answer {number}"));
        assert_eq!(staff.next_message()["text"], format!("Answer {number}"));
    }
    pair.admin.change(&pair.opened, &json!({"status": "pending"}));
    for socket in [&mut user, &mut staff] {
        assert_eq!(socket.next_message()["seq"], 8);
        assert_eq!(socket.update_of(&pair.opened, |_| true)["status"], "pending");
    }
    // Many at once, on both sides.
    all_at_once(4, |number| {
        let person = if number % 2 == 0 { &pair.driver } else { &pair.admin };
        let mut follower = Follower::join(person, &pair.opened);
        let start = follower.seq;
        for turn in 0..25 {
            follower.say_under(&format!("{number}-{turn}"), &format!("Writer {number}, turn {turn}"));
        }
        // One more: the first of the user's words reopened the conversation.
        follower.follow_until(109);
        assert!(start >= 8);
    });
}

fn a_node_that_dies_takes_nothing_with_it(backend: Backend) {
    let Some(url) = Nats::given() else { return };
    let mut pair = pair(with_nats(backend, &url));
    let here = pair.driver.clone();
    let mut follower = Follower::join(&here.at(&pair.node.address), &pair.opened);
    let mut socket = pair.admin.connect();
    for number in 0..5 {
        socket.say(&pair.opened, &format!("Message {number}"));
    }
    pair.node.server.kill();
    // Whatever was acknowledged is there for those who come back elsewhere.
    follower.move_to(&here);
    follower.follow_until(6);
    let mut staff = pair.admin.at(here.address()).connect();
    staff.say(&pair.opened, "moved as well");
    follower.follow_until(7);
    assert_eq!(follower.texts.last().map(String::as_str), Some("moved as well"));
}
