//! Each message once and in order, whatever a socket does meanwhile.

use proptest::prelude::*;
use support_domain::conversation::ConversationDraft;
use support_domain::{
    ConversationId, CountryCode, Limits, Metadata, Priority, Subject, Timestamp, UserId, UserRef, UserType,
};
use uuid::Uuid;

use super::*;

fn id() -> ConversationId {
    ConversationId(Uuid::from_u128(1))
}

/// A conversation with so many messages.
fn conversation(last_seq: i64) -> SupportConversation {
    let draft = ConversationDraft {
        id: id(),
        user: UserRef {
            id: UserId::parse("driver-1").unwrap(),
            user_type: UserType::Driver,
            country: CountryCode::Bangladesh,
        },
        subject: Subject::parse("Keys", &Limits::default()).unwrap(),
        priority: Priority::Normal,
        metadata: Metadata::default(),
    };
    SupportConversation { last_seq, ..SupportConversation::open(draft, Timestamp::from_millis(0)) }
}

fn message(seq: i64) -> Delivery {
    Delivery { conversation_id: id(), topic: Topic::Message { seq }, frame: format!("message {seq}").into() }
}

fn joined(place: &mut Place, last_seq: i64, has_more: bool, now: Duration) -> Turn {
    let conversation = conversation(if has_more { last_seq + 1_000 } else { last_seq });
    let last_seq = Some(last_seq);
    place.joined(&Caught { conversation: &conversation, last_seq, has_more, asked_for_more: true }, now)
}

/// The numbers in frames of messages and in answers.
fn numbers(frames: &[ByteString]) -> Vec<i64> {
    frames.iter().map(|frame| frame.rsplit(' ').next().unwrap().parse().unwrap()).collect()
}

const NOW: Duration = Duration::from_secs(100);

#[derive(Debug, Clone, Copy)]
enum Act {
    /// Somebody's message is committed and its delivery comes at once, or is lost on the way.
    Post {
        is_lost: bool,
    },
    /// A message of this socket is committed; its delivery comes before or after its answer.
    SendBegin,
    SendEnd {
        fails: bool,
    },
    /// A read that was asked for is done; pages have so many messages.
    Read {
        page: usize,
    },
    /// The database cannot be read.
    ReadFails,
    /// The client joins again from where it is.
    Rejoin {
        page: usize,
    },
    /// It joins again without saying where it is.
    RejoinPlainly,
    /// A long time passes.
    Wait,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => any::<bool>().prop_map(|rarely| Act::Post { is_lost: rarely }),
        2 => Just(Act::SendBegin),
        3 => prop::bool::weighted(0.2).prop_map(|fails| Act::SendEnd { fails }),
        3 => (1_usize..4).prop_map(|page| Act::Read { page }),
        1 => Just(Act::ReadFails),
        1 => (1_usize..4).prop_map(|page| Act::Rejoin { page }),
        1 => Just(Act::RejoinPlainly),
        1 => Just(Act::Wait),
    ];
    proptest::collection::vec(act, 1..60)
}

/// A client, the place that serves it, and the database behind.
struct World {
    place: Place,
    last_seq: i64,
    now: Duration,
    /// What the client was sent, in order.
    received: Vec<i64>,
    read_after: Option<i64>,
    own: Option<i64>,
    /// The last message that the client had before.
    had: i64,
}

impl World {
    fn take(&mut self, turn: &Turn) {
        self.received.extend(numbers(&turn.frames));
        if turn.read_after.is_some() {
            self.read_after = turn.read_after;
        }
        if turn.is_behind {
            // The connection is closed, and the client comes again.
            self.place = Place::new();
            self.own = None;
            self.join(self.have(), 2);
        }
    }

    /// A client keeps the number of the last message that it has.
    fn have(&self) -> i64 {
        self.received.last().copied().unwrap_or(self.had)
    }

    /// One command at a time.
    fn is_ready(&self) -> bool {
        self.own.is_none() && !self.place.owes_an_answer()
    }

    fn read(&mut self, page: usize) {
        if let Some(after) = self.read_after.take() {
            let all: Vec<i64> = (after + 1..=self.last_seq).collect();
            let read: Vec<_> = all.iter().take(page).map(|seq| (*seq, format!("message {seq}").into())).collect();
            let turn = self.place.read_on(read, all.len() > page, self.now);
            self.take(&turn);
        }
    }

    fn join(&mut self, after: i64, page: usize) {
        self.read_after = None;
        let all: Vec<i64> = (after + 1..=self.last_seq).collect();
        let answer: Vec<i64> = all.iter().copied().take(page).collect();
        self.received.extend(&answer);
        let now = self.now;
        let conversation = conversation(self.last_seq);
        let last_seq = Some(answer.last().copied().unwrap_or(after));
        let caught = Caught { conversation: &conversation, last_seq, has_more: all.len() > page, asked_for_more: true };
        let turn = self.place.joined(&caught, now);
        self.take(&turn);
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Post { is_lost } => {
                self.last_seq += 1;
                if !is_lost {
                    let turn = self.place.deliver(message(self.last_seq));
                    self.take(&turn);
                }
            }
            Act::SendBegin if self.is_ready() => {
                let turn = self.place.begin_send(self.now);
                self.take(&turn);
                self.last_seq += 1;
                self.own = Some(self.last_seq);
                let turn = self.place.deliver(message(self.last_seq));
                self.take(&turn);
            }
            Act::SendEnd { fails } => {
                if let Some(seq) = self.own.take() {
                    let answer = (!fails).then(|| (seq, ByteString::from(format!("answer {seq}"))));
                    let turn = self.place.end_send(answer, self.now);
                    self.take(&turn);
                }
            }
            Act::Rejoin { page } if self.is_ready() => {
                let have = self.have();
                let after = self.place.ask_again(Some(have), self.now).unwrap_or(0);
                self.join(after, page);
            }
            Act::RejoinPlainly if self.is_ready() && self.place.mode == Mode::Live => {
                assert_eq!(self.place.ask_again(None, self.now), None);
                let conversation = conversation(self.last_seq);
                let caught =
                    Caught { conversation: &conversation, last_seq: None, has_more: false, asked_for_more: false };
                let turn = self.place.joined(&caught, self.now);
                self.take(&turn);
            }
            Act::ReadFails if self.own.is_none() && self.read_after.take().is_some() => {
                self.place.failed_to_read(self.now);
            }
            // One piece of work at a time: nothing is read while a send is under way.
            Act::Read { page } if self.own.is_none() => self.read(page),
            Act::Wait => {
                self.now += Duration::from_secs(60);
                let turn = self.place.tick(self.now);
                self.take(&turn);
            }
            Act::SendBegin | Act::Rejoin { .. } | Act::RejoinPlainly | Act::ReadFails | Act::Read { .. } => {}
        }
    }
}

proptest! {
    #[test]
    fn every_message_is_sent_once_and_in_order_whatever_happens(
        had in 0_i64..3, first_page in 1_usize..4, acts in acts()
    ) {
        let mut world =
            World { place: Place::new(), last_seq: 3, now: NOW, received: Vec::new(), read_after: None, own: None, had };
        world.join(had, first_page);
        for act in acts.into_iter().chain([Act::SendEnd { fails: false }]) {
            world.act(act);
        }
        // In the end something comes through, time passes, and all is read.
        world.act(Act::Post { is_lost: false });
        for _ in 0..200 {
            // Time passes where nothing else can happen.
            let next = if world.read_after.is_some() { Act::Read { page: 3 } } else { Act::Wait };
            world.act(next);
        }
        prop_assert_eq!(world.received, (had + 1..=world.last_seq).collect::<Vec<i64>>());
    }
}

#[test]
fn what_comes_while_the_room_is_read_is_sent_behind_the_answer_and_not_twice() {
    let mut place = Place::new();
    for seq in [3, 4, 5] {
        assert_eq!(place.deliver(message(seq)), Turn::default());
    }
    let turn = joined(&mut place, 4, false, NOW);
    assert_eq!(numbers(&turn.frames), [5]);
    assert_eq!(numbers(&place.deliver(message(6)).frames), [6]);
    assert_eq!(place.deliver(message(6)), Turn::default());
}

#[test]
fn an_answer_stands_where_its_message_would() {
    let mut place = Place::new();
    let _ = joined(&mut place, 1, false, NOW);
    let _ = place.begin_send(NOW);
    assert_eq!(place.deliver(message(2)), Turn::default(), "it may be the socket's own");
    assert_eq!(place.deliver(message(3)), Turn::default());
    let turn = place.end_send(Some((3, "answer 3".into())), NOW);
    assert_eq!(turn.frames, ["message 2", "answer 3"]);

    let _ = place.begin_send(NOW);
    let turn = place.end_send(Some((5, "answer 5".into())), NOW);
    assert_eq!(turn, Turn::default(), "message 4 comes first");
    assert_eq!(place.deliver(message(4)).frames, ["message 4"]);
    assert_eq!(place.deliver(message(5)).frames, ["answer 5"]);
}

#[test]
fn an_answer_waits_while_those_before_it_come_and_never_goes_first() {
    let mut place = Place::new();
    let _ = joined(&mut place, 1, false, NOW);
    let _ = place.begin_send(NOW);
    assert_eq!(place.end_send(Some((5, "answer 5".into())), NOW), Turn::default());
    assert_eq!(place.next_tick(), Some(NOW + ANSWER_WITHIN));
    assert_eq!(place.deliver(message(3)).read_after, Some(1));
    let later = NOW + ANSWER_WITHIN - Duration::from_millis(1);
    assert!(!place.tick(later).is_behind);
    let turn = place.read_on(vec![(2, "message 2".into())], true, later);
    assert_eq!((turn.frames, turn.read_after), (vec!["message 2".into()], Some(2)));
    assert!(!place.tick(NOW + ANSWER_WITHIN).is_behind, "they come");
    let turn = place.tick(later + ANSWER_WITHIN);
    assert_eq!((turn.frames.len(), turn.is_behind), (0, true));
}

#[test]
fn a_send_that_failed_and_was_kept_after_all_is_a_message_like_others() {
    let mut place = Place::new();
    let _ = joined(&mut place, 1, false, NOW);
    let _ = place.begin_send(NOW);
    assert_eq!(place.deliver(message(2)), Turn::default());
    assert_eq!(place.end_send(None, NOW).frames, ["message 2"]);
}

#[test]
fn after_more_than_an_answer_holds_the_room_is_silent_until_asked_or_for_a_while() {
    let mut place = Place::new();
    let turn = joined(&mut place, 100, true, NOW);
    assert_eq!(turn, Turn::default());
    assert_eq!(place.deliver(message(1_101)), Turn::default());
    assert_eq!(place.ask_again(Some(100), NOW), Some(100));
    let _ = joined(&mut place, 200, true, NOW);
    assert_eq!(place.tick(NOW), Turn::default());
    assert_eq!(place.next_tick(), Some(NOW + ASK_AGAIN_WITHIN));
    assert_eq!(place.tick(NOW + ASK_AGAIN_WITHIN).read_after, Some(200));
    let page = (201..=203).map(|seq| (seq, format!("message {seq}").into())).collect();
    let turn = place.read_on(page, true, NOW);
    assert_eq!((numbers(&turn.frames), turn.read_after), (vec![201, 202, 203], Some(203)));
    // Its question crossed them on the way.
    assert_eq!(place.ask_again(Some(200), NOW + ASK_AGAIN_WITHIN), Some(203));
    // One that wants to hear it again is told again.
    let _ = joined(&mut place, 300, false, NOW);
    assert_eq!(place.ask_again(Some(200), NOW), Some(200));
}

#[test]
fn joining_again_without_a_number_loses_nothing_that_is_on_its_way() {
    let mut place = Place::new();
    let _ = joined(&mut place, 3, false, NOW);
    let _ = place.ask_again(None, NOW);
    // Message 4 is committed, and its delivery not here yet.
    let conversation = conversation(4);
    let caught = Caught { conversation: &conversation, last_seq: None, has_more: false, asked_for_more: false };
    assert_eq!(place.joined(&caught, NOW), Turn::default());
    assert_eq!(place.deliver(message(4)).frames, ["message 4"]);
}

#[test]
fn nobody_is_told_later_who_was_typing() {
    let mut place = Place::new();
    let typing = Delivery { conversation_id: id(), topic: Topic::Typing, frame: "typing".into() };
    assert_eq!(place.deliver(typing.clone()), Turn::default());
    assert_eq!(joined(&mut place, 1, false, NOW), Turn::default());
    assert_eq!(place.deliver(typing).frames, ["typing"]);
}

#[test]
fn a_gap_is_read_and_what_came_behind_it_is_kept() {
    let mut place = Place::new();
    let _ = joined(&mut place, 1, false, NOW);
    assert_eq!(place.deliver(message(4)).read_after, Some(1));
    assert_eq!(place.deliver(message(5)), Turn::default());
    let page = [2, 3, 4].map(|seq| (seq, format!("message {seq}").into())).to_vec();
    assert_eq!(numbers(&place.read_on(page, false, NOW).frames), [2, 3, 4, 5]);
}

#[test]
fn more_than_can_be_held_is_read_again() {
    let mut place = Place::new();
    let most = i64::try_from(MOST_HELD).unwrap();
    for seq in 2..=most + 10 {
        assert_eq!(place.deliver(message(seq)), Turn::default());
    }
    let turn = joined(&mut place, 1, false, NOW);
    assert_eq!((turn.frames.len(), turn.read_after), (MOST_HELD, Some(most + 1)));
}

#[test]
fn old_news_about_the_conversation_is_not_repeated() {
    let mut place = Place::new();
    let update = |version| Delivery {
        conversation_id: id(),
        topic: Topic::Update { version },
        frame: format!("update {version}").into(),
    };
    assert_eq!(place.deliver(update(1)), Turn::default());
    assert_eq!(place.deliver(update(2)), Turn::default());
    let turn = joined(&mut place, 1, false, NOW);
    assert_eq!(turn.frames, ["update 2"], "the answer showed version 1");
}
