//! Clients that are slow, stuck or too eager, and a server that stops: nobody else pays for it.

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, Desk, Follower, Person, Socket, eventually};

on_both_backends!(
    a_hundred_who_never_read_hold_nobody_up_and_are_gone_in_the_end,
    who_comes_back_after_having_been_too_slow_misses_nothing,
    who_floods_is_told_so_and_shown_out,
    who_is_a_little_too_fast_is_told_so_and_stays,
    sockets_that_are_gone_leave_nothing_open,
    a_stop_says_goodbye_to_every_socket,
    a_stop_waits_for_no_one_who_does_not_read,
);

/// As large as a message may be: about 24 KiB in a frame, as content and as text.
pub(super) fn large(number: usize) -> String {
    format!("{number} {}", "\u{9ac}".repeat(3_990))
}

fn a_hundred_who_never_read_hold_nobody_up_and_are_gone_in_the_end(backend: Backend) {
    const LARGE: usize = 150;
    let desk = Desk::plan(backend)
        .set("SUPPORT_WS_WRITE_TIMEOUT_MS", "1000")
        .set("SUPPORT_WS_HEARTBEAT_SECONDS", "5")
        .set("SUPPORT_MAX_SOCKETS_PER_PRINCIPAL", "200")
        .start();
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let silent = desk.admin_with("agent-silent", "SUPPORT_ADMIN", Some("BD"), &[]);
    let opened = driver.open("Stuck", "Hello");
    let mut readers = [Follower::join(&driver, &opened), Follower::join(&admin, &opened)];
    let mut writer = Follower::join(&driver, &opened);
    let before = desk.server.open_files();
    let stuck: Vec<Socket> = (0..100)
        .map(|_| {
            let mut socket = silent.connect();
            socket.join(&opened);
            socket
        })
        .collect();
    assert!(desk.server.open_files() >= before + 90);
    for number in 0..LARGE {
        writer.say_under(&format!("large-{number}"), &large(number));
        // Those who read are never far behind.
        for reader in &mut readers {
            reader.follow_until(writer.seq);
        }
    }
    let last = i64::try_from(LARGE + 1).expect("small");
    for reader in readers.iter().chain([&writer]) {
        assert_eq!((reader.seq, reader.returns), (last, 0));
    }
    // The database's connections may have become a few more.
    eventually("the stuck ones are gone", || desk.server.open_files() < before + 40);
    writer.say("after the storm");
    for reader in &mut readers {
        reader.follow_until(last + 1);
    }
    drop(stuck);
}

fn who_comes_back_after_having_been_too_slow_misses_nothing(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_WS_WRITE_TIMEOUT_MS", "1000").start();
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Slow", "Hello");
    let mut slow = driver.connect();
    slow.join(&opened);
    let mut writer = Follower::join(&admin, &opened);
    for number in 0..200 {
        writer.say_under(&format!("large-{number}"), &large(number));
    }
    // What comes before the end is in order and without a gap; then the code says what to do, if it still gets through.
    let mut seq = 1;
    while let Some(frame) = slow.read() {
        if frame["type"] == "support:newMessage" {
            assert_eq!(frame["payload"]["message"]["seq"], seq + 1);
            seq += 1;
        }
        if seq == 201 {
            // The network has taken all of it: nobody was too slow here.
            return;
        }
    }
    let code = slow.ended();
    assert!([Some(4008), None].contains(&code), "{code:?}");
    let mut again = driver.connect();
    while seq < 201 {
        let page = again.join_after(&opened, seq);
        for message in page["messages"].as_array().expect("messages") {
            assert_eq!(message["seq"], seq + 1);
            seq += 1;
        }
    }
}

/// Asks as fast as it can; what was answered, until the socket ends or so many are asked.
fn flood(socket: &mut Socket, times: usize) -> Vec<Value> {
    let mut answers = Vec::new();
    for _ in 0..times {
        match socket.try_ask("support:watchInbox", &json!({})) {
            Some(reply) if reply.is_ack => answers.push(json!("ack")),
            Some(reply) => answers.push(reply.payload["code"].clone()),
            None => break,
        }
    }
    answers
}

fn careful_desk(backend: Backend) -> (Desk, Person, Conversation) {
    let desk = Desk::plan(backend).set("SUPPORT_WS_FRAMES_PER_SECOND", "2").start();
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Flood", "Hello");
    (desk, driver, opened)
}

fn who_floods_is_told_so_and_shown_out(backend: Backend) {
    let (desk, driver, opened) = careful_desk(backend);
    let mut innocent = desk.admin("SUPPORT_ADMIN", Some("BD")).connect();
    innocent.join(&opened);
    let mut socket = driver.connect();
    let answers = flood(&mut socket, 20_000);
    socket.closed_with(4029);
    // The burst is five times the rate.
    assert!(answers.iter().take(10).all(|answer| answer == "ack"), "{answers:?}");
    assert!(answers.iter().any(|answer| answer == "rate_limited"), "told nothing before the end: {answers:?}");
    assert!(answers.iter().all(|answer| answer == "ack" || answer == "rate_limited"), "{answers:?}");
    // Texts that are nothing count as well, and pings.
    let mut socket = driver.connect();
    for _ in 0..20_000 {
        socket.send_text("nonsense");
    }
    socket.closed_with(4029);
    driver.send(&opened, "is anybody hurt?");
    assert_eq!(innocent.next_message()["text"], "is anybody hurt?");
    // It was the connection that was too eager, not the person.
    driver.connect().join(&opened);
}

fn who_is_a_little_too_fast_is_told_so_and_stays(backend: Backend) {
    let (_desk, driver, opened) = careful_desk(backend);
    let mut socket = driver.connect();
    socket.join(&opened);
    let mut limited = 0;
    while limited == 0 {
        limited = flood(&mut socket, 1).iter().filter(|answer| *answer == "rate_limited").count();
    }
    // What was refused was not done, and patience helps.
    eventually("frames are taken again", || {
        std::thread::sleep(std::time::Duration::from_millis(500));
        flood(&mut socket, 1).iter().any(|answer| answer == "ack")
    });
    driver.send(&opened, "to be heard");
    assert_eq!(socket.next_message()["text"], "to be heard");
}

fn sockets_that_are_gone_leave_nothing_open(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_MAX_SOCKETS_PER_PRINCIPAL", "1000").start();
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Gone", "Hello");
    // Everything that the server opens once.
    for _ in 0..3 {
        driver.connect().join(&opened);
        driver.list("");
    }
    let before = desk.server.open_files();
    for _ in 0..5 {
        let mut sockets: Vec<Socket> = (0..50).map(|_| driver.connect()).collect();
        for socket in &mut sockets {
            socket.join(&opened);
            socket.watch();
        }
        assert!(desk.server.open_files() >= before + 40);
    }
    eventually("all of them are closed", || desk.server.open_files() < before + 30);
}

fn a_stop_says_goodbye_to_every_socket(backend: Backend) {
    let mut desk = Desk::plan(backend).set("SUPPORT_MAX_SOCKETS_PER_PRINCIPAL", "100").start();
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Stop", "Hello");
    let mut sockets: Vec<Socket> =
        (0..40).map(|n| if n % 2 == 0 { driver.connect() } else { admin.connect() }).collect();
    for (number, socket) in sockets.iter_mut().enumerate() {
        match number % 3 {
            0 => drop(socket.join(&opened)),
            1 => socket.watch(),
            _ => {}
        }
    }
    let said = sockets[0].say(&opened, "the last words");
    desk.server.ask_to_stop();
    for socket in &mut sockets {
        socket.closed_with(1012);
    }
    assert_eq!(desk.server.ended().code(), Some(0), "{}", desk.server.log());
    desk.restart();
    assert_eq!(driver.messages(&opened).last(), Some(&said));
    driver.connect().join(&opened);
}

fn a_stop_waits_for_no_one_who_does_not_read(backend: Backend) {
    let mut desk = Desk::plan(backend).set("SUPPORT_SHUTDOWN_SECONDS", "5").start();
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Stop", "Hello");
    let mut stuck = driver.connect();
    stuck.join(&opened);
    let mut writer = admin.connect();
    for number in 0..150 {
        writer.say(&opened, &large(number));
    }
    desk.server.ask_to_stop();
    writer.closed_with(1012);
    // Neither a full connection nor one that never answers the goodbye keeps the process alive.
    assert_eq!(desk.server.ended().code(), Some(0), "{}", desk.server.log());
    drop(stuck);
}
