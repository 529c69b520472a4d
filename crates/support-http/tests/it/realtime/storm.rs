//! A storm: two hundred clients whose connections break at random while ten thousand messages are written. Each of them
//! has every message once and in order, or the whole promise of this service is void.

use crate::harness::{Backend, Conversation, Desk, Dice, Follower, Person, all_at_once};

on_both_backends!(two_hundred_clients_that_break_off_at_random_have_every_message_once_and_in_order);

const CONVERSATIONS: usize = 20;
/// Beyond the first one of each conversation.
const MESSAGES: usize = 500;
const CLIENTS: usize = 200;

struct Room {
    driver: Person,
    admin: Person,
    opened: Conversation,
}

fn two_hundred_clients_that_break_off_at_random_have_every_message_once_and_in_order(backend: Backend) {
    // Places enough for connections that the server has not missed yet.
    let desk = Desk::plan(backend)
        .set("SUPPORT_MAX_SOCKETS_PER_PRINCIPAL", "200")
        // Two hundred ask at once: a busy machine must not fail the test.
        .set("SUPPORT_DB_TIMEOUT_MS", "60000")
        .start();
    let admins: Vec<Person> =
        (0..4).map(|n| desk.admin_with(&format!("agent-{n}"), "SUPPORT_ADMIN", Some("BD"), &[])).collect();
    let rooms: Vec<Room> = (0..CONVERSATIONS)
        .map(|number| {
            let driver = desk.driver(&format!("driver-{number}"), "BD");
            let opened = driver.open(&format!("Storm {number}"), "Message 1");
            Room { driver, admin: admins[number % admins.len()].clone(), opened }
        })
        .collect();
    let last = i64::try_from(MESSAGES + 1).expect("small");
    // Two write in each room, one of each side, and hold what comes against their own words.
    let writers = 2 * CONVERSATIONS;
    let returns = all_at_once(CLIENTS + writers, |number| {
        let room = &rooms[number % CONVERSATIONS];
        // By turns, as the rooms come round.
        let person = if (number / CONVERSATIONS).is_multiple_of(2) { &room.driver } else { &room.admin };
        let mut follower = Follower::join(person, &room.opened);
        if number < writers {
            for turn in 0..MESSAGES / 2 {
                follower.say_under(&format!("{number}-{turn}"), &format!("Writer {number}, turn {turn}"));
            }
            follower.follow_until(last);
        } else {
            weather(&mut follower, last, number);
        }
        assert_eq!(follower.seq, last, "client {number}");
        follower.returns
    });
    let returned: usize = returns[writers..].iter().sum();
    assert!(returned >= CLIENTS, "only {returned} returns: no storm");
    for room in &rooms {
        assert_eq!(room.driver.see(&room.opened)["lastSeq"], last);
    }
    // It has left nothing behind that harms.
    rooms[0].driver.connect().round_trip();
}

/// Follows to the end, and breaks off where the dice say so: soon, late, or twice without a message in between.
fn weather(follower: &mut Follower, last: i64, seed: usize) {
    let mut dice = Dice::new(seed);
    while follower.seq < last {
        let next = follower.seq + i64::try_from(dice.below(200)).expect("small");
        follower.follow_until(next.min(last));
        for _ in 0..=dice.below(2) {
            follower.cut_and_return();
        }
    }
}
