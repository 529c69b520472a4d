//! Bringing a database up to date: by the command, by a start, by two starts at once, beside what the host has there.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use crate::harness::{Address, Backend, Database, Desk, Outcome, Plan, binary, eventually};

on_both_backends!(
    revert_takes_everything_out_and_it_can_come_again,
    nothing_is_reverted_by_accident,
    migrate_prints_what_it_applied_and_then_that_nothing_is_pending,
    check_only_says,
    a_start_after_a_migration_finds_nothing_to_do,
);
on_postgres!(
    something_of_ours_in_another_shape_stops_it_untouched,
    what_somebody_else_has_put_into_the_schema_stays,
    two_servers_may_start_at_once_on_an_empty_database,
    the_hosts_own_tables_of_the_same_names_stay_untouched,
);

fn migrate(database: &Database, arguments: &[&str]) -> Outcome {
    let environment = BTreeMap::from([("DATABASE_URL".to_owned(), database.url())]);
    binary(&[&["migrate"], arguments].concat(), &environment)
}

/// The names of the backend's migrations, oldest first.
fn names(backend: Backend) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(backend.name());
    let entries = std::fs::read_dir(folder).expect("the migrations");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

/// A line for each migration, in their order.
#[track_caller]
fn lists_all(printed: &str, backend: Backend) {
    let lines: Vec<&str> = printed.lines().collect();
    let names = names(backend);
    assert_eq!(lines.len(), names.len(), "{printed}");
    for (line, name) in lines.iter().zip(names) {
        assert!(line.contains(&name), "{name} in {line}");
    }
}

#[track_caller]
fn says_nothing_is_pending(printed: &str, backend: Backend) {
    assert_eq!(printed.lines().count(), 1, "{printed}");
    assert!(printed.to_lowercase().contains("nothing"), "{printed}");
    assert!(names(backend).iter().all(|name| !printed.contains(name)), "{printed}");
}

fn migrate_prints_what_it_applied_and_then_that_nothing_is_pending(backend: Backend) {
    let database = Database::create(backend);
    lists_all(&migrate(&database, &[]).printed(), backend);
    says_nothing_is_pending(&migrate(&database, &[]).printed(), backend);
    for table in ["support_conversations", "support_messages", "support_attachments", "support_audit_logs"] {
        assert_eq!(database.count(table), 0, "{table}");
    }
}

fn check_only_says(backend: Backend) {
    let database = Database::create(backend);
    for _ in 0..2 {
        lists_all(&migrate(&database, &["--check"]).stdout, backend);
    }
    lists_all(&migrate(&database, &[]).printed(), backend);
    says_nothing_is_pending(&migrate(&database, &["--check"]).printed(), backend);
}

fn a_start_after_a_migration_finds_nothing_to_do(backend: Backend) {
    let database = Database::create(backend);
    migrate(&database, &[]).printed();
    let desk = Plan::on(database).start();
    let opened = desk.driver("driver-1", "BD").open("After", "Hello");
    let rows = desk.database.snapshot();
    says_nothing_is_pending(&migrate(&desk.database, &[]).printed(), backend);
    assert_eq!(desk.database.snapshot(), rows);
    assert_eq!(desk.driver("driver-1", "BD").messages(&opened).len(), 1);
}

fn two_servers_may_start_at_once_on_an_empty_database(backend: Backend) {
    for _ in 0..3 {
        // Both are on their way before either is waited for.
        let plan = Desk::plan(backend);
        let mut other = plan.server_beside();
        let desk = plan.start();
        let address = Address::default();
        address.set(other.port());
        let here = desk.driver("driver-1", "BD");
        let there = here.at(&address);
        eventually("the other server is ready", || there.get("/readyz").status == 200);
        let opened = here.open("From one", "Hello");
        assert_eq!(there.send(&opened, "From the other")["seq"], 2);
        assert_eq!(here.messages(&opened).len(), 2);
    }
}

/// What the host has: tables and types of these very names, in another shape, with rows.
const HOST: &str = r#"
    CREATE TYPE public."SupportConversationStatus" AS ENUM ('OPEN', 'DONE');
    CREATE TYPE public."SupportSenderType" AS ENUM ('USER', 'AGENT');
    CREATE TABLE public.support_conversations (id text PRIMARY KEY, "userId" text NOT NULL,
        status public."SupportConversationStatus" NOT NULL DEFAULT 'OPEN');
    CREATE TABLE public.support_messages (id serial PRIMARY KEY,
        "conversationId" text REFERENCES public.support_conversations (id), body text);
    CREATE TABLE public.support_attachments (id integer);
    CREATE TABLE public.support_audit_logs (note text);
    CREATE TABLE public.support_revoked_tokens (note text);
    CREATE TABLE public.__diesel_schema_migrations (version varchar PRIMARY KEY, run_on timestamp);
    INSERT INTO public.__diesel_schema_migrations VALUES ('20200101000000', now());
    INSERT INTO public.support_conversations VALUES ('c-1', 'u-1', 'DONE');
    INSERT INTO public.support_messages ("conversationId", body) VALUES ('c-1', 'an old message');
    INSERT INTO public.support_attachments VALUES (7);
    GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC;
"#;

/// Everything outside our schema: relations and their columns, types, functions, extensions, schemas, and the rows.
fn host_side(database: &Database) -> Vec<String> {
    let mut conn = database.connect();
    let mut found = Vec::new();
    for sql in [
        "SELECT concat_ws(' ', table_schema, table_name, column_name, data_type, is_nullable, column_default) AS line \
         FROM information_schema.columns WHERE table_schema NOT IN ('support_chat', 'pg_catalog', 'information_schema')",
        "SELECT concat_ws(' ', n.nspname, c.relname, c.relkind) AS line FROM pg_class c JOIN pg_namespace n \
         ON n.oid = c.relnamespace WHERE n.nspname !~ '^(pg_|information_schema|support_chat)'",
        "SELECT concat_ws(' ', n.nspname, t.typname) AS line FROM pg_type t JOIN pg_namespace n \
         ON n.oid = t.typnamespace WHERE n.nspname !~ '^(pg_|information_schema|support_chat)'",
        "SELECT concat_ws(' ', n.nspname, p.proname) AS line FROM pg_proc p JOIN pg_namespace n \
         ON n.oid = p.pronamespace WHERE n.nspname !~ '^(pg_|information_schema|support_chat)'",
        "SELECT extname::text AS line FROM pg_extension",
        "SELECT nspname::text AS line FROM pg_namespace WHERE nspname !~ '^(pg_|support_chat)'",
        "SELECT row_to_json(t)::text AS line FROM public.support_conversations t",
        "SELECT row_to_json(t)::text AS line FROM public.support_messages t",
        "SELECT row_to_json(t)::text AS line FROM public.support_attachments t",
        "SELECT row_to_json(t)::text AS line FROM public.support_audit_logs t",
        "SELECT row_to_json(t)::text AS line FROM public.support_revoked_tokens t",
        "SELECT row_to_json(t)::text AS line FROM public.__diesel_schema_migrations t",
    ] {
        let mut rows = conn.lines(sql);
        rows.sort();
        found.extend(rows);
    }
    found
}

fn the_hosts_own_tables_of_the_same_names_stay_untouched(backend: Backend) {
    let plan = Desk::plan(backend);
    plan.database().connect().execute(&format!("DO $host$ BEGIN {HOST} END $host$"));
    let before = host_side(plan.database());
    assert!(before.iter().any(|line| line.contains("an old message")));
    let desk = plan.start();
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Beside the host", "Hello");
    admin.send(&opened, "Hello");
    admin.change(&opened, &json!({"status": "resolved", "priority": "low", "assignedAdminId": "agent-1"}));
    driver.send(&opened, "Again");
    driver.read(&opened, 99);
    assert_eq!(admin.list("?search=host&includeTotal=true")["pagination"]["total"], 1);
    let token = driver.token.clone().expect("a token");
    binary(&["token", "revoke", &token], desk.environment()).printed();
    assert_eq!(host_side(&desk.database), before);
}

fn revert_takes_everything_out_and_it_can_come_again(backend: Backend) {
    let mut desk = Desk::start(backend);
    desk.driver("driver-1", "BD").open("Fare", "Hello");
    desk.server.kill();
    let tables = match backend {
        Backend::Postgres => {
            "SELECT relname::text AS line FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                              WHERE nspname = 'support_chat'"
        }
        Backend::Sqlite => "SELECT name AS line FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",
    };
    assert!(!desk.database.connect().lines(tables).is_empty());
    let printed = migrate(&desk.database, &["--revert", "--yes"]).printed();
    let mut expected: Vec<String> = names(backend).iter().rev().map(|name| format!("reverted {name}")).collect();
    if backend == Backend::Postgres {
        expected.push("dropped the schema support_chat".to_owned());
    }
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
    assert_eq!(desk.database.connect().lines(tables), [""; 0]);
    assert_eq!(migrate(&desk.database, &["--revert", "--yes"]).printed(), "nothing was there\n");
    lists_all(&migrate(&desk.database, &[]).printed(), backend);
    desk.restart();
    assert_eq!(desk.driver("driver-1", "BD").list("")["conversations"], json!([]));
}

fn nothing_is_reverted_by_accident(backend: Backend) {
    let desk = Desk::start(backend);
    desk.driver("driver-1", "BD").open("Fare", "Hello");
    let rows = desk.database.snapshot();
    for arguments in [&["--revert"][..], &["--yes"], &["--revert", "--check"], &["--revert", "--yes", "--check"]] {
        assert_eq!(migrate(&desk.database, arguments).code, Some(2), "{arguments:?}");
    }
    assert_eq!(desk.database.snapshot(), rows);
}

/// Everything in our schema: tables, columns, types.
fn our_side(database: &Database) -> Vec<String> {
    let sql = "SELECT concat_ws(' ', table_name, column_name, udt_name) AS line FROM information_schema.columns \
               WHERE table_schema = 'support_chat' ORDER BY 1";
    database.connect().lines(sql)
}

fn something_of_ours_in_another_shape_stops_it_untouched(backend: Backend) {
    let not_ours = "stands there, but not by a migration of ours";
    for (spoil, told) in [
        ("CREATE SCHEMA support_chat; CREATE TABLE support_chat.support_conversations (id text)", not_ours),
        ("CREATE SCHEMA support_chat; CREATE VIEW support_chat.support_messages AS SELECT 1 AS id", not_ours),
    ] {
        let database = Database::create(backend);
        database.connect().batch(spoil);
        is_stopped(&database, told);
    }
    for (spoil, told) in [
        ("ALTER TABLE support_chat.support_messages DROP COLUMN seq CASCADE", "support_messages.seq is missing"),
        (
            "ALTER TABLE support_chat.support_messages ALTER COLUMN text TYPE varchar",
            "support_messages.text is varchar and has to be text",
        ),
        ("DROP TABLE support_chat.support_socket_tickets", "support_socket_tickets.ticket_hash is missing"),
        ("ALTER TABLE support_chat.support_audit_logs RENAME TO audit_logs", "support_audit_logs.id is missing"),
    ] {
        let database = Database::create(backend);
        migrate(&database, &[]).printed();
        database.connect().batch(spoil);
        is_stopped(&database, told);
    }
}

#[track_caller]
fn is_stopped(database: &Database, told: &str) {
    database
        .connect()
        .batch("GRANT ALL ON SCHEMA support_chat TO PUBLIC; GRANT ALL ON ALL TABLES IN SCHEMA support_chat TO PUBLIC");
    let before = our_side(database);
    for arguments in [&["--check"][..], &[]] {
        let outcome = migrate(database, arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""), "{}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
        assert!(outcome.stderr.contains(told) && outcome.stderr.contains("nothing was changed"), "{}", outcome.stderr);
    }
    assert_eq!(our_side(database), before);
}

fn what_somebody_else_has_put_into_the_schema_stays(backend: Backend) {
    let database = Database::create(backend);
    migrate(&database, &[]).printed();
    database.connect().batch(
        "CREATE TABLE support_chat.of_somebody_else (id integer); INSERT INTO support_chat.of_somebody_else VALUES (7)",
    );
    let printed = migrate(&database, &["--revert", "--yes"]).printed();
    assert!(!printed.contains("dropped the schema"), "{printed}");
    assert_eq!(our_side(&database), ["of_somebody_else id int4"]);
}
