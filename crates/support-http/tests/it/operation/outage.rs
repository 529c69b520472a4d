//! The database goes away and comes back: everybody is told so soon, nothing is lost, and nobody has to restart anything.

use std::time::Duration;

use serde_json::json;

use crate::harness::{Backend, Conversation, Desk, Forwarder, Person, all_at_once, eventually};

on_postgres!(
    while_the_database_is_away_everybody_is_told_within_three_seconds,
    while_the_database_does_not_answer_everybody_is_told_within_three_seconds,
    a_database_that_throws_everybody_out_is_found_again,
    a_server_may_start_before_its_database,
);
on_both_backends!(while_another_process_holds_the_write_lock_writers_are_told_so);

/// How long an answer may take while the database is away.
const SOON: Duration = Duration::from_secs(3);

struct Cast {
    desk: Desk,
    forwarder: Forwarder,
    driver: Person,
    admin: Person,
    opened: Conversation,
}

/// A desk that reaches its database by a way that can be cut.
fn cast(backend: Backend) -> Cast {
    let plan = Desk::plan(backend);
    let forwarder = Forwarder::to(&plan.database().address());
    let url = plan.database().url_through(&forwarder.address());
    let desk = plan.set("DATABASE_URL", &url).start();
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Outage", "Before");
    Cast { desk, forwarder, driver, admin, opened }
}

impl Cast {
    /// Asks for everything at once, and demands that all is refused soon.
    fn all_is_unavailable(&self) {
        let Self { driver, admin, opened, .. } = self;
        let calls = [
            driver.call("GET", driver.home),
            driver.call("GET", &driver.path(opened, "")),
            driver.call("GET", &driver.path(opened, "/messages")),
            driver.call("POST", driver.home).json(&json!({"subject": "During", "initialMessage": "During"})),
            driver.call("POST", &driver.path(opened, "/messages")).json(&json!({"content": "During"})),
            driver.call("POST", &driver.path(opened, "/read")).json(&json!({"upToSeq": 1})),
            admin.call("GET", admin.home),
            admin.call("GET", &admin.path(opened, "")),
            admin.call("PATCH", &admin.path(opened, "")).json(&json!({"status": "closed"})),
            driver.call("GET", "/readyz"),
        ];
        all_at_once(calls.len(), |number| {
            let answer = calls[number].clone().within(SOON).send().refused(503, "unavailable");
            let seconds: u64 = answer.header("retry-after").parse().expect("Retry-After in seconds");
            assert!((1..=300).contains(&seconds), "{}: {seconds}", answer.asked);
        });
        // What needs no database is not concerned.
        driver.call("GET", "/healthz").within(SOON).send().expect(200);
        self.desk.nobody().call("GET", driver.home).within(SOON).send().refused(401, "unauthenticated");
    }

    /// Demands that everything works again by itself, and that nothing of the outage was kept or lost.
    fn all_works_again(&self) {
        let Self { driver, admin, opened, .. } = self;
        eventually("the desk is ready again", || driver.get("/readyz").status == 200);
        // Each connection of the pool may first have to find out.
        eventually("reading works again", || driver.get(driver.home).status == 200);
        eventually("writing works again", || {
            let body = json!({"content": "After", "clientMessageId": "after-1"});
            [200, 201].contains(&driver.post(&driver.path(opened, "/messages"), &body).status)
        });
        let texts: Vec<String> =
            driver.messages(opened).iter().map(|m| m["text"].as_str().expect("text").to_owned()).collect();
        assert_eq!(texts, ["Before", "After"]);
        let seen = admin.see(opened);
        assert_eq!((&seen["status"], &seen["lastSeq"]), (&json!("open"), &json!(2)));
        assert_eq!(admin.list("")["conversations"].as_array().map(Vec::len), Some(1));
    }
}

fn while_the_database_is_away_everybody_is_told_within_three_seconds(backend: Backend) {
    let mut cast = cast(backend);
    cast.forwarder.cut();
    for _ in 0..3 {
        cast.all_is_unavailable();
    }
    cast.forwarder.restore();
    cast.all_works_again();
}

fn while_the_database_does_not_answer_everybody_is_told_within_three_seconds(backend: Backend) {
    let mut cast = cast(backend);
    cast.forwarder.stall();
    for _ in 0..2 {
        cast.all_is_unavailable();
    }
    // What was under way must not be done behind everybody's back once it is let through.
    cast.forwarder.cut();
    cast.forwarder.restore();
    cast.all_works_again();
}

fn a_database_that_throws_everybody_out_is_found_again(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Thrown out", "Before");
    let name = desk.database.name().to_owned();
    let mut server = desk.database.server();
    server.execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
    let throw_out = format!(
        "SELECT CAST(pg_terminate_backend(pid) AS text) AS line FROM pg_stat_activity WHERE datname = '{name}'"
    );
    server.lines(&throw_out);
    let refused = driver.call("GET", driver.home).within(SOON).send();
    let refusal = refused.refused(503, "unavailable");
    assert!(!refusal.header("retry-after").is_empty());
    server.execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
    eventually("it works again", || driver.get(driver.home).status == 200);
    assert_eq!(driver.send(&opened, "After")["seq"], 2);
}

fn a_server_may_start_before_its_database(backend: Backend) {
    // A desk first, so that the database is up to date: what a restart during an outage looks like.
    let mut cast = cast(backend);
    cast.forwarder.cut();
    let mut second = cast.desk.another_server();
    cast.forwarder.restore();
    let port = second.port();
    let address = crate::harness::Address::default();
    address.set(port);
    let driver = cast.driver.at(&address);
    eventually("the second server is ready", || driver.get("/readyz").status == 200);
    assert_eq!(driver.messages(&cast.opened).len(), 1);
}

fn while_another_process_holds_the_write_lock_writers_are_told_so(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Locked", "Before");
    let mut other = desk.database.connect();
    let begin = match backend {
        Backend::Sqlite => "BEGIN IMMEDIATE".to_owned(),
        Backend::Postgres => "BEGIN".to_owned(),
    };
    other.execute(&begin);
    // Changes nothing, and so holds no more than the lock itself.
    other.execute(&format!("UPDATE {} SET version = version", desk.database.table("support_conversations")));
    let send = driver.call("POST", &driver.path(&opened, "/messages")).json(&json!({"content": "During"}));
    let answer = send.within(Duration::from_secs(10)).send().refused(503, "unavailable");
    assert!(!answer.header("retry-after").is_empty());
    // Reading waits for no writer.
    assert_eq!(driver.messages(&opened).len(), 1);
    other.execute("ROLLBACK");
    eventually("writing works again", || {
        let body = json!({"content": "After", "clientMessageId": "after-1"});
        [200, 201].contains(&driver.post(&driver.path(&opened, "/messages"), &body).status)
    });
    let texts: Vec<String> =
        driver.messages(&opened).iter().map(|m| m["text"].as_str().expect("text").to_owned()).collect();
    assert_eq!(texts, ["Before", "After"], "what was refused was not written later");
}
