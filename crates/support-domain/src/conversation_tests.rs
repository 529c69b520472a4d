//! The conversation's life, as sentences and as properties over random histories.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{ContentFormat, CountryCode, Limits, TextEnum, UserId, UserType};

fn opened() -> SupportConversation {
    let draft = ConversationDraft {
        id: ConversationId(Uuid::from_u128(1)),
        user: UserRef {
            id: UserId::parse("driver-1").unwrap(),
            user_type: UserType::Driver,
            country: CountryCode::Bangladesh,
        },
        subject: Subject::parse("Fare", &Limits::default()).unwrap(),
        priority: Priority::Normal,
        metadata: Metadata::default(),
    };
    SupportConversation::open(draft, Timestamp::from_millis(1_000))
}

fn id(number: u128) -> MessageId {
    MessageId(Uuid::from_u128(number))
}

fn draft(text: &str) -> MessageDraft {
    let content = MessageContent::parse(text, ContentFormat::Text, &Limits::default()).unwrap();
    MessageDraft { id: id(7), content, attachments: Vec::new(), client_message_id: None, metadata: Metadata::default() }
}

fn user() -> Author {
    Author::User(UserId::parse("driver-1").unwrap())
}

fn admin() -> Author {
    Author::Admin(AdminId::parse("admin-1").unwrap())
}

fn status_change(to: ConversationStatus) -> ConversationChange {
    ConversationChange { status: Some(to), ..ConversationChange::default() }
}

fn in_status(status: ConversationStatus) -> SupportConversation {
    if status == ConversationStatus::Open {
        return opened();
    }
    opened().change(&status_change(status), id(9), Timestamp::from_millis(2_000)).unwrap().conversation
}

#[test]
fn the_contract_names_the_transitions() {
    let allowed: Vec<String> = ConversationStatus::ALL
        .iter()
        .flat_map(|from| ConversationStatus::ALL.iter().map(move |to| (from, to)))
        .filter(|(from, to)| from.may_become(**to))
        .map(|(from, to)| format!("{from} -> {to}"))
        .collect();
    let expected = [
        "open -> pending",
        "open -> resolved",
        "open -> closed",
        "pending -> open",
        "pending -> resolved",
        "pending -> closed",
        "resolved -> open",
        "resolved -> closed",
    ];
    assert_eq!(allowed, expected);
}

#[test]
fn closed_is_final() {
    for to in ConversationStatus::ALL {
        let refused =
            in_status(ConversationStatus::Closed).change(&status_change(*to), id(9), Timestamp::from_millis(3));
        assert!(matches!(refused, Err(ChangeRefused::InvalidTransition { .. })), "{to}");
    }
    let wanted = ConversationChange { priority: Some(Priority::High), ..ConversationChange::default() };
    let refused = in_status(ConversationStatus::Closed).change(&wanted, id(9), Timestamp::from_millis(3));
    assert_eq!(refused, Err(ChangeRefused::Closed));
    for author in [user(), admin()] {
        let refused =
            in_status(ConversationStatus::Closed).post(author, draft("hello"), id(9), Timestamp::from_millis(3));
        assert_eq!(refused, Err(Closed));
    }
}

#[test]
fn a_user_who_writes_to_a_resolved_conversation_reopens_it() {
    for before in [ConversationStatus::Pending, ConversationStatus::Resolved] {
        let conversation = in_status(before);
        let (version, last_seq) = (conversation.version, conversation.last_seq);
        let outcome = conversation.post(user(), draft("still broken"), id(9), Timestamp::from_millis(3_000)).unwrap();
        assert_eq!(outcome.conversation.status, ConversationStatus::Open);
        assert_eq!(outcome.conversation.version, version + 1);
        assert_eq!(outcome.messages[0].seq, last_seq + 1, "the user's message comes first");
        assert_eq!(outcome.messages[1].author, Author::System(Side::User));
        assert_eq!(outcome.conversation.last_message_preview.as_str(), "still broken");
        assert_eq!(outcome.changes, [Changed::Status { from: before, to: ConversationStatus::Open }]);
    }
}

#[test]
fn a_reply_of_the_desk_reopens_nothing() {
    let outcome = in_status(ConversationStatus::Resolved)
        .post(admin(), draft("one more thing"), id(9), Timestamp::from_millis(3_000))
        .unwrap();
    assert_eq!(outcome.conversation.status, ConversationStatus::Resolved);
    assert_eq!(outcome.messages.len(), 1);
}

#[test]
fn what_already_is_as_wanted_is_no_change() {
    let before = opened();
    let wanted = ConversationChange {
        status: Some(ConversationStatus::Open),
        priority: Some(Priority::Normal),
        assigned_admin_id: Some(None),
    };
    let outcome = before.clone().change(&wanted, id(9), Timestamp::from_millis(9_000)).unwrap();
    assert_eq!(outcome, Outcome { conversation: before, messages: vec![], changes: vec![] });
}

#[test]
fn several_changes_are_one_version() {
    let wanted = ConversationChange {
        status: Some(ConversationStatus::Pending),
        priority: Some(Priority::Urgent),
        assigned_admin_id: Some(Some(AdminId::parse("admin-1").unwrap())),
    };
    let outcome = opened().change(&wanted, id(9), Timestamp::from_millis(9_000)).unwrap();
    assert_eq!((outcome.conversation.version, outcome.changes.len(), outcome.messages.len()), (2, 3, 1));
}

#[test]
fn system_messages_name_no_admin() {
    for status in ConversationStatus::ALL {
        assert!(!status.announcement().contains("admin"));
    }
}

#[derive(Debug, Clone)]
enum Step {
    Post(Side),
    Status(ConversationStatus),
    Read(Side, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let side = || prop_oneof![Just(Side::User), Just(Side::Admin)];
    prop_oneof![
        4 => side().prop_map(Step::Post),
        1 => proptest::sample::select(ConversationStatus::ALL).prop_map(Step::Status),
        2 => (side(), 0..64usize).prop_map(|(side, back)| Step::Read(side, back)),
    ]
}

proptest! {
    /// Whatever happens in whatever order and by whatever clock: numbers have no gap, times do not run back, closed
    /// stays closed, watermarks only move forward, and an unread count is the number of messages that are unread.
    #[test]
    fn every_history_keeps_the_invariants(steps in prop::collection::vec((step(), 0..100_000i64), 1..60)) {
        let mut now = opened();
        let mut messages: Vec<SupportMessage> = Vec::new();
        for (step, millis) in steps {
            let (before, at) = (now.clone(), Timestamp::from_millis(millis));
            match step {
                Step::Post(side) => {
                    let author = if side == Side::User { user() } else { admin() };
                    match now.post(author, draft("words"), id(9), at) {
                        Ok(outcome) => { messages.extend(outcome.messages); now = outcome.conversation; }
                        Err(Closed) => { prop_assert_eq!(before.status, ConversationStatus::Closed); now = before.clone(); }
                    }
                }
                Step::Status(to) => match now.change(&status_change(to), id(9), at) {
                    Ok(outcome) => {
                        prop_assert!(before.status == to || before.status.may_become(to));
                        messages.extend(outcome.messages);
                        now = outcome.conversation;
                    }
                    Err(_) => { prop_assert!(!before.status.may_become(to)); now = before.clone(); }
                },
                Step::Read(side, back) => {
                    if let Some(message) = messages.get(messages.len().saturating_sub(back)..).and_then(<[_]>::first) {
                        let point = ReadPoint { seq: message.seq, user_side_count: message.user_side_count };
                        now = now.mark_read(side, point, at);
                    }
                }
            }
            prop_assert!(now.version >= before.version && now.version <= before.version + 1);
            prop_assert!(now.updated_at >= before.updated_at && now.last_message_at >= before.last_message_at);
            prop_assert!(before.status != ConversationStatus::Closed || now.status == ConversationStatus::Closed);
            for side in [Side::User, Side::Admin] {
                prop_assert!(now.watermark(side).seq >= before.watermark(side).seq);
                let unread = messages.iter().filter(|message| !message.is_read_by(side, &now)).count();
                prop_assert_eq!(now.unread_count(side), i64::try_from(unread).unwrap());
            }
        }
        let numbers: Vec<i64> = messages.iter().map(|message| message.seq).collect();
        prop_assert_eq!(numbers, (1..=now.last_seq).collect::<Vec<_>>());
        prop_assert!(messages.iter().map(|message| message.created_at).is_sorted());
        prop_assert_eq!(messages.last().map(|message| message.created_at).unwrap_or(now.last_message_at), now.last_message_at);
    }
}
