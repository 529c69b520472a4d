//! Brings the database up to date. The migrations are part of the program; they only add, and on PostgreSQL they touch
//! nothing outside the schema `support_chat`.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_migrations::MigrationHarness;

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

/// Applies what is pending, under a lock that a second node waits for; only names it when `check_only`.
pub(crate) fn migrate_pg(conn: &mut pg::Conn, check_only: bool) -> Result<Migrated, StoreError> {
    conn.transaction::<_, diesel::result::Error, _>(|conn| {
        // Diesel's own table of what was applied has to stand in our schema too, and it does not qualify its name.
        let schema_exists: bool = diesel::select(diesel::dsl::sql::<diesel::sql_types::Bool>(
            "EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'support_chat')",
        ))
        .get_result(conn)?;
        if check_only && !schema_exists {
            return Ok(Migrated { names: names_of_all()? });
        }
        conn.batch_execute(&format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))?;
        if !schema_exists {
            conn.batch_execute("CREATE SCHEMA IF NOT EXISTS support_chat")?;
        }
        conn.batch_execute("SET LOCAL search_path = support_chat")?;
        match apply(conn, pg::MIGRATIONS, check_only) {
            // Rolls everything back.
            Err(error) => Err(diesel::result::Error::QueryBuilderError(error.to_string().into())),
            Ok(done) => Ok(done),
        }
    })
    .map_err(failed)
}

/// Applies what is pending, under a lock that a second process waits for; only names it when `check_only`.
pub(crate) fn migrate_sqlite(conn: &mut sqlite::Conn, check_only: bool) -> Result<Migrated, StoreError> {
    conn.immediate_transaction::<_, diesel::result::Error, _>(|conn| {
        apply(conn, sqlite::MIGRATIONS, check_only)
            .map_err(|error| diesel::result::Error::QueryBuilderError(error.to_string().into()))
    })
    .map_err(failed)
}

fn apply<C, DB>(
    conn: &mut C,
    source: diesel_migrations::EmbeddedMigrations,
    check_only: bool,
) -> Result<Migrated, StoreError>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
{
    let pending = conn.pending_migrations(source).map_err(failed)?;
    let names = pending.iter().map(|migration| migration.name().to_string()).collect();
    if !check_only {
        for migration in &pending {
            conn.run_migration(migration).map_err(failed)?;
        }
    }
    Ok(Migrated { names })
}

/// The names of all migrations of PostgreSQL, for a database that has none of them.
fn names_of_all() -> Result<Vec<String>, diesel::result::Error> {
    use diesel::migration::{Migration, MigrationSource};
    let all: Vec<Box<dyn Migration<diesel::pg::Pg>>> =
        pg::MIGRATIONS.migrations().map_err(diesel::result::Error::QueryBuilderError)?;
    let mut names: Vec<String> = all.iter().map(|migration| migration.name().to_string()).collect();
    names.sort();
    Ok(names)
}
