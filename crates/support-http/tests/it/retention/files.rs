//! The bytes of files: gone with their conversations, and never left behind without a row that says so.

use serde_json::{Value, json};

use super::{age, counts, purge};
use crate::attachments::png;
use crate::harness::{Backend, Desk, binary, eventually};

on_both_backends!(
    where_the_place_of_files_is_not_known_a_running_desk_removes_their_bytes,
    a_removal_that_was_interrupted_is_finished_by_the_next_purge,
    bytes_that_cannot_be_removed_are_said_and_removed_later,
);

/// A conversation that is old, with a file.
fn old_with_a_file(desk: &Desk) -> Value {
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Old", "Hello");
    let file = driver.upload("a.png", &png());
    driver.send_files(&opened, &[&file]);
    admin.change(&opened, &json!({"status": "closed"}));
    age(desk, &opened, 500);
    file
}

fn bytes(desk: &Desk, file: &Value) -> std::path::PathBuf {
    let id = file["id"].as_str().expect("an id");
    desk.database.files().join(&id[id.len() - 2..]).join(id)
}

fn where_the_place_of_files_is_not_known_a_running_desk_removes_their_bytes(backend: Backend) {
    let mut desk = Desk::plan(backend).set("SUPPORT_ATTACHMENT_SWEEP_SECONDS", "1").start();
    old_with_a_file(&desk);
    desk.server.kill();
    let elsewhere = desk.database.folder().join("elsewhere");
    let mut environment = desk.environment().clone();
    environment.insert("SUPPORT_ATTACHMENTS_URL".to_owned(), format!("file://{}", elsewhere.display()));
    let outcome = binary(&["purge", "--older-than", "400d"], &environment);
    assert!(outcome.stderr.contains("the place of the files is not known here"), "{}", outcome.stderr);
    assert_eq!(counts(&outcome.printed(), "BD"), [1, 3, 1]);
    assert!(!elsewhere.exists(), "a place that is not there was not the place");
    assert_eq!((desk.database.kept_files().len(), desk.database.count("support_attachments")), (1, 1));
    desk.restart();
    eventually("the bytes are gone, and then the row", || desk.database.count("support_attachments") == 0);
    assert_eq!(desk.database.kept_files().len(), 0);
}

fn a_removal_that_was_interrupted_is_finished_by_the_next_purge(backend: Backend) {
    let mut desk = Desk::start(backend);
    let (one, other) = (old_with_a_file(&desk), old_with_a_file(&desk));
    desk.server.kill();
    let hidden = desk.database.folder().join("hidden");
    std::fs::rename(desk.database.files(), &hidden).expect("the folder of the files");
    purge(&desk, &["--older-than", "400d"]).printed();
    std::fs::rename(&hidden, desk.database.files()).expect("the folder of the files");
    // As after a stop between the bytes and the row.
    std::fs::remove_file(bytes(&desk, &one)).expect("the bytes are where they are kept");
    assert!(bytes(&desk, &other).exists());
    assert_eq!(counts(&purge(&desk, &["--older-than", "400d"]).printed(), "BD"), [0, 0, 0]);
    assert_eq!((desk.database.kept_files().len(), desk.database.count("support_attachments")), (0, 0));
}

fn bytes_that_cannot_be_removed_are_said_and_removed_later(backend: Backend) {
    let mut desk = Desk::start(backend);
    let (stuck, free) = (old_with_a_file(&desk), old_with_a_file(&desk));
    desk.server.kill();
    // A folder is no file that could be removed.
    std::fs::remove_file(bytes(&desk, &stuck)).expect("the bytes are where they are kept");
    std::fs::create_dir(bytes(&desk, &stuck)).expect("a folder in their place");
    let outcome = purge(&desk, &["--older-than", "400d"]);
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    assert_eq!(counts(&outcome.stdout, "BD"), [2, 6, 2]);
    assert!(outcome.stderr.contains("the bytes of 1 files could not be removed; run it again"), "{}", outcome.stderr);
    assert!(!bytes(&desk, &free).exists());
    assert_eq!(desk.database.count("support_attachments"), 1, "what is left has a row that says so");
    std::fs::remove_dir(bytes(&desk, &stuck)).expect("an empty folder");
    purge(&desk, &["--older-than", "400d"]).printed();
    assert_eq!(desk.database.count("support_attachments"), 0);
}
