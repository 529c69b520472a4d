//! Somebody who follows a conversation for good: every message has to come once, and in the order of the numbers, over
//! acknowledgements and events together. A cut connection is made anew and goes on after the last number that came.

use serde_json::{Value, json};

use super::person::{Conversation, Person};
use super::socket::{Socket, about};

/// What the server closes with when a client was too slow; it may come back.
const TOO_SLOW: u16 = 4008;

/// A client that holds every message against the number before.
#[derive(Debug)]
pub(crate) struct Follower {
    person: Person,
    conversation: Conversation,
    socket: Socket,
    /// The number of the last message that came.
    pub(crate) seq: i64,
    /// The texts of all that came.
    pub(crate) texts: Vec<String>,
    sent: usize,
    /// How often it had to come back.
    pub(crate) returns: usize,
}

/// What a frame was, for somebody who follows.
enum Came {
    /// The answer to a request for what came after a number: whether there is more.
    Page(bool),
    /// The answer to a message that was sent.
    Sent,
    /// Anything else.
    Event,
}

impl Follower {
    /// Joins from the first message on.
    #[track_caller]
    pub(crate) fn join(person: &Person, conversation: &Conversation) -> Self {
        let (person, conversation) = (person.clone(), conversation.clone());
        let socket = person.connect();
        let mut follower = Self { person, conversation, socket, seq: 0, texts: Vec::new(), sent: 0, returns: 0 };
        follower.catch_up();
        follower
    }

    /// Asks for what came after the last one until there is no more.
    #[track_caller]
    fn catch_up(&mut self) {
        loop {
            let payload = about(&self.conversation, &json!({"afterSeq": self.seq}));
            self.socket.send_frame("support:joinConversation", &payload);
            let has_more = loop {
                match self.next() {
                    None => break true,
                    Some(Came::Page(has_more)) => break has_more,
                    Some(_) => {}
                }
            };
            if !has_more {
                return;
            }
        }
    }

    /// Takes the next frame. When the server found this client too slow, makes a new connection and returns none: what
    /// was asked has to be asked again.
    #[track_caller]
    fn next(&mut self) -> Option<Came> {
        let Some(frame) = self.socket.read() else {
            let code = self.socket.ended();
            assert_eq!(code, Some(TOO_SLOW), "after message {} the socket ended", self.seq);
            self.connect_again();
            return None;
        };
        let payload = &frame["payload"];
        Some(match frame["type"].as_str().unwrap_or_default() {
            "support:newMessage" => {
                self.take(&payload["message"]);
                Came::Event
            }
            "support:ack" if payload["messages"].is_array() => {
                let messages = payload["messages"].as_array().cloned().unwrap_or_default();
                assert!(messages.len() <= 100, "{} messages at once", messages.len());
                messages.iter().for_each(|message| self.take(message));
                Came::Page(payload["hasMore"].as_bool().expect("hasMore"))
            }
            "support:ack" if payload["message"].is_object() => {
                let message = payload["message"].clone();
                // What was sent again after a cut may have come already; otherwise the answer is the only one to bring it.
                let has_come = message["seq"].as_i64().is_some_and(|seq| seq <= self.seq);
                if !has_come || self.returns == 0 {
                    self.take(&message);
                }
                Came::Sent
            }
            "support:error" => panic!("after message {}: {frame}", self.seq),
            _ => Came::Event,
        })
    }

    #[track_caller]
    fn take(&mut self, message: &Value) {
        assert_eq!(message["conversationId"], self.conversation.id.as_str(), "{message}");
        assert_eq!(message["seq"], self.seq + 1, "message {} is followed by {message}", self.seq);
        self.seq += 1;
        self.texts.push(message["text"].as_str().expect("text").to_owned());
    }

    /// Follows until the message of that number has come.
    #[track_caller]
    pub(crate) fn follow_until(&mut self, seq: i64) {
        while self.seq < seq {
            if self.next().is_none() {
                self.catch_up();
            }
        }
    }

    /// Sends a message under a key of its own until it is acknowledged.
    #[track_caller]
    pub(crate) fn say(&mut self, words: &str) {
        self.sent += 1;
        let key = format!("{}-{}", self.sent, words.len());
        self.say_under(&key, words);
    }

    /// Sends a message under that key until it is acknowledged.
    #[track_caller]
    pub(crate) fn say_under(&mut self, key: &str, words: &str) {
        let payload = about(&self.conversation, &json!({"content": words, "clientMessageId": key}));
        self.socket.send_frame("support:sendMessage", &payload);
        loop {
            match self.next() {
                Some(Came::Sent) => return,
                Some(_) => {}
                None => {
                    self.catch_up();
                    self.socket.send_frame("support:sendMessage", &payload);
                }
            }
        }
    }

    /// Sends a message under that key, and loses the connection before an answer is read.
    #[track_caller]
    pub(crate) fn say_and_lose(&mut self, key: &str, words: &str) {
        let payload = about(&self.conversation, &json!({"content": words, "clientMessageId": key}));
        self.socket.send_frame("support:sendMessage", &payload);
        self.cut_and_return();
    }

    /// Loses the connection, and comes back after the last message that came.
    #[track_caller]
    pub(crate) fn cut_and_return(&mut self) {
        self.socket.cut();
        self.connect_again();
        self.catch_up();
    }

    /// Goes on at another server.
    #[track_caller]
    pub(crate) fn move_to(&mut self, person: &Person) {
        self.socket.cut();
        self.person = person.clone();
        self.connect_again();
        self.catch_up();
    }

    fn connect_again(&mut self) {
        self.returns += 1;
        self.socket = self.person.connect();
    }
}
