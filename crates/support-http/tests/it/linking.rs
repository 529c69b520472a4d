//! A backend that links the desk: the example `host_app`, run within the test. What it served before the desk came it serves
//! as before, and the desk works with its sessions, its people and its audit log. The only scenarios here that link the
//! library: linking is what they are about.

#[path = "../../examples/host_app/mod.rs"]
mod host_app;

use std::thread::JoinHandle;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

use self::host_app::HostError;
use self::host_app::backend::{Plan, serve};
use self::host_app::tables::Tables;
use crate::harness::{Address, Answer, DESK, Person, USER, column, eventually, keys, scratch_folder};

/// The backend, with or without the desk in it.
struct App {
    address: Address,
    tables: Tables,
    runtime: tokio::runtime::Runtime,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), HostError>>>,
    // Last, since fields are dropped from the top.
    folder: TempDir,
}

impl App {
    #[track_caller]
    fn start(with_support: bool) -> Self {
        let folder = scratch_folder();
        let tables = Tables::open(&folder.path().join("backend.db")).expect("the tables");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let mut app = Self { address: Address::default(), tables, runtime, stop: None, thread: None, folder };
        app.run(with_support);
        app
    }

    /// Serves what is in the folder.
    #[track_caller]
    fn run(&mut self, with_support: bool) {
        let (stop, stopped) = oneshot::channel();
        let (started, address) = std::sync::mpsc::channel();
        let plan = Plan { tables: self.tables.clone(), port: 0, with_support };
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(serve(plan, async move { drop(stopped.await) }, move |at| {
                started.send(at).expect("somebody waits");
            }))
        });
        let at = address.recv().unwrap_or_else(|_| panic!("the backend did not start"));
        self.address.set(at.port());
        (self.stop, self.thread) = (Some(stop), Some(thread));
    }

    /// Stops it as an operator does, and demands that it ends well.
    #[track_caller]
    fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the backend does not panic").expect("the backend ends well");
        }
    }

    /// Somebody with a session of the backend's own.
    #[track_caller]
    fn person(&self, id: &str) -> Person {
        let token = self.runtime.block_on(self.tables.start_session(id)).expect("a session");
        Person::new(&self.address, Some(token), if id.starts_with("agent") || id == "boss-1" { DESK } else { USER })
    }

    fn nobody(&self) -> Person {
        Person::new(&self.address, None, USER)
    }

    #[track_caller]
    fn rows(&self, sql: &'static str) -> Vec<Value> {
        self.runtime.block_on(self.tables.rows(sql, &[])).expect("rows")
    }

    #[track_caller]
    fn execute(&self, sql: &'static str) {
        self.runtime.block_on(self.tables.execute(sql, &[])).expect("a statement");
    }
}

impl Drop for App {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        debug_assert!(self.folder.path().exists());
    }
}

/// Asks one of the backend's own routes.
#[track_caller]
fn own(person: &Person, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let call = person.call(method, path).in_any_form();
    body.map_or(call.clone(), |body| call.json(body)).send()
}

/// What the backend says of all that is its own, and of what is nobody's.
fn own_answers(app: &App) -> Vec<(String, u16, String, String, String)> {
    let people = [app.person("driver-7"), app.person("customer-3"), app.person("agent-1"), app.nobody()];
    let booking = json!({"destination": "Gulshan"});
    let paths = [
        ("GET", "/api/rides", None),
        ("POST", "/api/rides", Some(&booking)),
        ("DELETE", "/api/rides", None),
        ("GET", "/api/food/orders", None),
        ("GET", "/api/parcels", None),
        ("GET", "/api/wallet", None),
        ("GET", "/api/kyc", None),
        ("GET", "/api/admin/kyc", None),
        ("GET", "/", None),
        ("GET", "/nowhere", None),
        ("GET", "/healthz", None),
        ("GET", "/docs", None),
        ("GET", "/metrics", None),
        ("GET", "/api", None),
        ("GET", "/api/support", None),
        ("GET", "/api/support/nowhere", None),
        ("GET", "/api/support/settings/more", None),
        ("POST", "/api/support/chat/start", Some(&booking)),
        ("GET", "/api/support/admin/queue", None),
        ("GET", "/api/support/conversationsandmore", None),
        ("GET", "/api/admin/support", None),
        ("GET", "/api/admin/support/nowhere", None),
    ];
    let mut answers = Vec::new();
    for (number, person) in people.iter().enumerate() {
        for (method, path, body) in paths {
            let answer = own(person, method, path, body);
            let header = |name| answer.header(name).to_owned();
            answers.push((
                format!("{number} {}", answer.asked),
                answer.status,
                header("x-backend"),
                header("content-type"),
                answer.text.clone(),
            ));
        }
    }
    answers
}

#[test]
fn what_the_backend_served_before_it_serves_as_before() {
    let (before, after) = (App::start(false), App::start(true));
    let (expected, found) = (own_answers(&before), own_answers(&after));
    assert_eq!(found, expected);
    assert!(expected.iter().all(|(asked, _, signed, ..)| signed == "rides" || asked.is_empty()));
    let of = |asked: &str| {
        let row = expected.iter().find(|row| row.0 == asked).unwrap_or_else(|| panic!("{asked} was not asked"));
        (row.1, row.4.clone())
    };
    assert_eq!(of("0 GET /api/wallet"), (200, r#"{"balance":350}"#.to_owned()));
    assert_eq!(of("1 GET /api/support/nowhere"), (404, r#"{"message":"no such page"}"#.to_owned()));
    assert_eq!(of("3 GET /api/rides"), (401, r#"{"message":"please log in"}"#.to_owned()));
    // Only where the desk is, there is one.
    own(&before.person("driver-7"), "GET", USER, None).expect(404);
    let driver = after.person("driver-7");
    let answer = driver.get(USER).expect(200);
    assert_eq!(answer.header("x-backend"), "rides", "the backend's middleware is around the desk, too");
    driver.get(&format!("{USER}/x/y/z")).refused(404, "not_found");
}

#[test]
fn an_admin_logs_in_with_the_backend_and_works_at_the_desk() {
    let app = App::start(true);
    let code = app.runtime.block_on(app.tables.make_login_code("boss-1")).expect("a code");
    let body = json!({"id": "boss-1", "code": code});
    let token = own(&app.nobody(), "POST", "/api/admin/login", Some(&body)).expect(200)["token"].clone();
    own(&app.nobody(), "POST", "/api/admin/login", Some(&body)).expect(401);
    let boss = Person::new(&app.address, token.as_str().map(ToOwned::to_owned), DESK);
    boss.list("");
    let admins = boss.get("/api/admin/support/admins").expect(200);
    assert_eq!(column(&admins["admins"], "displayName"), ["Kamal", "Maria", "Shirin"]);
    let change = json!({"maxMessageLength": 100, "autoAssignMode": "round_robin"});
    boss.put("/api/admin/support/settings", &change).expect(200);
    // Among those whom the backend knows in the country, though none of them has come.
    let driver = app.person("driver-7");
    let given: Vec<Value> =
        (0..2).map(|_| boss.see(&driver.open("Mine", "Hello"))["assignedAdminId"].clone()).collect();
    assert_eq!(given, ["agent-1", "boss-1"]);
    assert_eq!(driver.get("/api/support/settings").expect(200)["settings"]["maxMessageLength"], 100);
}

#[test]
fn a_conversation_goes_over_sockets_with_the_backends_sessions() {
    let app = App::start(true);
    let (driver, agent) = (app.person("driver-7"), app.person("agent-1"));
    let opened = driver.open("Fare is missing", "The fare of my last trip is missing.");
    let (mut user, mut staff) = (driver.connect(), agent.connect_by_ticket());
    user.join(&opened);
    staff.join(&opened);
    let answered = staff.say(&opened, "We are looking at it.");
    let came = user.next_message();
    assert_eq!((&came["id"], &came["senderId"]), (&answered["id"], &Value::Null));
    let said = user.say(&opened, "Thank you.");
    assert_eq!(staff.next_message()["id"], said["id"]);
    // The backend says who the user is, and who may have the conversation.
    let page = agent.get(&agent.path(&opened, "")).expect(200);
    assert_eq!((&page["user"]["displayName"], &page["user"]["profileId"]), (&json!("Rahim"), &json!("driver-7")));
    agent.patch(&agent.path(&opened, ""), &json!({"assignedAdminId": "agent-2"})).refused_field("assignedAdminId");
    agent.patch(&agent.path(&opened, ""), &json!({"assignedAdminId": "stranger"})).refused_field("assignedAdminId");
    agent.change(&opened, &json!({"assignedAdminId": "boss-1"}));
    // The backend's rules about who sees what are the desk's.
    app.person("customer-3").get(&format!("{USER}/{}", opened.id)).refused(404, "not_found");
    app.person("agent-2").get(&agent.path(&opened, "")).refused(404, "not_found");
    app.nobody().get(USER).refused(401, "unauthenticated");
}

#[test]
fn the_desk_counts_with_the_backends_own_recorder() {
    let app = App::start(true);
    let (driver, agent) = (app.person("driver-7"), app.person("agent-1"));
    let opened = driver.open("Fare", "marmalade");
    agent.send(&opened, "We are looking at it.");
    let numbers = own(&app.nobody(), "GET", "/internal/numbers", None).expect(200).text;
    for line in [
        "# HELP support_service_messages_total ",
        "support_service_messages_total{side=\"admin\"} ",
        "support_store_batch_duration_seconds_bucket{queue=\"writes\",le=\"0.01\"} ",
        "support_http_requests_total{method=\"POST\",route=\"/api/support/conversations\",status=\"201\"} ",
    ] {
        assert!(numbers.contains(line), "{line} in {numbers}");
    }
    assert!(!numbers.contains("support_service_messages_total{side=\"user\"} 0"), "{numbers}");
    assert!(!numbers.contains("marmalade") && !numbers.contains(&opened.id));
}

#[test]
fn audit_records_come_into_the_backends_own_table_once() {
    let app = App::start(true);
    let (driver, agent) = (app.person("driver-7"), app.person("agent-1"));
    let opened = driver.open("Zeppelin", "marmalade");
    agent.send(&opened, "more marmalade");
    agent.change(&opened, &json!({"status": "resolved"}));
    let rows = || {
        app.rows("SELECT json_object('action', action, 'actor', actor, 'entity', entity, 'all', description) AS json FROM audit_log ORDER BY id")
    };
    eventually("all are delivered", || rows().len() >= 3);
    let rows = rows();
    let expected = [
        ("SUPPORT_CONVERSATION_CREATED", "driver-7"),
        ("SUPPORT_MESSAGE_SENT", "agent-1"),
        ("SUPPORT_CONVERSATION_STATUS_CHANGED", "agent-1"),
    ];
    for (action, actor) in expected {
        let of_it: Vec<&Value> = rows.iter().filter(|row| row["action"] == action && row["actor"] == actor).collect();
        assert_eq!(of_it.len(), 1, "{action}: {rows:?}");
        assert_eq!(of_it[0]["entity"], opened.id);
    }
    let text = json!(rows).to_string();
    assert!(!text.contains("marmalade") && !text.contains("Zeppelin"), "{text}");
}

#[test]
fn a_session_that_ends_with_the_backend_ends_at_the_desk() {
    let app = App::start(true);
    let driver = app.person("driver-7");
    driver.list("");
    app.execute("DELETE FROM sessions");
    driver.get(USER).refused(401, "unauthenticated");
    let driver = app.person("driver-7");
    app.execute("UPDATE accounts SET active = 0 WHERE id = 'driver-7'");
    driver.get(USER).refused(401, "unauthenticated");
    own(&driver, "GET", "/api/rides", None).expect(401);
}

#[test]
fn the_backends_tables_stay_as_they_were() {
    let mut app = App::start(false);
    // Its sessions change by logging in; its audit log is where the desk writes.
    let schema = "SELECT json_object('name', name, 'sql', sql) AS json FROM sqlite_master \
                  WHERE tbl_name NOT LIKE 'support\\_%' ESCAPE '\\' AND tbl_name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY name";
    let content = "SELECT json_array((SELECT json_group_array(json_array(id, kind, role, country, name, email, active)) FROM accounts), \
                   (SELECT json_group_array(json_array(id, driver_id, customer_id, destination)) FROM rides), \
                   (SELECT json_group_array(json_array(id, customer_id, restaurant_id, total)) FROM food_orders), \
                   (SELECT json_group_array(json_array(id, customer_id, weight_grams)) FROM parcels), \
                   (SELECT json_group_array(json_array(id, account_id, amount)) FROM wallet_entries), \
                   (SELECT json_group_array(json_array(account_id, status)) FROM kyc_files)) AS json";
    let before = (app.rows(schema), app.rows(content));
    assert_eq!(before.0.len(), app.rows("SELECT json_object('name', name) AS json FROM sqlite_master").len());
    app.stop();
    app.run(true);
    let (driver, agent) = (app.person("driver-7"), app.person("agent-1"));
    let opened = driver.open("A day", "Hello");
    agent.send(&opened, "Good morning");
    agent.change(&opened, &json!({"status": "closed"}));
    app.stop();
    app.run(true);
    assert_eq!(driver.messages(&opened).len(), 3, "and the desk keeps what it was told");
    assert_eq!((app.rows(schema), app.rows(content)), before);
    assert_eq!(keys(&driver.list("").json), ["conversations", "pagination"]);
}

#[test]
fn a_stop_says_goodbye_to_open_sockets() {
    let mut app = App::start(true);
    let mut socket = app.person("driver-7").connect();
    drop(app.stop.take());
    socket.closed_with(1012);
    app.stop();
}
