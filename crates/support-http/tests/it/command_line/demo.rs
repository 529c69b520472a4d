//! `demo`: what it prints can be pasted, and it leaves nothing behind.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::{Server, eventually, scratch_folder};

/// A command to paste, with its continuation lines.
struct Pasted {
    script: String,
    /// The comments above it, which may announce that it is refused.
    announced: String,
}

impl Pasted {
    fn is_call(&self) -> bool {
        self.script.starts_with("curl ")
    }
}

/// The commands among the printed lines, in their order; and what sets a variable.
fn commands(printed: &str) -> Vec<Pasted> {
    let mut commands: Vec<Pasted> = Vec::new();
    let (mut announced, mut goes_on) = (String::new(), false);
    for line in printed.lines() {
        let line = line.trim().trim_start_matches("$ ");
        let sets_variable = line.split_once('=').is_some_and(|(name, value)| {
            let name = name.trim_start_matches("export ");
            !name.is_empty() && !value.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        });
        if goes_on {
            let last = commands.last_mut().expect("a command that goes on");
            last.script.push('\n');
            last.script.push_str(line);
        } else if line.starts_with("curl ") || sets_variable {
            commands.push(Pasted { script: line.to_owned(), announced: announced.clone() });
        } else if line.is_empty() {
            announced.clear();
            continue;
        } else {
            announced.push_str(line);
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
    eventually("the demo prints its commands", || commands(&server.printed()).iter().any(Pasted::is_call));
    let printed = server.printed();
    assert!(printed.contains(&format!("http://127.0.0.1:{port}")), "the address is printed: {printed}");
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok() {
        paste_all(&commands(&printed), folder.path());
    } else {
        eprintln!("not pasted: curl is not here");
    }

    server.ask_to_stop();
    assert_eq!(server.ended().code(), Some(0), "{}", server.log());
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name())
        .filter(|name| !name.to_string_lossy().starts_with("demo."))
        .collect();
    assert!(left.is_empty(), "the demo leaves {left:?} behind");
}

/// Pastes everything into one shell, as a person does, and holds each answer against what was announced.
fn paste_all(commands: &[Pasted], folder: &Path) {
    let options = "--silent --show-error --max-time 20 --write-out '\\n%{http_code}\\n---\\n'";
    let mut script = format!("set -eu\ncurl() {{ command curl {options} \"$@\"; }}\n");
    for command in commands {
        script.push_str(&command.script);
        script.push('\n');
    }
    let printed = paste(&script, folder);
    let answers: Vec<&str> = printed.split("\n---\n").filter(|answer| !answer.trim().is_empty()).collect();
    let calls: Vec<&Pasted> = commands.iter().filter(|command| command.is_call()).collect();
    assert!(calls.len() >= 3, "a demo shows more than {} calls", calls.len());
    assert_eq!(answers.len(), calls.len(), "{answers:?}");
    for (call, answer) in calls.iter().zip(&answers) {
        let (body, status) = answer.rsplit_once('\n').expect("a status behind the body");
        let expected = ["200", "201"].contains(&status) || call.announced.contains(status);
        assert!(expected, "{} answered {answer}", call.script);
        assert!(serde_json::from_str::<Value>(body).is_ok(), "{} answered {answer}", call.script);
    }
    assert!(answers.iter().any(|answer| answer.contains("\"conversation")), "{answers:?}");
    let staff = answers.iter().find(|answer| answer.contains("\"admins\"")).expect("the staff is shown");
    for id in ["admin-kamal", "admin-root"] {
        assert!(staff.contains(id), "{staff}");
    }
    assert!(!staff.contains("admin-auditor"), "who cannot reply is given nothing: {staff}");
}
