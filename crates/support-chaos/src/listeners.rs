//! Those who listen: a socket each, which comes back at the next node when it is lost, behind the last message that it
//! has, and holds every message against the one before.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use support_load::Trouble;
use support_load::dice::Dice;
use support_load::follower::Follower;
use support_load::people::Person;
use support_load::scan::{ScannedFrame, scan_frame};
use support_load::socket::Socket;

use crate::traffic::Shared;

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// After so long without a frame a listener that is not patient asks whether anybody is there.
const SILENCE: Duration = Duration::from_secs(2);

/// One who listens to one conversation.
pub(crate) struct Listener {
    pub(crate) shared: Arc<Shared>,
    pub(crate) room: usize,
    pub(crate) person: Person,
    pub(crate) dice: Dice,
    /// The node of the next connection.
    pub(crate) next: usize,
    /// Whether it keeps a silent socket for as long as that is open.
    pub(crate) is_patient: bool,
    pub(crate) state: Arc<ListenerState>,
    pub(crate) follower: Follower,
}

/// What others can see of a listener.
#[derive(Debug, Default)]
pub(crate) struct ListenerState {
    /// The number of the last message that it has.
    pub(crate) last: AtomicU64,
    /// How often it has joined.
    pub(crate) joins: AtomicU64,
}

impl Listener {
    /// Listens until all is over; returns what it has heard.
    pub(crate) async fn listen(mut self) -> (usize, Follower) {
        let mut wait = FIRST_WAIT;
        while !self.shared.is_dispersed() {
            let trouble = match self.enter().await {
                Ok(socket) => {
                    wait = FIRST_WAIT;
                    self.state.joins.fetch_add(1, Ordering::Relaxed);
                    match self.stay(socket).await {
                        None => break,
                        Some(trouble) => trouble,
                    }
                }
                Err(trouble) => trouble,
            };
            self.shared.refused(&trouble);
            self.next += 1;
            let pause = wait / 2 + self.dice.below(wait / 2);
            if self.shared.is_dispersed_within(pause).await {
                break;
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        (self.room, self.follower)
    }

    /// A new socket that has joined, behind all that was there.
    async fn enter(&mut self) -> Result<Socket, Trouble> {
        let mut socket = self.shared.connect(&self.person, self.next).await?;
        let shared = Arc::clone(&self.shared);
        let room = &shared.rooms[self.room].id;
        loop {
            let (after, follower) = (self.follower.last(), &mut self.follower);
            let joined = socket.join(room, after, |frame| take(follower, room, frame)).await?;
            for message in &joined.messages {
                self.follower.take(message.seq);
            }
            if !joined.has_more || joined.messages.is_empty() {
                self.state.last.store(self.follower.last(), Ordering::Relaxed);
                return Ok(socket);
            }
        }
    }

    /// Takes what comes, until the socket is lost, or, without a trouble, all is over.
    async fn stay(&mut self, mut socket: Socket) -> Option<Trouble> {
        let shared = Arc::clone(&self.shared);
        let room = &shared.rooms[self.room].id;
        loop {
            let silence = if self.is_patient { Duration::MAX } else { SILENCE };
            tokio::select! {
                came = tokio::time::timeout(silence, socket.next()) => match came {
                    Ok(Ok(text)) => {
                        let Some(frame) = scan_frame(&text) else { return Some(Trouble::new("not_understood")) };
                        take(&mut self.follower, room, &frame);
                    }
                    Ok(Err(trouble)) => return Some(trouble),
                    Err(_) => {
                        let follower = &mut self.follower;
                        let payload = json!({"conversationId": room, "isTyping": false});
                        // It fetches nothing: what was missed has to come by itself.
                        let asked = socket.ask("support:typing", &payload, |frame| take(follower, room, frame)).await;
                        if let Err(trouble) = asked {
                            return Some(trouble);
                        }
                    }
                },
                () = shared.dispersed() => {
                    socket.close().await;
                    return None;
                }
            }
            self.state.last.store(self.follower.last(), Ordering::Relaxed);
        }
    }
}

/// Counts a message of that conversation.
fn take(follower: &mut Follower, room: &str, frame: &ScannedFrame<'_>) {
    if let Some(message) = frame.message.filter(|message| message.conversation_id == room) {
        follower.take(message.seq);
    }
}
