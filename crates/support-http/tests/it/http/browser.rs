//! What browsers are told: which origins may call, and what they may do with an answer.

use serde_json::json;

use crate::harness::{Answer, Backend, DESK, Desk, USER};
use crate::routes::ROUTES;

on_both_backends!(
    an_allowed_origin_may_patch_with_a_token,
    other_origins_get_nothing,
    without_configured_origins_nobody_gets_anything,
    an_allowed_origin_can_read_refusals_too,
    answers_forbid_sniffing_and_storing,
    the_page_of_the_documentation_cannot_be_framed,
);

const APP: &str = "https://app.example.com";
const CONSOLE: &str = "http://localhost:5173";

fn preflight(desk: &Desk, path: &str, origin: &str, method: &str) -> Answer {
    let call = desk.nobody().call("OPTIONS", path).header("origin", origin).in_any_form();
    let call = call.header("access-control-request-method", method);
    call.header("access-control-request-headers", "authorization,content-type").send()
}

fn desk_with_origins(backend: Backend) -> Desk {
    Desk::plan(backend).set("SUPPORT_ALLOWED_ORIGINS", &format!("{APP},{CONSOLE}")).start()
}

fn an_allowed_origin_may_patch_with_a_token(backend: Backend) {
    let desk = desk_with_origins(backend);
    let opened = desk.driver("driver-1", "BD").open("Mine", "Hello");
    for origin in [APP, CONSOLE] {
        for route in ROUTES.iter().filter(|route| route.is_guarded()) {
            let answer = preflight(&desk, &route.to(&opened), origin, route.method);
            assert!((200..300).contains(&answer.status), "{origin} {}: {}", route.path, answer.status);
            assert_eq!(answer.header("access-control-allow-origin"), origin);
            let methods = answer.header("access-control-allow-methods").to_uppercase();
            assert!(methods.contains(route.method), "{methods}");
            let headers = answer.header("access-control-allow-headers").to_lowercase();
            assert!(headers.contains("authorization") && headers.contains("content-type"), "{headers}");
        }
        let answer = preflight(&desk, &format!("{DESK}/{}", opened.id), origin, "PATCH");
        assert!(answer.header("access-control-allow-methods").to_uppercase().contains("PATCH"));
        let answer = desk.driver("driver-1", "BD").call("GET", USER).header("origin", origin).send().expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert!(answer.header("vary").to_lowercase().contains("origin"), "{:?}", answer.headers);
    }
}

#[track_caller]
fn gets_nothing(answer: &Answer) {
    for header in answer.headers.keys() {
        assert!(!header.as_str().starts_with("access-control-allow"), "{}: {header}", answer.asked);
    }
}

fn other_origins_get_nothing(backend: Backend) {
    let desk = desk_with_origins(backend);
    let driver = desk.driver("driver-1", "BD");
    for origin in [
        "https://evil.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.com",
        "https://APP.example.com.",
        "null",
    ] {
        for method in ["GET", "POST", "PATCH"] {
            gets_nothing(&preflight(&desk, USER, origin, method));
        }
        gets_nothing(&driver.call("GET", USER).header("origin", origin).in_any_form().send());
    }
}

fn without_configured_origins_nobody_gets_anything(backend: Backend) {
    let desk = Desk::start(backend);
    gets_nothing(&preflight(&desk, USER, APP, "PATCH"));
    gets_nothing(&desk.driver("driver-1", "BD").call("GET", USER).header("origin", APP).in_any_form().send());
}

fn an_allowed_origin_can_read_refusals_too(backend: Backend) {
    let desk = desk_with_origins(backend);
    let driver = desk.driver("driver-1", "BD");
    let from_app = |person: &crate::harness::Person, path: &str| person.call("GET", path).header("origin", APP).send();
    for (answer, status) in [
        (from_app(&desk.nobody(), USER), 401),
        (from_app(&driver, DESK), 403),
        (from_app(&driver, "/api/support/nowhere"), 404),
        (from_app(&driver, &format!("{USER}?limit=0")), 400),
        (driver.call("POST", USER).json(&json!({})).header("origin", APP).send(), 400),
        (driver.call("DELETE", USER).header("origin", APP).send(), 405),
    ] {
        let answer = answer.expect(status);
        assert_eq!(answer.header("access-control-allow-origin"), APP, "{}", answer.asked);
    }
}

fn answers_forbid_sniffing_and_storing(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Mine", "Hello");
    let answers = [
        driver.get(USER),
        driver.get(&driver.path(&opened, "")),
        driver.get(&driver.path(&opened, "/messages")),
        driver.post(&driver.path(&opened, "/messages"), &json!({"content": "more"})),
        desk.get(USER),
        driver.get("/nowhere"),
        desk.get("/healthz"),
        desk.get("/docs"),
    ];
    for answer in &answers {
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{}", answer.asked);
        assert_eq!(answer.header("server"), "", "{}: what it is made of is nobody's business", answer.asked);
    }
    for answer in &answers[..4] {
        assert!(answer.header("cache-control").contains("no-store"), "{}: {:?}", answer.asked, answer.headers);
        assert!(answer.header("content-type").starts_with("application/json"), "{}", answer.asked);
    }
}

fn the_page_of_the_documentation_cannot_be_framed(backend: Backend) {
    let desk = Desk::start(backend);
    let page = desk.get("/docs").expect(200);
    assert!(page.header("content-type").starts_with("text/html"), "{:?}", page.headers);
    let framing = page.header("x-frame-options").eq_ignore_ascii_case("deny")
        || page.header("content-security-policy").contains("frame-ancestors 'none'");
    assert!(framing, "{:?}", page.headers);
    assert!(page.text.contains("openapi.json"), "the page shows the document of this server");
}
