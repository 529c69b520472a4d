//! A socket lives no longer than the token behind it, however quiet it is; it can be given a new one; and what was
//! revoked ends at once, everywhere.

use serde_json::json;

use crate::harness::{Backend, Conversation, Desk, Key, Person, Socket, binary, eventually, narrow, signing_key};

on_both_backends!(
    a_socket_ends_with_its_token_however_quiet_it_is,
    a_renewed_socket_lives_on,
    only_the_same_person_may_renew,
    what_is_no_token_renews_nothing,
    a_token_that_allows_less_ends_what_it_no_longer_allows,
    a_token_that_allows_less_counts_from_then_on,
    a_revoked_token_ends_its_sockets_and_no_others,
    a_renewed_socket_no_longer_depends_on_the_first_token,
);
on_postgres!(a_revoked_token_ends_its_sockets_on_every_node);

fn revoke(desk: &Desk, token: &str) {
    binary(&["token", "revoke", token], desk.environment()).printed();
}

const DRIVER: [&str; 7] = ["user", "--id", "driver-1", "--type", "driver", "--country", "BD"];

fn token_for(key: &Key, life: &str) -> String {
    key.token(&[&DRIVER[..], &["--ttl", life]].concat())
}

/// Sockets of one token that ends in some seconds. A slow machine gets more of them.
#[track_caller]
fn brief(desk: &Desk, sockets: usize) -> (Person, Vec<Socket>) {
    for life in ["2s", "5s", "10s", "20s"] {
        let person = desk.nobody().with_token(&token_for(signing_key(), life));
        let opened: Vec<Socket> = (0..sockets)
            .filter_map(|_| {
                let mut socket = person.handshake().try_open().ok()?;
                socket.read().map(|_| socket)
            })
            .collect();
        if opened.len() == sockets {
            return (person, opened);
        }
    }
    panic!("no token lived long enough to open {sockets} sockets");
}

fn a_socket_ends_with_its_token_however_quiet_it_is(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Life", "Hello");
    let mut lasting = driver.connect();
    lasting.join(&opened);
    let (brief, mut sockets) = brief(&desk, 2);
    let mut busy = sockets.pop().expect("two");
    let mut quiet = sockets.pop().expect("two");
    // One asks on until it is ended, the other never says a word.
    while busy.try_ask("support:watchInbox", &json!({})).is_some_and(|reply| reply.is_ack) {}
    busy.closed_with(4001);
    quiet.closed_with(4001);
    brief.handshake().refused(401, "unauthenticated");
    lasting.round_trip();
}

fn a_renewed_socket_lives_on(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let admin = desk.admin("SUPPORT_ADMIN", Some("BD"));
    let opened = driver.open("Life", "Hello");
    let (brief, mut sockets) = brief(&desk, 2);
    let (mut renewed, mut witness) = (sockets.pop().expect("two"), sockets.pop().expect("two"));
    renewed.authenticate(driver.token.as_ref().expect("a token"));
    renewed.join(&opened);
    witness.closed_with(4001);
    eventually("the first token is over", || brief.get(brief.home).status == 401);
    admin.send(&opened, "still there?");
    assert_eq!(renewed.next_message()["text"], "still there?");
    renewed.say(&opened, "still here");
    // A shorter token is taken at its word too.
    let shorter = narrow(driver.token.as_ref().expect("a token"), &["--ttl", "5s"]);
    renewed.authenticate(&shorter);
    renewed.closed_with(4001);
}

fn only_the_same_person_may_renew(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Mine", "Hello");
    let foreign = desk.driver("driver-2", "BD").open("Not mine", "Hello");
    let mut socket = driver.connect();
    socket.join(&opened);
    for other in [
        desk.driver("driver-2", "BD"),
        desk.customer("driver-1", "BD"),
        desk.admin_with("driver-1", "SUPER_ADMIN", None, &[]),
        desk.admin("SUPER_ADMIN", None),
    ] {
        let token = other.token.expect("a token");
        socket.ask("support:authenticate", &json!({"token": token})).refused("forbidden");
        // Nothing has changed: neither who they are nor what they hear.
        socket.ask("support:joinConversation", &json!({"conversationId": foreign.id})).refused("not_found");
        let said = socket.say(&opened, "still me");
        assert_eq!((&said["senderType"], &said["senderId"]), (&json!("user"), &json!("driver-1")));
    }
    desk.admin("SUPPORT_ADMIN", Some("BD")).send(&opened, "an answer");
    assert_eq!(socket.next_message()["text"], "an answer");
    // The same holds for the staff.
    let mut staff = desk.admin("SUPPORT_ADMIN", Some("BD")).connect();
    for other in [driver, desk.admin("COUNTRY_ADMIN", Some("BD"))] {
        let token = other.token.expect("a token");
        staff.ask("support:authenticate", &json!({"token": token})).refused("forbidden");
    }
    staff.join(&opened);
}

fn what_is_no_token_renews_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Mine", "Hello");
    let mut socket = driver.connect();
    socket.join(&opened);
    let good = driver.token.clone().expect("a token");
    let revoked = token_for(signing_key(), "30m");
    revoke(&desk, &revoked);
    let over = narrow(&good, &["--ttl", "1s"]);
    let person = driver.with_token(&over);
    eventually("the token is over", || person.get(person.home).status == 401);
    let person = driver.with_token(&revoked);
    eventually("the token is known as revoked", || person.get(person.home).status == 401);
    for token in [
        String::new(),
        "nonsense".to_owned(),
        format!("Bearer {good}"),
        format!("{good}x"),
        good[..good.len() - 4].to_owned(),
        token_for(&Key::generate(), "1h"),
        driver.ticket(),
        "A".repeat(20_000),
        over,
        revoked,
    ] {
        let reply = socket.ask("support:authenticate", &json!({"token": token}));
        let refused = !reply.is_ack && reply.payload["code"] == "unauthenticated";
        // No token at all may as well be called a bad field.
        let is_field = token.is_empty() && reply.payload["code"] == "validation_failed";
        assert!(refused || is_field, "{reply:?}");
        assert!(token.len() < 20 || !reply.payload.to_string().contains(&token), "a token is a secret");
    }
    desk.admin("SUPPORT_ADMIN", Some("BD")).send(&opened, "an answer");
    assert_eq!(socket.next_message()["text"], "an answer");
}

fn a_token_that_allows_less_ends_what_it_no_longer_allows(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let (one, other) = (driver.open("The one", "Hello"), driver.open("The other", "Hello"));
    let same = |role, country, more: &[&str]| desk.admin_with("agent-1", role, country, more);
    let staff = same("SUPPORT_ADMIN", Some("BD"), &[]);
    let narrow_user = narrow(driver.token.as_ref().expect("a token"), &["--conversation", &other.id]);
    let only = ["--permission", "REPLY_SUPPORT_CONVERSATIONS"];
    for (person, less) in [
        (&driver, narrow_user),
        (&staff, same("SUPPORT_ADMIN", Some("US"), &[]).token.expect("a token")),
        (&staff, same("FINANCE_ADMIN", Some("BD"), &[]).token.expect("a token")),
        (&staff, same("SUPPORT_ADMIN", Some("BD"), &only).token.expect("a token")),
    ] {
        let mut socket = person.connect();
        socket.join(&one);
        let reply = socket.try_ask("support:authenticate", &json!({"token": less}));
        assert!(reply.is_none_or(|reply| reply.is_ack), "the token is good, only for less");
        socket.closed_with(4003);
    }
    // The same for the inbox of somebody who may no longer view.
    for less in [same("FINANCE_ADMIN", Some("BD"), &[]), same("SUPPORT_ADMIN", Some("BD"), &only)] {
        let mut socket = staff.connect();
        socket.watch();
        let token = less.token.expect("a token");
        let reply = socket.try_ask("support:authenticate", &json!({"token": token}));
        assert!(reply.is_none_or(|reply| reply.is_ack), "the token is good, only for less");
        socket.closed_with(4003);
    }
}

fn a_token_that_allows_less_counts_from_then_on(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let (one, other) = (driver.open("The one", "Hello"), driver.open("The other", "Hello"));
    let mut socket = driver.connect();
    socket.join(&one);
    // What is joined is still allowed: the socket stays.
    let less = narrow(driver.token.as_ref().expect("a token"), &["--read-only", "--conversation", &one.id]);
    socket.authenticate(&less);
    let say = |conversation: &Conversation| json!({"conversationId": conversation.id, "content": "no"});
    socket.ask("support:sendMessage", &say(&one)).refused("forbidden");
    socket.ask("support:joinConversation", &json!({"conversationId": other.id})).refused("not_found");
    driver.send(&one, "to be heard");
    assert_eq!(socket.next_message()["text"], "to be heard");
    // And more again.
    socket.authenticate(driver.token.as_ref().expect("a token"));
    socket.say(&one, "yes");
    socket.join(&other);
}

fn a_revoked_token_ends_its_sockets_and_no_others(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Revoked", "Hello");
    let token = token_for(signing_key(), "30m");
    let person = driver.with_token(&token);
    let narrowed = driver.with_token(&narrow(&token, &["--read-only"]));
    let mut joined = person.connect();
    joined.join(&opened);
    let mut ending = vec![joined, person.connect(), narrowed.connect(), person.connect_by_ticket()];
    let mut lasting = driver.connect();
    lasting.join(&opened);
    let unused = person.ticket();
    revoke(&desk, &token);
    for socket in &mut ending {
        socket.closed_with(4003);
    }
    person.handshake().refused(401, "unauthenticated");
    crate::harness::Handshake::at(desk.address()).ticket(&unused).refused(401, "unauthenticated");
    desk.admin("SUPPORT_ADMIN", Some("BD")).send(&opened, "an answer");
    assert_eq!(lasting.next_message()["text"], "an answer");
}

fn a_renewed_socket_no_longer_depends_on_the_first_token(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let first = token_for(signing_key(), "30m");
    let mut witness = driver.with_token(&first).connect();
    let mut renewed = driver.with_token(&first).connect();
    renewed.authenticate(driver.token.as_ref().expect("a token"));
    revoke(&desk, &first);
    witness.closed_with(4003);
    renewed.round_trip();
    revoke(&desk, driver.token.as_ref().expect("a token"));
    renewed.closed_with(4003);
}

fn a_revoked_token_ends_its_sockets_on_every_node(backend: Backend) {
    let desk = Desk::start(backend);
    let node = desk.another_node();
    let driver = desk.driver("driver-1", "BD");
    let token = token_for(signing_key(), "30m");
    let person = driver.with_token(&token);
    let mut ending =
        [person.connect(), person.at(&node.address).connect(), person.at(&node.address).connect_by_ticket()];
    let mut lasting = [driver.connect(), driver.at(&node.address).connect()];
    revoke(&desk, &token);
    for socket in &mut ending {
        socket.closed_with(4003);
    }
    for socket in &mut lasting {
        socket.round_trip();
    }
}
