//! What becomes of a session when its work is done: answers, places in rooms, and renewed rights.

use std::sync::Arc;

use support_domain::ConversationId;
use support_metrics::Both;
use support_rbac::{AuthenticationError, Caller, ListConversations, ListMessages};
use support_service::{MessagesListed, Sent, ServiceError};

use super::super::frames::{self, Empty, RenewedView};
use super::super::place::Caught;
use super::super::step::{Closing, Step};
use super::super::work::Outcome;
use super::Session;
use crate::error::{ApiError, ClosingCode, ErrorCode};
use crate::metrics::{FrameAnswer, HTTP, SOCKETS};
use crate::views::SentView;

impl Session {
    /// Counts the answer to the client's frame, if it has none yet.
    pub(super) fn answered(&mut self, error: Option<ErrorCode>) {
        if let Some(code) = error {
            HTTP.errors.of(code).increment(1);
        }
        if let Some(event) = self.unanswered.take() {
            SOCKETS.frames.of(Both(event, FrameAnswer::of(error))).increment(1);
            SOCKETS.frame_duration.of(event).record(self.now().saturating_sub(self.last_heard));
        }
    }

    /// The work that was under way is done.
    pub(in crate::ws) fn finish(&mut self, outcome: Outcome) {
        let request_id = self.under_way.take().flatten();
        let request_id = request_id.as_deref();
        match outcome {
            Outcome::Followed(id, result) => self.finish_join(request_id, id, result),
            Outcome::ReadOn(id, result) => self.finish_reading(id, result),
            Outcome::Sent(id, result) => self.finish_send(request_id, id, result),
            Outcome::MarkedRead(Ok(conversation)) => {
                let frame = frames::conversation(request_id, &conversation, self.side());
                self.steps.push_back(Step::Send(frame));
            }
            Outcome::TypingShown(Ok(())) => self.steps.push_back(Step::Send(frames::ack(request_id, Empty {}))),
            Outcome::MarkedRead(Err(error)) | Outcome::TypingShown(Err(error)) => {
                self.refuse(request_id, &error.into());
            }
            Outcome::Authenticated(result) => self.renew(request_id, result),
        }
        // Unless it was refused, which was counted.
        self.answered(None);
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
                let now = self.now();
                match self.rooms.get_mut(&id) {
                    // It was followed before, and still is; what it lacks is read as soon as that can be done.
                    Some(room) if room.owner.is_some() && matches!(error, ServiceError::Store(_)) => {
                        room.place.failed_to_read(now);
                    }
                    _ => drop(self.rooms.remove(&id)),
                }
                return self.refuse(request_id, &error.into());
            }
        };
        let (now, side) = (self.now(), self.side());
        self.steps.push_back(Step::Send(frames::joined(request_id, &listed, side)));
        if let Some(room) = self.rooms.get_mut(&id) {
            let last_seq = listed.messages.last().map(|message| message.seq);
            let caught = Caught {
                conversation: &listed.conversation,
                last_seq,
                has_more: listed.has_more,
                asked_for_more: self.asks_for_more,
            };
            let turn = room.place.joined(&caught, now);
            room.owner = Some(listed.conversation.user);
            self.take(id, turn);
        }
    }

    fn finish_reading(&mut self, id: ConversationId, result: Result<MessagesListed, ServiceError>) {
        let (now, side) = (self.now(), self.side());
        let Some(room) = self.rooms.get_mut(&id) else { return };
        match result {
            Ok(listed) => {
                let turn = room.place.read_on(frames::messages(&listed, side), listed.has_more, now);
                self.take(id, turn);
            }
            Err(ServiceError::Store(error)) => {
                tracing::debug!(error = %error, "a room could not be read on; it is tried again");
                room.place.failed_to_read(now);
            }
            Err(_) => {
                self.rooms.remove(&id);
                self.subscriber.leave(id);
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
        let may_see = self.caller.visibility();
        self.caller = caller;
        self.watched.renew(&self.caller);
        if self.caller.visibility() != may_see {
            self.subscriber.queue().forget_inbox();
        }
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
            if !room.owner.as_ref().is_some_and(|owner| visibility.includes_owned_by(*id, owner)) {
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
}
