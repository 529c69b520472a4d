//! Clients that ask for much and read nothing, or next to nothing: they cost little memory, keep nobody's way to the
//! database, and go when they have to.

use std::io::Read;
use std::time::Duration;

use serde_json::json;

use super::abuse::large;
use crate::harness::{Backend, Conversation, Desk, Person, Socket, about, binary, eventually};

on_both_backends!(
    who_asks_for_much_and_reads_nothing_costs_little_memory,
    who_reads_a_little_now_and_then_is_gone_in_the_end,
    who_reads_nothing_goes_with_the_token,
    who_reads_nothing_keeps_nobody_from_the_database,
);

/// A conversation of a hundred large messages.
fn much(driver: &Person) -> Conversation {
    let opened = driver.open("Much", "Hello");
    for number in 0..100 {
        driver.send(&opened, &large(number));
    }
    opened
}

/// A socket whose client asks for everything, over and over, and reads none of it.
fn hoarder(person: &Person, conversation: &Conversation) -> Socket {
    let mut socket = person.connect();
    for _ in 0..30 {
        socket.send_frame("support:joinConversation", &about(conversation, &json!({"afterSeq": 0})));
    }
    socket
}

fn who_asks_for_much_and_reads_nothing_costs_little_memory(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_MAX_SOCKETS_PER_PRINCIPAL", "20").start();
    let driver = desk.driver("driver-1", "BD");
    let opened = much(&driver);
    hoarder(&driver, &opened).cut();
    let before = desk.server.memory();
    let hoarders: Vec<Socket> = (0..10).map(|_| hoarder(&driver, &opened)).collect();
    // Long enough for it to come, since there is nothing else to wait for.
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(100));
        driver.list("");
    }
    let grown = desk.server.memory().saturating_sub(before) / 1024;
    assert!(grown < 60, "ten who do not read cost {grown} MiB");
    drop(hoarders);
}

fn who_reads_a_little_now_and_then_is_gone_in_the_end(backend: Backend) {
    let desk = Desk::plan(backend)
        .set("SUPPORT_WS_WRITE_TIMEOUT_MS", "1000")
        // So that the database's own files do not become more.
        .set("SUPPORT_DB_POOL_SIZE", "1")
        .start();
    let driver = desk.driver("driver-1", "BD");
    let opened = much(&driver);
    let mut first = driver.connect();
    first.round_trip();
    let before = desk.server.open_files();
    let mut hoarders: Vec<Socket> = (0..9).map(|_| hoarder(&driver, &opened)).collect();
    let mut a_little = [0; 512];
    eventually("those who hardly read are gone", || {
        for hoarder in &mut hoarders {
            let _ = hoarder.raw().read(&mut a_little);
        }
        desk.server.open_files() <= before
    });
    // Their places are free again.
    let mut others: Vec<Socket> = (0..9).map(|_| driver.connect()).collect();
    others.iter_mut().for_each(Socket::round_trip);
}

fn who_reads_nothing_goes_with_the_token(backend: Backend) {
    // The time-out alone would leave it for ten minutes.
    let desk =
        Desk::plan(backend).set("SUPPORT_WS_WRITE_TIMEOUT_MS", "600000").set("SUPPORT_DB_POOL_SIZE", "1").start();
    let driver = desk.driver("driver-1", "BD");
    let opened = much(&driver);
    let mut first = driver.connect();
    first.round_trip();
    let before = desk.server.open_files();
    let hoarders: Vec<Socket> = (0..5).map(|_| hoarder(&driver, &opened)).collect();
    let token = driver.token.clone().expect("a token");
    binary(&["token", "revoke", &token], desk.environment()).printed();
    eventually("the connections of the revoked token are gone", || desk.server.open_files() <= before);
    drop(hoarders);
}

fn who_reads_nothing_keeps_nobody_from_the_database(backend: Backend) {
    let desk =
        Desk::plan(backend).set("SUPPORT_DB_POOL_SIZE", "1").set("SUPPORT_WS_WRITE_TIMEOUT_MS", "600000").start();
    let (driver, other) = (desk.driver("driver-1", "BD"), desk.driver("driver-2", "BD"));
    let opened = much(&driver);
    let hoarders: Vec<Socket> = (0..10).map(|_| hoarder(&driver, &opened)).collect();
    for _ in 0..50 {
        other.list("");
        driver.send(&opened, "and on");
    }
    drop(hoarders);
}
