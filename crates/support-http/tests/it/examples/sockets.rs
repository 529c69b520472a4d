//! What is played over sockets: each message of the protocol at least once.

use serde_json::{Map, Value, json};

use super::recorder::Recorder;
use super::rest::People;
use crate::harness::{Conversation, Desk, Socket, about};

/// Frames as they went over the line, by the names that messages have in the AsyncAPI document.
struct Line {
    recorder: Recorder,
    frames: Map<String, Value>,
    asked: usize,
}

impl Line {
    fn note(&mut self, message: &str, frame: &Value) {
        let frame = self.recorder.shown(frame);
        let known = self.frames.entry(message).or_insert_with(|| json!([])).as_array_mut().expect("a list");
        // The same answer to another question tells nothing new.
        if known.iter().all(|one| one["payload"] != frame["payload"]) {
            known.push(frame);
        }
    }

    /// Somebody asks; both the frame and its answer are noted.
    #[track_caller]
    fn ask(&mut self, socket: &mut Socket, names: (&str, &str), kind: &str, payload: &Value) {
        self.recorder.next_step();
        self.asked += 1;
        let request_id = self.asked.to_string();
        let reply = socket.ask(kind, payload);
        let shown = if kind == "support:authenticate" { json!({"token": "TOKEN"}) } else { payload.clone() };
        self.note(names.0, &json!({"type": kind, "requestId": request_id, "payload": shown}));
        let kind = if reply.is_ack { "support:ack" } else { "support:error" };
        self.note(names.1, &json!({"type": kind, "requestId": request_id, "payload": reply.payload}));
    }

    /// Somebody is told; noted under that name.
    #[track_caller]
    fn told(&mut self, socket: &mut Socket, message: &str) {
        let kind = format!("support:{message}");
        let payload = socket.expect_event(&kind);
        self.note(message, &json!({"type": kind, "payload": payload}));
    }
}

/// Plays all of it, and returns the frames by message.
#[track_caller]
pub(super) fn play(desk: &Desk) -> Map<String, Value> {
    let people = People::at(desk);
    let mut line = Line { recorder: Recorder::of(desk), frames: Map::new(), asked: 0 };
    line.recorder.next_step();
    let opened = people.driver.open("Trip fare is missing", "The fare of my last trip to Uttara is not in my wallet.");
    line.recorder.shown(&opened.json);
    line.recorder.next_step();
    people.admin.send(&opened, "Thank you for writing. We are looking at the trip now.");
    let (mut driver, mut admin) = (people.driver.connect_by_ticket(), people.admin.connect());
    for socket in [&driver, &admin] {
        line.note("connected", &json!({"type": "support:connected", "payload": socket.connected}));
    }
    both_follow(&mut line, &mut driver, &mut admin, &opened);
    they_talk(&mut line, &mut driver, &mut admin, &opened);
    line.recorder.next_step();
    people.admin.send(&opened, "The fare was added to your wallet.");
    line.told(&mut driver, "newMessage");
    line.ask(&mut driver, ("markRead", "markedRead"), "support:markRead", &about(&opened, &json!({"upToSeq": 4})));
    line.told(&mut admin, "messagesRead");
    line.recorder.next_step();
    people.admin.change(&opened, &json!({"priority": "low"}));
    line.told(&mut driver, "conversationUpdated");
    let late = about(&opened, &json!({"content": "Thank you!", "ifLastSeq": 3}));
    line.ask(&mut driver, ("sendMessage", "error"), "support:sendMessage", &late);
    let whom = json!({"conversationId": opened.id});
    line.ask(&mut driver, ("leaveConversation", "done"), "support:leaveConversation", &whom);
    line.recorder.life = 3_600_000;
    let token = desk.driver("driver-rahim", "BD").token.expect("a token");
    line.ask(&mut driver, ("authenticate", "renewed"), "support:authenticate", &json!({"token": token}));
    line.frames
}

#[track_caller]
fn both_follow(line: &mut Line, driver: &mut Socket, admin: &mut Socket, opened: &Conversation) {
    let join = about(opened, &json!({"afterSeq": 1}));
    line.ask(driver, ("joinConversation", "joined"), "support:joinConversation", &join);
    admin.join(opened);
    line.ask(admin, ("watchInbox", "done"), "support:watchInbox", &json!({}));
}

#[track_caller]
fn they_talk(line: &mut Line, driver: &mut Socket, admin: &mut Socket, opened: &Conversation) {
    line.ask(driver, ("showTyping", "done"), "support:typing", &about(opened, &json!({"isTyping": true})));
    line.told(admin, "typing");
    let words = json!({"content": "It was trip 8842217.", "clientMessageId": "0b6f4f0e-3f0c-4a53-9d9f-5f3f4f2f9b1a"});
    line.ask(driver, ("sendMessage", "sent"), "support:sendMessage", &about(opened, &words));
    line.told(admin, "newMessage");
    line.told(admin, "conversationUpdated");
}
