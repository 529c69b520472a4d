//! Brings the database up to date, and takes away again what that has made. The migrations are part of the program; they
//! only add, and on PostgreSQL they touch nothing outside the schema `support_chat`.
//!
//! With nothing pending no right is needed but to read: on PostgreSQL the role that serves need not be the one that
//! migrates. Whatever fails leaves everything as it was.

use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use crate::error::Ended;
use crate::pg::shape;
use crate::{StoreError, pg, sqlite};

/// What `migrate` did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Migrated {
    /// The names of the migrations, oldest first.
    pub names: Vec<String>,
}

/// What was taken away again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reverted {
    /// The names of the migrations, newest first.
    pub names: Vec<String>,
    /// Whether the schema went, too. It stays where something else is in it, or where it is not ours to drop.
    pub schema_dropped: bool,
}

/// What was applied to a database, beside what this program knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MigrationState {
    /// The names of those that wait to be applied, oldest first.
    pub pending: Vec<String>,
    /// The versions of those that only a newer program knows. They add, and are no reason not to start.
    pub newer: Vec<String>,
    /// What stands in another shape than the queries need, with what is wrong with it. Only looked for on PostgreSQL.
    pub fault: Option<String>,
}

/// An arbitrary number that only this product locks.
const ADVISORY_LOCK: i64 = 0x5355_5050_4f52_5431;

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::Migration(error.to_string())
}

type Ending = Ended<StoreError>;

fn refuse<T>(sentence: impl Into<String>) -> Result<T, Ending> {
    Err(Ended::Work(StoreError::Migration(sentence.into())))
}

fn refuse_if(fault: Option<StoreError>) -> Result<(), Ending> {
    fault.map_or(Ok(()), |fault| Err(Ended::Work(fault)))
}

/// The error of a transaction of migrations: the database's own words are wanted here, by whoever runs them.
fn ended<T>(result: Result<T, Ending>) -> Result<T, StoreError> {
    result.map_err(|ended| match ended {
        Ended::Work(error) => error,
        Ended::Database(error) => failed(error),
    })
}

/// How long a migration waits for a table that somebody holds, a backup for instance. Nodes that serve queue up behind it
/// meanwhile, so it soon lets them through, and then tries again.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);
const BETWEEN_TRIES: Duration = Duration::from_secs(1);
/// Two minutes in all; then whoever runs it is told what stands in the way.
const MOST_TRIES: u32 = 60;

/// Applies what is pending, under a lock that a second node waits for. When `check_only`, names it and leaves no trace.
pub(crate) fn migrate_pg(conn: &mut pg::Conn, check_only: bool) -> Result<Migrated, StoreError> {
    let is_in_use = |error: &StoreError| matches!(error, StoreError::Migration(text) if text.contains("lock timeout") || text.contains("deadlock detected"));
    let mut tries = 1;
    loop {
        match try_migrate_pg(conn, check_only) {
            Err(error) if is_in_use(&error) && tries < MOST_TRIES => {
                tracing::warn!(error = %error, "the tables are in use; the migration is tried again");
                tries += 1;
                std::thread::sleep(BETWEEN_TRIES);
            }
            result => return result,
        }
    }
}

fn try_migrate_pg(conn: &mut pg::Conn, check_only: bool) -> Result<Migrated, StoreError> {
    ended(conn.build_transaction().read_committed().run(|conn| {
        lock(conn)?;
        let schema_exists = asked(conn, "to_regnamespace('support_chat') IS NOT NULL")?;
        let applied = if schema_exists { applied_pg(conn)? } else { Vec::new() };
        let pending = pending_of(&pg::MIGRATIONS, &applied)?;
        if applied.is_empty() {
            refuse_if(shape::squatter(conn)?)?;
        }
        refuse_if(shape::fault(conn, pending.is_empty())?)?;
        if pending.is_empty() || check_only {
            return Ok(Migrated { names: pending });
        }
        if !schema_exists {
            conn.batch_execute("CREATE SCHEMA support_chat")?;
        } else if !asked(conn, "has_schema_privilege('support_chat', 'CREATE')")? {
            return refuse(format!(
                "{} has to be applied by the role that owns the schema support_chat: run `support-http migrate` as it",
                pending.join(", ")
            ));
        }
        // Diesel's own table of what was applied has to stand in our schema too, and it does not qualify its name.
        conn.batch_execute(&format!(
            "SET LOCAL search_path = support_chat; SET LOCAL lock_timeout = {}",
            LOCK_TIMEOUT.as_millis()
        ))?;
        let names = apply(conn, pg::MIGRATIONS)?;
        refuse_if(shape::fault(conn, true)?)?;
        Ok(Migrated { names })
    }))
}

/// Waits for whoever migrates at the moment. What they have done is then seen, because every statement of a transaction that
/// is no more than read committed looks anew; one whose snapshot is as old as this wait would do it again.
fn lock(conn: &mut pg::Conn) -> QueryResult<()> {
    conn.batch_execute(&format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
}

fn asked(conn: &mut pg::Conn, condition: &str) -> QueryResult<bool> {
    diesel::select(diesel::dsl::sql::<Bool>(condition)).get_result(conn)
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

/// The versions that were applied. Diesel would have to be allowed to make its table even to ask.
fn applied_pg(conn: &mut pg::Conn) -> Result<Vec<String>, Ending> {
    if !asked(conn, "to_regclass('support_chat.__diesel_schema_migrations') IS NOT NULL")? {
        return Ok(Vec::new());
    }
    let rows = diesel::sql_query("SELECT version::text AS version FROM support_chat.__diesel_schema_migrations");
    Ok(rows.load::<Version>(conn)?.into_iter().map(|row| row.version).collect())
}

/// What becomes of audit records that the host was not told of yet, when everything is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undelivered {
    /// Nothing is taken away as long as there are some.
    Kept,
    /// They go with the rest.
    Discarded,
}

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Refuses while audit records wait to be delivered, unless they may go.
fn refuse_undelivered(waiting: Option<Waiting>) -> Result<(), Ending> {
    match waiting.map_or(0, |waiting| waiting.count) {
        0 => Ok(()),
        count => refuse(format!(
            "{count} audit records wait to be delivered to the host; nothing was changed. Run `support-http serve` until \
             they are there, or add --discard-undelivered"
        )),
    }
}

/// Looks what was applied, without a lock and without a trace.
pub(crate) fn state_pg(conn: &mut pg::Conn) -> Result<MigrationState, Ending> {
    let applied = applied_pg(conn)?;
    let mut state = compare(&pg::MIGRATIONS, &applied)?;
    let squatter = if applied.is_empty() { shape::squatter(conn)? } else { None };
    let fault = squatter.map_or_else(|| shape::fault(conn, state.pending.is_empty()), |fault| Ok(Some(fault)))?;
    state.fault = fault.map(|fault| match fault {
        // Whoever only looks was not about to change anything.
        StoreError::Migration(text) => text.trim_end_matches("; nothing was changed").to_owned(),
        other => other.to_string(),
    });
    Ok(state)
}

/// The same of a file of SQLite; none where there is no file yet.
pub(crate) fn state_sqlite(conn: Option<&mut sqlite::Conn>) -> Result<MigrationState, StoreError> {
    let applied = conn.map_or_else(|| Ok(Vec::new()), applied_sqlite).map_err(failed)?;
    compare(&sqlite::MIGRATIONS, &applied).map_err(Ended::into_error)
}

fn compare(source: &EmbeddedMigrations, applied: &[String]) -> Result<MigrationState, Ending> {
    let known: Vec<String> = all_of(source)?.into_iter().map(|(version, _)| version).collect();
    let newer = applied.iter().filter(|version| !known.contains(version)).cloned().collect();
    Ok(MigrationState { pending: pending_of(source, applied)?, newer, fault: None })
}

/// Drops what the migrations have made, newest first, and then the schema if it is empty and ours.
pub(crate) fn revert_pg(conn: &mut pg::Conn, undelivered: Undelivered) -> Result<Reverted, StoreError> {
    ended(conn.build_transaction().read_committed().run(|conn| {
        lock(conn)?;
        if !asked(conn, "to_regnamespace('support_chat') IS NOT NULL")? {
            return Ok(Reverted::default());
        }
        let applied = applied_pg(conn)?;
        let has_log = "to_regclass('support_chat.support_audit_logs') IS NOT NULL";
        if undelivered == Undelivered::Kept && !applied.is_empty() && asked(conn, has_log)? {
            // Nobody may add one from here on.
            conn.batch_execute("LOCK TABLE support_chat.support_audit_logs IN EXCLUSIVE MODE")?;
            let waiting = "SELECT count(*) AS count FROM support_chat.support_audit_logs WHERE delivery_pending";
            refuse_undelivered(diesel::sql_query(waiting).get_result(conn).optional()?)?;
        }
        conn.batch_execute("SET LOCAL search_path = support_chat")?;
        let names = revert(conn, &pg::MIGRATIONS, &applied)?;
        conn.batch_execute("DROP TABLE IF EXISTS support_chat.__diesel_schema_migrations")?;
        let is_empty = "NOT EXISTS (SELECT FROM pg_catalog.pg_depend \
             WHERE refclassid = 'pg_namespace'::regclass AND refobjid = to_regnamespace('support_chat') AND deptype = 'n') \
             AND pg_has_role((SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname = 'support_chat'), 'USAGE')";
        let schema_dropped = asked(conn, is_empty)?;
        if schema_dropped {
            conn.batch_execute("DROP SCHEMA support_chat RESTRICT")?;
        }
        Ok(Reverted { names, schema_dropped })
    }))
}

/// Applies what is pending, under a lock that a second process waits for. When `check_only`, names it and leaves no trace.
pub(crate) fn migrate_sqlite(file: &Path, check_only: bool) -> Result<Migrated, StoreError> {
    if check_only && !file.exists() {
        return ended(pending_of(&sqlite::MIGRATIONS, &[]).map(|names| Migrated { names }));
    }
    let mut conn = establish(file)?;
    ended(conn.immediate_transaction(|conn| {
        let pending = pending_of(&sqlite::MIGRATIONS, &applied_sqlite(conn)?)?;
        if !pending.is_empty() && !check_only {
            apply(conn, sqlite::MIGRATIONS)?;
        }
        Ok(Migrated { names: pending })
    }))
}

/// Drops what the migrations have made, newest first. The file stays.
pub(crate) fn revert_sqlite(file: &Path, undelivered: Undelivered) -> Result<Reverted, StoreError> {
    if !file.exists() {
        return Ok(Reverted::default());
    }
    let mut conn = establish(file)?;
    ended(conn.immediate_transaction(|conn| {
        let applied = applied_sqlite(conn)?;
        if undelivered == Undelivered::Kept && !applied.is_empty() {
            let waiting = "SELECT count(*) AS count FROM support_audit_logs WHERE delivery_pending";
            refuse_undelivered(diesel::sql_query(waiting).get_result(conn).optional()?)?;
        }
        let names = revert(conn, &sqlite::MIGRATIONS, &applied)?;
        conn.batch_execute("DROP TABLE IF EXISTS __diesel_schema_migrations")?;
        Ok(Reverted { names, schema_dropped: false })
    }))
}

fn establish(file: &Path) -> Result<sqlite::Conn, StoreError> {
    sqlite::establish(file).map_err(|error| StoreError::Unavailable(error.to_string()))
}

fn applied_sqlite(conn: &mut sqlite::Conn) -> QueryResult<Vec<String>> {
    let name = "SELECT name AS version FROM sqlite_master WHERE type = 'table' AND name = '__diesel_schema_migrations'";
    if diesel::sql_query(name).load::<Version>(conn)?.is_empty() {
        return Ok(Vec::new());
    }
    let rows = diesel::sql_query("SELECT version FROM __diesel_schema_migrations").load::<Version>(conn)?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

fn apply<C, DB>(conn: &mut C, source: EmbeddedMigrations) -> QueryResult<Vec<String>>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
{
    let pending = conn.pending_migrations(source).map_err(DieselError::QueryBuilderError)?;
    for migration in &pending {
        conn.run_migration(migration).map_err(DieselError::QueryBuilderError)?;
    }
    Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
}

/// Undoes those of the migrations that were applied, newest first. What a newer version has applied only that version can
/// undo.
fn revert<C, DB>(conn: &mut C, source: &EmbeddedMigrations, applied: &[String]) -> Result<Vec<String>, Ending>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
{
    let mut all: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(DieselError::QueryBuilderError)?;
    all.sort_by_key(|migration| std::cmp::Reverse(migration.name().version().as_owned()));
    let version = |migration: &dyn Migration<DB>| migration.name().version().to_string();
    let known: Vec<String> = all.iter().map(|migration| version(migration.as_ref())).collect();
    if let Some(newer) = applied.iter().find(|applied| !known.contains(applied)) {
        return refuse(format!(
            "{newer} was applied by a newer version: only that one can undo it; nothing was changed"
        ));
    }
    let mut names = Vec::new();
    for migration in all.iter().filter(|migration| applied.contains(&version(migration.as_ref()))) {
        conn.revert_migration(migration).map_err(DieselError::QueryBuilderError)?;
        names.push(migration.name().to_string());
    }
    Ok(names)
}

/// The names of those that were not applied, oldest first.
fn pending_of(source: &EmbeddedMigrations, applied: &[String]) -> Result<Vec<String>, Ending> {
    let all = all_of(source)?.into_iter();
    Ok(all.filter(|(version, _)| !applied.contains(version)).map(|(_, name)| name).collect())
}

/// The version and the name of each, oldest first.
fn all_of(source: &EmbeddedMigrations) -> Result<Vec<(String, String)>, Ending> {
    // The names do not depend on the backend.
    let all: Vec<Box<dyn Migration<diesel::pg::Pg>>> = source.migrations().map_err(DieselError::QueryBuilderError)?;
    let named = all.iter().map(|migration| (migration.name().version().to_string(), migration.name().to_string()));
    let mut named: Vec<(String, String)> = named.collect();
    named.sort();
    Ok(named)
}

/// The name of the newest migration that this program knows. It begins with the day on which it was written.
pub fn newest_migration() -> Option<String> {
    let named = all_of(&pg::MIGRATIONS).unwrap_or_default();
    named.into_iter().next_back().map(|(_, name)| name)
}
