//! Invented secrets are put into every place where words can be put, with the log at its most talkative; then nobody may
//! find one of them anywhere: not in the log, the database, the audit records, the answers, the metrics, or what other
//! people's sockets were sent.
//!
//! What is left out, because it goes back to the sender only and is kept nowhere: `requestId` of a frame, and
//! `X-Request-Id`. What is left out, because it is kept as it is: the ids of people, which are the host's.

mod places;
mod secrets;

use serde_json::json;

use self::places::Stage;
use self::secrets::{Canary, canaries};
use crate::harness::{Backend, Database, Desk, Forwarder};

on_both_backends!(no_secret_that_is_sent_is_found_anywhere);
on_postgres!(no_secret_is_found_anywhere_when_the_database_is_away);

/// Fails with every canary that stands in one of the texts. The texts are many and long, so they are not shown.
#[track_caller]
fn found_nowhere(canaries: &[Canary], places: &[(&str, &str)]) {
    let mut found = Vec::new();
    for (place, text) in places {
        for canary in canaries {
            for needle in &canary.needles {
                if let Some(at) = text.find(needle.as_str()) {
                    let start = text[..at].char_indices().rev().nth(250).map_or(0, |(start, _)| start);
                    let end = text[at..].char_indices().nth(150).map_or(text.len(), |(end, _)| at + end);
                    found.push(format!("{place}: {needle}\n    {}", &text[start..end].escape_debug()));
                }
            }
        }
    }
    assert!(found.is_empty(), "{} secrets were found:\n{}", found.len(), found.join("\n"));
}

/// Every row of every table, whatever the table is for, as text.
fn every_row(database: &Database) -> String {
    let mut past = database.connect();
    let mut rows = Vec::new();
    match database.backend {
        Backend::Sqlite => {
            let tables = past.lines("SELECT name AS line FROM sqlite_master WHERE type = 'table'");
            for table in tables {
                let columns = past.lines(&format!("SELECT name AS line FROM pragma_table_xinfo('{table}')"));
                let shown: Vec<String> = columns.iter().map(|name| format!("quote({name})")).collect();
                // JSON is text or its binary form; text inside of either is read as characters.
                let chars: Vec<String> =
                    columns.iter().map(|name| format!("coalesce(CAST({name} AS text), '')")).collect();
                rows.extend(past.lines(&format!("SELECT {} AS line FROM {table}", shown.join(" || ' ' || "))));
                rows.extend(
                    past.lines(&format!("SELECT hex({}) AS line FROM {table}", chars.join(" || ' ' || ")))
                        .into_iter()
                        .map(|row| text_of_hex(&row)),
                );
            }
        }
        Backend::Postgres => {
            let tables = past.lines(
                "SELECT table_name::text AS line FROM information_schema.tables WHERE table_schema = 'support_chat'",
            );
            assert!(tables.len() >= 6, "{tables:?}");
            for table in tables {
                rows.extend(past.lines(&format!("SELECT row_to_json(t)::text AS line FROM support_chat.{table} t")));
            }
        }
    }
    rows.join("\n")
}

fn text_of_hex(hex: &str) -> String {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap_or(b'?');
    String::from_utf8_lossy(&(0..hex.len() / 2).map(|at| digit(at * 2)).collect::<Vec<u8>>()).into_owned()
}

/// The files of an embedded database as they lie there.
fn every_file(database: &Database) -> String {
    let files = std::fs::read_dir(database.folder()).expect("the folder").flatten();
    files.map(|file| String::from_utf8_lossy(&std::fs::read(file.path()).unwrap_or_default()).into_owned()).collect()
}

fn no_secret_that_is_sent_is_found_anywhere(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_LOG", "trace").start();
    let (user, admin) = (desk.driver("driver-1", "US"), desk.admin_with("agent-1", "SUPPORT_ADMIN", Some("US"), &[]));
    let opened = user.open("Canaries", "Hello");
    let mut listeners = [
        desk.driver("driver-1", "US").connect(),
        desk.admin_with("agent-2", "SUPPORT_ADMIN", Some("US"), &[]).connect(),
    ];
    for listener in &mut listeners {
        listener.keep_what_comes();
        listener.join(&opened);
        listener.watch();
    }
    let canaries = canaries();
    let stage = Stage { desk: &desk, user, admin, opened };
    let (mut answered, mut by_socket, mut heard) = (String::new(), String::new(), String::new());
    for canary in &canaries {
        answered.push_str(&stage.over_http(canary).join("\n"));
        by_socket.push_str(&stage.over_sockets(canary).join("\n"));
        // Taken now and then, so that no queue runs over.
        for listener in &mut listeners {
            listener.take_events();
        }
    }
    for listener in &mut listeners {
        listener.round_trip();
        heard.push_str(listener.heard());
    }
    assert!(heard.contains("support:newMessage") && heard.contains("support:conversationUpdated"));
    assert!(answered.contains("****") && answered.contains("[redacted token]"), "the masked form is there");
    let shown = format!(
        "{:?} {} {} {} {}",
        stage.admin.messages(&stage.opened),
        stage.admin.list("?limit=100").text,
        desk.get("/metrics").text,
        desk.get("/docs").text,
        desk.get("/api/support/openapi.json").text,
    );
    let (rows, files, log) = (every_row(&desk.database), every_file(&desk.database), desk.server.log());
    let kept: String =
        desk.database.kept_files().iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
    let audit = json!(desk.database.audit_logs()).to_string();
    assert!(rows.contains("Canaries") && log.contains("answered") && audit.contains("SUPPORT_MESSAGE_SENT"));
    found_nowhere(
        &canaries,
        &[
            ("an answer", &answered),
            ("an answer over a socket", &by_socket),
            ("what others heard", &heard),
            ("what is shown later", &shown),
            ("the database", &rows),
            ("the database's files", &files),
            ("the kept files", &kept),
            ("the audit log", &audit),
            ("the log", &log),
            ("standard output", &desk.server.printed()),
        ],
    );
}

fn no_secret_is_found_anywhere_when_the_database_is_away(backend: Backend) {
    let plan = Desk::plan(backend);
    let mut forwarder = Forwarder::to(&plan.database().address());
    let url = plan.database().url_through(&forwarder.address());
    let desk = plan.set("DATABASE_URL", &url).set("SUPPORT_LOG", "trace").set("SUPPORT_DB_TIMEOUT_MS", "100").start();
    let (user, admin) = (desk.driver("driver-1", "US"), desk.admin_with("agent-1", "SUPPORT_ADMIN", Some("US"), &[]));
    let opened = user.open("Canaries", "Hello");
    forwarder.cut();
    let mut answered = String::new();
    let canaries = canaries();
    for canary in &canaries {
        for person in [&user, &admin] {
            let body = json!({"content": canary.words, "metadata": {"note": canary.words}});
            answered.push_str(&person.post(&person.path(&opened, "/messages"), &body).expect(503).text);
            answered.push_str(&person.get(&format!("{}?search={}", person.home, secrets::percent(&canary.words))).text);
        }
        let body = json!({"subject": canary.words, "initialMessage": canary.words});
        answered.push_str(&user.post(user.home, &body).expect(503).text);
    }
    forwarder.restore();
    found_nowhere(
        &canaries,
        &[("an answer", &answered), ("the log", &desk.server.log()), ("standard output", &desk.server.printed())],
    );
}
