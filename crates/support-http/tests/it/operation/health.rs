//! Whether it lives, whether it is ready, and what it counts.

use serde_json::json;

use crate::harness::{Backend, Desk, USER};

on_both_backends!(
    it_is_alive_and_ready,
    metrics_are_in_the_format_of_prometheus,
    metrics_name_no_person_and_no_conversation,
    methods_that_a_client_invents_leave_no_trace,
    health_can_be_asked_without_a_body,
);

fn it_is_alive_and_ready(backend: Backend) {
    let desk = Desk::start(backend);
    for path in ["/healthz", "/readyz"] {
        desk.get(path).expect(200);
    }
}

fn metrics_are_in_the_format_of_prometheus(backend: Backend) {
    let desk = Desk::start(backend);
    desk.driver("driver-1", "BD").open("Counted", "Hello");
    let metrics = desk.get("/metrics").expect(200);
    assert!(metrics.header("content-type").starts_with("text/plain"), "{:?}", metrics.headers);
    let samples: Vec<&str> = metrics.text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(!samples.is_empty() && metrics.text.contains("# TYPE "), "{}", metrics.text);
    for sample in samples {
        let value = sample.rsplit(' ').next().expect("a value");
        assert!(value.parse::<f64>().is_ok(), "{sample}");
    }
}

fn metrics_name_no_person_and_no_conversation(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-xyzzy", "BD"), desk.admin_with("agent-plugh", "SUPER_ADMIN", None, &[]));
    let opened = driver.open("Subject words", "content words");
    admin.send(&opened, "an answer");
    admin.change(&opened, &json!({"status": "resolved"}));
    driver.get(&format!("{USER}/0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e"));
    driver.get("/api/support/nowhere/plover");
    let metrics = desk.get("/metrics").expect(200).text;
    for secret in ["xyzzy", "plugh", "plover", "words", "0190c5a4", opened.id.as_str()] {
        assert!(!metrics.contains(secret), "{secret} in {metrics}");
    }
}

fn methods_that_a_client_invents_leave_no_trace(backend: Backend) {
    let desk = Desk::start(backend);
    for method in ["XYZZY", "PLUGH"] {
        desk.nobody().call(method, "/healthz").in_any_form().send().expect(405);
    }
    let metrics = desk.get("/metrics").expect(200).text;
    assert!(metrics.contains("method=\"OTHER\""), "{metrics}");
    assert!(!metrics.contains("XYZZY") && !desk.server.log().contains("PLUGH"), "{metrics}");
}

fn health_can_be_asked_without_a_body(backend: Backend) {
    let desk = Desk::start(backend);
    for path in ["/healthz", "/readyz"] {
        let answer = desk.nobody().call("HEAD", path).in_any_form().send().expect(200);
        assert_eq!(answer.text, "");
    }
}
