//! Tickets: how browsers, which cannot set a header, open a socket. Good once, for half a minute, for whoever got it.

use serde_json::json;

use crate::harness::{Address, Backend, Desk, Dice, Handshake, Person, TICKETS, all_at_once, eventually, keys, narrow};

on_both_backends!(
    a_ticket_has_exactly_its_shape,
    a_ticket_opens_one_socket_for_users_and_admins,
    only_the_version_of_the_protocol_is_echoed,
    a_ticket_in_the_url_opens_a_socket,
    a_ticket_that_was_used_or_made_up_is_unauthenticated,
    of_sixteen_who_show_a_ticket_at_once_one_gets_in,
    tickets_are_for_those_with_a_token,
    a_ticket_is_worth_no_more_than_its_token,
    a_ticket_does_not_outlive_its_token,
    tickets_are_not_handed_out_without_end,
    neither_a_ticket_nor_what_was_said_is_in_the_log,
);
on_postgres!(a_ticket_is_good_at_any_node_and_only_once, of_sixteen_on_two_nodes_one_gets_in);

fn a_ticket_has_exactly_its_shape(backend: Backend) {
    let desk = Desk::start(backend);
    for person in [desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD"))] {
        let answer = person.ask_for_ticket().expect(201);
        assert_eq!(keys(&answer.json), ["expiresAt", "ticket"]);
        let ends = answer["expiresAt"].as_str().expect("a time");
        let shape: String = ends.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
        assert_eq!(shape, "9999-99-99T99:99:99.999Z", "{ends}");
        assert!(answer.header("cache-control").contains("no-store"), "{:?}", answer.headers);
        // A library that always sends JSON is served too.
        person.call("POST", TICKETS).json(&json!({})).send().expect(201);
    }
    let driver = desk.driver("driver-1", "BD");
    assert_ne!(driver.ticket(), driver.ticket());
}

fn a_ticket_opens_one_socket_for_users_and_admins(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("By ticket", "Hello");
    let (mut user, mut staff) = (driver.connect_by_ticket(), admin.connect_by_ticket());
    user.join(&opened);
    staff.join(&opened);
    assert_eq!(user.say(&opened, "from the user")["senderId"], "driver-1");
    assert_eq!(staff.next_message()["text"], "from the user");
    assert_eq!(staff.say(&opened, "from the desk")["senderType"], "admin");
    assert_eq!(user.next_message()["text"], "from the desk");
}

fn only_the_version_of_the_protocol_is_echoed(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    for list in ["support.v1, ticket.T", "support.v1,ticket.T", "ticket.T, support.v1"] {
        let list = list.replace('T', &driver.ticket());
        let mut socket = Handshake::at(desk.address()).protocols(&list).open();
        assert_eq!(socket.protocol, "support.v1", "{list}");
        socket.round_trip();
    }
    // Two headers are one list.
    let ticket = format!("ticket.{}", driver.ticket());
    let socket = Handshake::at(desk.address()).protocols("support.v1").protocols(&ticket).open();
    assert_eq!(socket.protocol, "support.v1");
}

fn a_ticket_in_the_url_opens_a_socket(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let mut socket = Handshake::at(desk.address()).query(&format!("ticket={}", driver.ticket())).open();
    assert_eq!((socket.connected["principal"]["id"].as_str(), socket.protocol.as_str()), (Some("driver-1"), ""));
    socket.round_trip();
}

fn a_ticket_that_was_used_or_made_up_is_unauthenticated(backend: Backend) {
    let desk = Desk::start(backend);
    let ticket = desk.driver("driver-1", "BD").ticket();
    let handshake = || Handshake::at(desk.address());
    let mut socket = handshake().ticket(&ticket).open();
    for again in [handshake().ticket(&ticket), handshake().query(&format!("ticket={ticket}"))] {
        again.refused(401, "unauthenticated");
    }
    // It is not the token either.
    desk.nobody().with_token(&ticket).get(crate::harness::USER).refused(401, "unauthenticated");
    socket.round_trip();
    drop(socket);
    handshake().ticket(&ticket).refused(401, "unauthenticated");

    let fresh = desk.driver("driver-1", "BD").ticket();
    let mut dice = Dice::new(1);
    let made_up: String = fresh.chars().map(|_| char::from(b'a' + u8::try_from(dice.below(26)).unwrap())).collect();
    for none in [made_up.as_str(), &fresh[..fresh.len() - 1], "x", &"x".repeat(3_000)] {
        handshake().ticket(none).refused(401, "unauthenticated");
        handshake().query(&format!("ticket={none}")).refused(401, "unauthenticated");
    }
    handshake().query("ticket=").refused(401, "unauthenticated");
    handshake().protocols("support.v1, ticket.").refused(401, "unauthenticated");
    handshake().protocols("support.v1").refused(401, "unauthenticated");
    // A made-up one spoils no good one.
    handshake().ticket(&fresh).open().round_trip();
}

/// Shows one ticket to all of these at once, and counts who got in.
fn got_in(ticket: &str, at: &[&Address]) -> usize {
    let tries = all_at_once(at.len(), |number| {
        let handshake = Handshake::at(at[number]);
        let handshake = match number % 2 {
            0 => handshake.ticket(ticket),
            _ => handshake.query(&format!("ticket={ticket}")),
        };
        handshake.try_open().map_err(|answer| answer.refused(401, "unauthenticated").status)
    });
    tries.iter().filter(|one| one.is_ok()).count()
}

fn of_sixteen_who_show_a_ticket_at_once_one_gets_in(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    for _ in 0..5 {
        assert_eq!(got_in(&driver.ticket(), &[desk.address(); 16]), 1);
    }
}

fn of_sixteen_on_two_nodes_one_gets_in(backend: Backend) {
    let desk = Desk::start(backend);
    let node = desk.another_node();
    let driver = desk.driver("driver-1", "BD");
    let both: Vec<&Address> = (0..16).map(|n| if n % 4 < 2 { desk.address() } else { &node.address }).collect();
    for person in [driver.clone(), driver.at(&node.address)] {
        for _ in 0..5 {
            assert_eq!(got_in(&person.ticket(), &both), 1);
        }
    }
}

fn a_ticket_is_good_at_any_node_and_only_once(backend: Backend) {
    let desk = Desk::start(backend);
    let node = desk.another_node();
    let here = desk.driver("driver-1", "BD");
    let there = here.at(&node.address);
    for (from, to) in [(&here, &there), (&there, &here), (&there, &there)] {
        let ticket = from.ticket();
        Handshake::at(to.address()).ticket(&ticket).open().round_trip();
        for person in [from, to] {
            Handshake::at(person.address()).ticket(&ticket).refused(401, "unauthenticated");
        }
    }
}

fn tickets_are_for_those_with_a_token(backend: Backend) {
    let desk = Desk::start(backend);
    let answer = desk.nobody().ask_for_ticket().refused(401, "unauthenticated");
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
    desk.nobody().with_token("nonsense").ask_for_ticket().refused(401, "unauthenticated");
    let ticket = desk.driver("driver-1", "BD").ticket();
    desk.nobody().with_token(&ticket).ask_for_ticket().refused(401, "unauthenticated");
    desk.nobody().call("POST", &format!("{TICKETS}?ticket={ticket}")).send().expect(401);
}

fn narrowed(person: &Person, how: &[&str]) -> Person {
    person.with_token(&narrow(person.token.as_ref().expect("a token"), how))
}

fn a_ticket_is_worth_no_more_than_its_token(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let (one, other) = (driver.open("The one", "Hello"), driver.open("The other", "Hello"));
    let narrow = narrowed(&driver, &["--read-only", "--conversation", &one.id]);
    let mut socket = narrow.connect_by_ticket();
    socket.join(&one);
    socket.ask("support:joinConversation", &json!({"conversationId": other.id})).refused("not_found");
    socket.ask("support:sendMessage", &json!({"conversationId": one.id, "content": "no"})).refused("forbidden");
    socket.ask("support:markRead", &json!({"conversationId": one.id, "upToSeq": 1})).refused("forbidden");
}

fn a_ticket_does_not_outlive_its_token(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    // A slow machine may need several tries to get in before the end.
    for seconds in [2, 4, 8, 16] {
        let brief = narrowed(&driver, &["--ttl", &format!("{seconds}s")]);
        let (for_now, for_later) = (brief.ask_for_ticket(), brief.ask_for_ticket());
        if for_later.status != 201 {
            continue;
        }
        let text = |answer: &crate::harness::Answer| answer["ticket"].as_str().expect("a ticket").to_owned();
        let Ok(mut socket) = Handshake::at(desk.address()).ticket(&text(&for_now)).try_open() else { continue };
        socket.closed_with(4001);
        eventually("the token is over", || brief.get(brief.home).status == 401);
        Handshake::at(desk.address()).ticket(&text(&for_later)).refused(401, "unauthenticated");
        return;
    }
    panic!("no token lived long enough");
}

fn tickets_are_not_handed_out_without_end(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_TICKETS_PER_MINUTE", "4").start();
    let driver = desk.driver("driver-1", "BD");
    let mut given = 0;
    let refusal = loop {
        let answer = driver.ask_for_ticket();
        if answer.status != 201 {
            break answer.refused(429, "rate_limited");
        }
        given += 1;
        assert!(given <= 8, "eight tickets and more with a limit of four");
    };
    assert!((4..=5).contains(&given), "{given}");
    let seconds: u64 = refusal.header("retry-after").parse().expect("Retry-After in seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
    // Each person has a limit of their own, and a token still opens a socket.
    desk.driver("driver-2", "BD").connect_by_ticket().round_trip();
    driver.connect().round_trip();
}

fn neither_a_ticket_nor_what_was_said_is_in_the_log(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_LOG", "debug").start();
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Xylophone", "Hello");
    let (first, second) = (driver.ticket(), admin.ticket());
    let mut user = Handshake::at(desk.address()).query(&format!("ticket={first}")).open();
    let mut staff = Handshake::at(desk.address()).ticket(&second).open();
    user.join(&opened);
    staff.join(&opened);
    user.say(&opened, "marmalade");
    staff.next_message();
    user.ask("support:sendMessage", &json!({"conversationId": opened.id, "marmalade": "marmalade"}));
    user.send_text("{\"type\": \"support:sendMessage\", \"payload\": \"marmalade");
    user.next_answer();
    user.send_text("{\"type\": \"marmalade\", \"payload\": {}}");
    user.next_answer();
    let token = driver.token.clone().expect("a token");
    user.authenticate(&token);
    user.ask("support:authenticate", &json!({"token": format!("{token}x")})).refused("unauthenticated");
    drop((user, staff));
    Handshake::at(desk.address()).query(&format!("ticket={first}")).refused(401, "unauthenticated");
    let log = desk.server.log().to_lowercase();
    for secret in [first, second, token, "marmalade".to_owned(), "xylophone".to_owned()] {
        assert!(!log.contains(&secret.to_lowercase()), "{secret} is in the log");
    }
}
