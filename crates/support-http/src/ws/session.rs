//! A session: all that a socket means, without the socket. Frames, deliveries, outcomes and time go in; steps and work
//! come out. Never touches the network and never waits, so that a test can do with it what no client would dare.
//!
//! Rights are asked of the policy at each frame, and whether the token still stands before each step that sends. One
//! piece of work is under way at a time: what a client sends is done in the order in which it was sent.

mod outcomes;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use support_domain::{ConversationId, Side, UserRef};
use support_rbac::{Action, Caller, ListConversations, ListMessages, MarkRead, RevocationList, SendMessage, authorize};
use support_realtime::Subscriber;
use support_realtime::queue::{Delivery, Lagged, Topic};
use support_service::{
    Context, FollowConversation, LimitKind, LiveStanding, Origin, SupportService, WatchedCaller, note_limit,
};

use super::flood::{Admission, FloodGate};
use super::frames::{self, Empty};
use super::place::{Place, Turn};
use super::requests::{ClientFrame, Request, SocketEvent};
use super::step::{Closing, Step};
use super::work::Work;
use super::{Incoming, SocketLimits};
use crate::error::{ApiError, ClosingCode, ErrorCode};
use crate::metrics::SOCKETS;

/// A room that the client has joined, or is about to.
#[derive(Debug)]
struct Room {
    place: Place,
    /// Whose it is, once it was read.
    owner: Option<UserRef>,
}

/// What a client has asked for, and under which id.
#[derive(Debug)]
struct Asked {
    request_id: Option<String>,
    work: Work,
}

/// A session.
pub(super) struct Session {
    service: SupportService,
    caller: Arc<Caller>,
    /// Whether the caller may still come, whatever their token says.
    watched: WatchedCaller,
    origin: Origin,
    subscriber: Arc<Subscriber>,
    limits: SocketLimits,
    flood: FloodGate,
    /// In boxes, since most sockets are in one room, and the table has places for more.
    rooms: HashMap<ConversationId, Box<Room>>,
    watches_inbox: bool,
    steps: VecDeque<Step>,
    /// Waits to be done for the client.
    asked: Option<Asked>,
    /// Rooms that have to be read on behind that message.
    to_read: VecDeque<(ConversationId, i64)>,
    /// Whether the join that is under way asked for what was missed.
    asks_for_more: bool,
    /// Where the last message was sent, whose answer may still wait for its turn.
    sent_to: Option<ConversationId>,
    /// The id of the request that is under way; none when nothing is.
    under_way: Option<Option<String>>,
    /// The type of the frame that has no answer yet, for the metrics.
    unanswered: Option<SocketEvent>,
    last_heard: Duration,
    last_ping: Duration,
    is_over: bool,
}

impl Session {
    /// A session of that caller, who is greeted.
    pub(super) fn new(
        service: SupportService,
        caller: Arc<Caller>,
        origin: Origin,
        subscriber: Arc<Subscriber>,
        limits: SocketLimits,
    ) -> Self {
        let now = service.clock().monotonic();
        let flood = FloodGate::new(limits.frames_per_second, Arc::clone(service.clock()));
        let greeting = frames::connected(&caller.principal, limits.heartbeat.as_secs());
        let watched = service.watch_standing(&caller);
        Self {
            service,
            caller,
            watched,
            origin,
            subscriber,
            limits,
            flood,
            rooms: HashMap::new(),
            watches_inbox: false,
            steps: VecDeque::from([Step::Send(greeting)]),
            asked: None,
            to_read: VecDeque::new(),
            asks_for_more: false,
            sent_to: None,
            under_way: None,
            unanswered: None,
            last_heard: now,
            last_ping: now,
            is_over: false,
        }
    }

    fn now(&self) -> Duration {
        self.service.clock().monotonic()
    }

    fn side(&self) -> Side {
        self.caller.principal.side()
    }

    /// Why the access no longer stands, if it does not.
    pub(super) fn withdrawn(&self) -> Option<ClosingCode> {
        if self.caller.is_expired(self.service.clock().now()) {
            Some(ClosingCode::TokenOver)
        } else if self.service.revocations().is_revoked(&self.caller.revocation_ids) {
            Some(ClosingCode::AccessWithdrawn)
        } else {
            match self.watched.standing() {
                LiveStanding::Stands => None,
                LiveStanding::Fallen => Some(ClosingCode::AccessWithdrawn),
                LiveStanding::Doubted => Some(ClosingCode::Restart),
            }
        }
    }

    /// The next step, if there is one. After a close there is none.
    pub(super) fn next_step(&mut self) -> Option<Step> {
        if self.is_over {
            return None;
        }
        if let Some(code) = self.withdrawn() {
            self.end(Closing::Because(code));
        }
        let step = self.steps.pop_front();
        if self.steps.is_empty() {
            // An idle socket keeps no room for what it was sent.
            self.steps = VecDeque::new();
        }
        self.is_over = matches!(step, Some(Step::Close(_)));
        step
    }

    /// Closes, and forgets what was still to be sent.
    fn end(&mut self, closing: Closing) {
        self.steps = VecDeque::from([Step::Close(closing)]);
    }

    /// Closes behind what was still to be sent.
    pub(super) fn close(&mut self, code: ClosingCode) {
        self.steps.push_back(Step::Close(Closing::Because(code)));
    }

    /// Whether the next frame of the client may come.
    pub(super) fn is_ready(&self) -> bool {
        let owes = |id| self.rooms.get(&id).is_some_and(|room| room.place.owes_an_answer());
        self.asked.is_none() && self.under_way.is_none() && !self.sent_to.is_some_and(owes)
    }

    /// Whether rooms are to be read on, which is done where the client asks for nothing.
    pub(super) fn has_more_to_read(&self) -> bool {
        !self.to_read.is_empty()
    }

    /// What is to be done next, at most one thing at a time; without `reading`, only what the client has asked for.
    pub(super) fn next_work(&mut self, reading: bool) -> Option<Work> {
        if self.under_way.is_some() || self.is_over {
            return None;
        }
        if let Some(Asked { request_id, work }) = self.asked.take() {
            self.under_way = Some(request_id);
            return Some(work);
        }
        while reading && let Some((conversation_id, after)) = self.to_read.pop_front() {
            let context = self.context::<ListMessages>();
            if let (true, Ok(context)) = (self.rooms.contains_key(&conversation_id), context) {
                self.under_way = Some(None);
                let command = FollowConversation { conversation_id, after_seq: Some(after) };
                return Some(Work::ReadOn(context, command));
            }
        }
        None
    }

    fn context<A: Action>(&self) -> Result<Context<A>, ApiError> {
        Ok(Context { grant: authorize::<A>(&self.caller)?, origin: self.origin.clone() })
    }

    /// Something came from the client.
    pub(super) fn receive(&mut self, incoming: Incoming) {
        self.last_heard = self.now();
        match incoming {
            Incoming::Text(text) => self.receive_text(&text),
            Incoming::Binary(_) => {
                if self.admit(None, true) {
                    self.refuse(None, &ApiError::invalid("frame", "must be text"));
                }
            }
            Incoming::Ping(bytes) => {
                if self.admit(None, false) {
                    self.steps.push_back(Step::Pong(bytes));
                }
            }
            Incoming::Pong => {
                self.admit(None, false);
            }
            Incoming::Close(code) => self.end(Closing::Answered(code)),
            Incoming::Violation(violation) => self.end(Closing::Violated(violation)),
            Incoming::Gone => self.end(Closing::Gone),
        }
    }

    fn receive_text(&mut self, text: &str) {
        if self.withdrawn().is_some() {
            return;
        }
        let ClientFrame { request_id, request } = ClientFrame::parse(text, &self.service.limits());
        self.unanswered = Some(SocketEvent::of(&request));
        // Sends are counted by person, with those over REST; all else is counted here.
        let is_send = matches!(request, Ok(Request::Send(_)));
        if !is_send && !self.admit(request_id.as_deref(), true) {
            return;
        }
        let begun = request.and_then(|request| self.begin(request));
        // A send that is refused at once was counted nowhere.
        if is_send && begun.is_err() && !self.admit(request_id.as_deref(), true) {
            return;
        }
        match begun {
            Ok(Begun::Done) => {
                self.answered(None);
                self.steps.push_back(Step::Send(frames::ack(request_id.as_deref(), Empty {})));
            }
            Ok(Begun::Asked(work)) => self.asked = Some(Asked { request_id, work }),
            Err(error) => self.refuse(request_id.as_deref(), &error),
        }
    }

    fn refuse(&mut self, request_id: Option<&str>, error: &ApiError) {
        self.answered(Some(error.code));
        let is_abuse = error.code == ErrorCode::RateLimited && self.flood.strike() == Admission::Abuse;
        if is_abuse {
            self.end(Closing::Because(ClosingCode::TooMany));
        } else {
            self.steps.push_back(Step::Send(frames::error(request_id, error)));
        }
    }

    /// Counts a frame. One too many is refused, in words if it is owed an answer.
    fn admit(&mut self, request_id: Option<&str>, is_answered: bool) -> bool {
        match self.flood.admit() {
            Admission::Admitted => return true,
            Admission::Abuse => self.end(Closing::Because(ClosingCode::TooMany)),
            Admission::Refused if is_answered => {
                self.answered(Some(ErrorCode::RateLimited));
                let error = frames::error(request_id, &ApiError::new(ErrorCode::RateLimited));
                self.steps.push_back(Step::Send(error));
            }
            Admission::Refused => {}
        }
        note_limit(LimitKind::Frames);
        false
    }

    fn begin(&mut self, request: Request) -> Result<Begun, ApiError> {
        Ok(Begun::Asked(match request {
            Request::Leave(id) => {
                self.rooms.remove(&id);
                self.subscriber.leave(id);
                return Ok(Begun::Done);
            }
            Request::WatchInbox => {
                self.service.watch_inbox(&self.context::<ListConversations>()?, &self.subscriber);
                self.watches_inbox = true;
                return Ok(Begun::Done);
            }
            Request::Join(command) => self.begin_join(command)?,
            Request::Send(command) => {
                let context = self.context::<SendMessage>()?;
                let (id, now) = (command.conversation_id, self.now());
                if let Some(turn) = self.rooms.get_mut(&id).map(|room| room.place.begin_send(now)) {
                    self.take(id, turn);
                }
                Work::Send(context, Box::new(command))
            }
            Request::MarkRead(id, up_to_seq) => Work::MarkRead(self.context::<MarkRead>()?, id, up_to_seq),
            Request::Typing(id, is_typing) => Work::ShowTyping(self.context::<SendMessage>()?, id, is_typing),
            Request::Authenticate(token) => Work::Authenticate(token),
        }))
    }

    fn begin_join(&mut self, mut command: FollowConversation) -> Result<Work, ApiError> {
        let context = self.context::<ListMessages>()?;
        let id = command.conversation_id;
        let (is_full, now) = (self.rooms.len() >= self.limits.max_rooms, self.now());
        self.asks_for_more = command.after_seq.is_some();
        match self.rooms.entry(id) {
            Entry::Occupied(room) => {
                command.after_seq = room.into_mut().place.ask_again(command.after_seq, now);
            }
            Entry::Vacant(_) if is_full => {
                note_limit(LimitKind::Rooms);
                return Err(ApiError::invalid("conversationId", "is one room too many for one socket"));
            }
            Entry::Vacant(room) => {
                room.insert(Box::new(Room { place: Place::new(), owner: None }));
            }
        }
        self.to_read.retain(|(waiting, _)| *waiting != id);
        Ok(Work::Follow(context, command))
    }

    /// Something happened that this socket listens to.
    pub(super) fn deliver(&mut self, delivery: Result<Delivery, Lagged>) {
        let Ok(delivery) = delivery else {
            SOCKETS.lagged.increment(1);
            self.end(Closing::Because(ClosingCode::TooSlow));
            return;
        };
        if delivery.topic == Topic::Inbox {
            if self.watches_inbox {
                self.steps.push_back(Step::Send(delivery.frame));
            }
            return;
        }
        let id = delivery.conversation_id;
        // A room that was left may still have frames on the way.
        if let Some(room) = self.rooms.get_mut(&id) {
            let turn = room.place.deliver(delivery);
            self.take(id, turn);
        }
    }

    fn take(&mut self, id: ConversationId, turn: Turn) {
        self.steps.extend(turn.frames.into_iter().map(Step::Send));
        if let Some(after) = turn.read_after {
            self.to_read.push_back((id, after));
        }
        if turn.is_behind {
            self.end(Closing::Because(ClosingCode::TooSlow));
        }
    }

    /// How long there is nothing to do for [`tick`](Self::tick).
    pub(super) fn until_next_tick(&self) -> Duration {
        let now = self.now();
        let ping = self.last_ping + self.limits.heartbeat;
        let rooms = self.rooms.values().filter_map(|room| room.place.next_tick());
        let next = rooms.fold(ping, Duration::min).saturating_sub(now);
        next.min(self.until_token_ends()).max(Duration::from_millis(1))
    }

    /// How long the token is still good. A time of day may be set, so it is looked at every minute in any case.
    pub(super) fn until_token_ends(&self) -> Duration {
        let left = self.caller.expires_at.since(self.service.clock().now());
        left.clamp(Duration::from_millis(1), Duration::from_secs(60))
    }

    /// Time has passed.
    pub(super) fn tick(&mut self) {
        let now = self.now();
        if now.saturating_sub(self.last_heard) > self.limits.heartbeat * 3 {
            return self.end(Closing::Because(ClosingCode::TooSlow));
        }
        if now >= self.last_ping + self.limits.heartbeat {
            self.last_ping = now;
            self.steps.push_back(Step::Ping);
        }
        let due: Vec<ConversationId> = self
            .rooms
            .iter()
            .filter(|(_, room)| room.place.next_tick().is_some_and(|at| now >= at))
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            if let Some(room) = self.rooms.get_mut(&id) {
                let turn = room.place.tick(now);
                self.take(id, turn);
            }
        }
    }
}

/// What comes of a request at once.
enum Begun {
    /// It is done.
    Done,
    /// It needs work.
    Asked(Work),
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
