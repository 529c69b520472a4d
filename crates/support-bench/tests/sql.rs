//! The SQL of the benchmark knows the desk's tables by heart. Here it is run on the tables as the migrations make them, so
//! that a change of one is noticed before the benchmark is run again. Without a PostgreSQL, or its clients, the tests say
//! that they were left out (`scripts/test` starts one). Nothing is timed.

#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it left out"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A database with the desk's tables, which is gone when this is dropped.
struct Database {
    server: String,
    name: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What a program prints, or `None` if it is not there.
fn run(program: &str, words: &[&str]) -> Option<String> {
    let output = Command::new(program).args(words).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {words:?}: {said}");
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

impl Database {
    /// `None`, said aloud, where it cannot be made.
    fn make(name: &str) -> Option<Self> {
        let Ok(url) = std::env::var("SUPPORT_TEST_POSTGRES_URL") else {
            println!("left out: SUPPORT_TEST_POSTGRES_URL is not set");
            return None;
        };
        let server = url.rsplit_once('/').unwrap().0.to_owned();
        let database = Self { server, name: format!("bench_{name}_{}", std::process::id()) };
        if run("psql", &["-qX", &url, "-c", &format!("CREATE DATABASE {}", database.name)]).is_none() {
            println!("left out: psql is not on PATH");
            return None;
        }
        database.psql(&["-c", "CREATE SCHEMA support_chat"]);
        let mut folders: Vec<PathBuf> =
            std::fs::read_dir(root().join("migrations/postgres")).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        for folder in folders {
            database.psql(&["-1", "-f", folder.join("up.sql").to_str().unwrap()]);
        }
        Some(database)
    }

    fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }

    fn psql(&self, words: &[&str]) -> String {
        let url = self.url();
        let all: Vec<&str> =
            ["-qAtX", "-v", "ON_ERROR_STOP=1", url.as_str()].into_iter().chain(words.iter().copied()).collect();
        run("psql", &all).unwrap()
    }

    fn script(&self, name: &str, conversations: &str) {
        let file = root().join("crates/support-bench/src/sql").join(name);
        self.psql(&["-v", &format!("conversations={conversations}"), "-f", file.to_str().unwrap()]);
    }

    /// How many rows a query gives.
    fn count(&self, from: &str) -> u64 {
        self.psql(&["-c", &format!("SELECT count(*) FROM {from}")]).parse().unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (url, drop) = (format!("{}/postgres", self.server), format!("DROP DATABASE {} WITH (FORCE)", self.name));
        let _ = Command::new("psql").args(["-qX", &url, "-c", &drop]).output();
    }
}

#[test]
fn the_conversations_of_the_lists_are_as_the_desk_would_have_written_them() {
    let Some(database) = Database::make("lists") else { return };
    let indexes = "pg_indexes WHERE schemaname = 'support_chat'";
    let before = database.count(indexes);
    database.script("conversations.sql", "400");
    assert_eq!(database.count("support_chat.support_conversations"), 400);
    assert_eq!(database.count(indexes), before, "no index is missing");
    let rows = "support_chat.support_conversations c JOIN LATERAL (SELECT count(*) AS messages, max(seq) AS last, \
        max(created_at) AS at, count(*) FILTER (WHERE side = 'user') AS of_user, \
        count(*) FILTER (WHERE side = 'user' AND seq <= c.admin_read_seq) AS seen_by_admin, \
        count(*) FILTER (WHERE side = 'admin' AND seq <= c.user_read_seq) AS seen_by_user \
        FROM support_chat.support_messages m WHERE m.conversation_id = c.id) m ON true \
        JOIN support_chat.support_conversation_search s ON s.conversation_id = c.id";
    let right = "messages = last_seq AND last = last_seq AND at = last_message_at AND of_user = user_side_count \
        AND seen_by_admin = admin_seen_count AND seen_by_user = user_seen_count AND subject_folded = lower(subject)";
    assert_eq!(database.count(&format!("{rows} WHERE {right}")), 400);
    let milliseconds = "support_chat.support_messages WHERE created_at = date_trunc('milliseconds', created_at)";
    assert_eq!(database.count(milliseconds), database.count("support_chat.support_messages"));
}

#[test]
fn a_message_of_pgbench_does_what_a_message_of_the_desk_does() {
    let Some(database) = Database::make("send") else { return };
    database.script("rooms.sql", "64");
    let file = root().join("crates/support-bench/src/sql/send.sql");
    let url = database.url();
    let words = ["-n", "-M", "prepared", "-c", "2", "-t", "20", "-D", "clients=2", "-D", "conversations=64", "-f"];
    let words: Vec<&str> = words.into_iter().chain([file.to_str().unwrap(), url.as_str()]).collect();
    if run("pgbench", &words).is_none() {
        println!("left out: pgbench is not on PATH");
        return;
    }
    assert_eq!(database.count("support_chat.support_messages"), 40);
    assert_eq!(database.count("support_chat.support_audit_logs WHERE entity_id IS NOT NULL"), 40);
    let unread = "SELECT sum(last_seq) || ' ' || sum(unread_count_admin) FROM support_chat.support_conversations";
    assert_eq!(database.psql(&["-c", unread]), "40 40");
}
