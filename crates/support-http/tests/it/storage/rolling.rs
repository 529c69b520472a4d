//! From one version to the next: what the version before has left is brought forward with all that is in it, and what it
//! still writes while the new one is there already is understood. What a program of that time wrote is kept as it wrote it
//! (`previous/desk.sql`), since that program itself is not here any more.

use serde_json::json;

use crate::harness::{Backend, Conversation, Database, Desk, OWN_ROLE, Plan, binary, column, eventually};

on_postgres!(
    the_schema_of_before_is_migrated_with_everything_in_it,
    a_migration_that_waits_for_a_table_lets_others_through,
    what_the_version_before_still_writes_is_understood,
    the_version_before_may_start_again_beside_a_newer_one,
);

const BEFORE: &str = include_str!("previous/desk.sql");

fn statements(of: &str) -> impl Iterator<Item = &'static str> {
    BEFORE.lines().filter(move |line| line.starts_with(of))
}

/// What a person finds there who was there before.
#[track_caller]
fn finds_everything(desk: &Desk) {
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let list = driver.list("");
    let subjects = column(&list["conversations"], "subject");
    assert_eq!(subjects.iter().filter(|subject| **subject == "Before the change").count(), 1, "{subjects:?}");
    let opened = admin.list("?search=before%20the%20CHANGE")["conversations"][0].clone();
    assert_eq!(
        (&opened["status"], &opened["priority"], &opened["metadata"]),
        (&json!("open"), &json!("high"), &json!({"trip": 812}))
    );
    assert_eq!((&opened["assignedAdminId"], &opened["unreadCountAdmin"]), (&json!("support_admin-1"), &json!(3)));
    let id = opened["id"].as_str().expect("an id").to_owned();
    let opened = Conversation { id, json: opened, message: json!(null) };
    let messages = driver.messages(&opened);
    let texts = column(&json!(messages), "text").iter().map(ToString::to_string).collect::<Vec<_>>();
    for text in ["An old question", "An old answer", "An old reply"] {
        assert!(texts.iter().any(|found| found == text), "{text} in {texts:?}");
    }
    // The key of then still names the same opening.
    let body = json!({"subject": "Before the change", "initialMessage": "An old question", "priority": "high",
        "clientMessageId": "old-1", "metadata": {"trip": 812}});
    let again = driver.post(driver.home, &body).expect(200);
    assert_eq!(again["conversation"]["id"], opened.id);
    let before = opened.json["lastSeq"].as_i64().expect("a number");
    assert_eq!(driver.send(&opened, "And it goes on")["seq"], before + 1);
    admin.change(&opened, &json!({"status": "resolved"}));
}

/// A database as the version before has left it.
fn database_of_before(backend: Backend) -> Database {
    let database = Database::create(backend);
    database.connect().batch(BEFORE);
    database.connect().batch(&format!("ALTER SCHEMA support_chat OWNER TO {}", OWN_ROLE));
    for table in
        database.connect().lines("SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'support_chat'")
    {
        database.connect().batch(&format!("ALTER TABLE support_chat.{table} OWNER TO {}", OWN_ROLE));
    }
    database
}

fn the_schema_of_before_is_migrated_with_everything_in_it(backend: Backend) {
    let database = database_of_before(backend);
    let records = database.audit_logs();
    let environment = [("DATABASE_URL".to_owned(), database.url())].into();
    let printed = binary(&["migrate"], &environment).printed();
    assert!(!printed.contains("2026-11-22") && printed.contains("2026-11-24"), "only what came since: {printed}");
    assert_eq!(database.audit_logs(), records);
    finds_everything(&Plan::on(database).start());
}

/// Somebody holds a table, a backup for instance. The migration waits for them, and whoever comes after it, as every node
/// of the version before does, must not wait as long as that.
fn a_migration_that_waits_for_a_table_lets_others_through(backend: Backend) {
    let database = database_of_before(backend);
    let environment = [("DATABASE_URL".to_owned(), database.url())].into();
    std::thread::scope(|scope| {
        // In here, so that a failure lets go of the table before the migration is waited for.
        let mut holder = database.connect();
        holder.execute("BEGIN");
        holder.execute("LOCK TABLE support_chat.support_attachments IN ACCESS SHARE MODE");
        let migration = scope.spawn(|| binary(&["migrate"], &environment).printed());
        let mut looker = database.connect();
        let waiting = "SELECT mode AS line FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' \
                       AND relation = to_regclass('support_chat.support_attachments')";
        eventually("the migration waits for the table", || !looker.lines(waiting).is_empty());
        let mut reader = database.connect();
        reader.execute("SET lock_timeout = '20s'");
        reader.execute("SELECT id FROM support_chat.support_attachments");
        assert!(!migration.is_finished(), "it goes on waiting");
        holder.execute("ROLLBACK");
        assert!(migration.join().expect("the migration").contains("2026-11-24"));
    });
    finds_everything(&Plan::on(database).start());
}

/// The new schema is there, and a node of the version before writes with the statements that it has.
fn what_the_version_before_still_writes_is_understood(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-2", "BD").open("Of the new version", "Hello");
    let mut conn = desk.database.connect();
    for table in [
        "conversations",
        "conversation_search",
        "messages",
        "attachments",
        "audit_logs",
        "revoked_tokens",
        "socket_tickets",
    ] {
        let mut written = 0;
        for statement in statements(&format!("INSERT INTO support_chat.support_{table} (")) {
            conn.execute(statement.trim_end_matches(';'));
            written += 1;
        }
        assert!(written > 0, "{table}");
    }
    finds_everything(&desk);
    // And it reads what the new one has written: every column that it knows is there, under its name and of its type.
    for statement in BEFORE.lines().filter(|line| line.starts_with("INSERT INTO support_chat.support_")) {
        let (table, rest) = statement.trim_start_matches("INSERT INTO ").split_once(" (").expect("a table");
        let (columns, _) = rest.split_once(')').expect("columns");
        conn.execute(&format!("SELECT {columns} FROM {table}"));
    }
    assert_eq!(desk.driver("driver-2", "BD").see(&opened)["subject"], "Of the new version");
}

/// A migration that this program does not know is no reason not to start: it only adds.
fn the_version_before_may_start_again_beside_a_newer_one(backend: Backend) {
    let desk = Desk::start(backend);
    let mut conn = desk.database.connect();
    conn.execute("INSERT INTO support_chat.__diesel_schema_migrations (version) VALUES ('20990101000000')");
    conn.execute("ALTER TABLE support_chat.support_messages ADD COLUMN of_the_future text NOT NULL DEFAULT 'x'");
    conn.execute("CREATE TABLE support_chat.support_of_the_future (id integer)");
    let node = desk.another_node();
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Both", "Hello");
    assert_eq!(driver.at(&node.address).send(&opened, "From the older one")["seq"], 2);
}
