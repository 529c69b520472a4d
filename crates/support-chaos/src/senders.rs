//! Those who write, read and change, and do not give up: what was refused or went unanswered is sent again under the same
//! key, at the next node if need be, until it is acknowledged.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use support_load::Trouble;
use support_load::dice::Dice;
use support_load::ledger::{Receipt, receipt};
use support_load::people::Person;
use support_load::rest::RestClient;
use support_load::scan::{scan_answer, scan_frame};
use support_load::socket::Socket;
use uuid::Uuid;

use crate::books::Room;
use crate::traffic::Shared;

/// Between two tries of one thing.
const PAUSE: Duration = Duration::from_millis(100);
/// How long one message is tried before that is a fault of the desk.
const LONGEST: Duration = Duration::from_secs(120);

/// One sender: a person at one conversation, with a way to the nodes.
pub(crate) struct Sender {
    pub(crate) shared: Arc<Shared>,
    pub(crate) room: usize,
    pub(crate) person: Person,
    pub(crate) dice: Dice,
    pub(crate) way: Way,
}

/// How a sender speaks.
pub(crate) enum Way {
    /// Over requests.
    Rest(RestClient),
    /// Over a socket, which is made when it is needed; the number is that of the next node.
    Socket(Option<Box<Socket>>, usize),
}

impl Sender {
    /// Writes, and now and then reads or changes, until all is over.
    pub(crate) async fn work(mut self) {
        while !self.shared.is_over() {
            match self.dice.roll() % 12 {
                0 => self.read().await,
                1 => self.change().await,
                _ => self.send().await,
            }
            let longest = self.shared.plan.pause;
            tokio::time::sleep(self.dice.below(longest)).await;
        }
    }

    fn room(&self) -> &Room {
        &self.shared.rooms[self.room]
    }

    /// Sends one message until it is acknowledged.
    async fn send(&mut self) {
        let shared = Arc::clone(&self.shared);
        let (books, key) = (&shared.books, shared.books.key());
        let text = format!("Message {}. {}", key.number, self.dice.text(60));
        let key = key.to_uuid();
        self.room().ledger().send(key);
        let first = books.now();
        loop {
            let tried = books.now();
            match self.try_send(key, &text).await {
                Ok(receipt) => {
                    self.room().ledger().acknowledge(key, receipt);
                    books.acknowledge(first, tried);
                    return;
                }
                Err(trouble) => {
                    let may_be = shared.plan.may_be(&trouble);
                    books.trouble(&trouble.kind);
                    if !may_be || books.now().saturating_sub(first) > LONGEST {
                        books.fault(format!("a message was not taken, the last answer was {trouble}"));
                        return;
                    }
                    let wait = PAUSE + self.dice.below(PAUSE);
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    async fn try_send(&mut self, key: Uuid, text: &str) -> Result<Receipt, Trouble> {
        let (shared, id) = (Arc::clone(&self.shared), self.room().id.clone());
        let understood = |receipt: Option<Receipt>| receipt.ok_or_else(|| Trouble::new("not_understood"));
        match &mut self.way {
            Way::Rest(client) => {
                let path = format!("{}/{id}/messages", self.person.conversations());
                let body = json!({"content": text, "clientMessageId": key}).to_string();
                let answer = client.post(&self.person, &path, body).await?;
                understood(scan_answer(&answer).as_ref().and_then(receipt))
            }
            Way::Socket(open, next) => {
                let mut socket = match open.take() {
                    Some(socket) => socket,
                    None => {
                        *next += 1;
                        Box::new(shared.connect(&self.person, *next).await?)
                    }
                };
                let payload = json!({"conversationId": id, "content": text, "clientMessageId": key});
                let answer = socket.ask("support:sendMessage", &payload, |_| {}).await;
                // A refusal leaves the socket as it was; whatever else went wrong ends it.
                if answer.as_ref().map_or_else(|trouble| trouble.kind.starts_with("socket_"), |_| true) {
                    *open = Some(socket);
                }
                let answer = answer?;
                understood(scan_frame(&answer).and_then(|frame| frame.message).as_ref().and_then(receipt))
            }
        }
    }

    /// Marks as read what was acknowledged so far. Not tried again: what counts is what was acknowledged.
    async fn read(&mut self) {
        let up_to = self.room().ledger().last_seq();
        let path = format!("{}/{}/read", self.person.conversations(), self.room().id);
        let body = json!({"upToSeq": up_to}).to_string();
        let Way::Rest(client) = &mut self.way else { return };
        match client.post(&self.person, &path, body).await {
            Ok(_) if !self.person.is_admin => {
                self.room().read.fetch_max(up_to, Ordering::Relaxed);
                self.shared.books.acknowledge_change();
            }
            Ok(_) => self.shared.books.acknowledge_change(),
            Err(trouble) => self.shared.refused(&trouble),
        }
    }

    /// Changes status or priority, if it is one of the staff. One at a time, so that each change is one record.
    async fn change(&mut self) {
        const PRIORITIES: [&str; 4] = ["low", "normal", "high", "urgent"];
        if !self.person.is_admin {
            return;
        }
        let roll = self.dice.roll();
        let what = if roll.is_multiple_of(2) {
            json!({"status": if (roll / 2).is_multiple_of(2) { "resolved" } else { "open" }})
        } else {
            json!({"priority": PRIORITIES[usize::try_from(roll / 2 % 4).unwrap_or(0)]})
        };
        let path = format!("{}/{}", self.person.conversations(), self.room().id);
        let Way::Rest(client) = &mut self.way else { return };
        match client.patch(&self.person, &path, what.to_string()).await {
            Ok(answer) => {
                let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
                let version = answer["conversation"]["version"].as_u64().unwrap_or(0);
                self.room().version.fetch_max(version, Ordering::Relaxed);
                self.shared.books.acknowledge_change();
            }
            Err(trouble) => self.shared.refused(&trouble),
        }
    }
}
