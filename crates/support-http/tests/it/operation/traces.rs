//! The export of spans, in a build with the feature `otlp`: a collector made up here receives them, from the request to the
//! statement, and nothing that names anybody.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::harness::{Backend, Desk, Plan, eventually};

on_both_backends!(
    a_request_is_one_trace_down_to_its_statements,
    each_frame_of_a_socket_is_a_trace_of_its_own,
    a_trace_of_our_own_proxy_goes_on_and_nobody_elses,
    a_collector_that_is_away_costs_nobody_anything,
);

/// A collector on a port of its own.
#[derive(Debug, Clone)]
struct Collector {
    address: String,
    received: Arc<Mutex<Vec<String>>>,
}

/// A span as it arrived.
#[derive(Debug, Clone)]
struct Exported {
    name: String,
    trace: String,
    id: String,
    parent: String,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let collector = Self { address, received: Arc::default() };
        let here = collector.clone();
        thread::spawn(move || listener.incoming().flatten().for_each(|stream| here.clone().serve(stream)));
        collector
    }

    /// One connection may bring many batches; a thread for each.
    fn serve(self, stream: TcpStream) {
        thread::spawn(move || {
            let mut reader = BufReader::new(stream.try_clone().expect("another handle"));
            let mut writer = stream;
            while let Some(body) = request(&mut reader) {
                self.received.lock().unwrap().push(body);
                let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
                if writer.write_all(answer.as_bytes()).is_err() {
                    return;
                }
            }
        });
    }

    /// All that came, as text.
    fn text(&self) -> String {
        self.received.lock().unwrap().join("\n")
    }

    fn spans(&self) -> Vec<Exported> {
        let mut spans = Vec::new();
        for body in self.received.lock().unwrap().iter() {
            let body: Value = serde_json::from_str(body).expect("JSON");
            for resource in body["resourceSpans"].as_array().expect("resources") {
                for scope in resource["scopeSpans"].as_array().expect("scopes") {
                    spans.extend(scope["spans"].as_array().expect("spans").iter().map(exported));
                }
            }
        }
        spans
    }

    fn named(&self, name: &str) -> Vec<Exported> {
        self.spans().into_iter().filter(|span| span.name == name).collect()
    }

    /// The names of the span's ancestors, from the nearest.
    fn above(&self, span: &Exported) -> Vec<String> {
        let (spans, mut names, mut parent) = (self.spans(), Vec::new(), span.parent.clone());
        while let Some(next) = spans.iter().find(|other| other.id == parent && other.trace == span.trace) {
            names.push(next.name.clone());
            parent.clone_from(&next.parent);
        }
        names
    }
}

fn exported(span: &Value) -> Exported {
    let text = |key: &str| span[key].as_str().unwrap_or_default().to_owned();
    Exported { name: text("name"), trace: text("traceId"), id: text("spanId"), parent: text("parentSpanId") }
}

/// The body of the next request of a connection; none at its end.
fn request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let (mut length, mut is_first) = (0, true);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if std::mem::take(&mut is_first) {
            assert!(line.starts_with("POST /v1/traces "), "{line}");
        }
        let line = line.trim_end().to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if line.is_empty() {
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            return Some(String::from_utf8(body).expect("text"));
        }
    }
}

fn plan(backend: Backend, collector: &Collector) -> Plan {
    Desk::plan(backend).set("SUPPORT_OTLP_ENDPOINT", &format!("http://{}", collector.address))
}

fn a_request_is_one_trace_down_to_its_statements(backend: Backend) {
    let collector = Collector::start();
    let desk = plan(backend, &collector).start();
    let driver = desk.driver("driver-xyzzy", "BD");
    let opened = driver.open("Xylophone", "marmalade");
    driver.list("?search=xylophone");
    eventually("the statements have come", || {
        !collector.named("insert_conversation").is_empty() && !collector.named("list_conversations").is_empty()
    });
    let statement = &collector.named("insert_conversation")[0];
    eventually("all above it has come", || collector.above(statement) == ["database", "open_conversation", "request"]);
    let roots = collector.named("request");
    assert!(roots.iter().all(|root| root.parent.is_empty()), "{roots:?}");
    let all = collector.text();
    assert!(all.contains("support-desk") && all.contains(env!("CARGO_PKG_VERSION")), "{all}");
    let token = driver.token.clone().expect("a token");
    for word in [
        "xyzzy",
        "Xylophone",
        "xylophone",
        "marmalade",
        opened.id.as_str(),
        token.as_str(),
        "/api/support/conversations/0",
    ] {
        assert!(!all.contains(word), "{word} in {all}");
    }
}

fn each_frame_of_a_socket_is_a_trace_of_its_own(backend: Backend) {
    let collector = Collector::start();
    let desk = plan(backend, &collector).start();
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Fare", "Hello");
    let mut socket = driver.connect();
    socket.join(&opened);
    socket.say(&opened, "marmalade");
    eventually("both frames have come", || collector.named("frame").len() >= 2);
    let frames = collector.named("frame");
    assert!(frames.iter().all(|frame| frame.parent.is_empty()), "{frames:?}");
    assert_ne!(frames[0].trace, frames[1].trace);
    let sent = collector.named("send_message");
    assert!(frames.iter().any(|frame| sent.iter().any(|sent| sent.parent == frame.id)), "{frames:?} {sent:?}");
    assert!(!collector.text().contains("marmalade"));
}

fn a_trace_of_our_own_proxy_goes_on_and_nobody_elses(backend: Backend) {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let context = format!("00-{TRACE}-00f067aa0ba902b7-01");
    for trusted in ["true", "false"] {
        let collector = Collector::start();
        // Of its own accord it exports nothing, but the proxy says that it has to.
        let plan = plan(backend, &collector).set("SUPPORT_TRUST_PROXY", trusted);
        let desk = plan.set("SUPPORT_OTLP_SAMPLED", if trusted == "true" { "0" } else { "1" }).start();
        desk.nobody().call("GET", "/healthz").header("traceparent", &context).send().expect(200);
        eventually("the request has come", || !collector.named("request").is_empty());
        let request = &collector.named("request")[0];
        assert_eq!(request.trace == TRACE, trusted == "true", "{request:?}");
        assert_eq!(request.parent == "00f067aa0ba902b7", trusted == "true", "{request:?}");
    }
}

fn a_collector_that_is_away_costs_nobody_anything(backend: Backend) {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let desk = Desk::plan(backend).set("SUPPORT_OTLP_ENDPOINT", &format!("http://{nobody}")).start();
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Fare", "Hello");
    for number in 0..50 {
        driver.send_with(&opened, &json!({"content": format!("Message {number}")}));
    }
    assert_eq!(driver.messages(&opened).len(), 51);
}
