//! Where the server listens, and who may call it from a browser.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use super::finding::{Finding, Topic};
use super::{Asked, on_thread};
use crate::cli::health;

const TOPIC: Topic = Topic("network");
const HEALTH_LIMIT: Duration = Duration::from_secs(3);

pub(super) async fn check(asked: Arc<Asked>) -> Vec<Finding> {
    on_thread(TOPIC, move || {
        let config = &asked.config;
        let mut findings = vec![check_address(config.bind)];
        if config.web.trust_proxy && config.bind.ip().is_unspecified() {
            findings.push(TOPIC.warning(
                "it listens on every address and believes X-Forwarded-For: who gets past the proxy can be any address",
                "let SUPPORT_BIND name the address that only the proxy reaches, or keep others out by the network",
            ));
        }
        findings.extend(check_origins(&config.web.allowed_origins));
        findings
    })
    .await
}

/// Takes the address for a moment. If somebody has it, that should be the desk.
fn check_address(bind: SocketAddr) -> Finding {
    let advice = "correct SUPPORT_BIND, or end what listens there";
    match TcpListener::bind(bind) {
        Ok(_) if bind.port() == 0 => TOPIC.ok(format!("any free port of {} is taken", bind.ip())),
        Ok(_) => TOPIC.ok(format!("{bind} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            match health::ask(health::reachable(bind), "/healthz", HEALTH_LIMIT) {
                Ok(()) => TOPIC.ok(format!("a server that is healthy listens on {bind}")),
                Err(error) => {
                    TOPIC.problem(format!("something listens on {bind} that is no healthy desk: {error}"), advice)
                }
            }
        }
        Err(error) => TOPIC.problem(format!("{bind} cannot be listened on: {}", error.kind()), advice),
    }
}

fn check_origins(origins: &[String]) -> Option<Finding> {
    let is_local = |origin: &str| {
        ["http://localhost", "http://127.", "http://[::1]"].iter().any(|start| origin.starts_with(start))
    };
    let plain: Vec<&str> =
        origins.iter().map(String::as_str).filter(|o| o.starts_with("http://") && !is_local(o)).collect();
    if origins.is_empty() {
        return Some(TOPIC.ok("no web page may call it (SUPPORT_ALLOWED_ORIGINS); apps may"));
    }
    (!plain.is_empty()).then(|| {
        TOPIC.warning(
            format!("pages without TLS may call it: {}", plain.join(", ")),
            "name https:// origins only, in SUPPORT_ALLOWED_ORIGINS",
        )
    })
}
