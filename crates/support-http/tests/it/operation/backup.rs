//! Backup and restore, by the commands that stand in `docs/operate.md`, to the letter: made while people write, and put
//! back somewhere else.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use crate::attachments::png;
use crate::harness::{
    Backend, Conversation, Database, Desk, Over, Person, Plan, eventually, scratch_folder, signing_key,
};

on_both_backends!(what_was_acknowledged_before_a_backup_is_there_after_a_restore);

const GUIDE: &str = include_str!("../../../../../docs/operate.md");

/// The commands that the guide marks with that name.
#[track_caller]
fn documented(name: &str) -> &'static str {
    let marked =
        GUIDE.split_once(&format!("<!-- run: {name} -->")).unwrap_or_else(|| panic!("{name} is not in the guide")).1;
    let (_, commands) = marked.split_once("```sh\n").expect("commands");
    commands.split_once("```").expect("their end").0
}

/// Runs them as a person would who has set these variables.
#[track_caller]
fn run(name: &str, variables: &[(&str, &str)]) {
    let binary = Path::new(env!("CARGO_BIN_EXE_support-http")).parent().expect("a folder").display().to_string();
    let servers = Command::new("bash")
        .args([concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/postgres"), "bin"])
        .output()
        .expect("bash");
    let servers = String::from_utf8_lossy(&servers.stdout).trim().to_owned();
    let path = format!("{binary}:{servers}:{}", std::env::var("PATH").unwrap_or_default());
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", documented(name)])
        .env("PATH", path)
        .envs(variables.iter().copied())
        .output()
        .expect("bash");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{name}: {}{}", text(&output.stdout), text(&output.stderr));
}

/// Where a file of SQLite is.
fn file(database: &Database) -> String {
    database.url().trim_start_matches("sqlite:").to_owned()
}

fn has(program: &str) -> bool {
    let is_there = Command::new(program).arg("--version").output().is_ok();
    if !is_there {
        eprintln!("skipped: there is no {program}");
    }
    is_there
}

fn what_was_acknowledged_before_a_backup_is_there_after_a_restore(backend: Backend) {
    if backend == Backend::Sqlite && !has("sqlite3") {
        return;
    }
    let desk = Desk::plan(backend).set("SUPPORT_BISCUIT_PRIVATE_KEY", &signing_key().private).start();
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Kept", "Hello");
    let attachment = driver.upload("receipt.png", &png());
    driver.send_files(&opened, &[&attachment]);
    let backup = scratch_folder();
    let backup_path = backup.path().display().to_string();
    let (sent, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let before = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                driver.send(&opened, "In full swing");
                sent.fetch_add(1, Ordering::SeqCst);
            }
        });
        let at_the_end = Over(&over);
        eventually("people write", || sent.load(Ordering::SeqCst) >= 20);
        let before = driver.messages(&opened);
        match backend {
            Backend::Sqlite => run("backup-sqlite", &[("FILE", &file(&desk.database)), ("BACKUP", &backup_path)]),
            Backend::Postgres => {
                run("backup-postgres", &[("DATABASE_URL", &desk.database.url()), ("BACKUP", &backup_path)]);
            }
        }
        drop(at_the_end);
        writer.join().expect("the writer");
        before
    });
    let files = desk.database.files();
    drop(driver);
    restored(backend, &backup_path, &files, &before, &opened, &attachment);
}

/// Puts the backup back elsewhere, opens a desk on it, and looks.
fn restored(backend: Backend, backup: &str, files: &Path, before: &[Value], opened: &Conversation, attachment: &Value) {
    let database = Database::create(backend);
    match backend {
        Backend::Sqlite => run("restore-sqlite", &[("FILE", &file(&database)), ("BACKUP", backup)]),
        Backend::Postgres => {
            run("restore-postgres", &[("DATABASE_URL", &database.url()), ("BACKUP", backup)]);
            // Files are in a place of their own there, which both desks see.
        }
    }
    let kept_at = if backend == Backend::Sqlite { database.files() } else { files.to_owned() };
    let desk = Plan::on(database).set("SUPPORT_ATTACHMENTS_URL", &format!("file://{}", kept_at.display())).start();
    let driver: Person = desk.driver("driver-1", "BD");
    let after = driver.messages(opened);
    assert!(after.len() >= before.len(), "{} of {}", after.len(), before.len());
    for (kept, message) in after.iter().zip(before) {
        assert_eq!((&kept["id"], &kept["seq"], &kept["text"]), (&message["id"], &message["seq"], &message["text"]));
    }
    let seqs: Vec<i64> = after.iter().filter_map(|message| message["seq"].as_i64()).collect();
    assert_eq!(seqs, (1..=i64::try_from(after.len()).expect("a number")).collect::<Vec<_>>());
    assert!(driver.fetch(attachment).expect(200).bytes.starts_with(b"\x89PNG"));
    assert_eq!(driver.send(opened, "And it goes on")["seq"], after.len() + 1);
}
