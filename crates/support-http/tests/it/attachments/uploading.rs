//! Uploading: what is taken, and every way to be refused.

use std::time::Duration;

use serde_json::json;

use super::forms::{BOUNDARY, FORM, file, form, part};
use super::pictures::{pdf, photo, png, png_of, webp};
use crate::harness::{Backend, Desk, Person, Raw, all_at_once, eventually, keys};

on_both_backends!(
    pictures_and_documents_are_taken_for_what_they_are,
    what_a_file_is_is_found_in_it_and_not_in_what_it_is_called,
    what_is_no_picture_and_no_document_is_not_taken,
    a_damaged_or_empty_file_is_refused,
    only_the_types_that_are_configured_are_taken,
    a_form_has_exactly_one_file,
    what_is_no_form_is_refused,
    a_file_that_is_too_large_is_refused_whatever_it_declares,
    what_is_too_large_costs_no_memory,
    a_form_without_an_end_to_its_headers_costs_no_memory,
    who_uploads_too_often_is_told_when_to_come_back,
    one_person_takes_two_places_and_gives_them_back,
    an_upload_that_takes_too_long_is_ended,
    an_upload_that_pauses_gives_its_place_back,
    an_upload_that_breaks_off_leaves_nothing,
    without_a_place_for_files_there_are_none,
);

#[track_caller]
fn nothing_was_kept(desk: &Desk) {
    assert_eq!(desk.database.count("support_attachments"), 0);
    assert_eq!(desk.database.kept_files().len(), 0);
}

fn pictures_and_documents_are_taken_for_what_they_are(backend: Backend) {
    let desk = Desk::start(backend);
    for person in [desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD"))] {
        for (name, bytes, file_type, is_image) in [
            ("photo.jpg", photo(), "image/jpeg", true),
            ("screen.png", png(), "image/png", true),
            ("picture.webp", webp(), "image/webp", true),
            ("paper.pdf", pdf(), "application/pdf", false),
        ] {
            let attachment = person.upload(name, &bytes);
            let expected = ["createdAt", "fileName", "fileSize", "fileType", "fileUrl", "id", "isImage", "messageId"];
            assert_eq!(keys(&attachment), expected);
            assert_eq!((&attachment["fileType"], &attachment["isImage"]), (&json!(file_type), &json!(is_image)));
            assert_eq!((&attachment["fileName"], &attachment["messageId"]), (&json!(name), &json!(null)));
            let path = format!("{}/{}", person.uploads(), attachment["id"].as_str().unwrap());
            assert_eq!(attachment["fileUrl"], path);
            let read = person.get(&path).expect(200);
            assert_eq!(attachment["fileSize"], read.bytes.len());
        }
    }
}

fn what_a_file_is_is_found_in_it_and_not_in_what_it_is_called(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let claims = "Content-Disposition: form-data; name=\"file\"; filename=\"page.html\"\r\nContent-Type: text/html";
    let attachment = driver.upload_call(form(&[part(claims, &png())])).send().expect(201)["attachment"].clone();
    assert_eq!((&attachment["fileType"], &attachment["fileName"]), (&json!("image/png"), &json!("page.html.png")));
    let claims = "Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png";
    for bytes in [&b"<html><script>alert(1)</script></html>"[..], b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"] {
        driver.upload_call(form(&[part(claims, bytes)])).send().refused(415, "unsupported_media_type");
    }
}

fn what_is_no_picture_and_no_document_is_not_taken(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    for bytes in [
        &b"<!DOCTYPE html><html><body onload=alert(1)>"[..],
        b"<html>%PDF-1.7 startxref 1 %%EOF",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
        b"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]><x>&y;</x>",
        b"PK\x03\x04\x14\0\0\0\x08\0 an archive of zeros",
        b"\x1f\x8b\x08\0\0\0\0\0 packed",
        b"MZ\x90\0 a program",
        b"\x7fELF\x02\x01 a program",
        b"#!/bin/sh\nrm -rf /",
        b"GIF89a\x01\0\x01\0 a picture of a type that is not taken",
        b"just words",
        b"\0\0\0\0",
    ] {
        for name in ["photo.jpg", "paper.pdf", "x"] {
            driver.try_upload(name, bytes).refused(415, "unsupported_media_type");
        }
    }
    nothing_was_kept(&desk);
}

fn a_damaged_or_empty_file_is_refused(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let whole = [photo(), png(), webp(), pdf()];
    driver.try_upload("empty.png", b"").refused_field("file");
    for bytes in &whole {
        driver.try_upload("half.png", &bytes[..bytes.len() / 2]).refused_field("file");
    }
    // A sum that is wrong.
    let mut bent = png();
    bent[45] ^= 0xff;
    driver.try_upload("bent.png", &bent).refused_field("file");
    driver
        .try_upload("headers.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x02\0\0\x01\0\x01\0\0\xff\xd9")
        .refused_field("file");
    nothing_was_kept(&desk);
}

fn only_the_types_that_are_configured_are_taken(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_ALLOWED_MIME_TYPES", "image/png, application/pdf").start();
    let driver = desk.driver("driver-1", "BD");
    driver.upload("a.png", &png());
    driver.upload("a.pdf", &pdf());
    driver.try_upload("a.jpg", &photo()).refused(415, "unsupported_media_type");
}

fn a_form_has_exactly_one_file(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let named =
        |name: &str| part(&format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"a.png\""), &png());
    driver.upload_call(form(&[named("file"), named("file")])).send().refused_field("file");
    driver.upload_call(form(&[])).send().refused(400, "validation_failed");
    driver.upload_call(form(&[named("files")])).send().refused_field("files");
    driver.upload_call(form(&[named("file"), named("note")])).send().refused_field("note");
    driver.upload_call(form(&[named("conversationId"), named("file")])).send().refused_field("conversationId");
    let nameless = part("Content-Disposition: form-data; name=\"file\"", &png());
    let attachment = driver.upload_call(form(&[nameless])).send().expect(201)["attachment"].clone();
    assert_eq!(attachment["fileName"], "file.png");
    assert_eq!(desk.database.count("support_attachments"), 1);
}

fn what_is_no_form_is_refused(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let good = file("a.png", &png());
    let post = |kind: &str, body: Vec<u8>| driver.call("POST", driver.uploads()).body(kind, body).send();
    for kind in
        ["application/json", "image/png", "multipart/mixed; boundary=x", "application/x-www-form-urlencoded", "x"]
    {
        post(kind, good.clone()).refused(415, "unsupported_media_type");
    }
    driver.call("POST", driver.uploads()).untyped_body(png()).send().refused(415, "unsupported_media_type");
    driver.call("POST", driver.uploads()).send().refused(415, "unsupported_media_type");
    for (kind, body) in [
        ("multipart/form-data", good.clone()),
        ("multipart/form-data; boundary=another", good.clone()),
        (FORM, b"no form at all".to_vec()),
        (FORM, Vec::new()),
        (FORM, good[..good.len() - 10].to_vec()),
        (FORM, form(&[part("Content-Type: image/png", &png())])),
        (FORM, form(&[part("Content-Disposition: attachment; filename=\"a.png\"", &png())])),
    ] {
        post(kind, body).refused(400, "validation_failed");
    }
    driver.post(&format!("{}?name=x", driver.uploads()), &json!({})).refused_field("name");
    nothing_was_kept(&desk);
}

fn small(backend: Backend) -> Desk {
    Desk::plan(backend).set("SUPPORT_MAX_ATTACHMENT_BYTES", "100000").start()
}

/// The head of an upload by hand.
fn head(person: &Person, more: &str) -> String {
    format!(
        "POST {} HTTP/1.1\r\nhost: desk\r\nauthorization: Bearer {}\r\ncontent-type: {FORM}\r\n{more}\r\n\r\n",
        person.uploads(),
        person.token.as_ref().expect("a token"),
    )
}

fn opening_of_a_file() -> String {
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n")
}

fn chunked(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

fn a_file_that_is_too_large_is_refused_whatever_it_declares(backend: Backend) {
    let desk = small(backend);
    let driver = desk.driver("driver-1", "BD");
    let around = png().len() + 12;
    driver.upload("just.png", &png_of(&vec![7; 100_000 - around]));
    driver.try_upload("more.png", &png_of(&vec![7; 100_001 - around])).refused(413, "payload_too_large");
    // At once, before anything of the body is there.
    let mut raw = Raw::connect(desk.address());
    raw.write(head(&driver, "content-length: 99999999"));
    raw.answer("a large length").refused(413, "payload_too_large");
    // In pieces, without a word about the length.
    let mut raw = Raw::connect(desk.address());
    raw.write(head(&driver, "transfer-encoding: chunked"));
    raw.write(chunked(opening_of_a_file().as_bytes()));
    for _ in 0..20 {
        raw.write(chunked(&[7; 0x4000]));
    }
    raw.answer("pieces").refused(413, "payload_too_large");
    assert_eq!(desk.database.count("support_attachments"), 1);
}

fn what_is_too_large_costs_no_memory(backend: Backend) {
    let desk = small(backend);
    let driver = desk.driver("driver-1", "BD");
    driver.upload("warm.png", &png_of(&vec![7; 90_000]));
    let before = desk.server.memory();
    for _ in 0..4 {
        let mut raw = Raw::connect(desk.address());
        raw.write(head(&driver, "transfer-encoding: chunked"));
        raw.write(chunked(opening_of_a_file().as_bytes()));
        for _ in 0..1_000 {
            raw.write(chunked(&[7; 0x4000]));
        }
    }
    driver.upload("after.png", &png());
    let grown = desk.server.memory().saturating_sub(before);
    assert!(grown < 16 * 1024, "{grown} KiB more for 64 MiB that were not taken");
}

fn a_form_without_an_end_to_its_headers_costs_no_memory(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    driver.upload("warm.png", &png());
    let before = desk.server.memory();
    for start in [format!("--{BOUNDARY}\r\nx: "), String::new()] {
        let mut raw = Raw::connect(desk.address());
        raw.write(head(&driver, "transfer-encoding: chunked"));
        raw.write(chunked(start.as_bytes().get(..).filter(|start| !start.is_empty()).unwrap_or(b"x")));
        for _ in 0..500 {
            raw.write(chunked(&[b'x'; 0x4000]));
        }
        let answer = raw.answer("headers without an end");
        assert!([400, 413].contains(&answer.status), "{}", answer.text);
    }
    let grown = desk.server.memory().saturating_sub(before);
    assert!(grown < 16 * 1024, "{grown} KiB more");
    driver.upload("after.png", &png());
}

fn who_uploads_too_often_is_told_when_to_come_back(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_UPLOADS_PER_MINUTE", "3").start();
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    for _ in 0..3 {
        driver.upload("a.png", &png());
    }
    let refusal = driver.try_upload("a.png", &png()).refused(429, "rate_limited");
    let seconds: u64 = refusal.header("retry-after").parse().expect("Retry-After in seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!((refusal.header("x-ratelimit-limit"), refusal.header("x-ratelimit-remaining")), ("3", "0"));
    admin.upload("a.png", &png());
    desk.customer("driver-1", "BD").upload("a.png", &png());
    driver.open("Still here", "Messages have an allowance of their own");
}

fn one_person_takes_two_places_and_gives_them_back(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, other) = (desk.driver("driver-1", "BD"), desk.driver("driver-2", "BD"));
    let begin = |person: &Person| {
        let mut raw = Raw::connect(desk.address());
        raw.write(head(person, "content-length: 5000"));
        raw.write(opening_of_a_file());
        raw
    };
    // The one who asks may come before those who hold the places; then all of them begin again.
    let mut held = Vec::new();
    let mut refusal = None;
    eventually("two places are taken", || {
        held = vec![begin(&driver), begin(&driver)];
        refusal = Some(driver.try_upload("a.png", &png())).filter(|answer| answer.status == 429);
        refusal.is_some()
    });
    let refusal = refusal.expect("an answer").refused(429, "rate_limited");
    assert_eq!((refusal.header("x-ratelimit-limit"), refusal.header("retry-after")), ("2", "1"));
    other.upload("a.png", &png());
    // Those who hang up give their places back.
    held.clear();
    eventually("the places are free", || driver.try_upload("a.png", &png()).status == 201);
    // All eight places of the process.
    let people: Vec<Person> = (0..4).map(|number| desk.driver(&format!("many-{number}"), "BD")).collect();
    eventually("every place is taken", || {
        held = people.iter().flat_map(|person| [begin(person), begin(person)]).collect();
        let answer = other.try_upload("a.png", &png());
        assert!([201, 503].contains(&answer.status), "{}", answer.text);
        answer.status == 503 && answer.header("retry-after").parse::<u64>().is_ok()
    });
    held.clear();
    eventually("every place is free", || all_at_once(2, |_| other.try_upload("a.png", &png()).status) == [201, 201]);
}

fn an_upload_that_takes_too_long_is_ended(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_UPLOAD_SECONDS", "1").start();
    let driver = desk.driver("driver-1", "BD");
    let mut raw = Raw::connect(desk.address());
    raw.write(head(&driver, "content-length: 5000"));
    raw.write(opening_of_a_file());
    raw.answer("a slow upload").refused_field("file");
    nothing_was_kept(&desk);
    driver.upload_call(file("a.png", &png())).within(Duration::from_secs(60)).send().expect(201);
}

fn an_upload_that_pauses_gives_its_place_back(backend: Backend) {
    let desk =
        Desk::plan(backend).set("SUPPORT_UPLOAD_SECONDS", "3600").set("SUPPORT_UPLOAD_PAUSE_SECONDS", "1").start();
    let driver = desk.driver("driver-1", "BD");
    let mut raw = Raw::connect(desk.address());
    raw.write(head(&driver, "content-length: 5000"));
    raw.write(opening_of_a_file());
    raw.answer("a pause").refused_field("file");
    nothing_was_kept(&desk);
    driver.upload("a.png", &png());
}

fn an_upload_that_breaks_off_leaves_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let body = file("a.png", &png());
    for end in [0, 40, body.len() - 30, body.len() - 1] {
        let mut raw = Raw::connect(desk.address());
        raw.write(head(&driver, &format!("content-length: {}", body.len())));
        raw.write(&body[..end]);
        drop(raw);
    }
    // Whoever comes after them finds their places free, so all of them have ended.
    eventually("the places are free", || all_at_once(2, |_| driver.try_upload("x", b"no file").status) == [415, 415]);
    nothing_was_kept(&desk);
}

fn without_a_place_for_files_there_are_none(backend: Backend) {
    let desk = match backend {
        Backend::Postgres => Desk::plan(backend).unset("SUPPORT_ATTACHMENTS_URL").start(),
        // There is always a folder beside an embedded database.
        Backend::Sqlite => {
            let desk = Desk::plan(backend).unset("SUPPORT_ATTACHMENTS_URL").start();
            let attachment = desk.driver("driver-1", "BD").upload("a.png", &png());
            assert_eq!(desk.database.kept_files(), [png()]);
            desk.driver("driver-1", "BD").fetch(&attachment).expect(200);
            return;
        }
    };
    let driver = desk.driver("driver-1", "BD");
    driver.try_upload("a.png", &png()).refused(404, "not_found");
    let opened = driver.open("No files", "Hello");
    let id = json!({"attachmentIds": ["0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e"]});
    driver.post(&driver.path(&opened, "/messages"), &id).refused_field("attachmentIds");
    driver.get("/api/support/attachments/0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e").refused(404, "not_found");
}
