//! docs/api.md, walked from its beginning to its end against the demo: each command is run, and what is shown below it is
//! what came. So the page cannot say what is not so.

mod page;
mod shell;
mod shown;

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use serde_json::Value;

use self::page::{Block, Kind, blocks};
use self::shell::Shell;
use self::shown::Ids;
use crate::harness::{Address, Handshake, Server, Socket, binary, eventually, scratch_folder};

const PAGE: &str = include_str!("../../../../../docs/api.md");

/// Whether a program is here.
fn is_here(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok()
}

#[test]
fn the_tour_of_the_api_shows_what_comes() {
    for program in ["curl", "jq"] {
        if !is_here(program) {
            eprintln!("skipped: {program} is not here");
            return;
        }
    }
    let folder = scratch_folder();
    let mut server = Server::start("demo", "demo", folder.path(), &BTreeMap::new());
    let address = Address::default();
    address.set(server.port());
    let is_export = |line: &&str| line.starts_with("export ");
    eventually("the demo prints its exports", || server.printed().contains("export PHOTO="));
    let mut walk = Walk { shell: Shell::start(folder.path()), ids: Ids::default(), address, socket: None };
    for export in server.printed().lines().filter(is_export) {
        walk.shell.run(export);
    }
    let blocks = blocks(PAGE);
    assert!(blocks.len() > 40, "{} blocks", blocks.len());
    let mut printed = String::new();
    for block in &blocks {
        walk.step(block, &mut printed);
    }
}

/// Somebody who reads the page and does what it says.
struct Walk {
    shell: Shell,
    ids: Ids,
    address: Address,
    socket: Option<Socket>,
}

impl Walk {
    #[track_caller]
    fn step(&mut self, block: &Block, printed: &mut String) {
        let judged = match &block.kind {
            Kind::Sh => {
                *printed = self.shell.run(&self.ids.real(&block.text));
                Ok(())
            }
            Kind::Http => self.ids.answer(&block.text, printed),
            Kind::Json => self.ids.json(&block.text, printed),
            Kind::Frames { goes_on } => self.frames(&block.text, *goes_on),
            Kind::Other => Ok(()),
        };
        if let Err(difference) = judged {
            panic!("docs/api.md, line {}: {difference}\n{printed}", block.line);
        }
    }

    /// Frames of one connection, each of which is sent or has to come next.
    fn frames(&mut self, transcript: &str, goes_on: bool) -> Result<(), String> {
        if !goes_on {
            let ticket = self.shell.run("printf %s \"$TICKET\"");
            let socket = Handshake::at(&self.address).ticket(&ticket).try_open();
            self.socket = Some(socket.map_err(|answer| format!("no socket: {}", answer.text))?);
        }
        let socket = self.socket.as_mut().ok_or("there is no connection that could go on")?;
        for line in transcript.lines() {
            if let Some(frame) = line.strip_prefix("> ") {
                socket.send_text(&self.ids.real(frame));
            } else if let Some(frame) = line.strip_prefix("< ") {
                let came = socket.read().ok_or("the connection ended")?;
                let shown: Value = serde_json::from_str(frame).map_err(|error| format!("{frame}: {error}"))?;
                self.ids.value(&shown, &came, "").map_err(|difference| format!("{difference}\n{came}"))?;
            } else {
                return Err(format!("{line} is neither sent nor received"));
            }
        }
        Ok(())
    }
}

#[test]
fn every_answer_on_the_page_stands_below_a_command() {
    let mut before = &Kind::Other;
    let all = blocks(PAGE);
    for block in &all {
        if [Kind::Http, Kind::Json].contains(&block.kind) {
            assert_eq!(before, &Kind::Sh, "line {}: an answer without a command", block.line);
        }
        before = &block.kind;
    }
}

#[test]
fn the_page_says_what_to_do_with_every_error() {
    let document = binary(&["openapi"], &BTreeMap::new()).printed();
    let document: Value = serde_json::from_str(&document).expect("the document");
    let (_, table) = PAGE.split_once("\n## What to do with an error\n").expect("the table");
    for code in document["components"]["examples"].as_object().expect("examples").keys() {
        assert!(table.contains(&format!("`{code}`")), "{code} has no row in docs/api.md");
    }
}
