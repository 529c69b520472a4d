//! Tokens as an attacker would make them: every one is refused, and none is evaluated.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use biscuit_auth::builder::{Check, CheckKind, pred, rule, string};
use biscuit_auth::{Biscuit, BlockBuilder, KeyPair, UnverifiedBiscuit};
use support_domain::{Clock, SystemClock};

use super::*;
use crate::testing::{Desk, START, conversation};

const UNKNOWN_FORM: &str = "a block of the token has an unknown form";

/// The driver's token with a block of this Datalog appended, as any holder can.
fn with_block(desk: &Desk, datalog: &str) -> String {
    append(desk, BlockBuilder::new().code(datalog).unwrap())
}

fn append(desk: &Desk, block: BlockBuilder) -> String {
    UnverifiedBiscuit::from_base64(desk.driver()).unwrap().append(block).unwrap().to_base64().unwrap()
}

/// A desk, and a token of its own key with this Datalog as the issuer's block.
fn issued_as(datalog: &str) -> (Desk, String) {
    let key = SigningKey::generate();
    let token = Biscuit::builder().code(datalog).unwrap().build(key.pair()).unwrap().to_base64().unwrap();
    let keys = TrustedKeys::new(key.public());
    (Desk::trusting(TokenIssuer::new(key), keys), token)
}

#[test]
fn text_that_is_no_token_is_refused() {
    let desk = Desk::open();
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOiIxIn0.c2lnbmF0dXJl";
    for text in ["", " ", "nonsense", "AAAA", "\u{9a6}\u{9be}", jwt, &"A".repeat(MAX_TOKEN_BYTES)] {
        desk.refusal(text);
    }
    assert_eq!(desk.refusal(&"A".repeat(MAX_TOKEN_BYTES + 1)), "the token is empty or too long");
}

#[test]
fn a_token_beyond_the_length_is_refused_even_if_all_its_blocks_are_good() {
    let desk = Desk::open();
    let mut token = UnverifiedBiscuit::from_base64(desk.driver()).unwrap();
    while token.to_base64().unwrap().len() <= MAX_TOKEN_BYTES {
        token = token.append(BlockBuilder::new().code("check if operation(\"read\")").unwrap()).unwrap();
    }
    assert_eq!(desk.refusal(&token.to_base64().unwrap()), "the token is empty or too long");
    let narrowing = Narrowing { read_only: true, ..Narrowing::default() };
    assert_eq!(attenuate(&token.to_base64().unwrap(), &narrowing), Err(AttenuationError::TooLong));
}

#[test]
fn a_token_of_too_many_blocks_is_refused() {
    let desk = Desk::open();
    let mut token = UnverifiedBiscuit::from_base64(desk.driver()).unwrap();
    for _ in 0..MAX_BLOCKS {
        assert!(desk.verify(&token.to_base64().unwrap()).is_ok());
        token = token.append(BlockBuilder::new().code("check if operation(\"read\")").unwrap()).unwrap();
    }
    let token = token.to_base64().unwrap();
    assert!(token.len() <= MAX_TOKEN_BYTES);
    assert_eq!(desk.refusal(&token), "the token has too many blocks");
}

#[test]
fn an_appended_join_that_would_run_for_minutes_is_refused_without_being_run() {
    let desk = Desk::open();
    let facts: String = (0..40).map(|number| format!("n({number}); ")).collect();
    let token = with_block(&desk, &format!("{facts} check if n($a), n($b), n($c), n($d), n($e), n($f), $a + $f < 0;"));
    assert!(token.len() <= MAX_TOKEN_BYTES, "{}", token.len());
    let clock = SystemClock::new();
    assert_eq!(desk.refusal(&token), UNKNOWN_FORM);
    assert!(clock.monotonic().as_millis() < 200, "{:?}", clock.monotonic());
}

#[test]
fn facts_that_a_holder_appends_do_not_widen_a_token() {
    let desk = Desk::open();
    for datalog in [
        "user(\"driver-2\")",
        "country(\"US\")",
        "admin(\"admin-1\"); role(\"SUPER_ADMIN\"); permission(\"MANAGE_SUPPORT_SETTINGS\")",
        "expires(2099-01-01T00:00:00Z)",
        "conversation(\"0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e\")",
        "user($id) <- user_type($id)",
    ] {
        assert_eq!(desk.refusal(&with_block(&desk, datalog)), UNKNOWN_FORM, "{datalog}");
    }
}

#[test]
fn a_block_that_only_resembles_a_narrowing_is_refused() {
    let desk = Desk::open();
    let (one, other) = (conversation(1), conversation(2));
    assert!(desk.verify(&with_block(&desk, &format!("check if conversation(\"{one}\")"))).is_ok());
    for datalog in [
        String::new(),
        "check if true".to_owned(),
        "check if operation(\"write\")".to_owned(),
        "check if operation($any)".to_owned(),
        "check all operation(\"read\")".to_owned(),
        "reject if operation(\"write\")".to_owned(),
        "check if operation(\"read\") trusting previous".to_owned(),
        "check if operation(\"read\") or time($time)".to_owned(),
        "check if operation(\"read\"); check if operation(\"read\")".to_owned(),
        format!("check if operation(\"read\"); check if conversation(\"{one}\")"),
        format!("check if conversation(\"{one}\") or conversation(\"{other}\")"),
        format!("check if conversation(\"{one}\"); check if conversation(\"{other}\")"),
        "check if conversation(\"0190C5A4-7F3A-7E64-8F5E-2F5A0C6D1B2E\")".to_owned(),
        "check if conversation(\"anything\")".to_owned(),
        "check if time($time), $time <= 2026-01-31T09:35:00Z".to_owned(),
        "check if time($time), $time > 2026-01-31T09:35:00Z".to_owned(),
        "check if time($t), $t < 2026-01-31T09:35:00Z".to_owned(),
    ] {
        assert_eq!(desk.refusal(&with_block(&desk, &datalog)), UNKNOWN_FORM, "{datalog}");
    }
}

#[test]
fn a_block_that_prints_like_a_narrowing_but_is_none_is_refused() {
    let desk = Desk::open();
    // One check with a predicate of an odd name, which the library prints as two checks.
    let name = format!("conversation(\"{}\");\ncheck if operation", conversation(1));
    let no_terms: &[biscuit_auth::builder::Term] = &[];
    let query = rule("query", no_terms, &[pred(&name, &[string("read")])]);
    let block = BlockBuilder::new().check(Check { queries: vec![query], kind: CheckKind::One }).unwrap();
    let token = append(&desk, block);
    let printed = UnverifiedBiscuit::from_base64(&token).unwrap().print_block_source(1).unwrap();
    assert!(Narrowing::parse(&printed).is_some(), "the trap is set: {printed}");
    assert_eq!(desk.refusal(&token), UNKNOWN_FORM);
}

#[test]
fn what_the_text_of_a_block_does_not_show_is_refused() {
    let desk = Desk::open();
    let narrowing = || BlockBuilder::new().code("check if operation(\"read\")").unwrap();
    assert_eq!(desk.refusal(&append(&desk, narrowing().context("note".to_owned()))), UNKNOWN_FORM);

    let stranger = KeyPair::new();
    let token = Biscuit::from_base64(desk.driver(), desk.issuer.public().key()).unwrap();
    let block = token.third_party_request().unwrap().create_block(&stranger.private(), narrowing()).unwrap();
    let token = token.append_third_party(stranger.public(), block).unwrap().to_base64().unwrap();
    assert_eq!(desk.refusal(&token), UNKNOWN_FORM);
}

#[test]
fn an_issuer_that_is_trusted_still_has_to_keep_to_the_form() {
    let end = "2026-01-31T09:45:00Z";
    let check = format!("check if time($time), $time < {end}");
    let driver = "user(\"driver-1\"); user_type(\"driver\"); country(\"BD\")";
    let (desk, good) = issued_as(&format!("{driver}; expires({end}); {check}"));
    assert!(desk.verify(&good).is_ok());
    for datalog in [
        format!("{driver}; {check}"),
        format!("{driver}; expires({end})"),
        format!("{driver}; expires(2027-01-31T09:45:00Z); {check}"),
        format!("{driver}; expires({end}); {check}; {check}"),
        format!("{driver}; expires({end}); right(\"all\"); {check}"),
        format!("{driver}; user(\"driver-2\"); expires({end}); {check}"),
        format!("{driver}; admin(\"admin-1\"); expires({end}); {check}"),
        format!("{driver}; expires({end}); x($a) <- user($a), user($b); {check}"),
        format!("user(\"driver-1\"); user_type(\"shop_partner\"); country(\"BD\"); expires({end}); {check}"),
        format!("user(\"driver 1\"); user_type(\"driver\"); country(\"BD\"); expires({end}); {check}"),
        format!("user(1); user_type(\"driver\"); country(\"BD\"); expires({end}); {check}"),
        format!("admin(\"admin-1\"); role(\"EMPEROR\"); expires({end}); {check}"),
        format!("admin(\"a\"); role(\"ADMIN\"); permission(\"EVERYTHING\"); expires({end}); {check}"),
        format!("admin(\"a\"); role(\"ADMIN\"); email(\"no-at-sign\"); expires({end}); {check}"),
    ] {
        let (desk, token) = issued_as(&datalog);
        assert_eq!(desk.refusal(&token), UNKNOWN_FORM, "{datalog}");
    }
}

#[test]
fn a_token_with_any_byte_changed_is_refused_and_nothing_panics() {
    let desk = Desk::open();
    let narrowing = Narrowing { conversation: Some(conversation(1)), ..Narrowing::default() };
    let token = attenuate(&desk.driver(), &narrowing).unwrap();
    let bytes = URL_SAFE.decode(token).unwrap();
    for position in 0..bytes.len() {
        let mut tampered = bytes.clone();
        tampered[position] ^= [0x01, 0x80, 0xff][position % 3];
        assert!(desk.verify(&URL_SAFE.encode(tampered)).is_err(), "byte {position}");
    }
    for length in (0..bytes.len()).step_by(8) {
        assert!(desk.verify(&URL_SAFE.encode(&bytes[..length])).is_err(), "cut at {length}");
    }
}

#[test]
fn a_sealed_token_is_good_and_cannot_be_narrowed() {
    let desk = Desk::open();
    let token = Biscuit::from_base64(desk.driver(), desk.issuer.public().key()).unwrap();
    let sealed = token.seal().unwrap().to_base64().unwrap();
    assert_eq!(desk.verify(&sealed).unwrap().expires_at, START.plus(std::time::Duration::from_secs(900)));
    let narrowing = Narrowing { read_only: true, ..Narrowing::default() };
    assert_eq!(attenuate(&sealed, &narrowing), Err(AttenuationError::Malformed));
}
