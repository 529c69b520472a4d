//! Tokens as they are meant to be: issued, shown, remembered, over, taken back.

use proptest::prelude::*;
use support_domain::{CountryCode, UserType};

use super::*;
use crate::role::AdminRole;
use crate::testing::{Desk, START, admin, any_principal, conversation, ready, user};
use crate::token::{IssueError, Narrowing, attenuate};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn every_kind_of_person_comes_back_as_they_were_issued() {
    let desk = Desk::open();
    let users = <UserType as support_domain::TextEnum>::ALL
        .iter()
        .map(|user_type| user("someone", *user_type, CountryCode::UnitedStates));
    let admins = <AdminRole as support_domain::TextEnum>::ALL;
    let admins = admins.iter().map(|role| admin("admin-1", *role, Some(CountryCode::Bangladesh)));
    for principal in users.chain(admins) {
        let caller = desk.verify(&desk.issue(&principal)).unwrap();
        assert_eq!(caller.principal, principal);
        assert_eq!(caller.restrictions, Restrictions::default());
        assert_eq!(caller.expires_at, START.plus(15 * MINUTE));
        assert_eq!(caller.revocation_ids.len(), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whoever_can_be_issued_a_token_comes_back_unchanged(principal in any_principal()) {
        let desk = Desk::open();
        let token = desk.issue(&principal);
        prop_assert!(token.len() <= MAX_TOKEN_BYTES, "{}", token.len());
        prop_assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte)));
        prop_assert_eq!(&desk.verify(&token).unwrap().principal, &principal);
    }
}

#[test]
fn a_token_of_the_greatest_length_still_leaves_room_for_three_narrowings() {
    let desk = Desk::open();
    let Principal::Admin(mut longest) = admin(&"a".repeat(128), AdminRole::SuperAdmin, Some(CountryCode::Bangladesh))
    else {
        panic!("an admin")
    };
    longest.email = Some(format!("{}@example.com", "k".repeat(242)));
    let narrowing =
        Narrowing { conversation: Some(conversation(1)), read_only: true, expires_at: Some(START.plus(MINUTE)) };
    let mut token = desk.issue(&Principal::Admin(longest));
    for _ in 0..3 {
        token = attenuate(&token, &narrowing).unwrap();
    }
    assert!(desk.verify(&token).is_ok());
}

#[test]
fn what_a_token_cannot_carry_is_not_issued() {
    let desk = Desk::open();
    let issue = |principal: &Principal, ttl| desk.issuer.issue(principal, START, ttl);
    let somebody = admin("admin-1", AdminRole::Admin, None);
    assert_eq!(issue(&somebody, Duration::from_millis(999)), Err(IssueError::TtlTooShort));
    for email in ["", "@@@\n", "no-at-sign", "a\"); role(\"SUPER_ADMIN@x", "a b@x", &format!("{}@x", "a".repeat(253))] {
        let Principal::Admin(mut admin) = somebody.clone() else { panic!("an admin") };
        admin.email = Some(email.to_owned());
        assert_eq!(issue(&Principal::Admin(admin), MINUTE), Err(IssueError::Email), "{email:?}");
    }
}

#[test]
fn the_moment_of_expiry_is_already_too_late() {
    let desk = Desk::open();
    let token = desk.driver();
    desk.clock.advance(15 * MINUTE - Duration::from_millis(1));
    assert!(desk.verify(&token).is_ok());
    desk.clock.advance(Duration::from_millis(1));
    assert_eq!(desk.refusal(&token), "the token is over");
    let unremembered =
        Desk::trusting(crate::TokenIssuer::new(crate::SigningKey::generate()), TrustedKeys::new(desk.issuer.public()));
    unremembered.clock.advance(15 * MINUTE);
    assert_eq!(unremembered.refusal(&token), "the token is over");
}

#[test]
fn a_fraction_of_a_second_is_cut_and_never_added() {
    let desk = Desk::open();
    desk.clock.advance(Duration::from_millis(1_700));
    let token = desk.driver();
    assert_eq!(desk.verify(&token).unwrap().expires_at, START.plus(15 * MINUTE + Duration::from_secs(1)));
}

#[test]
fn a_token_is_examined_once_a_minute() {
    let desk = Desk::open();
    let token = desk.driver();
    let first = desk.verify(&token).unwrap();
    desk.clock.advance(MINUTE - Duration::from_millis(1));
    assert!(Arc::ptr_eq(&first, &desk.verify(&token).unwrap()));
    desk.clock.advance(Duration::from_millis(1));
    let second = desk.verify(&token).unwrap();
    assert!(!Arc::ptr_eq(&first, &second));
    assert_eq!(first, second);
}

#[test]
fn a_token_that_is_revoked_while_it_is_remembered_is_refused_at_once() {
    let desk = Desk::open();
    let token = desk.driver();
    let narrowed = attenuate(&token, &Narrowing { read_only: true, ..Narrowing::default() }).unwrap();
    let ids = desk.verify(&narrowed).unwrap().revocation_ids.clone();
    assert_eq!(ids.len(), 2);
    assert!(desk.verify(&token).is_ok());

    desk.revocations.insert(ids[1].clone());
    assert_eq!(desk.refusal(&narrowed), "the token was revoked");
    assert!(desk.verify(&token).is_ok(), "the token that it was made from is another one");

    desk.revocations.replace([ids[0].clone()].into());
    assert_eq!(desk.refusal(&token), "the token was revoked");
    assert_eq!(desk.refusal(&narrowed), "the token was revoked");

    desk.revocations.replace([].into());
    assert!(desk.verify(&token).is_ok());
}

#[test]
fn a_time_out_is_no_refusal() {
    let desk = Desk::open();
    let token = desk.driver();
    let mut hurried = desk.authenticator;
    hurried.limits.max_time = Duration::ZERO;
    assert_eq!(hurried.verify(&token), Err(AuthenticationError::Unavailable));
    hurried.limits = LIMITS;
    assert!(hurried.verify(&token).is_ok(), "and nothing of it is remembered");
}

#[test]
fn the_trait_answers_as_the_method_does() {
    let desk = Desk::open();
    let caller = ready(desk.authenticator.authenticate(&desk.driver())).unwrap();
    assert_eq!(caller.principal.id(), "driver-1");
    assert!(ready(desk.authenticator.authenticate("nonsense")).is_err());
}

#[test]
fn nothing_that_is_printed_holds_a_token_or_a_key() {
    let key = crate::SigningKey::generate();
    let secret = key.to_hex();
    assert!(!format!("{key:?}").contains(&secret));
    let keys = TrustedKeys::new(key.public());
    let desk = Desk::trusting(crate::TokenIssuer::new(key), keys);
    let token = desk.driver();
    let caller = desk.verify(&token).unwrap();
    let printed = format!("{:?} {:?} {:?}", desk.issuer, desk.authenticator, caller);
    assert!(!printed.contains(&secret) && !printed.contains(&token));
}
