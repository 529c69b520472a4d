//! A sender's way to the server: REST, or a socket that has joined the sender's conversations and counts what comes
//! there. An ack takes the place of the message, so acks are counted as well.

use std::sync::Arc;

use crate::Trouble;
use crate::follower::Follower;
use crate::ledger::{Receipt, receipt};
use crate::options::Over;
use crate::people::Person;
use crate::rest::RestClient;
use crate::rooms::Room;
use crate::run::Run;
use crate::scan::{ScannedFrame, scan_answer, scan_frame};
use crate::socket::Socket;

/// One sender's connection.
#[derive(Debug)]
pub(crate) struct Line {
    run: Arc<Run>,
    rooms: Arc<Vec<Room>>,
    person: Person,
    way: Way,
    /// The rooms of this sender, by their index, and what has come of them.
    pub(crate) followers: Vec<(usize, Follower)>,
}

#[derive(Debug)]
enum Way {
    Rest(RestClient),
    Socket(Option<Box<Socket>>),
}

impl Line {
    /// Not connected yet.
    pub(crate) fn new(run: &Arc<Run>, rooms: &Arc<Vec<Room>>, person: Person, over: Over, own: &[usize]) -> Self {
        let way = match over {
            Over::Rest => Way::Rest(run.rest_client()),
            Over::Socket => Way::Socket(None),
        };
        let followers = own.iter().map(|room| (*room, Follower::default())).collect();
        Self { run: Arc::clone(run), rooms: Arc::clone(rooms), person, way, followers }
    }

    /// Connects, if that is a thing of its own.
    pub(crate) async fn prepare(&mut self) -> Result<(), Trouble> {
        if !matches!(self.way, Way::Socket(None)) {
            return Ok(());
        }
        let (target, number) = self.run.next_target();
        let mut socket = Socket::open(&target, &self.person, number, self.run.patience()).await?;
        for index in 0..self.followers.len() {
            loop {
                let (room, follower) = &self.followers[index];
                let (id, after) = (self.rooms[*room].id.clone(), follower.last());
                let joined = socket.join(&id, after, |frame| count(&self.rooms, &mut self.followers, frame)).await?;
                for message in &joined.messages {
                    self.followers[index].1.take(message.seq);
                }
                if !joined.has_more || joined.messages.is_empty() {
                    break;
                }
            }
        }
        self.way = Way::Socket(Some(Box::new(socket)));
        Ok(())
    }

    /// Sends a message and waits until it is acknowledged. After a failure nobody knows whether it was kept.
    pub(crate) async fn send(&mut self, room: usize, key: &str, text: &str) -> Result<Receipt, Trouble> {
        self.prepare().await?;
        let id = &self.rooms[room].id;
        match &mut self.way {
            Way::Rest(client) => {
                let path = format!("{}/{id}/messages", self.person.conversations());
                let body = serde_json::json!({"content": text, "clientMessageId": key}).to_string();
                let answer = client.post(&self.person, &path, body).await?;
                scan_answer(&answer).as_ref().and_then(receipt).ok_or_else(|| Trouble::new("not_understood"))
            }
            Way::Socket(way) => {
                let Some(mut socket) = way.take() else { return Err(Trouble::new("lost")) };
                let payload = serde_json::json!({"conversationId": id, "content": text, "clientMessageId": key});
                let (rooms, followers) = (&self.rooms, &mut self.followers);
                let answer = socket.ask("support:sendMessage", &payload, |frame| count(rooms, followers, frame)).await;
                // A refusal leaves the socket as it was; whatever else went wrong ends it.
                if answer.as_ref().map_or_else(|trouble| trouble.kind.starts_with("socket_"), |_| true) {
                    *way = Some(socket);
                }
                let answer = answer?;
                let frame = scan_frame(&answer).ok_or_else(|| Trouble::new("not_understood"))?;
                count(rooms, followers, &frame);
                frame.message.as_ref().and_then(receipt).ok_or_else(|| Trouble::new("not_understood"))
            }
        }
    }

    /// Hangs up.
    pub(crate) async fn close(self) -> Vec<(usize, Follower)> {
        if let Way::Socket(Some(socket)) = self.way {
            socket.close().await;
        }
        self.followers
    }
}

/// Counts a message that came, as event or as ack.
fn count(rooms: &[Room], followers: &mut [(usize, Follower)], frame: &ScannedFrame<'_>) {
    let Some(message) = frame.message else { return };
    if let Some((_, follower)) = followers.iter_mut().find(|(room, _)| rooms[*room].id == message.conversation_id) {
        follower.take(message.seq);
    }
}
