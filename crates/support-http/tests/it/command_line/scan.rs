//! `scan`, in a pipe: what it prints of what somebody gives it, and that no secret is among it.

use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::thread;

use crate::harness::{bare_command, scratch_folder};

fn start(arguments: &[&str]) -> Child {
    let folder = scratch_folder();
    let mut command = bare_command(folder.path());
    command.arg("scan").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the binary runs")
}

/// Runs it on an input; what it printed on stdout and on stderr.
#[track_caller]
fn scan(arguments: &[&str], input: Vec<u8>) -> (String, String) {
    let mut child = start(arguments);
    let mut stdin = child.stdin.take().expect("a pipe");
    let writing = thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("it ends");
    writing.join().expect("no panic").expect("all of it is read");
    assert_eq!(output.status.code(), Some(0));
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr))
}

#[test]
fn only_what_would_change_is_printed_and_no_secret_is() {
    let card = ["4111", "1111", "1111", "1111"].join(" ");
    let input = format!("hello\nmy card is {card}\norder 1234567890\r\n<b>my pin</b> is 4321\n");
    let (output, problems) = scan(&[], input.clone().into_bytes());
    assert_eq!(output, "2\tcard\tmy card is **** **** **** 1111\n");
    assert_eq!(problems, "");
    let (output, _) = scan(&["--html", "--all"], input.into_bytes());
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[0], "1\t-\thello");
    assert_eq!(lines[3], "4\tpin\tmy pin is [redacted]");
    assert!(!output.contains(&card), "{output}");
}

#[test]
fn broken_lines_and_very_long_ones_stop_nothing() {
    let long = "my pin is 4321, and so on. ".repeat(100_000);
    let mut input = b"\xff\xfe my pin is 4321\n".to_vec();
    input.extend(long.as_bytes());
    input.extend(b"\n\0\x1b[2J my cvv is 737\n");
    let (output, problems) = scan(&["--all"], input);
    assert!(problems.contains("line 1 ") && problems.lines().count() == 1, "{problems}");
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("2\tpin\tmy pin is [redacted], and") && !lines[0].contains("4321"));
    assert_eq!(lines[1], "3\tcvv\t[2J my cvv is [redacted]");
}

#[test]
fn whoever_reads_may_stop_reading() {
    let mut child = start(&["--all"]);
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().expect("a pipe");
    // Fails as soon as it has ended.
    let _ = stdin.write_all("a line\n".repeat(100_000).as_bytes());
    drop(stdin);
    let mut problems = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut problems).expect("UTF-8");
    assert_eq!((child.wait().expect("it ends").code(), problems.as_str()), (Some(0), ""));
}
