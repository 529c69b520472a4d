//! A WebSocket as people at the desk use it: what they ask is answered by its request id, and whatever else comes waits
//! in a mailbox, in order. Every frame is held against the form of all frames before a test sees it.
//!
//! Nothing here waits for a while to see that nothing comes: see [`Socket::nothing_came`].

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use super::answer::{keys, keys_but_masked};
use super::handshake::is_time;
use super::person::Conversation;

/// How long a frame may take that has to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// An open socket. Dropping it ends the connection without a word.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: WebSocket<TcpStream>,
    mailbox: VecDeque<Value>,
    asked: usize,
    /// How it ended: with a code, or without a word.
    end: Option<Option<u16>>,
    pongs: Vec<Vec<u8>>,
    heard: Option<String>,
    /// What the first frame said.
    pub(crate) connected: Value,
    /// The subprotocol that the server chose; empty for none.
    pub(crate) protocol: String,
}

/// What a frame was answered with.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    asked: String,
    /// Whether it was done.
    pub(crate) is_ack: bool,
    pub(crate) payload: Value,
}

impl Reply {
    /// Demands success, and returns what was answered.
    #[track_caller]
    pub(crate) fn ack(self) -> Value {
        assert!(self.is_ack, "{} answered {}", self.asked, self.payload);
        self.payload
    }

    /// Demands an error of that code.
    #[track_caller]
    pub(crate) fn refused(self, code: &str) -> Value {
        assert!(!self.is_ack, "{} was done: {}", self.asked, self.payload);
        assert_eq!(self.payload["code"], code, "{} answered {}", self.asked, self.payload);
        self.payload
    }

    /// Demands a validation error that names that field.
    #[track_caller]
    pub(crate) fn refused_field(self, field: &str) -> Value {
        let asked = self.asked.clone();
        let error = self.refused("validation_failed");
        let sentences = error["details"][field].as_array().is_some_and(|all| !all.is_empty());
        assert!(sentences, "{asked} should name {field} in its details: {error}");
        error
    }
}

impl Socket {
    /// On a connection that has left HTTP behind.
    pub(super) fn new(stream: TcpStream, protocol: String) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a bound on waiting");
        stream.set_write_timeout(Some(PATIENCE)).expect("a bound on waiting");
        let config = WebSocketConfig::default().read_buffer_size(16 * 1024);
        Self {
            stream: WebSocket::from_raw_socket(stream, Role::Client, Some(config)),
            mailbox: VecDeque::new(),
            asked: 0,
            end: None,
            pongs: Vec::new(),
            heard: None,
            connected: Value::Null,
            protocol,
        }
    }

    /// Takes the first frame.
    #[track_caller]
    pub(super) fn greet(&mut self) {
        let first = self.must_read();
        assert_eq!((&first["type"], first.get("requestId")), (&json!("support:connected"), None), "{first}");
        self.connected = first["payload"].clone();
    }

    /// From here on keeps every text that comes, to be looked through by [`heard`](Self::heard).
    pub(crate) fn keep_what_comes(&mut self) {
        self.heard = Some(String::new());
    }

    /// All that came since [`keep_what_comes`](Self::keep_what_comes).
    pub(crate) fn heard(&self) -> &str {
        self.heard.as_deref().unwrap_or_default()
    }

    /// The connection itself, for bytes that no proper client sends.
    pub(crate) fn raw(&mut self) -> &mut TcpStream {
        self.stream.get_mut()
    }

    /// The next frame as it comes, past the mailbox; none when the socket has ended.
    #[track_caller]
    pub(crate) fn read(&mut self) -> Option<Value> {
        while self.end.is_none() {
            match self.stream.read() {
                Ok(Message::Text(text)) => {
                    if let Some(heard) = &mut self.heard {
                        heard.push_str(text.as_str());
                    }
                    return Some(checked(text.as_str()));
                }
                Ok(Message::Close(frame)) => {
                    self.end = Some(frame.map(|frame| frame.code.into()));
                    // Says goodbye too, if anybody still listens.
                    let _ = self.stream.flush();
                }
                Ok(Message::Pong(bytes)) => self.pongs.push(bytes.to_vec()),
                Ok(Message::Ping(_)) => {}
                Ok(other) => panic!("the server sent {other:?}"),
                Err(Error::Io(error)) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => {
                    panic!("waited in vain for a frame; unread: {:?}", self.mailbox)
                }
                Err(_) => self.end = Some(None),
            }
        }
        None
    }

    #[track_caller]
    fn must_read(&mut self) -> Value {
        self.read().unwrap_or_else(|| panic!("the socket ended: {:?}; unread: {:?}", self.end, self.mailbox))
    }

    /// Sends a text as it is. That nobody takes it any more is seen when reading.
    pub(crate) fn send_text(&mut self, text: &str) {
        let _ = self.stream.send(Message::text(text));
    }

    /// Sends any message as it is.
    pub(crate) fn send(&mut self, message: Message) {
        let _ = self.stream.send(message);
    }

    /// Sends a frame with a request id of its own, which is returned.
    pub(crate) fn send_frame(&mut self, kind: &str, payload: &Value) -> String {
        self.asked += 1;
        let request_id = format!("request-{}", self.asked);
        self.send_text(&json!({"type": kind, "requestId": request_id, "payload": payload}).to_string());
        request_id
    }

    /// Asks and waits for the answer; none when the socket ends instead. What comes in between waits in the mailbox.
    #[track_caller]
    pub(crate) fn try_ask(&mut self, kind: &str, payload: &Value) -> Option<Reply> {
        let request_id = self.send_frame(kind, payload);
        loop {
            let frame = self.read()?;
            if frame["requestId"] == request_id.as_str() {
                return Some(Reply::of(&frame, kind));
            }
            self.mailbox.push_back(frame);
        }
    }

    /// Asks and waits for the answer.
    #[track_caller]
    pub(crate) fn ask(&mut self, kind: &str, payload: &Value) -> Reply {
        let reply = self.try_ask(kind, payload);
        reply.unwrap_or_else(|| panic!("{kind}: the socket ended: {:?}", self.end))
    }

    /// The next frame that answers something, for what was sent without a request id.
    #[track_caller]
    pub(crate) fn next_answer(&mut self) -> Value {
        loop {
            let frame = self.must_read();
            if is_answer(&frame) {
                return frame;
            }
            self.mailbox.push_back(frame);
        }
    }

    /// Takes the next event of that type, and returns its payload. Others stay where they are.
    #[track_caller]
    pub(crate) fn expect_event(&mut self, kind: &str) -> Value {
        let found = self.mailbox.iter().position(|frame| frame["type"] == kind);
        if let Some(frame) = found.and_then(|place| self.mailbox.remove(place)) {
            return frame["payload"].clone();
        }
        loop {
            let frame = self.must_read();
            if frame["type"] == kind {
                return frame["payload"].clone();
            }
            self.mailbox.push_back(frame);
        }
    }

    /// Takes the next new message, and returns it.
    #[track_caller]
    pub(crate) fn next_message(&mut self) -> Value {
        let payload = self.expect_event("support:newMessage");
        assert_eq!(keys(&payload), ["message"], "{payload}");
        payload["message"].clone()
    }

    /// Takes updates of that conversation until one is as it should be, and returns it.
    #[track_caller]
    pub(crate) fn update_of(&mut self, conversation: &Conversation, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let payload = self.expect_event("support:conversationUpdated");
            assert_eq!(keys(&payload), ["conversation"], "{payload}");
            let seen = &payload["conversation"];
            if seen["id"] == conversation.id.as_str() && is_it(seen) {
                return seen.clone();
            }
        }
    }

    /// Goes to the server and back, so that whatever was on its way to this socket is in the mailbox.
    #[track_caller]
    pub(crate) fn round_trip(&mut self) {
        self.ask("support:leaveConversation", &json!({"conversationId": Conversation::missing().id}));
    }

    /// Takes all that has come until now.
    #[track_caller]
    pub(crate) fn take_events(&mut self) -> Vec<Value> {
        self.round_trip();
        self.mailbox.drain(..).collect()
    }

    /// Demands that no event has come. Only worth something once a witness has got what must not come here.
    #[track_caller]
    pub(crate) fn nothing_came(&mut self) {
        let came = self.take_events();
        assert!(came.is_empty(), "{came:?}");
    }

    /// Demands that no event of that type has come.
    #[track_caller]
    pub(crate) fn none_came_of(&mut self, kind: &str) {
        self.round_trip();
        let came: Vec<&Value> = self.mailbox.iter().filter(|frame| frame["type"] == kind).collect();
        assert!(came.is_empty(), "{came:?}");
    }

    /// Pings, and waits for the pong.
    #[track_caller]
    pub(crate) fn ping(&mut self, words: &[u8]) {
        self.send(Message::Ping(words.to_vec().into()));
        self.round_trip();
        assert!(self.pongs.iter().any(|pong| pong == words), "no pong: {:?}", self.pongs);
    }

    /// Reads until the socket ends, and returns how.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> Option<u16> {
        while let Some(frame) = self.read() {
            self.mailbox.push_back(frame);
        }
        self.end.flatten()
    }

    /// Demands that the server ends it with that code.
    #[track_caller]
    pub(crate) fn closed_with(&mut self, code: u16) {
        let ended = self.ended();
        assert_eq!(ended, Some(code), "unread: {:?}", self.mailbox);
    }

    /// Ends the connection without a word, as a lost network does.
    pub(crate) fn cut(&mut self) {
        let _ = self.stream.get_ref().shutdown(Shutdown::Both);
        self.end.get_or_insert(None);
    }

    /// Joins a conversation, and returns what was answered.
    #[track_caller]
    pub(crate) fn join(&mut self, conversation: &Conversation) -> Value {
        let answer = self.ask("support:joinConversation", &json!({"conversationId": conversation.id})).ack();
        assert_eq!(keys(&answer), ["conversation", "hasMore", "messages"], "{answer}");
        answer
    }

    /// Joins a conversation after the message of that number, and returns what was answered.
    #[track_caller]
    pub(crate) fn join_after(&mut self, conversation: &Conversation, seq: i64) -> Value {
        let payload = json!({"conversationId": conversation.id, "afterSeq": seq});
        let answer = self.ask("support:joinConversation", &payload).ack();
        assert_eq!(keys(&answer), ["conversation", "hasMore", "messages"], "{answer}");
        answer
    }

    /// Leaves a conversation.
    #[track_caller]
    pub(crate) fn leave(&mut self, conversation: &Conversation) {
        let answer = self.ask("support:leaveConversation", &json!({"conversationId": conversation.id})).ack();
        assert_eq!(answer, json!({}));
    }

    /// Sends a message, and returns it.
    #[track_caller]
    pub(crate) fn say(&mut self, conversation: &Conversation, words: &str) -> Value {
        self.say_with(conversation, &json!({"content": words}))
    }

    /// Sends a message with all that the payload says, and returns it.
    #[track_caller]
    pub(crate) fn say_with(&mut self, conversation: &Conversation, payload: &Value) -> Value {
        let answer = self.ask("support:sendMessage", &about(conversation, payload)).ack();
        assert_eq!(keys_but_masked(&answer), ["message"], "{answer}");
        answer["message"].clone()
    }

    /// Reads up to that message, and returns the conversation.
    #[track_caller]
    pub(crate) fn mark_read(&mut self, conversation: &Conversation, up_to: i64) -> Value {
        let answer = self.ask("support:markRead", &about(conversation, &json!({"upToSeq": up_to}))).ack();
        assert_eq!(keys(&answer), ["conversation"], "{answer}");
        answer["conversation"].clone()
    }

    /// Begins to write, or stops.
    #[track_caller]
    pub(crate) fn typing(&mut self, conversation: &Conversation, is_typing: bool) {
        let answer = self.ask("support:typing", &about(conversation, &json!({"isTyping": is_typing}))).ack();
        assert_eq!(answer, json!({}));
    }

    /// Watches all conversations that exist for this person.
    #[track_caller]
    pub(crate) fn watch(&mut self) {
        assert_eq!(self.ask("support:watchInbox", &json!({})).ack(), json!({}));
    }

    /// Renews the life of the socket.
    #[track_caller]
    pub(crate) fn authenticate(&mut self, token: &str) {
        let answer = self.ask("support:authenticate", &json!({"token": token})).ack();
        assert_eq!(keys(&answer), ["expiresAt"], "{answer}");
        assert!(is_time(&answer["expiresAt"]), "{answer}");
    }
}

impl Reply {
    fn of(frame: &Value, asked: &str) -> Self {
        assert!(is_answer(frame), "{asked} was answered by {frame}");
        Self { asked: asked.to_owned(), is_ack: frame["type"] == "support:ack", payload: frame["payload"].clone() }
    }
}

/// A payload with the conversation that it is about.
pub(crate) fn about(conversation: &Conversation, payload: &Value) -> Value {
    let mut payload = payload.clone();
    payload["conversationId"] = json!(conversation.id);
    payload
}

fn is_answer(frame: &Value) -> bool {
    frame["type"] == "support:ack" || frame["type"] == "support:error"
}

/// A text, held against what holds for every frame of the server.
#[track_caller]
fn checked(text: &str) -> Value {
    let frame: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("no JSON ({error}): {text}"));
    for key in keys(&frame) {
        assert!(["type", "requestId", "payload"].contains(&key.as_str()), "{key} in {text}");
    }
    assert!(frame["type"].as_str().is_some_and(|kind| kind.starts_with("support:")), "{text}");
    assert!(frame["payload"].is_object(), "{text}");
    assert!(is_answer(&frame) || frame.get("requestId").is_none(), "an event that answers something: {text}");
    if frame["type"] == "support:error" {
        check_error(&frame["payload"], text);
    }
    frame
}

#[track_caller]
fn check_error(error: &Value, text: &str) {
    for key in keys(error) {
        assert!(["code", "message", "details"].contains(&key.as_str()), "{key} in {text}");
    }
    let snake_case = |code: &str| !code.is_empty() && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    assert!(error["code"].as_str().is_some_and(snake_case), "{text}");
    assert!(error["message"].as_str().is_some_and(|words| !words.trim().is_empty()), "{text}");
    for betrayal in ["diesel", "sqlite", "postgres", "SELECT", "INSERT", "support_messages", ".rs:", "panicked"] {
        assert!(!text.contains(betrayal), "the error speaks of {betrayal}: {text}");
    }
}
