//! People who use the desk while it is broken: senders and listeners at some conversations, and at the end the accounts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use support_load::dice::Dice;
use support_load::follower::Follower;
use support_load::ledger::{Found, receipt};
use support_load::page::Page;
use support_load::people::{People, Person};
use support_load::rest::RestClient;
use support_load::scan::scan_answer;
use support_load::socket::Socket;
use support_load::target::Target;
use support_load::{Stop, Trouble};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::books::{Books, Room};
use crate::evidence::Database;
use crate::listeners::{Listener, ListenerState};
use crate::program::wait_for;
use crate::report::Account;
use crate::senders::{Sender, Way};
use crate::stage::Stage;

/// How the desk is used.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Where the nodes are.
    pub(crate) urls: Vec<String>,
    /// How many conversations; each has its user and one of the staff who write, and the same two who listen.
    pub(crate) rooms: usize,
    /// The longest pause of a sender between two things.
    pub(crate) pause: Duration,
    /// How long a client waits for an answer.
    pub(crate) patience: Duration,
    /// Whether every second listener keeps a silent socket as long as it is open.
    pub(crate) has_patient_listeners: bool,
    /// Refusals that may be, besides those that say that somebody is away.
    pub(crate) tolerated: &'static [&'static str],
}

/// What all who use the desk share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) plan: Plan,
    pub(crate) books: Books,
    pub(crate) rooms: Vec<Room>,
    targets: Arc<[Arc<Target>]>,
    is_over: AtomicBool,
    dispersed: watch::Sender<bool>,
}

/// People at work.
#[derive(Debug)]
pub(crate) struct Traffic {
    pub(crate) shared: Arc<Shared>,
    runtime: Handle,
    senders: Vec<JoinHandle<()>>,
    listeners: Vec<JoinHandle<(usize, Follower)>>,
    states: Vec<(usize, Arc<ListenerState>)>,
}

/// Refusals and losses that say that somebody is away, or is overloaded: a client tries again.
const AWAY: &[&str] = &[
    "close_1012",
    "close_4008",
    "handshake_503",
    "handshake_lost",
    "handshake_timeout",
    "http_503_unavailable",
    "lost",
    "socket_unavailable",
    "timeout",
];

impl Plan {
    /// The usual: eight conversations, clients that wait for three seconds.
    pub(crate) fn at(urls: Vec<String>) -> Self {
        Self {
            urls,
            rooms: 8,
            pause: Duration::from_millis(60),
            patience: Duration::from_secs(3),
            has_patient_listeners: false,
            tolerated: &[],
        }
    }

    /// Whether that may happen to somebody while something is broken.
    pub(crate) fn may_be(&self, trouble: &Trouble) -> bool {
        let kind = trouble.kind.as_str();
        kind.starts_with("connect") || AWAY.contains(&kind) || self.tolerated.contains(&kind)
    }
}

impl Shared {
    /// Whether senders are to stop.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Whether listeners are to stop.
    pub(crate) fn is_dispersed(&self) -> bool {
        *self.dispersed.borrow()
    }

    /// Waits until listeners are to stop.
    pub(crate) async fn dispersed(&self) {
        // The sender lives as long as this does.
        let _ = self.dispersed.subscribe().wait_for(|is_dispersed| *is_dispersed).await;
    }

    /// Waits for so long; whether listeners are to stop meanwhile.
    pub(crate) async fn is_dispersed_within(&self, time: Duration) -> bool {
        tokio::time::timeout(time, self.dispersed()).await.is_ok()
    }

    /// A new socket at the node of that number; numbers go round.
    pub(crate) async fn connect(&self, person: &Person, number: usize) -> Result<Socket, Trouble> {
        let target = &self.targets[number % self.targets.len()];
        Socket::open(target, person, 0, self.plan.patience).await
    }

    /// Something was refused that is not tried again, or not at once. It has to be of the kind that may be.
    pub(crate) fn refused(&self, trouble: &Trouble) {
        self.books.trouble(&trouble.kind);
        if !self.plan.may_be(trouble) {
            self.books.fault(format!("somebody was told {trouble}"));
        }
    }

    fn client(&self, number: usize) -> RestClient {
        RestClient::new(Arc::clone(&self.targets), number, self.plan.patience)
    }
}

impl Traffic {
    /// Opens conversations and lets people begin.
    pub(crate) fn start(stage: &Stage, plan: Plan) -> Result<Self, Stop> {
        let targets = plan.urls.iter().map(|url| Target::find(url, &[]).map(Arc::new));
        let targets: Arc<[_]> = targets.collect::<Result<_, Stop>>()?;
        let (books, people) = (Books::new(stage.run), stage.people()?);
        let mut client = RestClient::new(Arc::clone(&targets), 0, plan.patience);
        let open = async {
            let mut rooms = Vec::new();
            for number in 0..plan.rooms {
                rooms.push(open_room(&books, &mut client, &people.user(number)?).await?);
            }
            Ok::<_, Stop>(rooms)
        };
        let rooms = stage.runtime.block_on(open)?;
        let shared = Arc::new(Shared {
            plan,
            books,
            rooms,
            targets,
            is_over: AtomicBool::new(false),
            dispersed: watch::Sender::new(false),
        });
        let runtime = stage.runtime.handle().clone();
        let mut traffic = Self { shared, runtime, senders: Vec::new(), listeners: Vec::new(), states: Vec::new() };
        for room in 0..traffic.shared.rooms.len() {
            traffic.populate(room, &people, stage.seed)?;
        }
        Ok(traffic)
    }

    /// Two who write and two who listen, of each side one; requests and sockets in turn.
    fn populate(&mut self, room: usize, people: &People, seed: u64) -> Result<(), Stop> {
        let shared = &self.shared;
        for (place, person) in [shared.rooms[room].owner.clone(), people.admin(room)?].into_iter().enumerate() {
            let number = room + place;
            let way =
                if number.is_multiple_of(2) { Way::Rest(shared.client(number)) } else { Way::Socket(None, number) };
            let dice = |what| Dice::new(seed, 4 * room + 2 * place + what);
            let sender = Sender { shared: Arc::clone(shared), room, person: person.clone(), dice: dice(0), way };
            self.senders.push(self.runtime.spawn(sender.work()));
            let state = Arc::new(ListenerState::default());
            let listener = Listener {
                shared: Arc::clone(shared),
                room,
                person,
                dice: dice(1),
                next: number,
                is_patient: shared.plan.has_patient_listeners && number.is_multiple_of(2),
                state: Arc::clone(&state),
                follower: Follower::default(),
            };
            self.listeners.push(self.runtime.spawn(listener.listen()));
            self.states.push((room, state));
        }
        Ok(())
    }

    /// How many messages were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.shared.books.acknowledged()
    }

    /// Waits until so many further messages were acknowledged.
    pub(crate) fn flows(&self, messages: u64) -> Result<(), Stop> {
        let goal = self.acknowledged() + messages;
        wait_for("messages are acknowledged", || (self.acknowledged() >= goal).then_some(()))
    }

    /// Waits until the last fault is over: a message was acknowledged that was sent after it.
    pub(crate) fn recovers(&self, faults: usize) -> Result<(), Stop> {
        let books = &self.shared.books;
        wait_for("messages are acknowledged again", || (books.recoveries().len() >= faults).then_some(()))
    }

    /// Waits until every listener has every message that was acknowledged until now.
    pub(crate) fn arrives(&self) -> Result<(), Stop> {
        let ends: Vec<u64> = self.shared.rooms.iter().map(|room| room.ledger().last_seq()).collect();
        let has_all = || self.states.iter().all(|(room, state)| state.last.load(Ordering::Relaxed) >= ends[*room]);
        wait_for("what was acknowledged arrives at all sockets", || has_all().then_some(()))
    }

    /// Lets everybody come to an end, and keeps the accounts.
    pub(crate) fn finish(mut self, database: &Database) -> Result<Account, Stop> {
        let (shared, runtime) = (Arc::clone(&self.shared), self.runtime.clone());
        shared.is_over.store(true, Ordering::Relaxed);
        for sender in std::mem::take(&mut self.senders) {
            runtime.block_on(sender).map_err(|_| Stop::new("a task of this program has failed"))?;
        }
        if let Err(stop) = self.arrives() {
            shared.books.fault(stop.to_string());
        }
        let _ = shared.dispersed.send_replace(true);
        let joins = self.states.iter().map(|(_, state)| state.joins.load(Ordering::Relaxed)).sum::<u64>();
        let sockets = self.listeners.len() as u64;
        for listener in std::mem::take(&mut self.listeners) {
            let heard = runtime.block_on(listener).map_err(|_| Stop::new("a task of this program has failed"))?;
            judge(&shared, &heard);
        }
        runtime.block_on(read_all_back(&shared))?;
        database.faults_of(&shared.rooms)?.into_iter().for_each(|fault| shared.books.fault(fault));
        Ok(Account::of(&shared, sockets, joins.saturating_sub(sockets)))
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        // Only what has failed before leaves any.
        self.shared.is_over.store(true, Ordering::Relaxed);
        self.senders.iter().for_each(JoinHandle::abort);
        self.listeners.iter().for_each(JoinHandle::abort);
    }
}

/// Whether a listener has heard each message once and in order.
fn judge(shared: &Shared, (room, follower): &(usize, Follower)) {
    let room = &shared.rooms[*room];
    let end = room.ledger().last_seq();
    let found = follower.faults(end);
    if !found.is_none() {
        shared.books.fault(format!(
            "conversation {}: of {end} messages a socket has {} lost, {} doubled, {} reordered",
            room.id, found.lost, found.doubled, found.reordered
        ));
    }
}

async fn open_room(books: &Books, client: &mut RestClient, owner: &Person) -> Result<Room, Stop> {
    let key = books.key().to_uuid();
    let body = json!({"subject": "Chaos", "initialMessage": "The first message.", "clientMessageId": key}).to_string();
    let refusal = |what: &dyn std::fmt::Display| Stop::new(format!("no conversation could be opened: {what}"));
    let answer = client.post(owner, "/api/support/conversations", body).await.map_err(|trouble| refusal(&trouble))?;
    let message = scan_answer(&answer).ok_or_else(|| refusal(&"not understood"))?;
    let receipt = receipt(&message).ok_or_else(|| refusal(&"not understood"))?;
    Ok(Room::new(message.conversation_id.to_owned(), owner.clone(), key, receipt))
}

/// Reads all conversations over the public interface, and holds them against the books.
async fn read_all_back(shared: &Shared) -> Result<(), Stop> {
    let mut client = shared.client(0);
    for room in &shared.rooms {
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let path = format!("{}/{}/messages?afterSeq={after}&limit=100", room.owner.conversations(), room.id);
            let answer = get(&mut client, &room.owner, &path).await?;
            let page: Page = serde_json::from_str(&answer).map_err(|_| Stop::new("a page was not understood"))?;
            found.extend(page.messages.iter().map(|message| Found {
                seq: message.seq,
                id: message.id,
                key: message.client_message_id.as_deref().and_then(|key| Uuid::try_parse(key).ok()),
            }));
            match page.messages.last() {
                Some(last) if page.pagination.has_more && last.seq > after => after = last.seq,
                _ => break,
            }
        }
        let faults = room.ledger().check(&found);
        faults.iter().for_each(|fault| shared.books.fault(format!("conversation {}: {fault}", room.id)));
    }
    Ok(())
}

async fn get(client: &mut RestClient, person: &Person, path: &str) -> Result<String, Stop> {
    let mut last = None;
    for _ in 0..20 {
        match client.get(person, path).await {
            Ok(answer) => return Ok(answer),
            Err(trouble) => last = Some(trouble),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let last = last.map(|trouble| trouble.kind).unwrap_or_default();
    Err(Stop::new(format!("a conversation could not be read back: {last}")))
}
