//! The database: whether it answers, whether what is acknowledged lasts there, and what was applied to it.

use std::sync::Arc;

use support_domain::SystemClock;
use support_store::{Condition, DatabaseUrl, MigrationState, StoreError};

use super::finding::{Finding, Topic};
use super::{Asked, PATIENCE, on_thread, postgres, sqlite};

pub(super) const TOPIC: Topic = Topic("database");
const MIGRATIONS: Topic = Topic("migrations");

pub(super) async fn check(asked: Arc<Asked>) -> Vec<Finding> {
    on_thread(TOPIC, move || {
        let url = &asked.config.store.url;
        let mut findings = match url {
            DatabaseUrl::Sqlite(file) => sqlite::check_place(file),
            DatabaseUrl::Postgres(_) => Vec::new(),
        };
        match Condition::look(url, &SystemClock::new(), PATIENCE / 2) {
            Ok(Condition::Postgres(condition)) => findings.extend(postgres::judge(&condition, &asked)),
            Ok(Condition::Sqlite(condition)) => findings.extend(sqlite::judge(&condition)),
            Err(error) => findings.push(away(&error, url)),
        }
        findings
    })
    .await
}

/// What libpq and SQLite say holds no password: see `support-store`.
fn away(error: &StoreError, url: &DatabaseUrl) -> Finding {
    let reason = match error {
        StoreError::Unavailable(reason) | StoreError::Migration(reason) | StoreError::Internal(reason) => {
            reason.clone()
        }
        other => other.to_string(),
    };
    let advice = match (url, reason.as_str()) {
        (DatabaseUrl::Sqlite(_), _) => "look whether DATABASE_URL names the right file, and who may read it",
        (_, reason) if reason.contains("authentication failed") || reason.contains("no password") => {
            "correct role and password in DATABASE_URL; scripts/postgres-role sets the password of the role that serves"
        }
        (_, reason) if reason.contains("does not exist") => {
            "correct DATABASE_URL, or make the database or the role that it names"
        }
        (_, reason) if reason.contains("too many") || reason.contains("remaining connection slots") => {
            "raise max_connections, or lower SUPPORT_DB_POOL_SIZE of the nodes"
        }
        (_, reason) if reason.contains("pg_hba") => "let this machine's address in, in the server's pg_hba.conf",
        _ => {
            "look whether the server runs, and whether host and port in DATABASE_URL are right and can be reached from here"
        }
    };
    TOPIC.problem(format!("it cannot be used: {reason}"), advice)
}

/// What was applied. `may_migrate`: whether whoever is configured may apply what is pending.
pub(super) fn judge_migrations(state: &MigrationState, may_migrate: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(fault) = &state.fault {
        findings.push(MIGRATIONS.problem(
            fault.clone(),
            "something else has made or changed it; put it back, or restore the schema from the last backup",
        ));
    }
    match state.pending.len() {
        0 => findings.push(MIGRATIONS.ok("nothing is pending")),
        number => {
            let what = format!("{number} pending: {}", state.pending.join(", "));
            findings.push(if may_migrate {
                MIGRATIONS
                    .warning(what, "`support-http migrate` applies them, and so does the next start of the server")
            } else {
                let advice = "the configured role may not apply them, and the server will not start: run `support-http \
                              migrate` as the role that owns the schema support_chat";
                MIGRATIONS.problem(what, advice)
            });
        }
    }
    if !state.newer.is_empty() {
        findings.push(MIGRATIONS.warning(
            format!("a newer version was here and has applied {}", state.newer.join(", ")),
            "this version works beside it; bring this node to the newer version, unless you are going back on purpose",
        ));
    }
    findings
}
