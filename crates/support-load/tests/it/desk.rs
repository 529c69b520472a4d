//! A desk that was made up: as much of the public interface as the load generator uses, in memory, and every fault on
//! demand. It knows no token and no limit. Ends with the test's process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use uuid::Uuid;

/// What the desk does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// Message 3 was acknowledged and is not in the conversation.
    Loses,
    /// Message 3 stands there twice.
    Doubles,
    /// Messages 3 and 4 stand there in the wrong order.
    Reorders,
    /// Nothing is kept that bears the number 3, 6, ...: the sender is answered with 503.
    Refuses,
    /// As before, but the message was kept.
    Forgets,
    /// Message 3 does not come to sockets.
    DeliversNot,
    /// Message 3 comes twice to sockets.
    DeliversTwice,
    /// Message 3 comes to sockets after message 4.
    DeliversLate,
    /// The first message that a socket has missed is not in the answer to its resume.
    ResumesShort,
    /// Sockets are ended after message 3; that they resume is right.
    HangsUp,
    /// The second conversation of every list comes again on its second page.
    ListsTwice,
}

/// Instead of a frame: the socket ends.
const HANG_UP: &str = "";

#[derive(Debug, Default)]
struct State {
    rooms: HashMap<String, Vec<Value>>,
    /// In the order in which they were opened.
    order: Vec<String>,
    posts: u64,
    listeners: Vec<(String, UnboundedSender<String>)>,
    held: HashMap<String, String>,
}

#[derive(Debug, Clone)]
struct Desk {
    fault: Fault,
    state: Arc<Mutex<State>>,
}

/// Starts a desk; its URL.
pub(crate) fn open(fault: Fault) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let (listener, state) = (TcpListener::from_std(listener).unwrap(), Arc::default());
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Desk { fault, state: Arc::clone(&state) }.serve(stream));
            }
        });
    });
    url
}

impl Desk {
    /// Requests of one connection, until it becomes a WebSocket or ends.
    async fn serve(self, mut stream: TcpStream) -> Option<()> {
        let mut buffer = Vec::new();
        loop {
            let head_end = loop {
                if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                    break at + 4;
                }
                if stream.read_buf(&mut buffer).await.ok()? == 0 {
                    return None;
                }
            };
            let head = String::from_utf8(buffer.drain(..head_end).collect()).ok()?;
            let header = |name: &str| {
                let mut fields = head.lines().filter_map(|line| line.split_once(": "));
                fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
            };
            if let Some(key) = header("sec-websocket-key") {
                let accept = derive_accept_key(key.as_bytes());
                let answer = format!(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
                );
                stream.write_all(answer.as_bytes()).await.ok()?;
                return self.listen(WebSocketStream::from_raw_socket(stream, Role::Server, None).await).await;
            }
            let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            while buffer.len() < length {
                stream.read_buf(&mut buffer).await.ok()?;
            }
            let body = serde_json::from_slice(&buffer.drain(..length).collect::<Vec<_>>()).unwrap_or_default();
            let mut words = head.split(' ');
            let (status, answer) = self.answer(words.next()?, words.next()?, &body);
            let (answer, length) = (answer.to_string(), answer.to_string().len());
            let head =
                format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
            stream.write_all((head + &answer).as_bytes()).await.ok()?;
        }
    }

    fn answer(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let parts: Vec<&str> =
            path.trim_start_matches("/api/admin/support").trim_start_matches("/api/support").split('/').collect();
        match (method, &parts[1..]) {
            ("POST", ["conversations"]) => {
                let id = Uuid::from_u128(self.state.lock().unwrap().order.len() as u128 + 1).to_string();
                self.state.lock().unwrap().order.push(id.clone());
                let message = self.keep(&id, body, None);
                (201, json!({"conversation": {"id": id}, "message": message}))
            }
            ("POST", ["conversations", id, "messages"]) => {
                let is_third = {
                    let mut state = self.state.lock().unwrap();
                    state.posts += 1;
                    state.posts.is_multiple_of(3)
                };
                if is_third && self.fault == Fault::Refuses {
                    return (503, json!({"code": "unavailable"}));
                }
                let message = self.keep(id, body, None);
                if is_third && self.fault == Fault::Forgets {
                    return (503, json!({"code": "unavailable"}));
                }
                (201, json!({"message": message}))
            }
            ("GET", ["conversations", id, "messages"]) => (200, self.page(id, number(query, "afterSeq"))),
            ("GET", ["conversations"]) => (200, self.list(number(query, "cursor"), number(query, "limit"))),
            _ => (404, json!({"code": "not_found"})),
        }
    }

    /// Numbers a message, keeps it, and tells those who listen, but not who sent it.
    fn keep(&self, room: &str, body: &Value, sender: Option<&UnboundedSender<String>>) -> Value {
        let mut state = self.state.lock().unwrap();
        let messages = state.rooms.entry(room.to_owned()).or_default();
        let (seq, id) = (messages.len() + 1, Uuid::from_u128(u128::from_str_radix(&room[28..], 16).unwrap() << 64));
        let id = Uuid::from_u128(id.as_u128() + seq as u128);
        let message = json!({"id": id, "conversationId": room, "seq": seq, "clientMessageId": body["clientMessageId"]});
        messages.push(message.clone());
        let frame = json!({"type": "support:newMessage", "payload": {"message": message}}).to_string();
        let frames = match (self.fault, seq) {
            (Fault::DeliversNot, 3) => Vec::new(),
            (Fault::HangsUp, 3) => vec![HANG_UP.to_owned()],
            (Fault::DeliversTwice, 3) => vec![frame.clone(), frame],
            (Fault::DeliversLate, 3) => {
                state.held.insert(room.to_owned(), frame);
                Vec::new()
            }
            _ => [frame].into_iter().chain(state.held.remove(room)).collect(),
        };
        let is_told = |listener: &UnboundedSender<String>| sender.is_none_or(|sender| !sender.same_channel(listener));
        for (_, listener) in state.listeners.iter().filter(|(of, to)| of == room && is_told(to)) {
            frames.iter().for_each(|frame| drop(listener.send(frame.clone())));
        }
        message
    }

    fn page(&self, room: &str, after: usize) -> Value {
        let mut all = self.state.lock().unwrap().rooms[room].clone();
        match self.fault {
            Fault::Loses => drop(all.remove(2)),
            Fault::Doubles => all.insert(2, all[2].clone()),
            Fault::Reorders => all.swap(2, 3),
            _ => {}
        }
        all.retain(|message| message["seq"].as_u64().unwrap() > after as u64);
        let has_more = all.len() > 100;
        all.truncate(100);
        json!({"messages": all, "pagination": {"hasMore": has_more}})
    }

    fn list(&self, cursor: usize, limit: usize) -> Value {
        let mut ids: Vec<String> = self.state.lock().unwrap().order.iter().skip(cursor).take(limit).cloned().collect();
        let next = (ids.len() == limit).then(|| (cursor + limit).to_string());
        if self.fault == Fault::ListsTwice && cursor == limit {
            ids.push(self.state.lock().unwrap().order[1].clone());
        }
        let conversations: Vec<Value> = ids.into_iter().map(|id| json!({"id": id})).collect();
        json!({"conversations": conversations, "pagination": {"nextCursor": next}})
    }

    async fn listen(self, mut socket: WebSocketStream<TcpStream>) -> Option<()> {
        let (sender, mut told) = unbounded_channel();
        sender.send(json!({"type": "support:connected", "payload": {}}).to_string()).ok()?;
        loop {
            tokio::select! {
                frame = told.recv() => {
                    let frame = frame.filter(|frame| frame != HANG_UP)?;
                    socket.send(Message::text(frame)).await.ok()?;
                }
                asked = socket.next() => {
                    let Message::Text(text) = asked?.ok()? else { continue };
                    let asked: Value = serde_json::from_str(&text).ok()?;
                    let room = asked["payload"]["conversationId"].as_str()?;
                    let payload = if asked["type"] == "support:joinConversation" {
                        let mut state = self.state.lock().unwrap();
                        state.listeners.push((room.to_owned(), sender.clone()));
                        let after = asked["payload"]["afterSeq"].as_u64().unwrap_or(0);
                        let mut messages = state.rooms[room].clone();
                        messages.retain(|message| message["seq"].as_u64().unwrap() > after);
                        if self.fault == Fault::ResumesShort && after > 0 && !messages.is_empty() {
                            messages.remove(0);
                        }
                        json!({"messages": messages, "hasMore": false})
                    } else {
                        json!({"message": self.keep(room, &asked["payload"], Some(&sender))})
                    };
                    let ack = json!({"type": "support:ack", "requestId": asked["requestId"], "payload": payload});
                    sender.send(ack.to_string()).ok()?;
                }
            }
        }
    }
}

fn number(query: &str, name: &str) -> usize {
    let mut fields = query.split('&').filter_map(|field| field.split_once('='));
    fields.find(|(key, _)| *key == name).and_then(|(_, value)| value.parse().ok()).unwrap_or(0)
}
