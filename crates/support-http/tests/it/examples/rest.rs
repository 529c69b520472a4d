//! What is played over REST: each operation at least once, and each refusal that can be provoked.

use serde_json::{Value, json};

use super::hold;
use super::recorder::{Asked, CURSOR, Recorder};
use crate::attachments::{form, part, pdf};
use crate::harness::{Backend, Conversation, Desk, Person, eventually};

on_both_backends!(examples_of_operations_are_what_is_answered, examples_of_errors_are_what_is_answered);

/// Those who are in the examples.
pub(super) struct People {
    pub(super) driver: Person,
    pub(super) admin: Person,
    pub(super) root: Person,
}

impl People {
    pub(super) fn at(desk: &Desk) -> Self {
        Self {
            driver: desk.driver("driver-rahim", "BD"),
            admin: desk.admin_with("admin-kamal", "SUPPORT_ADMIN", Some("BD"), &["--email", "kamal@example.com"]),
            root: desk.admin_with("admin-root", "SUPER_ADMIN", None, &[]),
        }
    }
}

fn examples_of_operations_are_what_is_answered(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_MAX_ATTACHMENTS_PER_MESSAGE", "5").start();
    let people = People::at(&desk);
    let mut recorder = Recorder::of(&desk);
    let first = opening(&mut recorder, &people);
    files(&mut recorder, &people, &first);
    talking(&mut recorder, &people, &first);
    listing(&mut recorder, &people, &first);
    changing(&mut recorder, &people, &first);
    around(&mut recorder, &people, &desk);
    hold("examples.json", &Value::Object(recorder.entries));
}

fn body(body: Value) -> Asked<'static> {
    Asked { body: Some(body), ..Asked::default() }
}

fn of(id: &str) -> Asked<'_> {
    Asked { id: Some(id), ..Asked::default() }
}

fn opening(recorder: &mut Recorder, people: &People) -> Conversation {
    let People { driver, admin, .. } = people;
    let asked = json!({"subject": "Trip fare is missing", "initialMessage": "The fare of my last trip to Uttara is not in my wallet.",
        "priority": "high", "metadata": {"tripId": "8842217"}, "clientMessageId": "5b0c6d1e-2f5a-4c0d-9b2e-7f3a4e64c5a4"});
    let answer =
        recorder.play(driver, "openConversation", "opened", "A driver opens a conversation.", &body(asked.clone()));
    let first = Conversation::from_answer(&answer.expect(201));
    let again = "The answer was lost, and it is sent again: nothing is doubled.";
    recorder.play(driver, "openConversation", "openedAgain", again, &body(asked)).expect(200);
    let masked = json!({"subject": "My card", "initialMessage": "It is 4111 1111 1111 1111, please charge it."});
    recorder
        .play(driver, "openConversation", "withCard", "A card number is masked before it is kept.", &body(masked))
        .expect(201);
    let asked = json!({"userId": "customer-nadia", "userType": "customer", "countryCode": "BD", "subject": "Your parcel",
        "initialMessage": "Your parcel comes a day later. We are sorry.", "clientMessageId": "8e1d5b0c-9a7e-4f42-8d1e-3a407f2b019c"});
    let to = "openConversationForUser";
    recorder.play(admin, to, "opened", "The desk writes to a customer.", &body(asked.clone())).expect(201);
    recorder.play(admin, to, "openedAgain", again, &body(asked)).expect(200);
    first
}

fn files(recorder: &mut Recorder, people: &People, first: &Conversation) {
    let text = String::from_utf8(pdf()).expect("a file that is text");
    for (person, upload, read) in [
        (&people.driver, "uploadAttachment", "readAttachment"),
        (&people.admin, "uploadDeskAttachment", "readDeskAttachment"),
    ] {
        recorder.next_step();
        let head =
            "Content-Disposition: form-data; name=\"file\"; filename=\"receipt.pdf\"\r\nContent-Type: application/pdf";
        let answer = person.upload_call(form(&[part(head, &pdf())])).send().expect(201);
        recorder.note(upload, "pdf", "A small PDF.", &body(json!({"file": text})), &answer);
        let id = answer["attachment"]["id"].as_str().expect("an id");
        recorder.play(person, read, "pdf", "The same PDF.", &of(id)).expect(200);
        let asked = json!({"content": "Here is the receipt.", "attachmentIds": [id]});
        let send = if read == "readAttachment" { "sendMessage" } else { "reply" };
        let asked = Asked { id: Some(&first.id), body: Some(asked), query: &[] };
        recorder.play(person, send, "withFile", "With a file that was uploaded before.", &asked).expect(201);
    }
}

fn talking(recorder: &mut Recorder, people: &People, first: &Conversation) {
    let about = |body: Value| Asked { id: Some(&first.id), body: Some(body), query: &[] };
    let People { driver, admin, .. } = people;
    let asked = json!({"content": "It was trip 8842217.", "clientMessageId": "0b6f4f0e-3f0c-4a53-9d9f-5f3f4f2f9b1a"});
    recorder.play(driver, "sendMessage", "sent", "A driver writes.", &about(asked.clone())).expect(201);
    let again = "The answer was lost, and it is sent again: it is the same message.";
    recorder.play(driver, "sendMessage", "sentAgain", again, &about(asked)).expect(200);
    let asked = json!({"content": "<p>We have <strong>found</strong> it.</p>", "format": "html", "ifLastSeq": 4,
        "clientMessageId": "c9f31f52-0c2e-4b7d-8a66-1d2b3c4d5e6f"});
    let summary = "An admin replies in HTML, if nothing was written meanwhile.";
    recorder.play(admin, "reply", "sent", summary, &about(asked.clone())).expect(201);
    recorder.play(admin, "reply", "sentAgain", again, &about(asked)).expect(200);
    let asked = json!({"upToSeq": 5});
    recorder.play(driver, "markOwnRead", "read", "The driver has read all of it.", &about(asked.clone())).expect(200);
    recorder.play(admin, "markRead", "read", "The desk has read all of it.", &about(asked)).expect(200);
}

fn listing(recorder: &mut Recorder, people: &People, first: &Conversation) {
    let People { driver, admin, .. } = people;
    let page = |query: &'static [(&'static str, &'static str)]| Asked { query, ..Asked::default() };
    let query =
        &[("status", "open"), ("from", "2026-01-01"), ("to", "2046-01-01"), ("search", "fare"), ("limit", "20")];
    recorder.play(driver, "listOwnConversations", "page", "Open ones about a fare.", &page(query)).expect(200);
    let answer =
        recorder.play(driver, "listOwnConversations", "first", "The first of two pages.", &page(&[("limit", "1")]));
    assert!(answer.expect(200)["pagination"]["nextCursor"].is_string());
    // The cursor of the examples is taken by any server.
    driver.list(&format!("?cursor={CURSOR}"));
    recorder.play(driver, "getOwnConversation", "seen", "As its user sees it.", &of(&first.id)).expect(200);
    let query = &[
        ("status", "open"),
        ("channel", "driver"),
        ("countryCode", "BD"),
        ("priority", "high"),
        ("assignedAdminId", "none"),
        ("userId", "driver-rahim"),
        ("search", "fare"),
        ("from", "2026-01-01"),
        ("to", "2046-01-01"),
        ("limit", "20"),
        ("includeTotal", "true"),
    ];
    recorder.play(admin, "listConversations", "unassigned", "What nobody has yet, counted.", &page(query)).expect(200);
    recorder.play(admin, "getConversation", "seen", "As the desk sees it, with its user.", &of(&first.id)).expect(200);
    for (person, operation) in [(driver, "listOwnMessages"), (admin, "listMessages")] {
        let asked = Asked { id: Some(&first.id), query: &[("afterSeq", "3"), ("limit", "2")], body: None };
        recorder.play(person, operation, "after", "Those behind the third.", &asked).expect(200);
    }
    let asked = Asked { id: Some(&first.id), query: &[("beforeSeq", "3"), ("limit", "1")], body: None };
    recorder.play(driver, "listOwnMessages", "before", "The one before the third; there are more.", &asked).expect(200);
}

fn changing(recorder: &mut Recorder, people: &People, first: &Conversation) {
    let about = |body: Value| Asked { id: Some(&first.id), body: Some(body), query: &[] };
    let People { driver, admin, root } = people;
    let change = "updateConversation";
    let asked = json!({"assignedAdminId": "admin-kamal", "priority": "urgent", "version": 1});
    recorder.play(admin, change, "taken", "Taken, and made urgent, if nobody was faster.", &about(asked)).expect(200);
    let asked = json!({"status": "resolved"});
    recorder
        .play(admin, change, "thenResolved", "Resolved: a system message says so to both.", &about(asked))
        .expect(200);
    recorder.play(driver, "getClientSettings", "inForce", "What a client needs.", &Asked::default()).expect(200);
    recorder.play(root, "getSettings", "inForce", "All settings, never changed so far.", &Asked::default()).expect(200);
    let asked = json!({"maxMessageLength": 2000, "autoAssignMode": "round_robin", "businessHoursEnabled": true,
        "businessHoursStart": "08:00", "defaultPriority": null, "version": 0});
    recorder.play(root, "updateSettings", "changed", "Some are changed, one goes back.", &body(asked)).expect(200);
}

/// What is about nobody's conversation.
fn around(recorder: &mut Recorder, people: &People, desk: &Desk) {
    let People { driver, admin, root } = people;
    // Who comes is noted behind the request.
    eventually("both admins are known", || {
        root.get("/api/admin/support/admins").expect(200)["admins"].as_array().is_some_and(|all| all.len() == 2)
    });
    let asked = Asked { query: &[("countryCode", "BD")], ..Asked::default() };
    recorder.play(admin, "listAdmins", "all", "Who can be given a conversation of Bangladesh.", &asked).expect(200);
    recorder.play(driver, "issueTicket", "made", "Good once, for 30 seconds.", &Asked::default()).expect(201);
    let nobody = desk.nobody();
    recorder.play(&nobody, "checkLive", "ok", "It runs.", &Asked::default()).expect(200);
    recorder.play(&nobody, "checkReady", "ok", "It can work.", &Asked::default()).expect(200);
}

/// Each refusal that can be provoked, against the document's example.
fn examples_of_errors_are_what_is_answered(backend: Backend) {
    let desk = Desk::start(backend);
    let People { driver, admin, .. } = People::at(&desk);
    let mut recorder = Recorder::of(&desk);
    let home = driver.home;
    recorder.refused(400, "invalid_json", driver.call("POST", home).body("application/json", "{").send());
    let blank = json!({"subject": " ", "initialMessage": "Hello"});
    recorder.refused(400, "validation_failed", driver.post(home, &blank));
    recorder.refused(401, "unauthenticated", desk.get(home));
    recorder.refused(403, "forbidden", driver.get(admin.home));
    recorder.refused(404, "not_found", driver.get(&driver.path(&Conversation::missing(), "")));
    recorder.refused(405, "method_not_allowed", driver.call("DELETE", home).send());
    let long = format!("\"{}\"", "x".repeat(300_000));
    let long = driver.call("POST", home).body("application/json", long).send();
    recorder.refused(413, "payload_too_large", long);
    recorder.refused(415, "unsupported_media_type", driver.call("POST", home).body("text/plain", "Hello").send());
    let opened = driver.open("Trip fare is missing", "The fare of my last trip is not in my wallet.");
    let messages = driver.path(&opened, "/messages");
    let keyed = |words: &str| json!({"content": words, "clientMessageId": "0b6f4f0e-3f0c-4a53-9d9f-5f3f4f2f9b1a"});
    driver.post(&messages, &keyed("It was trip 8842217.")).expect(201);
    recorder.refused(409, "idempotency_mismatch", driver.post(&messages, &keyed("It was trip 8842218.")));
    driver.send(&opened, "Are you there?");
    let late = json!({"content": "Which trip was it?", "ifLastSeq": 2});
    recorder.refused(409, "stale", admin.post(&admin.path(&opened, "/messages"), &late));
    admin.change(&opened, &json!({"status": "closed"}));
    recorder.refused(409, "conversation_closed", driver.post(&messages, &json!({"content": "Hello?"})));
    let reopening = admin.patch(&admin.path(&opened, ""), &json!({"status": "open"}));
    recorder.refused(409, "invalid_transition", reopening);
    let hasty = Desk::plan(backend).set("SUPPORT_SENDS_PER_MINUTE", "1").start();
    let hasty = hasty.driver("driver-hasty", "BD");
    hasty.open("One", "One");
    recorder.refused(429, "rate_limited", hasty.post(home, &json!({"subject": "Two", "initialMessage": "Two"})));

    let document = desk.get("/api/support/openapi.json").expect(200);
    let mut examples = document["components"]["examples"].as_object().expect("examples").clone();
    // Nobody can provoke these two; their bodies are made by the same type.
    for code in ["internal", "unavailable"] {
        assert_eq!(examples.remove(code).expect(code)["value"]["code"], code);
    }
    let named: Vec<&String> = examples.keys().collect();
    assert_eq!(named, recorder.refusals.keys().collect::<Vec<_>>(), "every code has an example, and was provoked");
    for (code, body) in &mut recorder.refusals {
        body["requestId"] = examples[code]["value"]["requestId"].clone();
        assert_eq!(*body, examples[code]["value"], "{code}");
        assert!(
            examples[code]["description"].as_str().is_some_and(|when| !when.is_empty()),
            "{code} says when it comes"
        );
    }
}
