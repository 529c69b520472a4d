//! `masked`: the sender's answer says what was masked in what was sent now. Nobody else is told, and nothing is kept.

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, Desk, about, keys};

on_both_backends!(
    who_sends_a_secret_is_told_its_kind,
    who_opens_with_a_secret_is_told_its_kind,
    a_repetition_is_told_again,
    nobody_else_is_told,
    the_document_knows_the_kinds,
);

/// A message with a card, a social security number and a password, and what is told of it.
fn secret() -> (String, Value) {
    let card = ["4111", "1111", "1111", "1111"].join(" ");
    let ssn = ["219", "09", "9999"].join("-");
    (
        format!("card {card}, ssn {ssn}, my password: {}", ["hunter", "22horse"].concat()),
        json!(["ssn", "card", "password"]),
    )
}

fn who_sends_a_secret_is_told_its_kind(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "US"), desk.admin("SUPPORT_ADMIN", Some("US")));
    let opened = driver.open("Told", "Hello");
    let (words, kinds) = secret();
    for person in [&driver, &admin] {
        let path = person.path(&opened, "/messages");
        for format in ["text", "html"] {
            let answer = person.post(&path, &json!({"content": words, "format": format})).expect(201);
            assert_eq!(keys(&answer.json), ["masked", "message"], "{}", answer.text);
            assert_eq!(answer["masked"], kinds);
            assert_eq!(answer["message"].get("masked"), None);
        }
        let nothing = person.post(&path, &json!({"content": "order 4242424242424241"})).expect(201);
        assert_eq!(keys(&nothing.json), ["message"], "{}", nothing.text);
        let metadata = person.post(&path, &json!({"content": "see there", "metadata": {"pin": "4321"}})).expect(201);
        assert_eq!(metadata["masked"], json!(["pin"]));

        let mut socket = person.connect();
        let payload = about(&opened, &json!({"content": words}));
        let answer = socket.ask("support:sendMessage", &payload).ack();
        assert_eq!((keys(&answer), &answer["masked"]), (vec!["masked".to_owned(), "message".to_owned()], &kinds));
        let payload = about(&opened, &json!({"content": "nothing to hide"}));
        assert_eq!(keys(&socket.ask("support:sendMessage", &payload).ack()), ["message"]);
    }
}

fn who_opens_with_a_secret_is_told_its_kind(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "US"), desk.admin("SUPPORT_ADMIN", Some("US")));
    let body = json!({"subject": "my pin is 4321", "initialMessage": "and cvv 737"});
    let answer = driver.post(driver.home, &body).expect(201);
    assert_eq!(keys(&answer.json), ["conversation", "masked", "message"], "{}", answer.text);
    assert_eq!(answer["masked"], json!(["cvv", "pin"]));
    let mut for_user = body.clone();
    for_user["userId"] = json!("driver-1");
    for_user["userType"] = json!("driver");
    for_user["countryCode"] = json!("US");
    let answer = admin.post(admin.home, &for_user).expect(201);
    assert_eq!(answer["masked"], json!(["cvv", "pin"]));
    let nothing = driver.post(driver.home, &json!({"subject": "Hello", "initialMessage": "Hello"})).expect(201);
    assert_eq!(keys(&nothing.json), ["conversation", "message"], "{}", nothing.text);
}

fn a_repetition_is_told_again(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "US");
    let (words, kinds) = secret();
    let body = json!({"subject": "Again", "initialMessage": words, "clientMessageId": "open-1"});
    let opened = Conversation::from_answer(&driver.post(driver.home, &body).expect(201));
    assert_eq!(driver.post(driver.home, &body).expect(200)["masked"], kinds);
    let (path, body) = (driver.path(&opened, "/messages"), json!({"content": words, "clientMessageId": "key-1"}));
    assert_eq!(driver.post(&path, &body).expect(201)["masked"], kinds);
    assert_eq!(driver.post(&path, &body).expect(200)["masked"], kinds);
    assert_eq!(driver.connect().ask("support:sendMessage", &about(&opened, &body)).ack()["masked"], kinds);
    // What was sent now counts: these are the words that were kept, and in them is nothing to mask.
    let kept = driver.messages(&opened)[1]["text"].clone();
    let again = driver.post(&path, &json!({"content": kept, "clientMessageId": "key-1"})).expect(200);
    assert_eq!(keys(&again.json), ["message"], "{}", again.text);
}

fn nobody_else_is_told(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "US"), desk.admin("SUPPORT_ADMIN", Some("US")));
    let opened = driver.open("Alone", "Hello");
    let (mut other, mut staff, mut watcher) = (driver.connect(), admin.connect(), admin.connect());
    for socket in [&mut other, &mut staff] {
        socket.keep_what_comes();
        socket.join(&opened);
    }
    watcher.keep_what_comes();
    watcher.watch();
    let (words, _) = secret();
    driver.send(&opened, &words);
    driver.connect().say(&opened, &words);
    for socket in [&mut other, &mut staff] {
        for _ in 0..2 {
            let payload = socket.expect_event("support:newMessage");
            assert_eq!(keys(&payload), ["message"], "{payload}");
        }
    }
    watcher.update_of(&opened, |seen| seen["lastSeq"] == 3);
    let rows = desk.database.snapshot().join("\n");
    let listed = format!("{:?} {:?} {}", driver.messages(&opened), admin.messages(&opened), admin.list("").text);
    for text in [other.heard(), staff.heard(), watcher.heard(), &rows, &listed] {
        assert!(!text.contains("\"masked\"") && !text.contains("url_secret"), "{text}");
    }
}

fn the_document_knows_the_kinds(backend: Backend) {
    let document = Desk::start(backend).get("/api/support/openapi.json").expect(200).json;
    let schemas = &document["components"]["schemas"];
    let words = schemas["MaskedKind"]["enum"].as_array().expect("the kinds").clone();
    for kind in ["ssn", "nid", "card", "password", "otp", "token", "private_key"] {
        assert!(words.contains(&json!(kind)), "{words:?}");
    }
    let sent = &schemas["SentView"];
    assert_eq!(sent["properties"]["masked"]["type"], "array", "{sent}");
    assert_eq!(sent["required"], json!(["message"]), "{sent}");
}
