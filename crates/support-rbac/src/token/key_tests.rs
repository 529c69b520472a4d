//! Keys: how they are written, and which of them may have signed a token.

use std::time::Duration;

use biscuit_auth::{Biscuit, UnverifiedBiscuit};

use super::*;
use crate::testing::{Desk, START, user};

fn new_key() -> SigningKey {
    SigningKey::generate()
}

fn signed_by(key: &SigningKey, key_id: Option<u32>) -> String {
    let source = UnverifiedBiscuit::from_base64(Desk::open().driver()).unwrap().print_block_source(0).unwrap();
    let builder = Biscuit::builder().code(source).unwrap();
    let builder = match key_id {
        Some(id) => builder.root_key_id(id),
        None => builder,
    };
    builder.build(key.pair()).unwrap().to_base64().unwrap()
}

fn desk(keys: TrustedKeys) -> Desk {
    Desk::trusting(TokenIssuer::new(new_key()), keys)
}

#[test]
fn keys_round_trip_with_and_without_their_prefix() {
    let key = new_key();
    let public = key.public();
    for text in [key.to_hex(), format!("ed25519-private/{}", key.to_hex()), format!("ed25519/{}", key.to_hex())] {
        assert_eq!(SigningKey::from_hex(&text).unwrap().public(), public);
    }
    for text in [public.to_string(), format!("ed25519/{public}"), public.to_string().to_uppercase()] {
        assert_eq!(text.parse::<VerifyingKey>().unwrap(), public);
    }
    for text in ["", "00", "zz", "secp256r1-private/00", &"g".repeat(64), &"0".repeat(66)] {
        assert_eq!(SigningKey::from_hex(text).unwrap_err(), InvalidKey::Signing);
        assert_eq!(text.parse::<VerifyingKey>().unwrap_err(), InvalidKey::Verifying);
    }
}

#[test]
fn a_key_id_is_the_beginning_of_the_hash_of_the_key() {
    let key = SigningKey::from_hex(&"07".repeat(32)).unwrap();
    assert_eq!(key.public().to_string(), "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c");
    // printf %s ea4a...d22c | xxd -r -p | sha256sum
    assert_eq!(key.public().key_id(), 0xfe81_2c12);
}

#[test]
fn a_list_of_keys_says_which_entry_is_wrong_and_never_repeats_it() {
    let (one, two) = (new_key().public(), new_key().public());
    assert_eq!(
        TrustedKeys::parse_list(&format!("1:{one}, 4294967295:ed25519/{two}")).unwrap(),
        [(1, one), (u32::MAX, two)]
    );
    assert_eq!(TrustedKeys::parse_list(" ").unwrap(), []);
    for (list, error) in [
        (format!("1:{one},{two}"), KeyListError::Form { position: 2 }),
        (format!("1:{one},"), KeyListError::Form { position: 2 }),
        (format!("-1:{one}"), KeyListError::Id { position: 1 }),
        (format!("4294967296:{one}"), KeyListError::Id { position: 1 }),
        (format!("1:{one},2:{two}0"), KeyListError::Key { position: 2, source: InvalidKey::Verifying }),
        (format!("1:{one},1:{two}"), KeyListError::Duplicate { position: 2 }),
    ] {
        let found = TrustedKeys::parse_list(&list).unwrap_err();
        assert_eq!(found, error);
        assert!(!found.to_string().contains(&one.to_string()) && !found.to_string().contains(&two.to_string()));
    }
}

#[test]
fn a_token_of_another_key_is_refused() {
    let (desk, stranger) = (Desk::open(), new_key());
    assert_eq!(desk.refusal(&signed_by(&stranger, None)), "a signature of the token is wrong");
    // The right id says which key to try, and proves nothing.
    let pretended = signed_by(&stranger, Some(desk.issuer.public().key_id()));
    assert_eq!(desk.refusal(&pretended), "a signature of the token is wrong");
}

#[test]
fn a_key_id_must_be_one_of_the_trusted_ones_even_for_a_good_signature() {
    let (own, further) = (new_key(), new_key());
    let desk = desk(TrustedKeys::new(own.public()).with(7, further.public()));
    for token in [
        signed_by(&own, None),
        signed_by(&own, Some(own.public().key_id())),
        signed_by(&further, None),
        signed_by(&further, Some(7)),
        signed_by(&further, Some(further.public().key_id())),
    ] {
        assert!(desk.verify(&token).is_ok());
    }
    for token in [signed_by(&own, Some(8)), signed_by(&further, Some(8))] {
        assert_eq!(desk.refusal(&token), "no trusted key has the key id of the token");
    }
    assert_eq!(desk.refusal(&signed_by(&own, Some(7))), "a signature of the token is wrong");
}

#[test]
fn tokens_of_an_old_key_are_good_for_as_long_as_it_is_listed() {
    let (old, new) = (TokenIssuer::new(new_key()), new_key());
    let driver = user("driver-1", support_domain::UserType::Driver, support_domain::CountryCode::Bangladesh);
    let token = old.issue(&driver, START, Duration::from_secs(900)).unwrap();
    let during = desk(TrustedKeys::new(new.public()).with_list(&format!("1:{}", old.public())).unwrap());
    assert!(during.verify(&token).is_ok());
    assert_eq!(desk(TrustedKeys::new(new.public())).refusal(&token), "no trusted key has the key id of the token");
}
