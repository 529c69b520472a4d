//! The proxy as the project's own files make it: exactly the desk's paths go to the desk, and all that people do works
//! through it.

use serde_json::json;

use crate::attachments::{pdf, png};
use crate::harness::{Backend, Desk, HOSTS_ANSWER, Nginx, Person, TICKETS};
use crate::routes::ROUTES;

on_both_backends!(
    the_proxy_leads_exactly_the_desks_paths_to_it,
    people_talk_through_the_proxy,
    files_go_through_the_proxy,
    the_proxy_says_whom_it_speaks_for_and_keeps_words_out_of_its_log,
);

fn status(person: &Person, method: &str, path: &str) -> u16 {
    person.call(method, path).in_any_form().send().status
}

fn the_proxy_leads_exactly_the_desks_paths_to_it(backend: Backend) {
    let desk = Desk::start(backend);
    let Some(nginx) = Nginx::before(&[desk.address()]) else { return };
    let driver = desk.driver("driver-1", "BD").at(nginx.address());
    let opened = driver.open("By proxy", "Hello");
    let is_for_operators = |path: &str| !path.starts_with("/api/");
    for route in ROUTES {
        let is_hosts = status(&driver, route.method, &route.to(&opened)) == HOSTS_ANSWER;
        assert_eq!(is_hosts, is_for_operators(route.path), "{} {}", route.method, route.path);
    }
    for path in [
        "/",
        "/console",
        "/api/support",
        "/api/support/",
        "/api/support/chat/1",
        "/api/support/admin/conversations",
        "/api/support/safepilot/conversations",
        "/api/support/conversations-of-the-host",
        "/api/support/attachmentsx/1",
        "/api/support/ws/1",
        "/api/support/settings/1",
        "/api/admin/support",
        "/api/admin/support/tickets",
        "/api/admin/support/ws",
        "/x/api/support/conversations",
        "/api/admin/admin/support/conversations",
    ] {
        assert_eq!(status(&driver, "GET", path), HOSTS_ANSWER, "{path}");
    }
}

fn people_talk_through_the_proxy(backend: Backend) {
    let desk = Desk::start(backend);
    let Some(nginx) = Nginx::before(&[desk.address()]) else { return };
    let driver = desk.driver("driver-1", "BD").at(nginx.address());
    let admin = desk.admin("SUPPORT_ADMIN", Some("BD")).at(nginx.address());
    let opened = driver.open("By proxy", "Hello");
    // By a ticket as pages do, and by a token as apps do.
    let (mut page, mut app) = (driver.connect_by_ticket(), admin.connect());
    page.join(&opened);
    app.join(&opened);
    let asked = page.say(&opened, "Where is my money?");
    assert_eq!(app.next_message()["id"], asked["id"]);
    let answered = app.say(&opened, "On its way.");
    assert_eq!(page.next_message()["id"], answered["id"]);
    page.ping(b"through");
    assert_eq!(driver.messages(&opened).len(), 3);
    admin.change(&opened, &json!({"status": "resolved"}));
    assert_eq!(page.update_of(&opened, |_| true)["status"], "resolved");
}

fn files_go_through_the_proxy(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_MAX_ATTACHMENT_BYTES", "5000000").start();
    let Some(nginx) = Nginx::before(&[desk.address()]) else { return };
    let driver = desk.driver("driver-1", "BD").at(nginx.address());
    let opened = driver.open("By proxy", "Hello");
    let attachment = driver.upload("receipt.png", &png());
    driver.send_files(&opened, &[&attachment]);
    let fetched = driver.fetch(&attachment).expect(200);
    assert!(fetched.bytes.starts_with(b"\x89PNG"));
    // Longer than what nginx lets through where nothing is said: the desk itself judges it.
    let long = [pdf(), vec![b' '; 2_000_000], pdf()].concat();
    let kept = driver.try_upload("long.pdf", &long);
    assert!([201, 415].contains(&kept.status), "{}", kept.text);
    driver.try_upload("too long.pdf", &[pdf(), vec![b' '; 6_000_000]].concat()).refused(413, "payload_too_large");
}

fn the_proxy_says_whom_it_speaks_for_and_keeps_words_out_of_its_log(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_TRUST_PROXY", "true").start();
    let Some(nginx) = Nginx::before(&[desk.address()]) else { return };
    let admin = desk.admin("SUPPORT_ADMIN", Some("BD")).at(nginx.address());
    let opened = desk.driver("driver-1", "BD").at(nginx.address()).open("By proxy", "Hello");
    // Whoever calls says that they are somebody else; the proxy knows better.
    let call = admin.call("POST", &admin.path(&opened, "/messages")).header("x-forwarded-for", "203.0.113.9");
    call.json(&json!({"content": "An answer"})).send().expect(201);
    let addresses = format!(
        "SELECT DISTINCT CAST(ip_address AS text) AS line FROM {} WHERE action_type = 'SUPPORT_MESSAGE_SENT' AND actor_role = \
         'SUPPORT_ADMIN'",
        desk.database.table("support_audit_logs")
    );
    let found = desk.database.connect().lines(&addresses);
    assert!(found.iter().all(|address| address.starts_with("127.0.0.1")) && !found.is_empty(), "{found:?}");
    admin.list("?search=xyzzy");
    let ticket = admin.ask_for_ticket().expect(201)["ticket"].as_str().expect("a ticket").to_owned();
    admin.handshake().without("authorization").query(&format!("ticket={ticket}")).open();
    let log = nginx.log();
    assert!(log.contains(TICKETS) && log.contains("/api/admin/support/conversations 200"), "{log}");
    assert!(!log.contains("xyzzy") && !log.contains(&ticket), "{log}");
}
