//! Every failure has one shape, which the harness holds against each answer; here are the ways to fail that are about no
//! field: bad JSON, a bad path, an unknown route, a wrong method, a wrong type, too much.

use std::io::Read;

use serde_json::json;

use crate::harness::{Backend, DESK, Desk, Raw, USER};
use crate::routes::{For, ROUTES, Route, methods, paths};

on_both_backends!(
    malformed_json_is_said_to_be_just_that,
    a_body_that_is_no_object_is_refused,
    a_body_that_takes_too_long_is_ended,
    an_id_that_is_no_uuid_is_a_bad_field,
    unknown_routes_are_not_found,
    a_wrong_method_is_told_the_right_ones,
    a_body_that_is_not_json_is_an_unsupported_type,
    a_body_beyond_256_kib_is_too_large,
    a_body_of_unknown_length_beyond_256_kib_is_too_large,
    every_answer_has_a_request_id_of_its_own,
);

/// What a person who may use the route would send to it.
fn person(desk: &Desk, home: &str) -> crate::harness::Person {
    if home == DESK { desk.admin("SUPER_ADMIN", None) } else { desk.driver("driver-1", "BD") }
}

/// A body that the route takes.
fn good_body(route: &Route) -> &'static str {
    match (route.method, route.path.rsplit('/').next(), route.who) {
        ("PUT", ..) => r#"{"businessHoursStart":"WORDS"}"#,
        ("PATCH", ..) => r#"{"assignedAdminId":"WORDS"}"#,
        (_, Some("messages"), _) => r#"{"content":"WORDS"}"#,
        (_, Some("read"), _) => r#"{"upToSeq":1}"#,
        (.., For::Admins) => {
            r#"{"userType":"driver","countryCode":"BD","subject":"s","initialMessage":"m","userId":"WORDS"}"#
        }
        _ => r#"{"subject":"s","initialMessage":"WORDS"}"#,
    }
}

fn malformed_json_is_said_to_be_just_that(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("Mine", "Hello");
    let before = desk.database.snapshot();
    for route in ROUTES.iter().filter(|route| route.takes_a_body()) {
        let person = person(&desk, route.home());
        let call = |body: Vec<u8>| person.call(route.method, &route.to(&opened)).body("application/json", body).send();
        let good = good_body(route);
        let cut = &good[..good.len() - 1];
        for body in ["", "{", "not json", "{'content':'x'}", cut, &format!("{good} {{}}"), &format!("{good}}}")] {
            call(body.into()).refused(400, "invalid_json");
        }
        if let Some((before, after)) = good.split_once("WORDS") {
            for words in [b"\xff\xfe".as_slice(), b"\\ud800", b"\\x", b"\n"] {
                call([before.as_bytes(), words, after.as_bytes()].concat()).refused(400, "invalid_json");
            }
        }
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        let answer = call(deep.into()).expect(400);
        assert!(answer.text.len() < 1_000, "{}", answer.text);
    }
    assert_eq!(desk.database.snapshot(), before);
}

fn a_body_that_is_no_object_is_refused(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("Mine", "Hello");
    for route in ROUTES.iter().filter(|route| route.takes_a_body()) {
        let person = person(&desk, route.home());
        for body in ["[]", "\"text\"", "1", "null", "true", "[\"a\",\"b\"]", " [\"s\",\"m\",null,null,null]"] {
            let answer =
                person.call(route.method, &route.to(&opened)).body("application/json", body).send().expect(400);
            let code = answer["code"].as_str().unwrap_or_default();
            assert!(["invalid_json", "validation_failed"].contains(&code), "{body}: {}", answer.text);
        }
    }
}

fn an_id_that_is_no_uuid_is_a_bad_field(backend: Backend) {
    let desk = Desk::start(backend);
    let body = json!({"content": "c", "upToSeq": 1, "priority": "low"});
    for route in ROUTES.iter().filter(|route| route.path.contains("{id}")) {
        let person = person(&desk, route.home());
        for id in
            ["1", "no-uuid", "0190c5a47f3a7e648f5e2f5a0c6d1b2e", "%7Bid%7D", "0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2g"]
        {
            let call = person.call(route.method, &route.path.replace("{id}", id));
            let body = match (route.method, route.path.rsplit('/').next()) {
                ("POST", Some("messages")) => json!({"content": "c"}),
                ("POST", Some("read")) => json!({"upToSeq": 1}),
                ("PATCH", _) => json!({"priority": "low"}),
                _ => body.clone(),
            };
            let call = if route.method == "GET" { call } else { call.json(&body) };
            call.send().refused_field("id");
        }
    }
}

fn unknown_routes_are_not_found(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("Mine", "Hello");
    for person in [desk.nobody(), desk.driver("driver-1", "BD"), desk.admin("SUPER_ADMIN", None)] {
        for path in [
            "/".to_owned(),
            "/favicon.ico".to_owned(),
            "/api".to_owned(),
            "/api/support".to_owned(),
            "/api/admin/support".to_owned(),
            "/api/support/conversation".to_owned(),
            format!("{USER}/{}/message", opened.id),
            format!("{DESK}/{}/read/1", opened.id),
            "/api/support/chat/rooms".to_owned(),
            "/../etc/passwd".to_owned(),
        ] {
            for method in ["GET", "POST", "DELETE"] {
                person.call(method, &path).send().refused(404, "not_found");
            }
        }
    }
}

fn a_wrong_method_is_told_the_right_ones(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("Mine", "Hello");
    let before = desk.database.snapshot();
    for path in paths() {
        let known = methods(path);
        let home = if path.starts_with("/api/admin") { DESK } else { USER };
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"].iter().filter(|method| !known.contains(method)) {
            let call = person(&desk, home).call(method, &path.replace("{id}", &opened.id));
            let answer = call.send().refused(405, "method_not_allowed");
            let mut allowed: Vec<&str> = answer.header("allow").split(',').map(str::trim).collect();
            allowed.retain(|method| !["HEAD", "OPTIONS"].contains(method));
            allowed.sort_unstable();
            assert_eq!(allowed, known, "{}", answer.asked);
        }
    }
    assert_eq!(desk.database.snapshot(), before);
}

fn a_body_that_is_not_json_is_an_unsupported_type(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("Mine", "Hello");
    let before = desk.database.snapshot();
    let body = r#"{"subject":"s","initialMessage":"m"}"#;
    for route in ROUTES.iter().filter(|route| route.takes_a_body()) {
        let person = person(&desk, route.home());
        for content_type in
            ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"]
        {
            let call = person.call(route.method, &route.to(&opened)).body(content_type, body);
            call.send().refused(415, "unsupported_media_type");
        }
        let call = person.call(route.method, &route.to(&opened)).untyped_body(body);
        call.send().refused(415, "unsupported_media_type");
    }
    assert_eq!(desk.database.snapshot(), before);
}

fn a_body_beyond_256_kib_is_too_large(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("Mine", "Hello");
    let before = desk.database.snapshot();
    for route in ROUTES.iter().filter(|route| route.takes_a_body()) {
        let token = person(&desk, route.home()).token.expect("a token");
        let mut raw = Raw::connect(desk.address());
        let body = format!("{{\"content\":\"{}\"}}", "x".repeat(256 * 1024));
        raw.write(format!(
            "{} {} HTTP/1.1\r\nhost: desk\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            route.method,
            route.to(&opened),
            body.len()
        ));
        raw.write(body);
        raw.answer(route.path).refused(413, "payload_too_large");
    }
    // What fits into the limit, but not into the field, is the field's fault.
    let driver = desk.driver("driver-1", "BD");
    let body = json!({"content": "x".repeat(255 * 1024)});
    driver.post(&driver.path(&opened, "/messages"), &body).refused_field("content");
    assert_eq!(desk.database.snapshot(), before);
}

fn a_body_of_unknown_length_beyond_256_kib_is_too_large(backend: Backend) {
    let desk = Desk::start(backend);
    let token = desk.driver("driver-1", "BD").token.expect("a token");
    let mut raw = Raw::connect(desk.address());
    raw.write(format!(
        "POST {USER} HTTP/1.1\r\nhost: desk\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n"
    ));
    for _ in 0..20 {
        raw.write(format!("4000\r\n{}\r\n", " ".repeat(0x4000)));
    }
    raw.write("0\r\n\r\n");
    raw.answer("POST in chunks").refused(413, "payload_too_large");
}

fn every_answer_has_a_request_id_of_its_own(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let mut ids: Vec<String> = (0..5)
        .flat_map(|_| [driver.get(USER), driver.get("/nowhere"), desk.get("/healthz"), desk.get(USER)])
        .map(|answer| answer.header("x-request-id").to_owned())
        .collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

fn a_body_that_takes_too_long_is_ended(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_BODY_SECONDS", "1").start();
    let token = desk.driver("driver-1", "BD").token.expect("a token");
    let mut raw = Raw::connect(desk.address());
    raw.write(format!(
        "POST {USER} HTTP/1.1\r\nhost: desk\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: 5000\r\n\r\n{{\"subject\":"
    ));
    let answer = raw.answer("a slow body").refused_field("body");
    assert_eq!(answer.header("connection"), "close");
    // What comes after that is no part of anything.
    let mut rest = Vec::new();
    let _ = raw.into_stream().read_to_end(&mut rest);
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    assert_eq!(desk.database.count("support_conversations"), 0);
}
