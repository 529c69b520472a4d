//! Narrowing, alone and in any sequence: it takes away, and never gives.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use support_domain::conversation::ConversationDraft;
use support_domain::{
    ConversationId, CountryCode, Metadata, Priority, Subject, SupportConversation, Timestamp, UserId, UserRef, UserType,
};

use super::*;
use crate::caller::{Caller, Principal, Restrictions};
use crate::policy::tests::answers;
use crate::testing::{Desk, START, any_conversation, any_principal, conversation};

const NOTHING: Narrowing = Narrowing { conversation: None, read_only: false, expires_at: None };

fn narrowed_to(number: u128) -> Narrowing {
    Narrowing { conversation: Some(conversation(number)), ..NOTHING }
}

#[test]
fn each_narrowing_is_kept_and_they_add_up() {
    let desk = Desk::open();
    let token = attenuate(&desk.driver(), &narrowed_to(1)).unwrap();
    let caller = desk.verify(&token).unwrap();
    assert_eq!(caller.restrictions, Restrictions { only_conversation: Some(conversation(1)), read_only: false });

    let token = attenuate(&token, &Narrowing { read_only: true, ..NOTHING }).unwrap();
    let end = START.plus(Duration::from_secs(300));
    let token = attenuate(&token, &Narrowing { expires_at: Some(end), ..NOTHING }).unwrap();
    let caller = desk.verify(&token).unwrap();
    assert_eq!(caller.restrictions, Restrictions { only_conversation: Some(conversation(1)), read_only: true });
    assert_eq!(caller.expires_at, end);
    assert_eq!(caller.revocation_ids.len(), 4);

    let at_once = Narrowing { read_only: true, expires_at: Some(end), ..narrowed_to(1) };
    let same = desk.verify(&attenuate(&desk.driver(), &at_once).unwrap()).unwrap();
    assert_eq!((same.restrictions, same.expires_at), (caller.restrictions, caller.expires_at));
}

#[test]
fn a_token_narrowed_to_two_conversations_is_good_and_reaches_none() {
    let desk = Desk::open();
    let token = attenuate(&attenuate(&desk.driver(), &narrowed_to(1)).unwrap(), &narrowed_to(2)).unwrap();
    let caller = desk.verify(&token).unwrap();
    assert_eq!(caller.restrictions.only_conversation, Some(Restrictions::NO_CONVERSATION));
    let back = attenuate(&token, &narrowed_to(1)).unwrap();
    assert_eq!(desk.verify(&back).unwrap().restrictions, caller.restrictions);
    let again = attenuate(&attenuate(&desk.driver(), &narrowed_to(1)).unwrap(), &narrowed_to(1)).unwrap();
    assert_eq!(desk.verify(&again).unwrap().restrictions.only_conversation, Some(conversation(1)));
}

#[test]
fn a_later_end_does_not_prolong_and_an_earlier_one_counts_from_its_whole_second() {
    let desk = Desk::open();
    let ending = |end| Narrowing { expires_at: Some(end), ..NOTHING };
    let later = attenuate(&desk.driver(), &ending(START.plus(Duration::from_secs(86_400)))).unwrap();
    assert_eq!(desk.verify(&later).unwrap().expires_at, START.plus(Duration::from_secs(900)));

    let sooner = attenuate(&later, &ending(START.plus(Duration::from_millis(60_999)))).unwrap();
    assert_eq!(desk.verify(&sooner).unwrap().expires_at, START.plus(Duration::from_secs(60)));
    desk.clock.advance(Duration::from_secs(60));
    assert_eq!(desk.refusal(&sooner), "the token is over");
    assert!(desk.verify(&later).is_ok());
}

#[test]
fn narrowing_to_nothing_or_of_no_token_is_an_error() {
    let desk = Desk::open();
    assert_eq!(attenuate(&desk.driver(), &NOTHING), Err(AttenuationError::NothingGiven));
    assert_eq!(attenuate("nonsense", &narrowed_to(1)), Err(AttenuationError::Malformed));
    let mut token = desk.driver();
    for _ in 1..MAX_BLOCKS {
        token = attenuate(&token, &Narrowing { read_only: true, ..NOTHING }).unwrap();
    }
    assert_eq!(attenuate(&token, &Narrowing { read_only: true, ..NOTHING }), Err(AttenuationError::TooLong));
}

/// A conversation that the person would see with a token that is not narrowed, if they can see any.
fn of_theirs(principal: &Principal, id: ConversationId) -> SupportConversation {
    let user = match principal {
        Principal::User(user) => user.user.clone(),
        Principal::Admin(admin) => UserRef {
            id: UserId::parse("driver-1").unwrap(),
            user_type: UserType::Driver,
            country: admin.countries().first().copied().unwrap_or(CountryCode::Bangladesh),
        },
    };
    let subject = Subject::parse("A lost bag", &support_domain::Limits::default()).unwrap();
    let draft = ConversationDraft { id, user, subject, priority: Priority::Normal, metadata: Metadata::default() };
    SupportConversation::open(draft, START)
}

fn assert_narrower(after: &Caller, before: &Caller) -> Result<(), TestCaseError> {
    prop_assert_eq!(&after.principal, &before.principal);
    prop_assert!(after.expires_at <= before.expires_at);
    prop_assert!(after.revocation_ids.starts_with(&before.revocation_ids), "revoking the first revokes the second");
    for (now, then) in answers(after).into_iter().zip(answers(before)) {
        prop_assert!(!now || then, "an action that was denied is granted");
    }
    for number in 0..5 {
        let conversation = of_theirs(&before.principal, conversation(number));
        let (now, then) = (after.visibility().includes(&conversation), before.visibility().includes(&conversation));
        prop_assert!(!now || then, "a conversation that did not exist does");
    }
    Ok(())
}

fn any_narrowing() -> impl Strategy<Value = Narrowing> {
    let end =
        proptest::option::of((1..1_200_000_u64).prop_map(|millis| START.plus(Duration::from_millis(millis + 1_000))));
    (proptest::option::of(any_conversation()), any::<bool>(), end)
        .prop_map(|(conversation, read_only, expires_at): (_, _, Option<Timestamp>)| Narrowing {
            conversation,
            read_only,
            expires_at,
        })
        .prop_filter("narrows something", |narrowing| *narrowing != NOTHING)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_sequence_of_narrowings_only_ever_narrows(
        principal in any_principal(),
        narrowings in proptest::collection::vec(any_narrowing(), 1..6),
    ) {
        let desk = Desk::open();
        let mut token = desk.issue(&principal);
        let mut before: Arc<Caller> = desk.verify(&token).unwrap();
        for narrowing in narrowings {
            token = match attenuate(&token, &narrowing) {
                Ok(token) => token,
                Err(error) => { prop_assert_eq!(error, AttenuationError::TooLong); break }
            };
            let after = desk.verify(&token).unwrap();
            assert_narrower(&after, &before)?;
            if let Some(wanted) = narrowing.conversation {
                let reached = after.restrictions.only_conversation;
                prop_assert!(reached == Some(wanted) || reached == Some(Restrictions::NO_CONVERSATION));
            }
            prop_assert!(!narrowing.read_only || after.restrictions.read_only);
            prop_assert!(narrowing.expires_at.is_none_or(|end| after.expires_at <= end));
            before = after;
        }
    }

    #[test]
    fn a_narrowing_is_read_back_from_its_text(narrowing in any_narrowing()) {
        let cut = narrowing.expires_at.map(form::whole_seconds);
        let expected = Narrowing { expires_at: cut, ..narrowing };
        prop_assert_eq!(Narrowing::parse(&narrowing.render()), Some(expected));
    }
}
