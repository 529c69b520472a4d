//! Nothing of the host's is changed: a dump of everything in the database, before the desk comes, after a day, and after
//! it has gone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::days::{admin, driver};
use crate::harness::{
    Backend, Database, Desk, OWNER, Plan, ROLE, binary, eventually, host_alone, host_database, make_roles,
    migrate_as_owner,
};

on_postgres!(
    nothing_of_the_hosts_changes_but_for_new_rows_in_its_audit_log,
    records_that_wait_are_not_thrown_away_unasked,
    a_newer_versions_work_is_not_undone,
);

/// The program: beside PostgreSQL's others, or where programs are found.
fn pg_dump() -> PathBuf {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/postgres");
    let output = Command::new("bash").args([script, "bin"]).output().expect("bash");
    let beside = Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("pg_dump");
    if beside.exists() { beside } else { PathBuf::from("pg_dump") }
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

/// The people of the days, whom the host has before anything is measured.
fn hire_everybody(database: &Database) {
    let mut conn = database.connect();
    let mut hire = |id: &str, role: &str, country: &str| {
        conn.execute(&format!(
            "INSERT INTO public.users (id, email, \"passwordHash\", role, \"countryCode\") \
             VALUES ('{id}', '{id}@example.com', 'never-shown', '{role}', '{country}')"
        ));
    };
    for id in ["driver-0", "driver-1", "driver-2", "driver-7"] {
        hire(id, "driver", "BD");
    }
    hire("driver-9", "driver", "US");
    hire("restaurant-1", "restaurant", "BD");
    let staff = ["support_admin-1", "agent-1", "agent-2"];
    staff.iter().for_each(|id| hire(id, "admin", "BD"));
    for id in staff {
        conn.execute(&format!(
            "INSERT INTO public.admin_profiles VALUES ('profile-of-{id}', '{id}', 'SUPPORT_ADMIN', 'BD', true)"
        ));
    }
}

/// A day of traffic, over REST and sockets, to its last record in the host's log.
fn a_day_at(desk: &Desk) {
    admin::spend(desk);
    driver::spend(desk, "driver-7");
    let live = desk.driver("driver-1", "BD");
    let opened = live.open("Live", "Hello");
    let mut socket = live.connect_by_ticket();
    socket.join(&opened);
    socket.say(&opened, "over a socket");
    desk.admin("SUPPORT_ADMIN", Some("BD")).change(&opened, &json!({"status": "closed"}));
    let waiting = "SELECT count(*)::text AS line FROM support_chat.support_audit_logs WHERE delivery_pending";
    eventually("all records are delivered", || desk.database.connect().lines(waiting) == ["0"]);
}

fn nothing_of_the_hosts_changes_but_for_new_rows_in_its_audit_log(_: Backend) {
    let plan = Plan::beside_the_host_on(host_alone());
    hire_everybody(plan.database());
    let alone = dump(plan.database());
    make_roles(plan.database());
    let before = dump(plan.database());
    let granted = added(&alone, &before);
    let is_grant = |line: &String| {
        let is_heading = line.starts_with("-- Name: ") && line.contains("; Type: ACL; Schema: ");
        is_heading || line.starts_with("GRANT ") && line.ends_with(&format!(" TO {ROLE};"))
    };
    assert!(!granted.is_empty() && granted.iter().all(is_grant), "{granted:?}");
    let gone = added(&before, &alone);
    assert_eq!(gone, [""; 0], "the roles only get rights");
    for part in ["an old message", "SupportConversationStatus", "wallet-1", "audit-of-the-host", "GRANT INSERT"] {
        assert!(before.iter().any(|line| line.contains(part)), "{part} is dumped");
    }
    migrate_as_owner(plan.database(), &[]);
    assert_eq!(dump(plan.database()), before, "migrate");

    let mut desk = plan.start();
    a_day_at(&desk);
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
    make_roles(&desk.database);
    migrate_as_owner(&desk.database, &[]);
    assert_eq!(desk.database.count("support_conversations"), 0);
}

fn records_that_wait_are_not_thrown_away_unasked(_: Backend) {
    let database = host_database();
    migrate_as_owner(&database, &[]);
    database.connect().execute(
        "INSERT INTO support_chat.support_audit_logs (id, created_at, actor_email, actor_role, action_type, entity_type, \
         description, success, environment, delivery_pending) \
         SELECT gen_random_uuid(), now(), 'unknown', 'driver', 'X', 'support_conversation', 'x', true, 'test', n <= 3 \
         FROM generate_series(1, 5) AS n",
    );
    let environment = [("DATABASE_URL".to_owned(), database.url_as(OWNER))].into();
    let outcome = binary(&["migrate", "--revert", "--yes"], &environment);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("3 audit records wait to be delivered"), "{}", outcome.stderr);
    assert_eq!(database.count("support_audit_logs"), 5, "nothing was changed");
    assert_eq!(binary(&["migrate", "--discard-undelivered"], &environment).code, Some(2));
    let printed = migrate_as_owner(&database, &["--revert", "--yes", "--discard-undelivered"]);
    assert!(printed.ends_with("dropped the schema support_chat\n"), "{printed}");
}

fn a_newer_versions_work_is_not_undone(_: Backend) {
    let database = host_database();
    migrate_as_owner(&database, &[]);
    database
        .connect()
        .execute("INSERT INTO support_chat.__diesel_schema_migrations (version) VALUES ('20990101000000')");
    let environment = [("DATABASE_URL".to_owned(), database.url_as(OWNER))].into();
    let outcome = binary(&["migrate", "--revert", "--yes"], &environment);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("20990101000000 was applied by a newer version"), "{}", outcome.stderr);
    assert_eq!(database.count("support_conversations"), 0, "nothing was changed");
    // Without saying so, nothing is removed at all.
    assert_eq!(binary(&["migrate", "--revert"], &environment).code, Some(2));
}
