//! What is counted: all that the documentation names, when it happens, and nothing that could name anybody.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::scrape::{Scrape, documented, grown};
use crate::attachments::png;
use crate::harness::{Backend, Conversation, Desk, Forwarder, Nats, Person, Socket, USER, eventually};
use crate::routes::ROUTES;

on_both_backends!(
    every_metric_is_there_from_the_start,
    messages_and_repeats_are_counted_by_side,
    requests_and_errors_are_counted_by_route_and_code,
    what_was_masked_is_counted_by_kind,
    frames_joins_and_ends_of_sockets_are_counted,
    limits_that_are_met_are_counted_by_limit,
    files_are_counted_by_what_became_of_them,
    tokens_are_counted_by_how_they_were_looked_at,
    the_database_is_watched,
    every_label_has_a_value_that_is_known_beforehand,
    nothing_names_anybody_or_says_a_word,
);
on_postgres!(hints_are_counted_at_both_ends, a_database_that_is_away_is_noticed);

const MESSAGES: &str = "support_service_messages_total";
const REQUESTS: &str = "support_http_requests_total";

fn every_metric_is_there_from_the_start(backend: Backend) {
    let desk = Desk::start(backend);
    // The first look is the first request.
    desk.get("/metrics");
    let shown = Scrape::at(&desk.nobody());
    for metric in documented() {
        let name = metric.name;
        assert!(shown.text.contains(&format!("# TYPE {name} {}\n", metric.kind)), "{name} in {}", shown.text);
        assert!(shown.text.contains(&format!("# HELP {name} {}\n", metric.meaning)), "{name} in {}", shown.text);
    }
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    assert!((shown.sum("support_build_info", &version) - 1.0).abs() < f64::EPSILON);
    eventually("it is ready", || Scrape::at(&desk.nobody()).sum("support_http_ready", &[]) > 0.0);
    assert!(Scrape::at(&desk.nobody()).sum("support_http_reaches_other_nodes", &[]) > 0.0);
}

fn messages_and_repeats_are_counted_by_side(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let before = Scrape::at(&driver);
    let opened = driver.open("Fare", "Hello");
    driver.send(&opened, "Are you there?");
    admin.send(&opened, "Yes.");
    let once = json!({"content": "Only once", "clientMessageId": "key-1"});
    driver.send_with(&opened, &once);
    driver.post(&driver.path(&opened, "/messages"), &once).expect(200);
    let of = |side| [("side", side)];
    grown(&driver, &before, MESSAGES, &of("user"), 3.0);
    grown(&driver, &before, MESSAGES, &of("admin"), 1.0);
    grown(&driver, &before, "support_service_conversations_opened_total", &of("user"), 1.0);
    grown(&driver, &before, "support_service_conversations_opened_total", &of("admin"), 0.0);
    grown(&driver, &before, "support_service_repeated_sends_total", &[], 1.0);
}

fn requests_and_errors_are_counted_by_route_and_code(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Fare", "Hello");
    let before = Scrape::at(&driver);
    for _ in 0..3 {
        driver.see(&opened);
    }
    driver.get(&format!("{USER}/0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e")).expect(404);
    driver.post(USER, &json!({"subject": 7})).expect(400);
    desk.nobody().get(USER).expect(401);
    let route = ("route", "/api/support/conversations/{id}");
    grown(&driver, &before, REQUESTS, &[("method", "GET"), route, ("status", "200")], 3.0);
    grown(&driver, &before, REQUESTS, &[("method", "GET"), route, ("status", "404")], 1.0);
    grown(&driver, &before, "support_http_request_duration_seconds_count", &[("method", "GET"), route], 4.0);
    for code in ["not_found", "validation_failed", "unauthenticated"] {
        grown(&driver, &before, "support_http_errors_total", &[("code", code)], 1.0);
    }
}

fn what_was_masked_is_counted_by_kind(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Fare", "Hello");
    let before = Scrape::at(&driver);
    driver.send(&opened, "my card is 4111 1111 1111 1111 and again 4111 1111 1111 1111");
    driver.send(&opened, "my password is hunter22 and my card 4111 1111 1111 1111");
    driver.send(&opened, "nothing to see here");
    let of = |kind| [("kind", kind)];
    grown(&driver, &before, "support_service_masked_total", &of("card"), 2.0);
    grown(&driver, &before, "support_service_masked_total", &of("password"), 1.0);
    grown(&driver, &before, "support_service_masked_total", &[], 3.0);
}

fn answers<'a>(event: &'a str, answer: &'a str) -> [(&'a str, &'a str); 2] {
    [("event", event), ("answer", answer)]
}

fn frames_joins_and_ends_of_sockets_are_counted(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Fare", "Hello");
    let before = Scrape::at(&driver);
    let mut user = driver.connect();
    user.join(&opened);
    let mut staff = admin.connect();
    staff.watch();
    staff.join_after(&opened, 0);
    user.say(&opened, "Are you there?");
    user.ask("support:markRead", &json!({"conversationId": opened.id, "upToSeq": -1})).refused("validation_failed");
    user.ask("support:leaveConversation", &json!({"conversationId": opened.id})).ack();
    user.ask("support:joinConversation", &json!({"conversationId": "0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e"}))
        .refused("not_found");
    user.join_after(&opened, 1);
    let frames = "support_http_socket_frames_total";
    for (event, answer, by) in [
        ("support:joinConversation", "done", 3.0),
        ("support:joinConversation", "refused", 1.0),
        ("support:sendMessage", "done", 1.0),
        ("support:leaveConversation", "done", 1.0),
        ("support:watchInbox", "done", 1.0),
        ("invalid", "refused", 1.0),
    ] {
        grown(&driver, &before, frames, &answers(event, answer), by);
    }
    grown(&driver, &before, frames, &[], 8.0);
    let sends = [("event", "support:sendMessage")];
    grown(&driver, &before, "support_http_socket_frame_duration_seconds_count", &sends, 1.0);
    grown(&driver, &before, "support_service_room_joins_total", &[("kind", "live")], 1.0);
    grown(&driver, &before, "support_service_room_joins_total", &[("kind", "resumed")], 2.0);
    grown(&driver, &before, "support_service_caught_up_messages_total", &[], 2.0);
    for (gauge, is) in [
        ("support_http_sockets", 2.0),
        ("support_realtime_rooms", 1.0),
        ("support_realtime_room_members", 2.0),
        ("support_realtime_inbox_watchers", 1.0),
    ] {
        grown(&driver, &before, gauge, &[], is);
    }
    staff.cut();
    user.cut();
    grown(&driver, &before, "support_http_sockets_opened_total", &[], 2.0);
    grown(&driver, &before, "support_http_sockets_closed_total", &[], 2.0);
    eventually("nobody is left", || {
        let now = Scrape::at(&driver);
        let gauges = ["support_http_sockets", "support_realtime_rooms", "support_realtime_inbox_watchers"];
        gauges.iter().all(|gauge| now.sum(gauge, &[]) < 1.0)
    });
}

fn limits_that_are_met_are_counted_by_limit(backend: Backend) {
    let plan = Desk::plan(backend).set("SUPPORT_SENDS_PER_MINUTE", "2").set("SUPPORT_MAX_SOCKETS_PER_PRINCIPAL", "1");
    let desk = plan.set("SUPPORT_WS_MAX_ROOMS", "1").set("SUPPORT_TICKETS_PER_MINUTE", "1").start();
    let driver = desk.driver("driver-1", "BD");
    let (one, other) = (driver.open("One", "Hello"), driver.open("Other", "Hello"));
    let before = Scrape::at(&driver);
    driver.post(&driver.path(&one, "/messages"), &json!({"content": "Too much"})).refused(429, "rate_limited");
    let mut socket = driver.connect();
    socket.join(&one);
    socket.ask("support:joinConversation", &json!({"conversationId": other.id})).refused("validation_failed");
    socket.ask("support:sendMessage", &json!({"conversationId": one.id, "content": "More"})).refused("rate_limited");
    let mut one_too_many = driver.handshake().try_open().expect("a browser learns of it by the close code only");
    one_too_many.closed_with(4029);
    driver.ticket();
    driver.ask_for_ticket().refused(429, "rate_limited");
    for (limit, by) in [("sends", 2.0), ("rooms", 1.0), ("sockets_of_person", 1.0), ("tickets", 1.0)] {
        grown(&driver, &before, "support_service_limits_hit_total", &[("limit", limit)], by);
    }
    let limited = answers("support:sendMessage", "limited");
    grown(&driver, &before, "support_http_socket_frames_total", &limited, 1.0);
}

fn files_are_counted_by_what_became_of_them(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_MAX_ATTACHMENT_BYTES", "4096").start();
    let driver = desk.driver("driver-1", "BD");
    let before = Scrape::at(&driver);
    let kept = driver.upload("receipt.png", &png());
    driver.fetch(&kept).expect(200);
    driver.try_upload("page.png", b"<html>").expect(415);
    let fate = |fate| [("fate", fate)];
    grown(&driver, &before, "support_service_uploads_total", &fate("kept"), 1.0);
    grown(&driver, &before, "support_service_uploads_total", &fate("refused"), 1.0);
    let size = kept["fileSize"].as_f64().expect("a size");
    grown(&driver, &before, "support_service_upload_bytes_total", &[], size);
    grown(&driver, &before, "support_service_downloads_total", &[("way", "bytes")], 1.0);
}

fn tokens_are_counted_by_how_they_were_looked_at(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let before = Scrape::at(&desk.nobody());
    driver.list("");
    driver.list("");
    driver.with_token("nonsense").get(USER).expect(401);
    desk.nobody().get(USER).expect(401);
    let looked = "support_rbac_token_verifications_total";
    for (outcome, by) in [("verified", 1.0), ("remembered", 1.0), ("no_biscuit", 1.0)] {
        grown(&desk.nobody(), &before, looked, &[("outcome", outcome)], by);
    }
    for (outcome, by) in [("accepted", 2.0), ("refused", 1.0), ("missing", 1.0)] {
        grown(&desk.nobody(), &before, "support_http_authentications_total", &[("outcome", outcome)], by);
    }
}

fn the_database_is_watched(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Fare", "Hello");
    let before = Scrape::at(&driver);
    for number in 0..5 {
        driver.send(&opened, &format!("Message {number}"));
    }
    let (operation, queue) = match backend {
        Backend::Postgres => ("post", "posts"),
        Backend::Sqlite => ("write", "writes"),
    };
    let now = Scrape::at(&driver);
    let since = |name, labels: &[(&str, &str)]| now.sum(name, labels) - before.sum(name, labels);
    assert!(since("support_store_operation_duration_seconds_count", &[("operation", operation)]) >= 5.0);
    assert!(since("support_store_batch_size_sum", &[("queue", queue)]) >= 5.0);
    assert!(since("support_store_batch_duration_seconds_count", &[("queue", queue)]) >= 1.0);
    if backend == Backend::Postgres {
        assert!(since("support_store_posts_total", &[("fate", "kept")]) >= 5.0, "{}", now.text);
    }
    driver.messages(&opened);
    let now = Scrape::at(&driver);
    assert!(now.sum("support_store_pool_wait_seconds_count", &[]) > 0.0);
    assert!(now.sum("support_store_pool_connections", &[]) >= 1.0, "{}", now.text);
    assert!(now.sum("support_store_pool_connections_max", &[]) >= 1.0);
    eventually("nothing waits", || Scrape::at(&driver).sum("support_store_queue_depth", &[]).abs() < f64::EPSILON);
}

/// Does a little of everything, and says what was said and who it was.
fn a_busy_day(desk: &Desk, number: u8) -> Vec<String> {
    let driver = desk.driver("driver-xyzzy", "BD");
    let admin = desk.admin_with("agent-plugh", "SUPER_ADMIN", None, &["--email", "plover@example.com"]);
    let opened = driver.open_with(&json!({
        "subject": "Xylophone", "initialMessage": "marmalade", "metadata": {"zeppelin": "quicksilver"},
        "clientMessageId": format!("key-of-the-day-{number}")
    }));
    admin.send(&opened, "an answer about marmalade");
    admin.change(&opened, &json!({"status": "resolved", "assignedAdminId": "agent-plugh"}));
    driver.list("?search=xylophone");
    driver.get("/api/support/nowhere/plover");
    driver.get(&format!("{USER}/plover"));
    driver.get(&driver.path(&opened, "/plover"));
    desk.nobody().call("XYZZY", &format!("{USER}/plover")).in_any_form().send();
    desk.nobody().with_token("plover").get(USER).expect(401);
    let file = driver.upload("quicksilver.png", &png());
    driver.fetch(&file).expect(200);
    driver.try_upload("quicksilver.png", b"marmalade").expect(415);
    let mut socket = speak(&driver, &opened);
    socket.ask("support:plover", &json!({"marmalade": "quicksilver"})).refused("validation_failed");
    socket.cut();
    let mut said: Vec<String> = [
        "xyzzy",
        "plugh",
        "plover",
        "xylophone",
        "marmalade",
        "zeppelin",
        "quicksilver",
        "key-of-the-day",
        "example.com",
    ]
    .map(str::to_owned)
    .to_vec();
    said.extend([opened.id.clone(), file["id"].as_str().expect("an id").to_owned()]);
    said.extend([driver.token.clone(), admin.token.clone()].into_iter().flatten());
    said
}

fn speak(person: &Person, conversation: &Conversation) -> Socket {
    let mut socket = person.connect();
    socket.join(conversation);
    socket.say(conversation, "marmalade, quicksilver");
    socket.typing(conversation, true);
    socket.mark_read(conversation, 1);
    socket.watch();
    socket
}

fn every_label_has_a_value_that_is_known_beforehand(backend: Backend) {
    let desk = Desk::start(backend);
    a_busy_day(&desk, 1);
    let shown = Scrape::at(&desk.nobody());
    let known: BTreeMap<&str, _> = documented().into_iter().map(|metric| (metric.name, metric.labels)).collect();
    let patterns: BTreeSet<&str> = ROUTES.iter().map(|route| route.path).chain(["unknown"]).collect();
    for sample in &shown.samples {
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| sample.name.strip_suffix(suffix));
        let labels = known.get(sample.name.as_str()).or_else(|| known.get(base?));
        let labels = labels.unwrap_or_else(|| panic!("{} is in no table", sample.name));
        for (label, value) in &sample.labels {
            let is_known = match label.as_str() {
                "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
                "route" => patterns.contains(value.as_str()),
                "method" => {
                    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"].contains(&value.as_str())
                }
                "status" => value.parse::<u16>().is_ok_and(|status| (100..600).contains(&status)),
                "version" => value == env!("CARGO_PKG_VERSION"),
                _ => labels.get(label.as_str()).is_some_and(|values| values.contains(value.as_str())),
            };
            assert!(is_known, "{label}={value} of {}", sample.name);
        }
    }
    // Whoever comes and whatever they ask for: not one line more.
    let before: BTreeSet<String> =
        shown.samples.iter().map(|sample| format!("{} {:?}", sample.name, sample.labels)).collect();
    a_busy_day(&desk, 2);
    let after = Scrape::at(&desk.nobody()).samples;
    let grown: Vec<String> = after.iter().map(|sample| format!("{} {:?}", sample.name, sample.labels)).collect();
    let more: Vec<&String> =
        grown.iter().filter(|line| !before.contains(*line) && !line.contains("\"/metrics\"")).collect();
    assert_eq!(more, [] as [&String; 0]);
}

fn nothing_names_anybody_or_says_a_word(backend: Backend) {
    let desk = Desk::start(backend);
    let said = a_busy_day(&desk, 1);
    let shown = Scrape::at(&desk.nobody()).text.to_lowercase();
    for word in said {
        assert!(!shown.contains(&word.to_lowercase()), "{word} in {shown}");
    }
}

fn hints_are_counted_at_both_ends(backend: Backend) {
    let Some(url) = Nats::given() else { return };
    let desk = Desk::plan(backend).set("SUPPORT_NATS_URL", &url).start();
    let node = desk.another_node();
    let (driver, elsewhere) = (desk.driver("driver-1", "BD"), desk.nobody().at(&node.address));
    for person in [&driver, &elsewhere] {
        eventually("the nodes hear of each other", || {
            Scrape::at(person).sum("support_realtime_nats_connections_total", &[]) > 0.0
        });
    }
    let (here, there) = (Scrape::at(&driver), Scrape::at(&elsewhere));
    let opened = driver.open("Fare", "Hello");
    driver.send(&opened, "Are you there?");
    let of = |scrape: &Scrape, fate| scrape.sum("support_realtime_hints_total", &[("fate", fate)]);
    eventually("a hint was sent", || of(&Scrape::at(&driver), "sent") > of(&here, "sent"));
    eventually("a hint was received", || of(&Scrape::at(&elsewhere), "received") > of(&there, "received"));
}

fn a_database_that_is_away_is_noticed(backend: Backend) {
    let plan = Desk::plan(backend);
    let mut forwarder = Forwarder::to(&plan.database().address());
    let url = plan.database().url_through(&forwarder.address());
    let desk = plan.set("DATABASE_URL", &url).start();
    let nobody = desk.nobody();
    let ready = || Scrape::at(&nobody).sum("support_http_ready", &[]) > 0.0;
    eventually("it is ready", ready);
    forwarder.cut();
    eventually("it is not", || !ready());
    let errors = Scrape::at(&nobody).sum("support_store_errors_total", &[]);
    assert!(errors > 0.0, "work that failed is counted");
    forwarder.restore();
    eventually("it is again", ready);
}
