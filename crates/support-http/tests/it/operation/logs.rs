//! Logs: JSON where nobody watches, and never a token or anything that was said.

use serde_json::{Value, json};

use crate::harness::{Backend, Desk, USER, eventually};

on_both_backends!(
    every_line_is_a_json_object_and_tells_the_address,
    no_line_holds_a_token_or_anything_that_was_said,
    a_request_can_be_found_by_its_id,
);

fn every_line_is_a_json_object_and_tells_the_address(backend: Backend) {
    let desk = Desk::start(backend);
    desk.driver("driver-1", "BD").open("Logged", "Hello");
    let port = desk.address().get().rsplit(':').next().expect("a port").to_owned();
    let log = desk.server.log();
    assert!(log.contains(&port), "the real port is logged: {log}");
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()), "{line}");
    }
    assert!(!log.contains('\u{1b}'), "no colours in a file");
}

fn no_line_holds_a_token_or_anything_that_was_said(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_LOG", "debug").start();
    let driver = desk.driver("driver-1", "BD");
    let admin = desk.admin_with("agent-1", "SUPPORT_ADMIN", Some("BD"), &["--email", "nadia@example.com"]);
    let body = json!({"subject": "Xylophone", "initialMessage": "marmalade", "metadata": {"zeppelin": "quicksilver"}});
    let opened = driver.open_with(&body);
    admin.send_with(&opened, &json!({"content": "<b>marmalade</b>", "format": "html"}));
    driver.list("?search=xylophone");
    // Refusals know what they refuse; the log must not.
    let path = driver.path(&opened, "/messages");
    driver.post(&path, &json!({"content": "marmalade", "format": "marmalade"})).expect(400);
    driver.post(&path, &json!({"content": "marmalade", "marmalade": 1})).expect(400);
    driver.post(&path, &json!({"content": ["marmalade"]})).expect(400);
    driver.post(&path, &json!({"content": "marmalade".repeat(1_000)})).expect(400);
    driver.call("POST", &path).body("application/json", "{\"content\": \"marmalade").send().expect(400);
    driver.get(&format!("{USER}?status=marmalade")).expect(400);
    driver.get(&format!("{USER}?marmalade=1")).expect(400);
    admin.change(&opened, &json!({"status": "closed"}));
    driver.post(&path, &json!({"content": "marmalade"})).expect(409);
    let private = desk.environment()["SUPPORT_BISCUIT_PRIVATE_KEY"].clone();
    let key = private.rsplit('/').next().expect("hex").to_owned();
    let tokens = [driver.token.clone().expect("a token"), admin.token.clone().expect("a token")];
    desk.nobody().with_token(&format!("{}x", tokens[0])).get(USER).expect(401);
    desk.nobody().get(&format!("{USER}?token={}", tokens[0])).expect(401);

    let log = desk.server.log().to_lowercase();
    let said = ["xylophone", "marmalade", "zeppelin", "quicksilver", "nadia@example.com"].map(str::to_owned);
    for word in said.iter().chain(&tokens).chain([&key]) {
        assert!(!log.contains(&word.to_lowercase()), "{word} is in the log");
    }
}

fn a_request_can_be_found_by_its_id(backend: Backend) {
    let desk = Desk::start(backend);
    let answer = desk.driver("driver-1", "BD").get(USER).expect(200);
    let id = answer.header("x-request-id").to_owned();
    eventually("the request is in the log", || desk.server.log().contains(&id));
}
