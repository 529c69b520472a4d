//! A socket's place in one room: which message it was sent last, and so which is next. Pure: deliveries and answers go in,
//! frames come out, each message once and in the order of its number, whatever came first. Never reads the database; it
//! says behind which message somebody has to.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytestring::ByteString;
use support_domain::{Side, SupportConversation};
use support_realtime::Revision;
use support_realtime::queue::{Delivery, Topic};

/// Most deliveries that are kept while the database is read. What is beyond is read from there, too.
const MOST_HELD: usize = 256;
/// How long a socket that was told `hasMore` has to ask for the rest before it is sent without being asked for.
pub(super) const ASK_AGAIN_WITHIN: Duration = Duration::from_secs(5);
/// How long the answer to a send waits for the messages before it while none of them come. After that the socket is
/// behind for good. An answer that went first would have a client believe that it has all that came before.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How long a client's question may be on its way while the rest is sent without being asked for.
const CROSSES_WITHIN: Duration = Duration::from_secs(30);
/// How long after a failure the database is read again.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What comes of something that happened.
#[derive(Debug, Default, PartialEq, Eq)]
#[must_use = "frames that are not sent are lost"]
pub(super) struct Turn {
    /// To be sent, in this order.
    pub(super) frames: Vec<ByteString>,
    /// Messages behind this one have to be read from the database, and given to [`Place::read_on`].
    pub(super) read_after: Option<i64>,
    /// The socket cannot be brought up to date; it has to come again.
    pub(super) is_behind: bool,
}

/// What a room is read as, by a socket that enters it or catches up.
#[derive(Debug)]
pub(super) struct Caught<'a> {
    /// The conversation when it was read.
    pub(super) conversation: &'a SupportConversation,
    /// The number of the last message that was read, if any was.
    pub(super) last_seq: Option<i64>,
    /// Whether there are more behind it.
    pub(super) has_more: bool,
    /// Whether the client asked for what it has missed, or only for what comes.
    pub(super) asked_for_more: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The database is being read.
    Reading,
    /// What comes is sent.
    Live,
    /// There is more than one answer holds. Messages wait in the database until the client asks for them.
    Waiting { until: Duration },
}

/// The answer to a send that waits for its turn.
#[derive(Debug)]
struct Owed {
    answer: ByteString,
    since: Duration,
}

/// A socket's place in one room.
#[derive(Debug)]
pub(super) struct Place {
    mode: Mode,
    /// The last message that the socket was sent. All before it were sent too, or were had before.
    position: i64,
    /// What the client has seen of all else.
    seen: Revision,
    held: VecDeque<Delivery>,
    /// Whether something was not held that should have been.
    has_overflowed: bool,
    /// Whether a send of this socket is under way. Until its number is known no message is sent: it may be its own.
    is_sending: bool,
    owed: BTreeMap<i64, Owed>,
    /// The end of the last answer that had more behind it, if the rest was sent without being asked for, and until when
    /// a question for that rest may still come.
    sent_on_from: Option<(i64, Duration)>,
    /// Whether the place was live when the room began to be read again.
    was_live: bool,
}

impl Place {
    /// A place whose room is being read for the first time.
    pub(super) fn new() -> Self {
        Self {
            mode: Mode::Reading,
            position: 0,
            seen: Revision::default(),
            held: VecDeque::new(),
            has_overflowed: false,
            is_sending: false,
            owed: BTreeMap::new(),
            sent_on_from: None,
            was_live: false,
        }
    }

    /// The client asks for what comes after that message, in a room where it is already. Returns after which message
    /// it is to be read: a client whose question for the rest crossed it on the way is not sent it twice.
    pub(super) fn ask_again(&mut self, after: Option<i64>, now: Duration) -> Option<i64> {
        self.was_live = self.mode == Mode::Live;
        self.mode = Mode::Reading;
        let crossed = self.sent_on_from.take().is_some_and(|(from, until)| after == Some(from) && now < until);
        if crossed { Some(self.position) } else { after }
    }

    /// The room was read for an answer, which goes out before what this returns.
    pub(super) fn joined(&mut self, caught: &Caught<'_>, now: Duration) -> Turn {
        let mut turn = Turn::default();
        self.seen = Revision::from(caught.conversation);
        // Who was live and wants only what comes misses nothing of what is on its way.
        let goes_on = self.was_live && !caught.asked_for_more;
        if !goes_on {
            self.position = caught.last_seq.unwrap_or(caught.conversation.last_seq);
        }
        if caught.has_more {
            self.mode = Mode::Waiting { until: now + ASK_AGAIN_WITHIN };
            self.held.retain(|delivery| !is_message(delivery));
            self.has_overflowed = false;
        } else {
            self.mode = Mode::Live;
        }
        self.release(&mut turn);
        turn
    }

    /// A further page was read, with a frame for each message.
    pub(super) fn read_on(&mut self, frames: Vec<(i64, ByteString)>, has_more: bool, now: Duration) -> Turn {
        let mut turn = Turn::default();
        // An answer waits on as long as those before it come.
        self.owed.values_mut().for_each(|owed| owed.since = now);
        for (seq, frame) in frames {
            if seq > self.position {
                self.position = seq;
                turn.frames.push(self.frame_of(seq, frame));
            }
        }
        if has_more {
            turn.read_after = Some(self.position);
        } else {
            self.mode = Mode::Live;
            self.release(&mut turn);
        }
        turn
    }

    /// The database could not be read. It is tried again.
    pub(super) fn failed_to_read(&mut self, now: Duration) {
        self.held.retain(|delivery| !is_message(delivery));
        self.mode = Mode::Waiting { until: now + READ_AGAIN_AFTER };
    }

    /// Something happened in the room.
    pub(super) fn deliver(&mut self, delivery: Delivery) -> Turn {
        let mut turn = Turn::default();
        let is_reading = self.mode == Mode::Reading;
        let waits = matches!(self.mode, Mode::Waiting { .. });
        let is_stopped = is_reading || self.is_sending || !self.held.is_empty();
        match delivery.topic {
            // Nobody has to know later who was typing now.
            Topic::Typing if is_reading => {}
            Topic::Message { .. } if waits => {}
            Topic::Message { .. } if is_stopped => self.hold(delivery),
            Topic::Update { .. } | Topic::Read { .. } if is_reading || !self.held.is_empty() => self.hold(delivery),
            _ => self.emit(delivery, &mut turn),
        }
        turn
    }

    fn hold(&mut self, delivery: Delivery) {
        if self.held.len() < MOST_HELD {
            self.held.push_back(delivery);
        } else {
            self.has_overflowed = true;
        }
    }

    /// A send of this socket begins. Who writes does not wait: the rest is sent without being asked for, so that the
    /// answer has its place behind it.
    pub(super) fn begin_send(&mut self, now: Duration) -> Turn {
        self.is_sending = true;
        let mut turn = Turn::default();
        if matches!(self.mode, Mode::Waiting { .. }) {
            self.send_on(&mut turn, now);
        }
        turn
    }

    fn send_on(&mut self, turn: &mut Turn, now: Duration) {
        self.sent_on_from.get_or_insert((self.position, now + CROSSES_WITHIN));
        self.mode = Mode::Reading;
        turn.read_after = Some(self.position);
    }

    /// The send has ended: with this number and this answer, or with nothing that has a place among the messages.
    pub(super) fn end_send(&mut self, sent: Option<(i64, ByteString)>, now: Duration) -> Turn {
        let mut turn = Turn::default();
        self.is_sending = false;
        if let Some((seq, answer)) = sent {
            if seq <= self.position {
                turn.frames.push(answer);
            } else {
                self.owed.insert(seq, Owed { answer, since: now });
            }
        }
        self.release(&mut turn);
        turn
    }

    /// Whether the answer to a send still waits for its turn. Until then nothing else is done for the client: a join would
    /// bring the message a second time.
    pub(super) fn owes_an_answer(&self) -> bool {
        !self.owed.is_empty()
    }

    /// When [`tick`](Self::tick) has something to do.
    pub(super) fn next_tick(&self) -> Option<Duration> {
        let owed = self.owed.values().map(|owed| owed.since + ANSWER_WITHIN).min();
        match self.mode {
            Mode::Waiting { until } => Some(owed.map_or(until, |owed| owed.min(until))),
            Mode::Reading | Mode::Live => owed,
        }
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Duration) -> Turn {
        let is_behind = self.owed.values().any(|owed| now >= owed.since + ANSWER_WITHIN);
        let mut turn = Turn { is_behind, ..Turn::default() };
        if matches!(self.mode, Mode::Waiting { until } if now >= until) {
            self.send_on(&mut turn, now);
        }
        turn
    }

    /// Sends what was held, as far as it may be sent now.
    fn release(&mut self, turn: &mut Turn) {
        while self.mode != Mode::Reading {
            let Some(next) = self.held.front() else { break };
            if self.is_sending && is_message(next) {
                return;
            }
            if let Some(delivery) = self.held.pop_front() {
                self.emit(delivery, turn);
            }
        }
        if self.held.is_empty() && self.has_overflowed && self.mode == Mode::Live {
            self.has_overflowed = false;
            self.mode = Mode::Reading;
            turn.read_after = Some(self.position);
        }
    }

    fn emit(&mut self, delivery: Delivery, turn: &mut Turn) {
        let told = match delivery.topic {
            Topic::Message { seq } if seq > self.position + 1 => {
                // A gap, whatever it came from: the database has what is missing.
                self.mode = Mode::Reading;
                turn.read_after = Some(self.position);
                self.held.push_front(delivery);
                return;
            }
            Topic::Message { seq } => {
                if seq == self.position + 1 {
                    self.position = seq;
                    turn.frames.push(self.frame_of(seq, delivery.frame));
                }
                return;
            }
            Topic::Update { version } => Revision { version, ..self.seen },
            Topic::Read { by: Side::User, up_to_seq } => Revision { read_by_user: up_to_seq, ..self.seen },
            Topic::Read { by: Side::Admin, up_to_seq } => Revision { read_by_admin: up_to_seq, ..self.seen },
            Topic::Typing | Topic::Inbox => {
                turn.frames.push(delivery.frame);
                return;
            }
        };
        if told.is_news_to(self.seen) {
            self.seen = told;
            turn.frames.push(delivery.frame);
        }
    }

    /// The frame of the message whose turn it is: the answer to its send, if it is this socket's own.
    fn frame_of(&mut self, seq: i64, frame: ByteString) -> ByteString {
        self.owed.remove(&seq).map_or(frame, |owed| owed.answer)
    }
}

fn is_message(delivery: &Delivery) -> bool {
    matches!(delivery.topic, Topic::Message { .. })
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
