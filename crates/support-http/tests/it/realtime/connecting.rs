//! Getting in: by a token in the header, from an allowed page, and what the first frame says.

use serde_json::{Value, json};

use crate::harness::{Backend, Desk, Handshake, TICKETS, keys, narrow, signing_key};

on_both_backends!(
    the_first_frame_says_who_is_connected,
    the_first_frame_tells_an_admins_permissions_and_no_users,
    without_a_valid_token_there_is_no_socket,
    a_token_in_the_url_opens_no_socket,
    an_unknown_field_of_the_query_is_refused,
    only_allowed_origins_open_a_socket,
    without_configured_origins_no_page_opens_a_socket,
    what_is_no_handshake_is_answered_as_any_bad_request,
    a_token_in_the_header_chooses_no_subprotocol_of_its_own,
    a_socket_that_says_goodbye_is_answered,
    a_socket_lives_without_a_word_from_its_client,
);

fn the_first_frame_says_who_is_connected(backend: Backend) {
    let desk = Desk::start(backend);
    for (person, user_type, country) in [
        (desk.driver("user-1", "BD"), "driver", "BD"),
        (desk.customer("user-1", "US"), "customer", "US"),
        (desk.restaurant("user-1", "BD"), "restaurant", "BD"),
    ] {
        let expected = json!({
            "principal": {"kind": "user", "id": "user-1", "userType": user_type, "countryCode": country},
            "heartbeatSeconds": 25,
        });
        assert_eq!(person.connect().connected, expected);
        assert_eq!(person.connect_by_ticket().connected, expected);
    }
    let desk = Desk::plan(backend).set("SUPPORT_WS_HEARTBEAT_SECONDS", "7").start();
    assert_eq!(desk.driver("driver-1", "BD").connect().connected["heartbeatSeconds"], 7);
}

fn the_first_frame_tells_an_admins_permissions_and_no_users(backend: Backend) {
    let desk = Desk::start(backend);
    let admin = desk.admin_with(
        "agent-1",
        "SUPPORT_ADMIN",
        Some("BD"),
        &["--permission", "VIEW_SUPPORT_CONVERSATIONS", "--permission", "REPLY_SUPPORT_CONVERSATIONS"],
    );
    for socket in [admin.connect(), admin.connect_by_ticket()] {
        assert_eq!(keys(&socket.connected), ["heartbeatSeconds", "principal"]);
        let principal = &socket.connected["principal"];
        assert_eq!(keys(principal), ["countryCode", "id", "kind", "permissions", "role"]);
        assert_eq!(
            (&principal["kind"], &principal["id"], &principal["role"], &principal["countryCode"]),
            (&json!("admin"), &json!("agent-1"), &json!("SUPPORT_ADMIN"), &json!("BD"))
        );
        let mut permissions: Vec<&str> =
            principal["permissions"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        permissions.sort_unstable();
        assert_eq!(permissions, ["REPLY_SUPPORT_CONVERSATIONS", "VIEW_SUPPORT_CONVERSATIONS"]);
    }
    // Whoever is bound to no country is told of none.
    let principal = desk.admin("SUPER_ADMIN", None).connect().connected["principal"].clone();
    assert_eq!(principal["countryCode"], Value::Null);
    assert_eq!(principal["permissions"].as_array().map(Vec::len), Some(4));
}

fn without_a_valid_token_there_is_no_socket(backend: Backend) {
    let desk = Desk::start(backend);
    let good = desk.driver("driver-1", "BD").token.expect("a token");
    let handshake = || Handshake::at(desk.address());
    let answer = handshake().refused(401, "unauthenticated");
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
    for authorization in [
        "Bearer nonsense".to_owned(),
        good.clone(),
        format!("Basic {good}"),
        format!("Bearer {}", &good[..good.len() - 4]),
        format!("Bearer {}", "A".repeat(5_000)),
    ] {
        handshake().header("authorization", &authorization).refused(401, "unauthenticated");
    }
    handshake().bearer(&good).open().round_trip();
}

fn a_token_in_the_url_opens_no_socket(backend: Backend) {
    let desk = Desk::start(backend);
    let token = desk.driver("driver-1", "BD").token.expect("a token");
    for name in ["token", "access_token", "authorization", "ticket"] {
        let answer = Handshake::at(desk.address()).query(&format!("{name}={token}")).try_open();
        let answer = answer.expect_err("a token in the URL opened a socket");
        // An unknown field of the query may be named before the missing token is.
        assert!([400, 401].contains(&answer.status), "{name}: {} {}", answer.status, answer.text);
        assert!(!answer.text.contains(&token), "{}", answer.text);
    }
    let answer = Handshake::at(desk.address()).protocols(&format!("support.v1, ticket.{token}")).try_open();
    assert_eq!(answer.expect_err("a token as a ticket opened a socket").status, 401);
    assert!(!desk.server.log().contains(&token), "a token is in the log");
}

fn an_unknown_field_of_the_query_is_refused(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    for field in ["surprise", "token", "Ticket"] {
        let answer = driver.handshake().query(&format!("{field}=1")).try_open().expect_err("an unknown field");
        answer.refused_field(field);
        driver.call("POST", &format!("{TICKETS}?{field}=1")).untyped_body(Vec::new()).send().refused_field(field);
    }
}

fn only_allowed_origins_open_a_socket(backend: Backend) {
    let plan = Desk::plan(backend).set("SUPPORT_ALLOWED_ORIGINS", "https://app.example.com,http://localhost:5173");
    let desk = plan.start();
    let driver = desk.driver("driver-1", "BD");
    driver.connect().round_trip();
    for origin in ["https://app.example.com", "http://localhost:5173"] {
        driver.handshake().origin(origin).open().round_trip();
        Handshake::at(desk.address()).origin(origin).ticket(&driver.ticket()).open().round_trip();
    }
    for origin in [
        "https://evil.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.com",
        "null",
    ] {
        driver.handshake().origin(origin).refused(403, "forbidden");
        Handshake::at(desk.address()).origin(origin).ticket(&driver.ticket()).refused(403, "forbidden");
    }
    // Two of them are none that is allowed.
    let two = driver.handshake().origin("https://app.example.com").origin("https://evil.example.com").try_open();
    assert!(two.is_err_and(|answer| [400, 403].contains(&answer.status)));
}

fn without_configured_origins_no_page_opens_a_socket(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    driver.connect().round_trip();
    for origin in ["https://app.example.com".to_owned(), format!("http://{}", desk.address().get())] {
        driver.handshake().origin(&origin).refused(403, "forbidden");
    }
}

fn what_is_no_handshake_is_answered_as_any_bad_request(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let whole = || driver.handshake();
    for broken in [
        whole().without("upgrade"),
        whole().without("connection"),
        whole().without("sec-websocket-key"),
        whole().without("sec-websocket-version"),
        whole().without("sec-websocket-version").header("sec-websocket-version", "8"),
        whole().without("upgrade").header("upgrade", "h2c"),
    ] {
        let shown = format!("{broken:?}");
        let answer = broken.try_open().expect_err("a broken handshake opened a socket");
        assert!([400, 426].contains(&answer.status), "{shown}: {} {}", answer.status, answer.text);
    }
    let plain = driver.get("/api/support/ws");
    assert!([400, 426].contains(&plain.status), "{} {}", plain.status, plain.text);
    whole().open().round_trip();
}

fn a_token_in_the_header_chooses_no_subprotocol_of_its_own(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    assert_eq!(driver.connect().protocol, "");
    assert_eq!(driver.handshake().protocols("support.v1").open().protocol, "support.v1");
    for list in ["chat", "support.v2", "chat, superchat"] {
        // What the server does not speak it must not promise.
        if let Ok(socket) = driver.handshake().protocols(list).try_open() {
            assert_eq!(socket.protocol, "", "{list}");
        }
    }
}

fn a_socket_that_says_goodbye_is_answered(backend: Backend) {
    use tungstenite::Message;
    use tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let mut socket = driver.connect();
    socket.send(Message::Close(Some(CloseFrame { code: CloseCode::Normal, reason: "goodbye".into() })));
    socket.closed_with(1000);
    driver.connect().round_trip();
}

fn a_socket_lives_without_a_word_from_its_client(backend: Backend) {
    // Pings are answered by the client's library, and only while it reads.
    let desk = Desk::plan(backend).set("SUPPORT_WS_HEARTBEAT_SECONDS", "1").start();
    let token =
        signing_key().token(&["user", "--id", "driver-1", "--type", "driver", "--country", "BD", "--ttl", "1h"]);
    let brief = desk.nobody().with_token(&narrow(&token, &["--ttl", "6s"]));
    let driver = desk.nobody().with_token(&token);
    let opened = driver.open("Patience", "Hello");
    let mut quiet = driver.connect();
    quiet.join(&opened);
    // The end of the other token says that several heartbeats have passed.
    let end = std::thread::spawn(move || brief.connect().closed_with(4001));
    let waiting = std::thread::spawn(move || quiet.next_message());
    end.join().expect("the brief token is over");
    driver.send(&opened, "still there?");
    assert_eq!(waiting.join().expect("the quiet socket lives")["seq"], 2);
}
