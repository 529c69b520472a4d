//! Migrations: once, in order, by many at once, and nothing outside our schema.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use support_store::{DatabaseUrl, Migrated, Store, StoreError};

use crate::harness::{Place, postgres_place, sqlite_place};

fn places() -> Vec<(DatabaseUrl, Place)> {
    let postgres = postgres_place().map(|(url, _, place)| (url, place));
    std::iter::once(sqlite_place()).chain(postgres).collect()
}

#[test]
fn migrations_are_applied_once_and_a_check_applies_none() {
    for (url, _place) in places() {
        let pending = Store::migrate(&url, true).unwrap();
        assert!(!pending.names.is_empty());
        assert_eq!(Store::migrate(&url, true).unwrap(), pending, "a check changes nothing");
        assert!(!url.embedded_file().is_some_and(std::path::Path::exists), "a check makes no file");
        assert_eq!(Store::migrate(&url, false).unwrap(), pending);
        assert_eq!(Store::migrate(&url, false).unwrap(), Migrated::default());
        assert_eq!(Store::migrate(&url, true).unwrap(), Migrated::default());
    }
}

/// A database where transactions are serializable unless somebody says otherwise.
fn serializable() -> Option<(DatabaseUrl, Place)> {
    let (_, address, place) = postgres_place()?;
    let url = format!("{address}&options=-c%20default_transaction_isolation%3Dserializable");
    Some((url.parse().unwrap(), place))
}

#[test]
fn many_nodes_may_start_at_once() {
    for (url, _place) in places().into_iter().chain(serializable()) {
        let nodes: Vec<_> = (0..6)
            .map(|_| {
                let url = url.clone();
                std::thread::spawn(move || Store::migrate(&url, false).unwrap().names.len())
            })
            .collect();
        let applied: Vec<usize> = nodes.into_iter().map(|node| node.join().unwrap()).collect();
        assert_eq!(applied.iter().filter(|number| **number > 0).count(), 1, "{applied:?}");
    }
}

#[derive(QueryableByName, PartialEq, Debug)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Everything that stands outside our schema.
fn outside(conn: &mut PgConnection) -> Vec<Named> {
    diesel::sql_query(
        "SELECT n.nspname || '.' || c.relname || ' ' || c.relkind::text AS name FROM pg_class c
           JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname NOT IN ('support_chat', 'pg_catalog', 'information_schema', 'pg_toast')
         UNION ALL SELECT 'extension ' || extname FROM pg_extension
         UNION ALL SELECT 'type ' || t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
          WHERE n.nspname = 'public'
         UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname <> 'support_chat' AND nspname !~ '^pg_t'
         ORDER BY 1",
    )
    .load(conn)
    .unwrap()
}

#[test]
fn the_hosts_tables_of_the_same_names_stay_as_they_are() {
    let Some((url, text, _place)) = postgres_place() else { return };
    let mut conn = PgConnection::establish(&text).unwrap();
    conn.batch_execute(
        "CREATE TYPE \"SupportConversationStatus\" AS ENUM ('OPEN');
         CREATE TABLE support_conversations (\"id\" TEXT PRIMARY KEY, \"userId\" TEXT);
         CREATE TABLE support_messages (\"id\" TEXT PRIMARY KEY);
         CREATE TABLE support_attachments (\"id\" TEXT PRIMARY KEY);
         INSERT INTO support_conversations VALUES ('host-1', 'u-1');",
    )
    .unwrap();
    let before = outside(&mut conn);
    Store::migrate(&url, false).unwrap();
    assert_eq!(outside(&mut conn), before);
    let row: Number =
        diesel::sql_query("SELECT count(*) AS number FROM public.support_conversations").get_result(&mut conn).unwrap();
    assert_eq!(row.number, 1);
}

#[test]
fn something_of_ours_in_another_shape_stops_the_migration() {
    let Some((url, text, _place)) = postgres_place() else { return };
    let mut conn = PgConnection::establish(&text).unwrap();
    conn.batch_execute("CREATE SCHEMA support_chat; CREATE TABLE support_chat.support_messages (id text)").unwrap();
    assert!(matches!(Store::migrate(&url, false), Err(StoreError::Migration(_))));
    let left: Vec<Named> = diesel::sql_query("SELECT relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = 'support_chat' AND relkind = 'r'")
        .load(&mut conn)
        .unwrap();
    assert_eq!(left, [Named { name: "support_messages".to_owned() }], "nothing was half done");
}
