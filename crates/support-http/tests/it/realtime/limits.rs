//! How many sockets there may be: for a person, and for a server.

use serde_json::json;

use crate::harness::{Backend, Desk, Person, Socket, eventually, narrow};

on_both_backends!(
    one_socket_too_many_ends_and_the_others_live_on,
    a_place_that_was_left_can_be_taken_again,
    users_and_admins_of_one_id_do_not_share_their_places,
    a_ticket_takes_a_place_like_a_token,
    a_full_server_refuses_and_takes_again,
);

/// Tries to open a socket, and says whether it may stay. The one too many is refused at the handshake or closed at once.
#[track_caller]
fn try_to_stay(person: &Person) -> Option<Socket> {
    let mut socket = match person.handshake().try_open() {
        Ok(socket) => socket,
        Err(answer) => {
            answer.refused(429, "rate_limited");
            return None;
        }
    };
    // The greeting alone does not say that it may stay.
    if socket.read().is_some() && socket.try_ask("support:watchInbox", &json!({})).is_some() {
        return Some(socket);
    }
    socket.closed_with(4029);
    None
}

fn desk(backend: Backend) -> Desk {
    Desk::plan(backend).set("SUPPORT_MAX_SOCKETS_PER_PRINCIPAL", "3").start()
}

#[track_caller]
fn fill(person: &Person) -> Vec<Socket> {
    let sockets = (0..3).map(|_| person.connect()).collect();
    assert!(try_to_stay(person).is_none(), "there was room for a fourth");
    sockets
}

fn one_socket_too_many_ends_and_the_others_live_on(backend: Backend) {
    let desk = desk(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Places", "Hello");
    let mut sockets = fill(&driver);
    for socket in &mut sockets {
        socket.join(&opened);
    }
    assert!(try_to_stay(&driver).is_none());
    desk.admin("SUPPORT_ADMIN", Some("BD")).send(&opened, "to all three");
    for socket in &mut sockets {
        assert_eq!(socket.next_message()["text"], "to all three");
    }
    // Somebody else has places of their own.
    desk.driver("driver-2", "BD").connect().round_trip();
}

fn a_place_that_was_left_can_be_taken_again(backend: Backend) {
    let desk = desk(backend);
    let driver = desk.driver("driver-1", "BD");
    let mut sockets = fill(&driver);
    sockets.pop();
    let mut again = None;
    eventually("there is room again", || {
        again = try_to_stay(&driver);
        again.is_some()
    });
    sockets.extend(again);
    assert!(try_to_stay(&driver).is_none());
    for socket in &mut sockets {
        socket.round_trip();
    }
    // A cut is a leaving too.
    sockets[0].cut();
    eventually("there is room again", || try_to_stay(&driver).is_some());
}

fn users_and_admins_of_one_id_do_not_share_their_places(backend: Backend) {
    let desk = desk(backend);
    let people =
        [desk.driver("same-1", "BD"), desk.customer("same-1", "BD"), desk.admin_with("same-1", "ADMIN", None, &[])];
    let mut sockets: Vec<Socket> = people.iter().flat_map(fill).collect();
    for socket in &mut sockets {
        socket.round_trip();
    }
}

fn a_ticket_takes_a_place_like_a_token(backend: Backend) {
    let desk = desk(backend);
    let driver = desk.driver("driver-1", "BD");
    let narrowed = driver.with_token(&narrow(driver.token.as_ref().expect("a token"), &["--read-only"]));
    let mut sockets = vec![driver.connect(), driver.connect_by_ticket(), narrowed.connect_by_ticket()];
    for person in [&driver, &narrowed] {
        assert!(try_to_stay(person).is_none(), "another token is not another person");
    }
    for socket in &mut sockets {
        socket.round_trip();
    }
}

fn a_full_server_refuses_and_takes_again(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_MAX_SOCKETS", "4").start();
    let people: Vec<Person> = (0..5).map(|number| desk.driver(&format!("driver-{number}"), "BD")).collect();
    let mut sockets: Vec<Socket> = people[..4].iter().map(Person::connect).collect();
    let fifth = || match people[4].handshake().try_open() {
        Ok(mut socket) => socket.read().map(|_| socket),
        Err(answer) => {
            assert!([429, 503].contains(&answer.status), "{} {}", answer.status, answer.text);
            assert!(!answer.header("retry-after").is_empty(), "{:?}", answer.headers);
            None
        }
    };
    assert!(fifth().is_none(), "there was room for a fifth");
    for socket in &mut sockets {
        socket.round_trip();
    }
    // Plain HTTP is not concerned.
    people[4].list("");
    sockets.pop();
    eventually("there is room again", || fifth().is_some());
}
