//! `demo`: what it prints can be pasted, and it leaves nothing behind.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::{Server, eventually, scratch_folder};

/// The commands among the printed lines, each with its continuation lines, in their order; and what sets a variable.
fn commands(printed: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in printed.lines() {
        let line = line.trim().trim_start_matches("$ ");
        let sets_variable = line.split_once('=').is_some_and(|(name, value)| {
            let name = name.trim_start_matches("export ");
            !name.is_empty() && !value.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        });
        if goes_on {
            let last = commands.last_mut().expect("a command that goes on");
            last.push('\n');
            last.push_str(line);
        } else if line.starts_with("curl ") || sets_variable {
            commands.push(line.to_owned());
        } else {
            continue;
        }
        goes_on = line.ends_with('\\');
    }
    commands
}

/// Runs a script in a bash of its own, and returns what it printed.
#[track_caller]
fn paste(script: &str, folder: &Path) -> String {
    let output = Command::new("bash").arg("-c").arg(script).current_dir(folder).stdin(Stdio::null()).output();
    let output = output.expect("bash runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{script}\n{printed}\n{errors}");
    printed
}

#[test]
fn what_the_demo_prints_can_be_pasted() {
    let folder = scratch_folder();
    let mut server = Server::start("demo", "demo", folder.path(), &BTreeMap::new());
    let port = server.port();
    eventually("the demo prints its commands", || {
        commands(&server.printed()).iter().any(|one| one.starts_with("curl "))
    });
    let printed = server.printed();
    assert!(printed.contains(&format!("http://127.0.0.1:{port}")), "the address is printed: {printed}");

    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("not pasted: curl is not here");
        return;
    }
    let mut pasted = 0;
    let mut script =
        "set -eu\ncurl() { command curl --fail-with-body --silent --show-error --max-time 20 \"$@\"; }\n".to_owned();
    for command in commands(&printed) {
        script.push_str(&command);
        script.push('\n');
        if command.starts_with("curl ") {
            script.push_str("echo; echo '---'\n");
            pasted += 1;
        }
    }
    let answers = paste(&script, folder.path());
    assert!(pasted >= 3, "a demo shows more than {pasted} commands: {printed}");
    let answers: Vec<&str> = answers.split("---").map(str::trim).filter(|answer| !answer.is_empty()).collect();
    assert_eq!(answers.len(), pasted, "{answers:?}");
    for answer in &answers {
        if answer.starts_with(['{', '[']) {
            let json: Value = serde_json::from_str(answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
            assert_eq!(json.get("code"), None, "{answer}");
        }
    }
    assert!(answers.iter().any(|answer| answer.contains("\"conversation")), "{answers:?}");

    server.ask_to_stop();
    assert_eq!(server.ended().code(), Some(0), "{}", server.log());
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name())
        .filter(|name| !name.to_string_lossy().starts_with("demo."))
        .collect();
    assert!(left.is_empty(), "the demo leaves {left:?} behind");
}
