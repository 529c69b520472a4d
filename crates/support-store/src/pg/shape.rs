//! The shape of our tables as the queries rely on it, and whether a database has it. Taken from the tables as diesel sees
//! them, so that the two cannot differ. Only asks the catalog; what is more than we need is no fault: it may be of a newer
//! version beside us.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text};
use diesel::{QuerySource, Table};

use super::{Conn, schema};
use crate::StoreError;
use crate::sql_types::sql::{Id, Json, Moment};

/// A type as PostgreSQL's catalog calls it.
trait Named {
    const NAME: &'static str;
}

macro_rules! names {
    ($($sql_type:ty = $name:literal),+ $(,)?) => {$(impl Named for $sql_type { const NAME: &'static str = $name; })+};
}

names!(Text = "text", BigInt = "int8", SmallInt = "int2", diesel::sql_types::Integer = "int4", Bool = "bool");
names!(Id = "uuid", Moment = "timestamptz", Json = "jsonb", Array<Text> = "_text");

impl<T: Named + diesel::sql_types::SqlType<IsNull = diesel::sql_types::is_nullable::NotNull>> Named for Nullable<T> {
    const NAME: &'static str = T::NAME;
}

/// All columns of a table.
trait Described {
    fn describe() -> Vec<(&'static str, &'static str)>;
}

macro_rules! tuples {
    () => {};
    ($first:ident $($rest:ident)*) => {
        impl<$first: Column, $($rest: Column),*> Described for ($first, $($rest,)*)
        where
            $first::SqlType: Named,
            $($rest::SqlType: Named,)*
        {
            fn describe() -> Vec<(&'static str, &'static str)> {
                vec![
                    ($first::NAME, <$first::SqlType as Named>::NAME),
                    $(($rest::NAME, <$rest::SqlType as Named>::NAME),)*
                ]
            }
        }

        tuples!($($rest)*);
    };
}

tuples!(C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 C17 C18 C19 C20 C21 C22 C23 C24 C25 C26 C27 C28 C29 C30 C31 C32);

fn columns<T>(_: T) -> Vec<(&'static str, &'static str)>
where
    T: Table + QuerySource,
    T::AllColumns: Described,
{
    T::AllColumns::describe()
}

/// The name of each table of ours, with its columns and their types.
type Shape = Vec<(&'static str, Vec<(&'static str, &'static str)>)>;

macro_rules! shape {
    ($($table:ident),+ $(,)?) => { vec![$((stringify!($table), columns(schema::$table::table))),+] };
}

/// Every table that a query names. A test looks that none is missing.
pub(crate) fn needed() -> Shape {
    shape![
        support_conversations,
        support_conversation_search,
        support_messages,
        support_attachments,
        support_audit_logs,
        support_revoked_tokens,
        support_socket_tickets,
        support_settings,
        support_admins,
        support_turns,
    ]
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    column: String,
    #[diesel(sql_type = Text)]
    sql_type: String,
}

/// The columns that stand in our schema, with their types, by table. The migrations' own table is none of them.
fn standing(conn: &mut Conn) -> QueryResult<BTreeMap<String, BTreeMap<String, String>>> {
    let rows: Vec<ColumnRow> = diesel::sql_query(
        "SELECT c.relname::text AS table, a.attname::text AS column, t.typname::text AS sql_type
           FROM pg_catalog.pg_class c
           JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
           JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
           JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
          WHERE n.nspname = 'support_chat' AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0
            AND NOT a.attisdropped AND c.relname <> '__diesel_schema_migrations'",
    )
    .load(conn)?;
    let mut tables: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for ColumnRow { table, column, sql_type } in rows {
        tables.entry(table).or_default().insert(column, sql_type);
    }
    Ok(tables)
}

/// What is wrong with the shape, if something is: before migrations only what they could not mend, afterwards whatever the
/// queries miss.
pub(crate) fn fault(conn: &mut Conn, is_migrated: bool) -> QueryResult<Option<StoreError>> {
    let standing = standing(conn)?;
    for (table, columns) in needed() {
        let found = standing.get(table);
        for (column, sql_type) in columns {
            let fault = match found.and_then(|found| found.get(column)) {
                Some(found) if found == sql_type => continue,
                Some(found) => format!("is {found} and has to be {sql_type}"),
                None if !is_migrated => continue,
                None => "is missing".to_owned(),
            };
            let text = format!("support_chat.{table}.{column} {fault}; nothing was changed");
            return Ok(Some(StoreError::Migration(text)));
        }
    }
    Ok(None)
}

/// A table of ours that stands where none of our migrations has been.
pub(crate) fn squatter(conn: &mut Conn) -> QueryResult<Option<StoreError>> {
    let standing = standing(conn)?;
    let found = needed().into_iter().find(|(table, _)| standing.contains_key(*table));
    Ok(found.map(|(table, _)| {
        let text = format!("support_chat.{table} stands there, but not by a migration of ours; nothing was changed");
        StoreError::Migration(text)
    }))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn no_table_of_a_migration_is_missing() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres");
        let known: Vec<&str> = needed().into_iter().map(|(table, _)| table).collect();
        let mut made = 0;
        for migration in std::fs::read_dir(folder).unwrap() {
            let sql = std::fs::read_to_string(migration.unwrap().path().join("up.sql")).unwrap();
            for rest in sql.split("CREATE TABLE support_chat.").skip(1) {
                let table = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                assert!(known.contains(&table), "{table} is missing in needed()");
                made += 1;
            }
        }
        assert_eq!(made, known.len());
    }

    #[test]
    fn types_are_those_of_the_catalog() {
        let (table, columns) = needed().swap_remove(1);
        let expected = [("conversation_id", "uuid"), ("subject_folded", "text"), ("subject_grams", "_text")];
        assert_eq!((table, columns), ("support_conversation_search", expected.to_vec()));
    }
}
