//! Who may upload and read: before a file is sent, its uploader alone; after that, whoever sees the conversation, asked anew
//! each time.

use serde_json::{Value, json};

use super::pictures::png;
use crate::harness::{Answer, Backend, Conversation, Desk, Person, narrow};

on_both_backends!(
    before_it_is_sent_only_its_uploader_reads_it,
    after_it_is_sent_it_is_the_conversations,
    every_role_reads_and_uploads_as_the_table_says,
    a_token_for_one_conversation_reads_the_files_of_that_one,
    a_token_for_one_conversation_uploads_for_that_one,
    a_read_only_token_reads_and_uploads_nothing,
    rights_that_end_end_for_files_too,
    without_a_token_there_is_nothing,
);

fn narrowed(person: &Person, how: &[&str]) -> Person {
    person.with_token(&narrow(person.token.as_ref().expect("a token"), how))
}

/// What was refused, without what differs from request to request.
fn refusal(answer: Answer) -> Value {
    let mut answer = answer.refused(404, "not_found").json;
    answer.as_object_mut().expect("an object").remove("requestId");
    answer
}

fn missing() -> Value {
    json!({"id": Conversation::missing().id})
}

fn before_it_is_sent_only_its_uploader_reads_it(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let admin = desk.admin_with("agent-1", "SUPPORT_ADMIN", Some("BD"), &[]);
    let (mine, theirs) = (driver.upload("a.png", &png()), admin.upload("a.png", &png()));
    driver.fetch(&mine).expect(200);
    admin.fetch(&theirs).expect(200);
    let unknown = refusal(driver.fetch(&missing()));
    for person in [
        desk.driver("driver-2", "BD"),
        desk.customer("driver-1", "BD"),
        desk.driver("agent-1", "BD"),
        desk.admin("SUPER_ADMIN", None),
        desk.admin_with("driver-1", "SUPER_ADMIN", None, &[]),
        desk.admin_with("agent-2", "SUPPORT_ADMIN", Some("BD"), &[]),
    ] {
        assert_eq!(refusal(person.fetch(&mine)), unknown);
        assert_eq!(refusal(person.fetch(&theirs)), unknown);
    }
}

fn after_it_is_sent_it_is_the_conversations(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let admin = desk.admin_with("agent-1", "SUPPORT_ADMIN", Some("BD"), &[]);
    let opened = driver.open("Files", "Hello");
    let (mine, theirs) = (driver.upload("a.png", &png()), admin.upload("b.png", &png()));
    driver.send_files(&opened, &[&mine]);
    admin.send_files(&opened, &[&theirs]);
    for person in [
        &driver,
        &admin,
        &desk.admin_with("agent-2", "READONLY_ADMIN", Some("BD"), &[]),
        &desk.admin("COMPLIANCE_ADMIN", None),
    ] {
        for attachment in [&mine, &theirs] {
            assert_eq!(person.fetch(attachment).expect(200).bytes, png());
        }
    }
    let unknown = refusal(driver.fetch(&missing()));
    for person in [
        desk.driver("driver-2", "BD"),
        desk.customer("driver-1", "BD"),
        desk.admin("SUPPORT_ADMIN", Some("US")),
        // Even who has uploaded it, once their country is another.
        desk.admin_with("agent-1", "SUPPORT_ADMIN", Some("US"), &[]),
        desk.admin("SUPPORT_ADMIN", None),
    ] {
        for attachment in [&mine, &theirs] {
            assert_eq!(refusal(person.fetch(attachment)), unknown);
        }
    }
    // Closing a conversation ends writing, not reading.
    admin.change(&opened, &json!({"status": "closed"}));
    driver.fetch(&theirs).expect(200);
    admin.fetch(&mine).expect(200);
}

fn every_role_reads_and_uploads_as_the_table_says(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Roles", "Hello");
    let attachment = driver.upload("a.png", &png());
    driver.send_files(&opened, &[&attachment]);
    for (role, views, replies) in [
        ("SUPER_ADMIN", true, true),
        ("ADMIN", true, true),
        ("COUNTRY_ADMIN", true, true),
        ("CITY_ADMIN", true, true),
        ("SUPPORT_ADMIN", true, true),
        ("COMPLIANCE_ADMIN", true, false),
        ("RISK_ADMIN", true, false),
        ("READONLY_ADMIN", true, false),
        ("FINANCE_ADMIN", false, false),
        ("INFRA_ADMIN", false, false),
    ] {
        let admin = desk.admin(role, Some("BD"));
        assert_eq!(admin.fetch(&attachment).status, if views { 200 } else { 403 }, "{role} reads");
        assert_eq!(admin.try_upload("a.png", &png()).status, if replies { 201 } else { 403 }, "{role} uploads");
        // The routes of the other side, whoever asks.
        admin.get(attachment["fileUrl"].as_str().expect("a path")).refused(403, "forbidden");
    }
    driver
        .get(&format!("/api/admin{}", &attachment["fileUrl"].as_str().unwrap()["/api".len()..]))
        .refused(403, "forbidden");
    // Before the body is looked at.
    let reader = desk.admin("READONLY_ADMIN", Some("BD"));
    reader.call("POST", reader.uploads()).body("text/plain", "no form").send().refused(403, "forbidden");
}

fn a_token_for_one_conversation_reads_the_files_of_that_one(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPER_ADMIN", None));
    let (one, other) = (driver.open("The one", "Hello"), driver.open("The other", "Hello"));
    let [in_one, in_other, in_none] = [(); 3].map(|()| driver.upload("a.png", &png()));
    driver.send_files(&one, &[&in_one]);
    driver.send_files(&other, &[&in_other]);
    for person in [&driver, &admin] {
        for how in [["--conversation", &one.id].as_slice(), &["--conversation", &one.id, "--read-only"]] {
            let narrow = narrowed(person, how);
            narrow.fetch(&in_one).expect(200);
            narrow.fetch(&in_other).refused(404, "not_found");
            narrow.fetch(&in_none).refused(404, "not_found");
        }
    }
}

fn a_token_for_one_conversation_uploads_for_that_one(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let (one, other) = (driver.open("The one", "Hello"), driver.open("The other", "Hello"));
    let for_one = narrowed(&driver, &["--conversation", &one.id]);
    let for_other = narrowed(&driver, &["--conversation", &other.id]);
    let attachment = for_one.upload("a.png", &png());
    for_one.fetch(&attachment).expect(200);
    driver.fetch(&attachment).expect(200);
    for_other.fetch(&attachment).refused(404, "not_found");
    for_one.try_send_files(&other, &[&attachment]).refused(404, "not_found");
    // What it may not read it does not make readable by sending it.
    let of_other = for_other.upload("a.png", &png());
    for hidden in [driver.upload("a.png", &png()), of_other.clone()] {
        for_one.try_send_files(&one, &[&hidden]).refused_field("attachmentIds");
        for_one.fetch(&hidden).refused(404, "not_found");
        driver.fetch(&hidden).expect(200);
    }
    driver.send_files(&other, &[&of_other]);
    for_one.send_files(&one, &[&attachment]);
    for_one.fetch(&attachment).expect(200);
    for_other.fetch(&attachment).refused(404, "not_found");
}

fn a_read_only_token_reads_and_uploads_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Look", "Hello");
    let (sent, draft) = (driver.upload("a.png", &png()), driver.upload("a.png", &png()));
    driver.send_files(&opened, &[&sent]);
    let before = desk.database.snapshot();
    let reader = narrowed(&driver, &["--read-only"]);
    reader.fetch(&sent).expect(200);
    reader.fetch(&draft).expect(200);
    reader.try_upload("a.png", &png()).refused(403, "forbidden");
    reader.try_send_files(&opened, &[&draft]).refused(403, "forbidden");
    let watcher = narrowed(&desk.admin("SUPER_ADMIN", None), &["--read-only"]);
    watcher.fetch(&sent).expect(200);
    watcher.try_upload("a.png", &png()).refused(403, "forbidden");
    assert_eq!(desk.database.snapshot(), before);
}

fn rights_that_end_end_for_files_too(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Ends", "Hello");
    let attachment = driver.upload("a.png", &png());
    driver.send_files(&opened, &[&attachment]);
    let brief = narrowed(&admin, &["--ttl", "1s"]);
    crate::harness::eventually("the token ends", || brief.fetch(&attachment).status == 401);
    admin.fetch(&attachment).expect(200);
    let replier = desk.admin_with("a-1", "ADMIN", None, &["--permission", "REPLY_SUPPORT_CONVERSATIONS"]);
    replier.upload("a.png", &png());
    replier.fetch(&attachment).refused(403, "forbidden");
    let viewer = desk.admin_with("a-2", "ADMIN", None, &["--permission", "VIEW_SUPPORT_CONVERSATIONS"]);
    viewer.fetch(&attachment).expect(200);
    viewer.try_upload("a.png", &png()).refused(403, "forbidden");
}

fn without_a_token_there_is_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let attachment = driver.upload("a.png", &png());
    let nobody = desk.nobody();
    nobody.fetch(&attachment).refused(401, "unauthenticated");
    nobody.try_upload("a.png", &png()).refused(401, "unauthenticated");
    // Neither by a token in the URL, nor by where the bytes are.
    let path = attachment["fileUrl"].as_str().expect("a path");
    nobody.get(&format!("{path}?token={}", driver.token.as_ref().unwrap())).refused(401, "unauthenticated");
    driver.get(&format!("{path}?token=x")).refused_field("token");
    driver.get("/api/support/attachments/..%2f..%2fdesk.db").refused_field("id");
}
