//! What becomes of files: they outlive the server, and those that nobody sends do not outlive the day.

use serde_json::Value;

use super::pictures::png;
use crate::harness::{Backend, Desk, binary, eventually, signing_key};

on_both_backends!(
    files_outlive_the_server,
    what_nobody_sends_is_removed_after_a_day,
    a_removal_that_was_interrupted_is_taken_up,
    one_that_cannot_be_removed_keeps_no_other,
    what_is_being_removed_can_be_neither_read_nor_sent,
    a_file_of_an_unknown_type_takes_no_conversation_away,
    bad_configuration_of_files_is_one_line_without_secrets,
);

/// Makes an upload as old as that many hours.
fn age(desk: &Desk, attachment: &Value, hours: u32) {
    let moment = match desk.database.backend {
        Backend::Postgres => format!("created_at - interval '{hours} hours'"),
        Backend::Sqlite => format!("created_at - {hours} * 3600000000"),
    };
    change(desk, attachment, &format!("created_at = {moment}"));
}

fn change(desk: &Desk, attachment: &Value, what: &str) {
    let id = attachment["id"].as_str().expect("an id");
    let id = match desk.database.backend {
        Backend::Postgres => format!("'{id}'"),
        Backend::Sqlite => format!("x'{}'", id.replace('-', "")),
    };
    let table = desk.database.table("support_attachments");
    desk.database.connect().execute(&format!("UPDATE {table} SET {what} WHERE id = {id}"));
}

fn tidy(backend: Backend) -> Desk {
    Desk::plan(backend).set("SUPPORT_ATTACHMENT_SWEEP_SECONDS", "1").start()
}

fn files_outlive_the_server(backend: Backend) {
    let mut desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Restart", "Hello");
    let (sent, draft) = (driver.upload("a.png", &png()), driver.upload("b.png", &png()));
    driver.send_files(&opened, &[&sent]);
    desk.restart();
    assert_eq!(driver.fetch(&sent).expect(200).bytes, png());
    assert_eq!(driver.fetch(&draft).expect(200).bytes, png());
    driver.send_files(&opened, &[&draft]);
}

fn what_nobody_sends_is_removed_after_a_day(backend: Backend) {
    let desk = tidy(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("A day", "Hello");
    let [sent, old, young] = ["sent.png", "old.png", "young.png"].map(|name| driver.upload(name, &png()));
    driver.send_files(&opened, &[&sent]);
    age(&desk, &sent, 1_000);
    age(&desk, &young, 23);
    age(&desk, &old, 25);
    eventually("the old one is gone", || desk.database.count("support_attachments") == 2);
    assert_eq!(desk.database.kept_files().len(), 2);
    driver.fetch(&old).refused(404, "not_found");
    driver.try_send_files(&opened, &[&old]).refused_field("attachmentIds");
    driver.fetch(&sent).expect(200);
    driver.fetch(&young).expect(200);
    driver.send_files(&opened, &[&young]);
}

/// Where the bytes of a file are.
fn bytes(desk: &Desk, attachment: &Value) -> std::path::PathBuf {
    let id = attachment["id"].as_str().expect("an id");
    desk.database.files().join(&id[id.len() - 2..]).join(id)
}

fn one_that_cannot_be_removed_keeps_no_other(backend: Backend) {
    let desk = tidy(backend);
    let driver = desk.driver("driver-1", "BD");
    let [stuck, old] = ["a.png", "b.png"].map(|name| driver.upload(name, &png()));
    // Neither is what is a folder there a file that could be removed.
    std::fs::remove_file(bytes(&desk, &stuck)).expect("the bytes are where they are kept");
    std::fs::create_dir(bytes(&desk, &stuck)).expect("a folder in their place");
    age(&desk, &stuck, 26);
    age(&desk, &old, 25);
    eventually("the other one is gone", || desk.database.count("support_attachments") == 1);
    std::fs::remove_dir(bytes(&desk, &stuck)).expect("an empty folder");
    eventually("so is the first, once it can be", || desk.database.count("support_attachments") == 0);
}

fn a_file_of_an_unknown_type_takes_no_conversation_away(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Newer", "Hello");
    let [known, unknown] = ["a.png", "b.png"].map(|name| driver.upload(name, &png()));
    driver.send_files(&opened, &[&unknown, &known]);
    change(&desk, &unknown, "file_type = 'image/heic'");
    let messages = driver.get(&driver.path(&opened, "/messages")).expect(200);
    let shown: Vec<&Value> = messages.json["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .flat_map(|message| message["attachments"].as_array().expect("files"))
        .map(|file| &file["id"])
        .collect();
    assert_eq!(shown, [&known["id"]]);
}

fn a_removal_that_was_interrupted_is_taken_up(backend: Backend) {
    let desk = tidy(backend);
    let driver = desk.driver("driver-1", "BD");
    let (one, other) = (driver.upload("a.png", &png()), driver.upload("b.png", &png()));
    // As after a stop between the steps: once before the bytes were gone, once behind that.
    std::fs::remove_file(bytes(&desk, &other)).expect("the bytes are where they are kept");
    change(&desk, &one, "state = 'removing'");
    change(&desk, &other, "state = 'removing'");
    eventually("both are gone", || desk.database.count("support_attachments") == 0);
    assert_eq!(desk.database.kept_files().len(), 0);
}

fn what_is_being_removed_can_be_neither_read_nor_sent(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_ATTACHMENT_SWEEP_SECONDS", "3600").start();
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Going", "Hello");
    let attachment = driver.upload("a.png", &png());
    change(&desk, &attachment, "state = 'removing'");
    driver.fetch(&attachment).refused(404, "not_found");
    driver.try_send_files(&opened, &[&attachment]).refused_field("attachmentIds");
}

fn bad_configuration_of_files_is_one_line_without_secrets(backend: Backend) {
    let plan = Desk::plan(backend);
    let file = plan.database().folder().join("a-file");
    std::fs::write(&file, "no folder").expect("a file");
    let in_a_file = format!("file://{}/files", file.display());
    let cases: [(&str, &[&str]); 10] = [
        (
            "SUPPORT_ATTACHMENTS_URL",
            &[
                "uploads",
                "ftp://files.example/x",
                "s3://key:hunter2@bucket/prefix",
                "s3://bucket/prefix?secret=hunter2",
                "s3://",
                in_a_file.as_str(),
            ],
        ),
        ("SUPPORT_ALLOWED_MIME_TYPES", &["text/html", "image/svg+xml", "image/png,application/xml", "png", ","]),
        ("SUPPORT_MAX_ATTACHMENT_BYTES", &["many", "-1", "0", "1.5"]),
        ("SUPPORT_MAX_ATTACHMENTS_PER_MESSAGE", &["0", "x"]),
        ("SUPPORT_UPLOADS_PER_MINUTE", &["0", "x"]),
        ("SUPPORT_ATTACHMENT_HOURS_UNSENT", &["0", "x"]),
        ("SUPPORT_ATTACHMENT_LINKS", &["always", "Redirect"]),
        ("SUPPORT_CLAMAV_ADDRESS", &["clamd", "unix:clamd.sock", "host:0"]),
        ("SUPPORT_UPLOAD_SECONDS", &["0", "x"]),
        ("SUPPORT_UPLOAD_PAUSE_SECONDS", &["0", "x"]),
    ];
    for (name, values) in cases {
        for value in values {
            let environment = [
                ("DATABASE_URL".to_owned(), plan.database().url()),
                ("SUPPORT_BISCUIT_PRIVATE_KEY".to_owned(), signing_key().private.clone()),
                ("SUPPORT_BIND".to_owned(), "127.0.0.1:0".to_owned()),
                (name.to_owned(), (*value).to_owned()),
            ];
            let outcome = binary(&["serve"], &environment.into());
            let told = format!("{name}={value}: {}", outcome.stderr);
            assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{told}");
            assert_eq!(outcome.stderr.lines().count(), 1, "{told}");
            assert!(outcome.stderr.contains(name) && !outcome.stderr.contains("hunter2"), "{told}");
        }
    }
    let desk = plan.set("SUPPORT_MAX_ATTACHMENTS_PER_MESSAGE", "1").start();
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("One", "Hello");
    let (a, b) = (driver.upload("a.png", &png()), driver.upload("b.png", &png()));
    driver.try_send_files(&opened, &[&a, &b]).refused_field("attachmentIds");
    assert_eq!(driver.send_files(&opened, &[&a])["attachments"].as_array().map(Vec::len), Some(1));
}
