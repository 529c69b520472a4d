//! The way from HTTP to a WebSocket, by hand: so that a refusal is seen with its status and its body, and a request can
//! be wrong in any way. Who gets in has a [`Socket`].

use serde_json::Value;

use super::answer::{Answer, keys};
use super::call::Address;
use super::person::Person;
use super::raw::{Raw, status_and_headers};
use super::socket::Socket;

/// Where sockets are opened.
pub(crate) const SOCKET: &str = "/api/support/ws";
/// Where tickets are had.
pub(crate) const TICKETS: &str = "/api/support/ws-tickets";

/// The key and what it has to be answered with: the example of RFC 6455, section 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPTED: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A request for a socket that is not sent yet.
#[derive(Debug, Clone)]
#[must_use = "a request that is not sent tests nothing"]
pub(crate) struct Handshake {
    address: Address,
    query: String,
    headers: Vec<(String, String)>,
}

impl Handshake {
    /// A proper request that says nothing of who asks.
    pub(crate) fn at(address: &Address) -> Self {
        let proper = Self { address: address.clone(), query: String::new(), headers: Vec::new() };
        proper
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", KEY)
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes a header out.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// A token where it belongs.
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// What browsers say about the page that asks.
    pub(crate) fn origin(self, origin: &str) -> Self {
        self.header("origin", origin)
    }

    /// The list of subprotocols.
    pub(crate) fn protocols(self, list: &str) -> Self {
        self.header("sec-websocket-protocol", list)
    }

    /// A ticket as browsers can send it.
    pub(crate) fn ticket(self, ticket: &str) -> Self {
        self.protocols(&format!("support.v1, ticket.{ticket}"))
    }

    /// The query, without its question mark.
    pub(crate) fn query(self, query: &str) -> Self {
        Self { query: format!("?{query}"), ..self }
    }

    /// Asks; what was answered when that is no socket.
    #[track_caller]
    pub(crate) fn try_open(self) -> Result<Socket, Box<Answer>> {
        let (mut raw, head) = self.ask();
        if status_and_headers(&head).0 == 101 {
            Ok(socket_on(raw, &head))
        } else {
            Err(Box::new(raw.answer_below(&head, "the handshake")))
        }
    }

    /// Asks by way of a proxy, which may answer anything in the place of a server that is not there; none then.
    #[track_caller]
    pub(crate) fn open_by_proxy(self) -> Option<Socket> {
        let (raw, head) = self.ask();
        (status_and_headers(&head).0 == 101).then(|| socket_on(raw, &head))
    }

    #[track_caller]
    fn ask(self) -> (Raw, String) {
        let mut raw = Raw::connect(&self.address);
        let mut request = format!("GET {SOCKET}{} HTTP/1.1\r\nhost: {}\r\n", self.query, self.address.get());
        for (name, value) in &self.headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        raw.write(format!("{request}\r\n"));
        let head = raw.head();
        (raw, head)
    }

    /// Asks, and demands a socket whose first frame says who is connected.
    #[track_caller]
    pub(crate) fn open(self) -> Socket {
        let mut socket = self.try_open().unwrap_or_else(|answer| panic!("{} {}", answer.status, answer.text));
        socket.greet();
        socket
    }

    /// Asks, and demands a refusal with that status and code.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Answer {
        match self.try_open() {
            Err(answer) => answer.refused(status, code),
            Ok(_) => panic!("a socket was opened where {status} {code} was expected"),
        }
    }
}

/// The socket behind a head that says that it is one.
#[track_caller]
fn socket_on(raw: Raw, head: &str) -> Socket {
    let (_, headers) = status_and_headers(head);
    let said = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap_or_default()).to_owned();
    assert_eq!(said("sec-websocket-accept"), ACCEPTED);
    assert!(said("upgrade").eq_ignore_ascii_case("websocket"), "{head}");
    assert_eq!(said("sec-websocket-extensions"), "", "nobody asked for an extension");
    Socket::new(raw.into_stream(), said("sec-websocket-protocol"))
}

impl Person {
    /// A request for a socket in this person's name.
    pub(crate) fn handshake(&self) -> Handshake {
        let handshake = Handshake::at(self.address());
        match &self.token {
            Some(token) => handshake.bearer(token),
            None => handshake,
        }
    }

    /// A socket, by the token in its header.
    #[track_caller]
    pub(crate) fn connect(&self) -> Socket {
        self.handshake().open()
    }

    /// What the route of tickets answers.
    #[track_caller]
    pub(crate) fn ask_for_ticket(&self) -> Answer {
        self.call("POST", TICKETS).untyped_body(Vec::new()).send()
    }

    /// A ticket.
    #[track_caller]
    pub(crate) fn ticket(&self) -> String {
        let answer = self.ask_for_ticket().expect(201);
        assert_eq!(keys(&answer.json), ["expiresAt", "ticket"], "{}", answer.asked);
        let ticket = answer["ticket"].as_str().expect("a ticket").to_owned();
        // It has to fit into a list of subprotocols and into a URL as it is.
        let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        assert!(ticket.len() >= 16 && ticket.bytes().all(harmless), "a ticket of {} characters", ticket.len());
        ticket
    }

    /// A socket, by a ticket: as browsers do it.
    #[track_caller]
    pub(crate) fn connect_by_ticket(&self) -> Socket {
        let socket = Handshake::at(self.address()).ticket(&self.ticket()).open();
        assert_eq!(socket.protocol, "support.v1");
        socket
    }
}

/// Whether a text has the form of a time.
pub(crate) fn is_time(value: &Value) -> bool {
    let digit = |c: char| if c.is_ascii_digit() { '9' } else { c };
    value.as_str().is_some_and(|time| time.chars().map(digit).collect::<String>() == "9999-99-99T99:99:99.999Z")
}
