//! Bringing a database up to date: by the command, by a start, by two starts at once, beside what the host has there.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use crate::harness::{Address, Backend, Database, Desk, Outcome, Plan, binary, eventually};

on_both_backends!(
    migrate_prints_what_it_applied_and_then_that_nothing_is_pending,
    check_only_says,
    a_start_after_a_migration_finds_nothing_to_do,
);
on_postgres!(two_servers_may_start_at_once_on_an_empty_database, the_hosts_own_tables_of_the_same_names_stay_untouched,);

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
