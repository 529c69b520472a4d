//! Brings the database up to date. The migrations are part of the program; they only add, and on PostgreSQL they touch
//! nothing outside the schema `support_chat`.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::Bool;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use crate::{StoreError, pg, sqlite};

/// What `migrate` did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Migrated {
    /// The names of the migrations, oldest first.
    pub names: Vec<String>,
}

/// An arbitrary number that only this product locks.
const ADVISORY_LOCK: i64 = 0x5355_5050_4f52_5431;

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::Migration(error.to_string())
}

/// Applies what is pending, under a lock that a second node waits for. When `check_only`, names it and leaves no trace.
pub(crate) fn migrate_pg(conn: &mut pg::Conn, check_only: bool) -> Result<Migrated, StoreError> {
    let mut migrated = Migrated::default();
    let result = conn.transaction(|conn| {
        conn.batch_execute(&format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))?;
        let schema_exists: bool =
            diesel::select(diesel::dsl::sql::<Bool>("to_regnamespace('support_chat') IS NOT NULL")).get_result(conn)?;
        if check_only && !schema_exists {
            // Whoever only asks need not be allowed to make a schema.
            migrated.names = names_of_all(&pg::MIGRATIONS)?;
            return Ok(());
        }
        if !schema_exists {
            conn.batch_execute("CREATE SCHEMA support_chat")?;
        }
        // Diesel's own table of what was applied has to stand in our schema too, and it does not qualify its name.
        conn.batch_execute("SET LOCAL search_path = support_chat")?;
        migrated.names = apply(conn, pg::MIGRATIONS, check_only)?;
        end(check_only)
    });
    ended(result, migrated)
}

/// Applies what is pending, under a lock that a second process waits for. When `check_only`, names it and leaves no trace.
pub(crate) fn migrate_sqlite(file: &Path, check_only: bool) -> Result<Migrated, StoreError> {
    if check_only && !file.exists() {
        return names_of_all(&sqlite::MIGRATIONS).map(|names| Migrated { names }).map_err(failed);
    }
    let mut conn = sqlite::establish(file).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let mut migrated = Migrated::default();
    let result = conn.immediate_transaction(|conn| {
        migrated.names = apply(conn, sqlite::MIGRATIONS, check_only)?;
        end(check_only)
    });
    ended(result, migrated)
}

/// Even to ask, diesel makes its table: a check is rolled back.
fn end(check_only: bool) -> QueryResult<()> {
    if check_only { Err(DieselError::RollbackTransaction) } else { Ok(()) }
}

fn ended(result: QueryResult<()>, migrated: Migrated) -> Result<Migrated, StoreError> {
    match result {
        Ok(()) | Err(DieselError::RollbackTransaction) => Ok(migrated),
        Err(error) => Err(failed(error)),
    }
}

/// The names of what is pending; applied, unless `check_only`.
fn apply<C, DB>(conn: &mut C, source: EmbeddedMigrations, check_only: bool) -> QueryResult<Vec<String>>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
{
    let pending = conn.pending_migrations(source).map_err(DieselError::QueryBuilderError)?;
    if !check_only {
        for migration in &pending {
            conn.run_migration(migration).map_err(DieselError::QueryBuilderError)?;
        }
    }
    Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
}

/// The names of all migrations, for a database that has none of them.
fn names_of_all(source: &EmbeddedMigrations) -> QueryResult<Vec<String>> {
    // The names do not depend on the backend.
    let all: Vec<Box<dyn Migration<diesel::pg::Pg>>> = source.migrations().map_err(DieselError::QueryBuilderError)?;
    let mut names: Vec<String> = all.iter().map(|migration| migration.name().to_string()).collect();
    names.sort();
    Ok(names)
}
