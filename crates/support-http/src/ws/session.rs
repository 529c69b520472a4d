//! A session: all that a socket means, without the socket. Frames, deliveries, outcomes and time go in; steps and work
//! come out. Never touches the network and never waits, so that a test can do with it what no client would dare.
//!
//! Rights are asked of the policy at each frame, and whether the token still stands before each step that sends. One
//! piece of work is under way at a time: what a client sends is done in the order in which it was sent.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytestring::ByteString;
use support_domain::{ConversationId, Side, SupportConversation};
use support_rbac::{
    Action, AuthenticationError, Caller, ListConversations, ListMessages, MarkRead, RevocationList, SendMessage,
    authorize,
};
use support_realtime::Subscriber;
use support_realtime::queue::{Delivery, Lagged, Topic};
use support_service::{Context, FollowConversation, MessagesListed, Origin, Sent, ServiceError, SupportService};

use super::flood::{Admission, FloodGate};
use super::frames::{self, Empty, RenewedView};
use super::place::{Caught, Place, Turn};
use super::requests::{ClientFrame, Request};
use super::step::{Closing, Step};
use super::work::{Outcome, Work};
use super::{Incoming, SocketLimits};
use crate::error::{ApiError, ClosingCode, ErrorCode};
use crate::views::{AdminConversationView, ConversationView, SentView, UserConversationView};

/// A room that the client has joined, or is about to.
#[derive(Debug)]
struct Room {
    place: Place,
    /// As it was when it was joined; whose it is does not change.
    conversation: Option<Box<SupportConversation>>,
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
    origin: Origin,
    subscriber: Arc<Subscriber>,
    limits: SocketLimits,
    flood: FloodGate,
    rooms: HashMap<ConversationId, Room>,
    watches_inbox: bool,
    steps: VecDeque<Step>,
    /// Waits to be done for the client.
    asked: Option<Asked>,
    /// Rooms that have to be read on behind that message.
    to_read: VecDeque<(ConversationId, i64)>,
    /// Where the last message was sent, whose answer may still wait for its turn.
    sent_to: Option<ConversationId>,
    /// The id of the request that is under way; none when nothing is.
    under_way: Option<Option<String>>,
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
        Self {
            service,
            caller,
            origin,
            subscriber,
            limits,
            flood,
            rooms: HashMap::new(),
            watches_inbox: false,
            steps: VecDeque::from([Step::Send(greeting)]),
            asked: None,
            to_read: VecDeque::new(),
            sent_to: None,
            under_way: None,
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

    /// Why the token no longer stands, if it does not.
    fn withdrawn(&self) -> Option<ClosingCode> {
        if self.caller.is_expired(self.service.clock().now()) {
            Some(ClosingCode::TokenOver)
        } else if self.service.revocations().is_revoked(&self.caller.revocation_ids) {
            Some(ClosingCode::AccessWithdrawn)
        } else {
            None
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

    /// What is to be done next; at most one thing at a time.
    pub(super) fn next_work(&mut self) -> Option<Work> {
        if self.under_way.is_some() || self.is_over {
            return None;
        }
        if let Some(Asked { request_id, work }) = self.asked.take() {
            self.under_way = Some(request_id);
            return Some(work);
        }
        while let Some((conversation_id, after)) = self.to_read.pop_front() {
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
        let ClientFrame { request_id, request } = ClientFrame::parse(text, self.service.limits());
        // Sends are counted by person, with those over REST; all else is counted here.
        if !matches!(request, Ok(Request::Send(_))) && !self.admit(request_id.as_deref(), true) {
            return;
        }
        match request.and_then(|request| self.begin(request)) {
            Ok(Begun::Done) => self.steps.push_back(Step::Send(frames::ack(request_id.as_deref(), Empty {}))),
            Ok(Begun::Asked(work)) => self.asked = Some(Asked { request_id, work }),
            Err(error) => self.refuse(request_id.as_deref(), &error),
        }
    }

    fn refuse(&mut self, request_id: Option<&str>, error: &ApiError) {
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
                let error = frames::error(request_id, &ApiError::new(ErrorCode::RateLimited));
                self.steps.push_back(Step::Send(error));
            }
            Admission::Refused => {}
        }
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
                let id = command.conversation_id;
                if let Some(turn) = self.rooms.get_mut(&id).map(|room| room.place.begin_send()) {
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
        let is_full = self.rooms.len() >= self.limits.max_rooms;
        match self.rooms.entry(id) {
            Entry::Occupied(room) => command.after_seq = room.into_mut().place.ask_again(command.after_seq),
            Entry::Vacant(_) if is_full => {
                return Err(ApiError::invalid("conversationId", "is one room too many for one socket"));
            }
            Entry::Vacant(room) => {
                room.insert(Room { place: Place::new(), conversation: None });
            }
        }
        self.to_read.retain(|(waiting, _)| *waiting != id);
        Ok(Work::Follow(context, command))
    }

    /// Something happened that this socket listens to.
    pub(super) fn deliver(&mut self, delivery: Result<Delivery, Lagged>) {
        let Ok(delivery) = delivery else {
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
    }

    /// The work that was under way is done.
    pub(super) fn finish(&mut self, outcome: Outcome) {
        let request_id = self.under_way.take().flatten();
        let request_id = request_id.as_deref();
        match outcome {
            Outcome::Followed(id, result) => self.finish_join(request_id, id, result),
            Outcome::ReadOn(id, result) => self.finish_reading(id, result),
            Outcome::Sent(id, result) => self.finish_send(request_id, id, result),
            Outcome::MarkedRead(Ok(conversation)) => {
                let frame = self.conversation_ack(request_id, &conversation);
                self.steps.push_back(Step::Send(frame));
            }
            Outcome::TypingShown(Ok(())) => self.steps.push_back(Step::Send(frames::ack(request_id, Empty {}))),
            Outcome::MarkedRead(Err(error)) | Outcome::TypingShown(Err(error)) => {
                self.refuse(request_id, &error.into());
            }
            Outcome::Authenticated(result) => self.renew(request_id, result),
        }
    }

    fn conversation_ack(&self, request_id: Option<&str>, conversation: &SupportConversation) -> ByteString {
        match self.side() {
            Side::User => frames::ack(request_id, ConversationView::<UserConversationView>::from(conversation)),
            Side::Admin => frames::ack(request_id, ConversationView::<AdminConversationView>::from(conversation)),
        }
    }

    fn finish_join(
        &mut self,
        request_id: Option<&str>,
        id: ConversationId,
        result: Result<MessagesListed, ServiceError>,
    ) {
        let listed = match result {
            Ok(listed) => listed,
            Err(error) => {
                self.rooms.remove(&id);
                return self.refuse(request_id, &error.into());
            }
        };
        let (now, side) = (self.now(), self.side());
        self.steps.push_back(Step::Send(frames::joined(request_id, &listed, side)));
        if let Some(room) = self.rooms.get_mut(&id) {
            let last_seq = listed.messages.last().map(|message| message.seq);
            let caught = Caught { conversation: &listed.conversation, last_seq, has_more: listed.has_more };
            let turn = room.place.joined(&caught, now);
            room.conversation = Some(Box::new(listed.conversation));
            self.take(id, turn);
        }
    }

    fn finish_reading(&mut self, id: ConversationId, result: Result<MessagesListed, ServiceError>) {
        let (now, side) = (self.now(), self.side());
        let Some(room) = self.rooms.get_mut(&id) else { return };
        match result {
            Ok(listed) => {
                let turn = room.place.read_on(frames::messages(&listed, side), listed.has_more);
                self.take(id, turn);
            }
            Err(error) => {
                tracing::debug!(error = %error, "a room could not be read on; it is tried again");
                room.place.failed_to_read(now);
            }
        }
    }

    fn finish_send(&mut self, request_id: Option<&str>, id: ConversationId, result: Result<Box<Sent>, ServiceError>) {
        let (now, side) = (self.now(), self.side());
        self.sent_to = Some(id);
        let room = self.rooms.get_mut(&id);
        match result {
            Ok(sent) => {
                let answer = frames::ack(request_id, SentView::new(&sent, side));
                match room {
                    Some(room) => {
                        let turn = room.place.end_send(Some((sent.message.seq, answer)), now);
                        self.take(id, turn);
                    }
                    None => self.steps.push_back(Step::Send(answer)),
                }
            }
            Err(error) => {
                let turn = room.map(|room| room.place.end_send(None, now));
                self.refuse(request_id, &error.into());
                self.take(id, turn.unwrap_or_default());
            }
        }
    }

    /// A new token of the same person takes the place of the old one, with its rights.
    fn renew(&mut self, request_id: Option<&str>, result: Result<Arc<Caller>, AuthenticationError>) {
        let caller = match result {
            Ok(caller) => caller,
            Err(error) => return self.refuse(request_id, &error.into()),
        };
        if caller.principal.key() != self.caller.principal.key() {
            return self.refuse(request_id, &ApiError::new(ErrorCode::Forbidden));
        }
        self.caller = caller;
        if !self.keeps_its_places() {
            return self.end(Closing::Because(ClosingCode::AccessWithdrawn));
        }
        let view = RenewedView { expires_at: self.caller.expires_at };
        self.steps.push_back(Step::Send(frames::ack(request_id, view)));
    }

    /// Takes its places anew with the rights that it has now; whether it still has them all.
    fn keeps_its_places(&self) -> bool {
        let visibility = Arc::new(self.caller.visibility());
        if !self.rooms.is_empty() && self.context::<ListMessages>().is_err() {
            return false;
        }
        for (id, room) in &self.rooms {
            if !room.conversation.as_ref().is_some_and(|conversation| visibility.includes(conversation)) {
                return false;
            }
            self.subscriber.enter(*id, Arc::clone(&visibility));
        }
        if self.watches_inbox {
            let Ok(context) = self.context::<ListConversations>() else { return false };
            self.service.watch_inbox(&context, &self.subscriber);
        }
        true
    }

    /// How long there is nothing to do for [`tick`](Self::tick).
    pub(super) fn until_next_tick(&self) -> Duration {
        let now = self.now();
        let ping = self.last_ping + self.limits.heartbeat;
        let rooms = self.rooms.values().filter_map(|room| room.place.next_tick());
        let next = rooms.fold(ping, Duration::min).saturating_sub(now);
        // The token's end is a time of day, which somebody may set; so it is looked at now and then in any case.
        let token = self.caller.expires_at.since(self.service.clock().now());
        next.min(token).max(Duration::from_millis(1))
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
