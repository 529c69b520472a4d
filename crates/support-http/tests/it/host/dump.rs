//! Nothing of the host's is changed: a dump of everything in the database, before the desk comes, after a day, and after
//! it has gone.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::json;

use crate::days::{admin, driver};
use crate::harness::{Backend, Database, OWNER, Plan, ROLE, eventually, host_database, migrate_as_owner};

on_postgres!(nothing_of_the_hosts_changes_but_for_new_rows_in_its_audit_log, a_newer_versions_work_is_not_undone);

/// Where PostgreSQL's programs are.
fn pg_dump() -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/postgres");
    let output = Command::new("bash").args([script, "bin"]).output().expect("bash");
    format!("{}/pg_dump", String::from_utf8_lossy(&output.stdout).trim())
}

/// Schema and data of all but the desk's own schema, line by line, with rights and owners, without what differs from dump
/// to dump by nature.
#[track_caller]
fn dump(database: &Database) -> Vec<String> {
    let output = Command::new(pg_dump())
        .args(["--exclude-schema=support_chat", "--inserts", "--dbname", &database.url_of_superuser()])
        .output()
        .expect("pg_dump");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines()
        .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"))
        .map(ToOwned::to_owned)
        .collect()
}

/// What is in the one dump and not in the other.
fn added(before: &[String], after: &[String]) -> Vec<String> {
    let before: BTreeSet<&String> = before.iter().collect();
    after.iter().filter(|line| !before.contains(line)).cloned().collect()
}

fn nothing_of_the_hosts_changes_but_for_new_rows_in_its_audit_log(_: Backend) {
    let database = host_database();
    let people = Plan::beside_the_host_on(database);
    let desk_people = |database: &Database| {
        // The day's people are the host's: they are there before anything is measured.
        for (id, role, country) in [
            ("driver-1", "driver", "BD"),
            ("driver-0", "driver", "BD"),
            ("driver-2", "driver", "BD"),
            ("driver-9", "driver", "US"),
            ("restaurant-1", "restaurant", "BD"),
        ] {
            database.connect().execute(&format!(
                "INSERT INTO public.users (id, email, \"passwordHash\", role, \"countryCode\") \
                 VALUES ('{id}', '{id}@example.com', 'never-shown', '{role}', '{country}')"
            ));
        }
        for id in ["support_admin-1", "agent-1", "agent-2"] {
            database.connect().execute(&format!(
                "INSERT INTO public.users (id, email, \"passwordHash\", role, \"countryCode\") \
                 VALUES ('{id}', '{id}@example.com', 'never-shown', 'admin', 'BD')"
            ));
            database.connect().execute(&format!(
                "INSERT INTO public.admin_profiles VALUES ('profile-of-{id}', '{id}', 'SUPPORT_ADMIN', 'BD', true)"
            ));
        }
    };
    desk_people(people.database());
    let before = dump(people.database());
    assert!(before.iter().any(|line| line.contains("an old message")), "rows are dumped");
    assert!(before.iter().any(|line| line.contains("SupportConversationStatus")), "types are dumped");
    assert!(before.iter().any(|line| line.contains("wallet-1")), "all of it is dumped");

    migrate_as_owner(people.database(), &[]);
    assert_eq!(dump(people.database()), before, "migrate");

    let mut desk = people.start();
    driver::spend(&desk);
    admin::spend(&desk);
    let live = desk.driver("driver-1", "BD");
    let opened = live.open("Live", "Hello");
    let mut socket = live.connect_by_ticket();
    socket.join(&opened);
    socket.say(&opened, "over a socket");
    desk.admin("SUPPORT_ADMIN", Some("BD")).change(&opened, &json!({"status": "closed"}));
    let waiting = "SELECT count(*)::text AS line FROM support_chat.support_audit_logs WHERE delivery_pending";
    eventually("all records are delivered", || desk.database.connect().lines(waiting) == ["0"]);
    let records = desk.database.audit_logs().len();
    assert!(records > 30, "a day leaves records: {records}");
    let after = dump(&desk.database);
    let new = added(&before, &after);
    assert!(new.iter().all(|line| line.starts_with("INSERT INTO public.audit_logs VALUES (")), "{new:?}");
    assert_eq!(new.len(), records, "each record once");
    assert_eq!(added(&after, &before), [""; 0], "nothing is gone");

    desk.server.kill();
    let printed = migrate_as_owner(&desk.database, &["--revert", "--yes"]);
    assert!(printed.contains("reverted 2026-11-22-000000-0000_create_support_desk"), "{printed}");
    assert!(printed.ends_with("dropped the schema support_chat\n"), "{printed}");
    assert_eq!(dump(&desk.database), after, "revert");
    let left = "SELECT nspname::text AS line FROM pg_namespace WHERE nspname = 'support_chat'";
    assert_eq!(desk.database.connect().lines(left), [""; 0]);
    // And it can come again.
    let database = desk.database;
    crate::harness::make_roles(&database);
    migrate_as_owner(&database, &[]);
    assert_eq!(database.count("support_conversations"), 0);
    assert_ne!((OWNER, ROLE), (ROLE, OWNER));
}

fn a_newer_versions_work_is_not_undone(_: Backend) {
    let database = host_database();
    migrate_as_owner(&database, &[]);
    database
        .connect()
        .execute("INSERT INTO support_chat.__diesel_schema_migrations (version) VALUES ('20990101000000')");
    let environment = [("DATABASE_URL".to_owned(), database.url_as(OWNER))].into();
    let outcome = crate::harness::binary(&["migrate", "--revert", "--yes"], &environment);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("20990101000000 was applied by a newer version"), "{}", outcome.stderr);
    assert_eq!(database.count("support_conversations"), 0, "nothing was changed");
    // Without saying so, nothing is removed at all.
    assert_eq!(crate::harness::binary(&["migrate", "--revert"], &environment).code, Some(2));
}
