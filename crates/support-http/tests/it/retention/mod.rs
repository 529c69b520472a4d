//! Retention: `purge` removes what is old, all of it, and nothing else, whatever goes on meanwhile.

mod beside_a_desk;
mod command;
mod files;
mod purging;

use serde_json::Value;

use crate::harness::{Backend, Conversation, Desk, Outcome, binary};

/// Runs the command with the desk's own environment.
fn purge(desk: &Desk, arguments: &[&str]) -> Outcome {
    binary(&[&["purge"], arguments].concat(), desk.environment())
}

/// What the command says of a country: conversations, messages, files.
#[track_caller]
fn counts(printed: &str, country: &str) -> [usize; 3] {
    let line = printed
        .lines()
        .find(|line| line.contains(&format!("purge {country}: ")) || line.contains(&format!("purged {country}: ")));
    let line = line.unwrap_or_else(|| panic!("nothing about {country}: {printed}"));
    let numbers: Vec<usize> = line.split([' ', ',']).filter_map(|word| word.parse().ok()).collect();
    numbers.try_into().expect("three numbers")
}

/// Makes the last message of a conversation as old as that many days.
fn age(desk: &Desk, conversation: &Conversation, days: u32) {
    let (moment, id) = match desk.database.backend {
        Backend::Postgres => {
            (format!("date_trunc('milliseconds', now()) - interval '{days} days'"), format!("'{}'", conversation.id))
        }
        Backend::Sqlite => {
            let moment = format!("(CAST(strftime('%s', 'now') AS integer) - {days} * 86400) * 1000000");
            (moment, format!("x'{}'", conversation.id.replace('-', "")))
        }
    };
    let table = desk.database.table("support_conversations");
    desk.database.connect().execute(&format!("UPDATE {table} SET last_message_at = {moment} WHERE id = {id}"));
}

/// What the audit log has of purges.
fn records(desk: &Desk) -> Vec<Value> {
    let all = desk.database.audit_logs();
    all.into_iter().filter(|record| record["actionType"] == "SUPPORT_CONVERSATIONS_PURGED").collect()
}
