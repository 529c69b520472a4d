//! Those who listen: sockets that have joined a conversation, count what comes, and come back when they are lost, as
//! `docs/realtime.md` asks of a client: after a random wait that grows, behind the last message that they have.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::Stop;
use crate::Trouble;
use crate::dice::Dice;
use crate::follower::Follower;
use crate::measure::Measure;
use crate::options::Crowding;
use crate::people::Person;
use crate::process::raise_descriptors;
use crate::progress::Progress;
use crate::report::Check;
use crate::rooms::Room;
use crate::run::Run;
use crate::scan::{ScannedFrame, scan_frame};
use crate::socket::Socket;
use crate::trouble::advice;

/// File descriptors for other things than the sockets of subscribers.
const BESIDES: u64 = 128;
const LOOK: Duration = Duration::from_millis(20);
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What counts the work of subscribers.
#[derive(Debug, Clone)]
pub(crate) struct Counters {
    /// Handshakes.
    pub(crate) connect: Arc<Measure>,
    /// Joins.
    pub(crate) join: Arc<Measure>,
    /// Messages that came live, from when they were due.
    pub(crate) delivery: Arc<Measure>,
    /// From a cut or a loss to the answer to the last join.
    pub(crate) resume: Arc<Measure>,
    /// Losses that this program has not caused.
    pub(crate) loss: Arc<Measure>,
}

/// Sockets that follow conversations.
#[derive(Debug)]
pub(crate) struct Crowd {
    run: Arc<Run>,
    rooms: Arc<Vec<Room>>,
    counters: Counters,
    orders: watch::Sender<Orders>,
    /// The room of each, and what it has of it.
    states: Arc<Vec<State>>,
    tasks: JoinSet<(usize, Follower)>,
}

/// What all sockets are told.
#[derive(Debug, Clone, Copy, Default)]
struct Orders {
    cuts: u32,
    cut_at: Duration,
    is_over: bool,
}

#[derive(Debug)]
struct State {
    room: usize,
    last: AtomicU64,
    is_joined: AtomicU64,
}

struct Subscriber {
    number: usize,
    person: Person,
    run: Arc<Run>,
    rooms: Arc<Vec<Room>>,
    states: Arc<Vec<State>>,
    counters: Counters,
    orders: watch::Receiver<Orders>,
    follower: Follower,
    dice: Dice,
    jitter: Duration,
}

impl Counters {
    pub(crate) fn new() -> Self {
        let measure = |name| Arc::new(Measure::new(name));
        Self {
            connect: measure("connect"),
            join: measure("join"),
            delivery: measure("delivery"),
            resume: measure("resume"),
            loss: measure("socket"),
        }
    }
}

/// Whether this process may have so many sockets, and some files besides.
fn enough_descriptors(sockets: usize) -> Result<(), Stop> {
    let needed = sockets as u64 + BESIDES;
    match raise_descriptors().filter(|limit| *limit < needed) {
        None => Ok(()),
        Some(limit) => Err(Stop::usage(format!(
            "{sockets} sockets need {needed} file descriptors and this process may have {limit}: raise the hard limit \
             (ulimit -Hn, or LimitNOFILE of a service), or run several of this program"
        ))),
    }
}

/// Who has the `place`th socket of a room: its owner as long as that is allowed, then one of the staff for each as many.
pub(crate) fn listener(run: &Run, room: &Room, index: usize, place: usize, per_person: usize) -> Result<Person, Stop> {
    let own = per_person - 1;
    if place < own {
        return Ok(room.owner.clone());
    }
    // Senders of the staff have the numbers from 0 on.
    let group = (place - own) / per_person;
    run.people.admin(1_000_000 + group * 1_000_000 + index)
}

impl Crowd {
    /// Opens sockets, each in a room, and waits until all have joined.
    pub(crate) async fn gather(
        run: &Arc<Run>,
        rooms: &Arc<Vec<Room>>,
        members: Vec<(usize, Person)>,
        crowding: &Crowding,
        jitter: Duration,
    ) -> Result<Self, Stop> {
        enough_descriptors(members.len())?;
        let counters = Counters::new();
        let state =
            |(room, _): &(usize, Person)| State { room: *room, last: AtomicU64::new(0), is_joined: AtomicU64::new(0) };
        let states = Arc::new(members.iter().map(state).collect::<Vec<_>>());
        let doors = Arc::new(Semaphore::new(crowding.connecting));
        let (orders, receiver) = watch::channel(Orders::default());
        let mut tasks = JoinSet::new();
        for (number, (_, person)) in members.into_iter().enumerate() {
            let subscriber = Subscriber {
                number,
                person,
                run: Arc::clone(run),
                rooms: Arc::clone(rooms),
                states: Arc::clone(&states),
                counters: counters.clone(),
                orders: receiver.clone(),
                follower: Follower::default(),
                dice: Dice::new(run.common.seed, 1_000_000 + number),
                jitter,
            };
            tasks.spawn(subscriber.follow(Arc::clone(&doors)));
        }
        let crowd = Self { run: Arc::clone(run), rooms: Arc::clone(rooms), counters, orders, states, tasks };
        crowd.wait_until_joined().await.map(|()| crowd)
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How many sockets there are.
    pub(crate) fn size(&self) -> u64 {
        self.states.len() as u64
    }

    /// How many of them are in their room now.
    pub(crate) fn joined(&self) -> u64 {
        self.states.iter().map(|state| state.is_joined.load(Ordering::Relaxed)).sum()
    }

    /// Waits until all are in their rooms.
    ///
    /// # Errors
    /// When for too long none has come, with what stood in the way.
    pub(crate) async fn wait_until_joined(&self) -> Result<(), Stop> {
        let states = Arc::clone(&self.states);
        let _progress = Progress::show(self.run.common.quiet, "joining", Some(self.size()), move || {
            states.iter().map(|state| state.is_joined.load(Ordering::Relaxed)).sum()
        });
        if self.wait_for(|| self.joined(), self.size()).await {
            return Ok(());
        }
        let mut text = format!("{} of {} sockets have joined, and no more come", self.joined(), self.size());
        for measure in [&self.counters.connect, &self.counters.join, &self.counters.loss] {
            for (kind, times) in measure.errors() {
                text += &format!("; {kind}, {times} times");
                text += &advice(&kind).map(|sentence| format!(": {sentence}")).unwrap_or_default();
            }
        }
        Err(Stop::new(text))
    }

    /// Waits until every socket has every message that was acknowledged, as long as more come.
    pub(crate) async fn wait_until_delivered(&self) {
        let ends: Vec<u64> = self.rooms.iter().map(|room| room.ledger().last_seq()).collect();
        let had = || self.states.iter().map(|state| state.last.load(Ordering::Relaxed).min(ends[state.room])).sum();
        let all = self.states.iter().map(|state| ends[state.room]).sum();
        self.wait_for(had, all).await;
    }

    /// Whether a number reached its goal before it stood still for too long.
    async fn wait_for(&self, read: impl Fn() -> u64, goal: u64) -> bool {
        let (mut last, mut since) = (0, self.run.now());
        loop {
            let now = read();
            if now >= goal {
                return true;
            }
            if now != last {
                (last, since) = (now, self.run.now());
            } else if self.run.now().saturating_sub(since) > self.run.settle() {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Cuts all sockets at once.
    pub(crate) fn cut(&self) {
        for state in self.states.iter() {
            state.is_joined.store(0, Ordering::Relaxed);
        }
        let now = self.run.now();
        self.orders.send_modify(|orders| {
            orders.cuts += 1;
            orders.cut_at = now;
        });
    }

    /// Ends all sockets, and says whether each has got each message once and in order.
    pub(crate) async fn disperse(mut self) -> Check {
        self.orders.send_modify(|orders| orders.is_over = true);
        let (mut faults, mut received) = (Vec::new(), 0);
        while let Some(ended) = self.tasks.join_next().await {
            let Ok((number, follower)) = ended else {
                faults.push("a task of this program has failed".to_owned());
                continue;
            };
            let room = &self.rooms[self.states[number].room];
            let end = room.ledger().last_seq();
            let found = follower.faults(end);
            received += follower.last().saturating_sub(found.lost);
            if !found.is_none() {
                faults.push(format!(
                    "conversation {}, subscriber {number}: of {end} messages {} lost, {} doubled, {} reordered",
                    room.id, found.lost, found.doubled, found.reordered
                ));
            }
        }
        let sentence =
            format!("each of {} subscribers got each message once and in order, {received} in all", self.size());
        Check::new("delivered", sentence, faults)
    }
}

/// Why a subscriber stops listening.
enum Ended {
    Over,
    Cut(Duration),
    Lost,
}

impl Subscriber {
    async fn follow(mut self, doors: Arc<Semaphore>) -> (usize, Follower) {
        let mut lost_at = None;
        let mut door = doors.acquire_owned().await.ok();
        while let Some(socket) = self.enter_at_last().await {
            door.take();
            self.state().is_joined.store(1, Ordering::Relaxed);
            if let Some(lost_at) = lost_at {
                self.counters.resume.succeed(lost_at, self.run.now());
            }
            let ended = self.listen(socket).await;
            self.state().is_joined.store(0, Ordering::Relaxed);
            match ended {
                Ended::Over => break,
                Ended::Cut(at) => lost_at = Some(at),
                Ended::Lost => lost_at = Some(self.run.now()),
            }
            let wait = self.dice.below(self.jitter);
            if self.pause(wait).await {
                break;
            }
        }
        (self.number, self.follower)
    }

    fn state(&self) -> &State {
        &self.states[self.number]
    }

    /// Waits; whether all is over meanwhile. Another cut finds nothing to cut.
    async fn pause(&mut self, wait: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(wait) => false,
            _ = self.orders.wait_for(|orders| orders.is_over) => true,
        }
    }

    /// A socket that has joined; none if all is over, or it would never be let in.
    async fn enter_at_last(&mut self) -> Option<Socket> {
        let mut wait = FIRST_WAIT;
        loop {
            if self.orders.borrow_and_update().is_over {
                return None;
            }
            match self.enter().await {
                Ok(socket) => return Some(socket),
                Err(trouble) if trouble.is_final() => return None,
                Err(_) => {}
            }
            let half = wait / 2;
            let wait_now = half + self.dice.below(half);
            if self.pause(wait_now).await {
                return None;
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// A new socket that has joined. A join that cannot be answered at the moment is asked again on the same socket.
    async fn enter(&mut self) -> Result<Socket, Trouble> {
        let began = self.run.now();
        let (target, number) = self.run.next_target();
        let opened = Socket::open(&target, &self.person, number, self.run.patience()).await;
        let mut socket = opened.inspect_err(|trouble| self.counters.connect.fail(trouble))?;
        let connected = self.run.now();
        self.counters.connect.succeed(began, connected);
        let mut wait = FIRST_WAIT;
        while let Err(trouble) = self.join(&mut socket).await {
            self.counters.join.fail(&trouble);
            let half = wait / 2;
            let wait_now = trouble.wait.unwrap_or(half + self.dice.below(half));
            if !trouble.leaves_the_socket() || self.pause(wait_now).await {
                return Err(trouble);
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        self.state().last.store(self.follower.last(), Ordering::Relaxed);
        self.counters.join.succeed(connected, self.run.now());
        Ok(socket)
    }

    /// Joins behind what is there, until all of the past has come.
    async fn join(&mut self, socket: &mut Socket) -> Result<(), Trouble> {
        loop {
            let room = &self.rooms[self.states[self.number].room].id;
            let (after, follower) = (self.follower.last(), &mut self.follower);
            let each = |frame: &ScannedFrame<'_>| {
                take(follower, room, frame);
            };
            let joined = socket.join(room, after, each).await?;
            for message in &joined.messages {
                self.follower.take(message.seq);
            }
            if !joined.has_more || joined.messages.is_empty() {
                return Ok(());
            }
        }
    }

    async fn listen(&mut self, mut socket: Socket) -> Ended {
        loop {
            tokio::select! {
                text = socket.next() => match text {
                    Ok(text) => self.hear(&text),
                    Err(trouble) => {
                        self.counters.loss.fail(&trouble);
                        return Ended::Lost;
                    }
                },
                _ = self.orders.changed() => {
                    let orders = *self.orders.borrow_and_update();
                    if orders.is_over {
                        socket.close().await;
                        return Ended::Over;
                    }
                    socket.cut();
                    return Ended::Cut(orders.cut_at);
                }
            }
        }
    }

    fn hear(&mut self, text: &str) {
        let Some(frame) = scan_frame(text) else {
            self.counters.loss.fail_times("not_understood", 1);
            return;
        };
        let room = &self.rooms[self.states[self.number].room].id;
        if let Some(key) = take(&mut self.follower, room, &frame) {
            if let Some(due) = self.run.due(key) {
                self.counters.delivery.succeed(due, self.run.now());
            }
            self.state().last.store(self.follower.last(), Ordering::Relaxed);
        }
    }
}

/// Counts a message of that room; its key, if it is one.
fn take<'a>(follower: &mut Follower, room: &str, frame: &ScannedFrame<'a>) -> Option<&'a str> {
    let message = frame.message.filter(|message| message.conversation_id == room)?;
    follower.take(message.seq);
    Some(message.key.unwrap_or_default())
}
