//! Messages that name uploads.

use serde_json::{Value, json};

use super::forms::named;
use super::pictures::{pdf, png};
use crate::harness::{Backend, Conversation, Desk, all_at_once, column};

on_both_backends!(
    a_message_shows_its_files_to_both_sides_in_their_order,
    a_message_with_files_need_not_say_anything,
    an_upload_is_sent_once_and_by_its_uploader,
    a_list_of_uploads_is_well_formed,
    of_two_who_send_one_upload_one_gets_it,
    a_repeated_send_is_the_same_message_with_its_files,
    what_cannot_be_sent_leaves_its_uploads_as_they_were,
    the_record_of_a_message_with_files_names_none,
);

fn a_message_shows_its_files_to_both_sides_in_their_order(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Files", "Hello");
    let [one, two, three] = ["one.png", "two.png", "three.pdf"]
        .map(|name| driver.upload(name, &if name.ends_with("pdf") { pdf() } else { png() }));
    let mut body = named(&[&three, &one, &two]);
    body["content"] = json!("Here they are");
    let sent = driver.send_with(&opened, &body);
    assert_eq!((&sent["messageType"], &sent["text"]), (&json!("text"), &json!("Here they are")));
    driver.send(&opened, "and a message without any");
    admin.send_files(&opened, &[&admin.upload("answer.png", &png())]);
    for person in [&driver, &admin] {
        let messages = person.messages(&opened);
        let files: Vec<Vec<String>> =
            messages.iter().map(|message| column(&message["attachments"], "fileName")).collect();
        let expected: [&[&str]; 4] = [&[], &["three.pdf", "one.png", "two.png"], &[], &["answer.png"]];
        assert_eq!(files, expected);
        for message in &messages {
            for attachment in message["attachments"].as_array().expect("a list") {
                assert_eq!(attachment["messageId"], message["id"]);
                let url = attachment["fileUrl"].as_str().expect("a path");
                assert_eq!(url, format!("{}/{}", person.uploads(), attachment["id"].as_str().unwrap()));
                person.get(url).expect(200);
            }
        }
    }
    assert_eq!(driver.see(&opened)["lastMessagePreview"], "answer.png");
}

fn a_message_with_files_need_not_say_anything(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Files", "Hello");
    for (content, format) in [
        (None, "text"),
        (Some(json!(null)), "text"),
        (Some(json!("")), "text"),
        (Some(json!("  \n\u{200b} ")), "text"),
        (Some(json!("<p> </p>")), "html"),
    ] {
        let mut body = named(&[&driver.upload("one.png", &png()), &driver.upload("two.pdf", &pdf())]);
        body["format"] = json!(format);
        if let Some(content) = content {
            body["content"] = content;
        }
        let sent = driver.send_with(&opened, &body);
        let shown = (&sent["messageType"], &sent["content"], &sent["text"]);
        assert_eq!(shown, (&json!("attachment"), &json!(""), &json!("")));
        assert_eq!(driver.see(&opened)["lastMessagePreview"], "one.png, two.pdf");
    }
    // Without files there have to be words.
    for body in [json!({}), json!({"attachmentIds": []}), json!({"attachmentIds": null, "content": " "})] {
        driver.post(&driver.path(&opened, "/messages"), &body).refused_field("content");
    }
    let files = named(&[&driver.upload("one.png", &png())]);
    let mut long = files.clone();
    long["content"] = json!("x".repeat(4_001));
    driver.post(&driver.path(&opened, "/messages"), &long).refused_field("content");
    long["content"] = json!(7);
    driver.post(&driver.path(&opened, "/messages"), &long).refused_field("content");
    driver.send_with(&opened, &files);
}

fn an_upload_is_sent_once_and_by_its_uploader(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin_with("agent-1", "SUPER_ADMIN", None, &[]));
    let (opened, other) = (driver.open("Files", "Hello"), driver.open("Another", "Hello"));
    let mine = driver.upload("a.png", &png());
    let sentence = |answer: crate::harness::Answer| answer.refused_field("attachmentIds")["details"].clone();
    let missing = json!({"id": Conversation::missing().id});
    let unknown = sentence(driver.try_send_files(&opened, &[&missing]));
    // Those of others, whoever they are, and of a namesake.
    let namesakes = [
        desk.driver("driver-2", "BD").upload("a.png", &png()),
        desk.customer("driver-1", "BD").upload("a.png", &png()),
        desk.admin_with("driver-1", "SUPER_ADMIN", None, &[]).upload("a.png", &png()),
    ];
    for theirs in &namesakes {
        assert_eq!(sentence(driver.try_send_files(&opened, &[theirs])), unknown);
        assert_eq!(sentence(driver.try_send_files(&opened, &[&mine, theirs])), unknown);
    }
    assert_eq!(sentence(admin.try_send_files(&opened, &[&mine])), unknown);
    driver.send_files(&opened, &[&mine]);
    assert_eq!(sentence(driver.try_send_files(&opened, &[&mine])), unknown);
    assert_eq!(sentence(driver.try_send_files(&other, &[&mine])), unknown);
    assert_eq!(driver.messages(&opened).len(), 2);
}

fn a_list_of_uploads_is_well_formed(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPER_ADMIN", None));
    let opened = driver.open("Files", "Hello");
    for person in [&driver, &admin] {
        let uploads: Vec<Value> = (0..6).map(|_| person.upload("a.png", &png())).collect();
        let all: Vec<&Value> = uploads.iter().collect();
        let before = desk.database.snapshot();
        person.try_send_files(&opened, &all).refused_field("attachmentIds");
        person.try_send_files(&opened, &[all[0], all[0]]).refused_field("attachmentIds");
        for ids in [json!("x"), json!(["x"]), json!([7]), json!({}), json!([null]), json!([[all[0]["id"]]])] {
            let answer =
                person.post(&person.path(&opened, "/messages"), &json!({"content": "x", "attachmentIds": ids}));
            let answer = answer.refused(400, "validation_failed");
            let details = answer["details"].as_object().expect("details");
            assert!(details.keys().all(|key| key.starts_with("attachmentIds")), "{}", answer.text);
        }
        assert_eq!(desk.database.snapshot(), before);
        person.send_files(&opened, &all[..5]);
    }
    let opening = json!({"subject": "s", "initialMessage": "m", "attachmentIds": []});
    driver.post(driver.home, &opening).refused_field("attachmentIds");
}

fn of_two_who_send_one_upload_one_gets_it(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let targets = [driver.open("One", "Hello"), driver.open("Two", "Hello")];
    for _ in 0..5 {
        let (a, b) = (driver.upload("a.png", &png()), driver.upload("b.png", &png()));
        let mut answers = all_at_once(4, |number| {
            let ids = if number % 2 == 0 { [&a, &b] } else { [&b, &a] };
            driver.try_send_files(&targets[number / 2], &ids).status
        });
        answers.sort_unstable();
        assert_eq!(answers, [201, 400, 400, 400]);
    }
    let sent: usize = targets.iter().map(|target| driver.messages(target).len() - 1).sum();
    assert_eq!(sent, 5);
}

fn a_repeated_send_is_the_same_message_with_its_files(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPER_ADMIN", None));
    let opened = driver.open("Again", "Hello");
    let path = driver.path(&opened, "/messages");
    let (a, b) = (driver.upload("a.png", &png()), driver.upload("b.png", &png()));
    let mut body = named(&[&a, &b]);
    body["clientMessageId"] = json!("key-1");
    let first = driver.post(&path, &body).expect(201)["message"].clone();
    let again = driver.post(&path, &body).expect(200)["message"].clone();
    assert_eq!(first, again);
    assert_eq!(column(&again["attachments"], "fileName"), ["a.png", "b.png"]);
    let c = driver.upload("c.png", &png());
    for other in [json!([a["id"]]), json!([b["id"], a["id"]]), json!([a["id"], b["id"], c["id"]])] {
        let body = json!({"attachmentIds": other, "clientMessageId": "key-1"});
        driver.post(&path, &body).refused(409, "idempotency_mismatch");
    }
    let body = json!({"attachmentIds": [a["id"], b["id"]], "clientMessageId": "key-1", "content": "words"});
    driver.post(&path, &body).refused(409, "idempotency_mismatch");
    driver.post(&path, &json!({"content": "words", "clientMessageId": "key-1"})).refused(409, "idempotency_mismatch");
    // However late it comes.
    admin.change(&opened, &json!({"status": "closed"}));
    let mut body = named(&[&a, &b]);
    body["clientMessageId"] = json!("key-1");
    assert_eq!(driver.post(&path, &body).expect(200)["message"]["id"], first["id"]);
    driver.fetch(&c).expect(200);
}

fn what_cannot_be_sent_leaves_its_uploads_as_they_were(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPER_ADMIN", None));
    let (closed, open) = (driver.open("Closed", "Hello"), driver.open("Open", "Hello"));
    admin.change(&closed, &json!({"status": "closed"}));
    let (mine, theirs) = (driver.upload("a.png", &png()), admin.upload("b.png", &png()));
    let before = desk.database.snapshot();
    driver.try_send_files(&closed, &[&mine]).refused(409, "conversation_closed");
    driver.try_send_files(&Conversation::missing(), &[&mine]).refused(404, "not_found");
    let mut stale = named(&[&theirs]);
    stale["ifLastSeq"] = json!(7);
    admin.post(&admin.path(&open, "/messages"), &stale).refused(409, "stale");
    assert_eq!(desk.database.snapshot(), before);
    driver.send_files(&open, &[&mine]);
    admin.send_files(&open, &[&theirs]);
}

fn the_record_of_a_message_with_files_names_none(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_LOG", "trace").start();
    let admin = desk.admin("SUPER_ADMIN", None);
    let opened = desk.driver("driver-1", "BD").open("Records", "Hello");
    let attachment = admin.upload("unmistakable.png", &png());
    admin.send_files(&opened, &[&attachment]);
    admin.fetch(&attachment).expect(200);
    let records: Vec<Value> =
        desk.database.audit_logs().into_iter().filter(|record| record["actorId"] == "super_admin-1").collect();
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0]["actionType"], "SUPPORT_MESSAGE_SENT");
    assert!(!json!(records).to_string().contains("unmistakable"));
    assert!(!desk.server.log().contains("unmistakable"), "the log names a file");
}
