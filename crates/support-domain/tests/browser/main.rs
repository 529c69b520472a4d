//! What a real browser makes of what comes out of the sanitizer: nothing runs, nothing is requested, nothing stands there
//! that may not. One page, opened once by headless Chromium without a network; left out where there is no Chromium.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test says by a panic what is wrong"
)]

mod hostile;

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use hostile::{Dice, collection, mutated};
use serde_json::{Value, json};
use support_domain::{ContentFormat, Limits, MessageContent, Subject};

/// Mutations of the collection, besides the collection itself.
const MUTATIONS: usize = 2_000;
/// Tenths of a second that the browser may take.
const PATIENCE: u32 = 1_200;

/// Samples for the page's own check: with these, the hooks must fire.
const RAW: [&str; 6] = [
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(2)></svg>",
    "<script>alert(3)</script>",
    "<img src=https://evil.invalid/x.png>",
    "<b onmouseover=alert(4)>x</b>",
    "<style>@import url(https://evil.invalid/s.css)</style>",
];

/// Everything that a client shows of an input, with whether it is plain text that a client inserts as HTML by mistake.
fn shown(input: &str, into: &mut Vec<(String, bool)>) {
    let limits = Limits { max_message_chars: 100_000, max_subject_chars: 100_000, ..Limits::default() };
    for format in [ContentFormat::Html, ContentFormat::Text] {
        if let Ok(content) = MessageContent::parse(input, format, &limits) {
            into.push((content.html().to_owned(), false));
            into.push((content.preview().as_str().to_owned(), true));
        }
    }
    into.extend(Subject::parse(input, &limits).ok().map(|subject| (subject.as_str().to_owned(), true)));
}

fn page() -> String {
    let collection = collection();
    assert!(collection.len() >= 300, "{}", collection.len());
    let mut sanitized = Vec::new();
    for input in &collection {
        shown(input, &mut sanitized);
    }
    let mut dice = Dice(0x5eed_0fab_adf0_0d17);
    for _ in 0..MUTATIONS {
        shown(&mutated(&collection, &mut dice), &mut sanitized);
    }
    // No tag may begin inside of the script that holds the cases.
    let cases = json!({"sanitized": sanitized, "raw": RAW}).to_string().replace('<', "\\u003c");
    include_str!("page.html").replace("CASES", &cases)
}

/// The page's document after all has run, or what is wrong with the browser.
fn dump(page: &Path, profile: &Path) -> Result<String, String> {
    let mut child = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-extensions", "--disable-component-update"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=30000"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", page.display()))
        .env("HOME", profile)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut stdout = child.stdout.take().expect("a pipe");
    let reading = thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let ended = (0..PATIENCE).any(|_| {
        thread::sleep(Duration::from_millis(100));
        child.try_wait().is_ok_and(|status| status.is_some())
    });
    if !ended {
        let _ = child.kill();
        let _ = child.wait();
        return Err("it did not end".to_owned());
    }
    reading.join().expect("no panic").map_err(|error| error.to_string())
}

#[test]
fn a_browser_finds_nothing_to_run_or_to_fetch() {
    if Command::new("chromium").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        eprintln!("skipped: there is no chromium");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("page.html");
    fs::write(&file, page()).expect("the page");
    let document = dump(&file, &folder.path().join("profile")).expect("the browser runs");
    let verdict = document.split_once("VERDICT{").and_then(|(_, rest)| rest.split_once("}END")).map(|(json, _)| {
        let json = format!("{{{json}}}").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        serde_json::from_str::<Value>(&json).expect("the verdict is JSON")
    });
    let verdict = verdict.unwrap_or_else(|| panic!("no verdict: {}", &document.chars().take(500).collect::<String>()));
    eprintln!("shown to a browser: {}, and its own check: {}", verdict["shown"], verdict["self"]);
    assert!(verdict["shown"].as_u64().is_some_and(|shown| shown > 5 * MUTATIONS as u64 / 2), "{verdict}");
    for what in ["foreign", "ran", "requested"] {
        assert_eq!(verdict[what], json!([]), "{what}");
    }
    // If these were not noticed, nothing else would have been.
    let own = &verdict["self"];
    assert_eq!(own["foreign"], RAW.len(), "{own}");
    assert!(own["ran"].as_u64().is_some_and(|ran| ran >= 4), "{own}");
    assert!(own["requested"].as_u64().is_some_and(|requested| requested >= 2), "{own}");
}
