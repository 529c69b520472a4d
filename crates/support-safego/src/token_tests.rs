//! Tokens of the host and everything that must not be taken for one.

use proptest::prelude::*;
use serde_json::json;

use super::*;

pub(crate) const SECRET: &str = "a secret of the tests, long enough for everybody";

/// 2026-01-31T09:30:00Z.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_769_851_800_000);
const SECONDS: i64 = NOW.millis() / 1_000;

pub(crate) fn signed(header: &str, claims: &str, secret: &str) -> String {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// The host's claims, with some of them set to something else; `null` takes one out.
pub(crate) fn token(changes: &Value) -> String {
    let mut claims = json!({"userId": "driver-1", "role": "driver", "countryCode": "BD", "iat": SECONDS - 60,
        "exp": SECONDS + 840});
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let kept: serde_json::Map<String, Value> =
        claims.as_object().unwrap().clone().into_iter().filter(|(_, value)| *value != json!("absent")).collect();
    signed(HEADER, &Value::Object(kept).to_string(), SECRET)
}

fn refusal(token: &str) -> &'static str {
    read(token, &HostSecret::new(SECRET).unwrap(), NOW).expect_err(token).reason()
}

fn accepts(token: &str) -> Claims {
    read(token, &HostSecret::new(SECRET).unwrap(), NOW).unwrap_or_else(|refusal| panic!("{refusal:?}: {token}"))
}

#[test]
fn the_hosts_own_token_is_read() {
    let claims = accepts(&token(&json!({})));
    assert_eq!((claims.user_id.as_str(), claims.role.as_str()), ("driver-1", "driver"));
    assert_eq!(claims.country, CountryCode::Bangladesh);
    assert_eq!(claims.expires_at.millis(), NOW.millis() + 840_000);
    accepts(&token(&json!({"iat": "absent", "theme": {"dark": true}})));
    accepts(&token(&json!({"iat": SECONDS + CLOCKS_APART_SECONDS})));
}

#[test]
fn a_token_of_another_kind_is_refused_whatever_else_it_says() {
    for name in OF_OTHER_TOKENS {
        for value in [json!("access"), json!(null), json!(1)] {
            assert_eq!(refusal(&token(&json!({name: value}))), "the token is of another kind", "{name}");
        }
    }
}

#[test]
fn a_claim_that_is_missing_or_of_another_type_is_refused() {
    for name in ["userId", "role", "countryCode", "exp"] {
        let values = [json!("absent"), json!(null), json!(true), json!([]), json!({}), json!(1.5), json!("")];
        for value in values.into_iter().filter(|value| !(name == "role" && *value == json!(""))) {
            refusal(&token(&json!({name: value})));
        }
    }
    for changes in [json!({"userId": 7}), json!({"userId": "a b"}), json!({"countryCode": "bd"}), json!({"exp": "9"})] {
        refusal(&token(&changes));
    }
}

#[test]
fn time_decides_to_the_second() {
    assert_eq!(refusal(&token(&json!({"exp": SECONDS}))), "the token is over");
    accepts(&token(&json!({"exp": SECONDS + 1})));
    refusal(&token(&json!({"exp": -1})));
    for name in ["iat", "nbf"] {
        for at in [json!(SECONDS + CLOCKS_APART_SECONDS + 1), json!(i64::MAX), json!(-1), json!("1"), json!(null)] {
            assert_eq!(refusal(&token(&json!({name: at}))), "the token is of the future", "{name} {at}");
        }
    }
}

#[test]
fn only_hs256_by_that_secret_counts() {
    let claims = json!({"userId": "driver-1", "role": "driver", "countryCode": "BD", "exp": SECONDS + 840}).to_string();
    for algorithm in ["none", "None", "HS512", "HS384", "RS256", "ES256", "hs256", ""] {
        let token = signed(&json!({"alg": algorithm, "typ": "JWT"}).to_string(), &claims, SECRET);
        assert_eq!(refusal(&token), "the token is not signed by HS256", "{algorithm}");
    }
    for header in ["{}", r#"{"alg":["HS256"]}"#, r#"{"alg":"HS256","crit":["exp"]}"#, "[]", "7", ""] {
        refusal(&signed(header, &claims, SECRET));
    }
    let stranger = "another secret of the tests, also long enough";
    assert_eq!(refusal(&signed(HEADER, &claims, stranger)), "the token was signed by somebody else");
    let good = signed(HEADER, &claims, SECRET);
    let (unsigned, _) = good.rsplit_once('.').unwrap();
    for token in [format!("{unsigned}."), unsigned.to_owned(), format!("{good}="), format!("{good}A"), "..".to_owned()]
    {
        refusal(&token);
    }
}

#[test]
fn a_name_that_comes_twice_is_refused() {
    let twice = r#"{"userId":"driver-1","role":"driver","role":"admin","countryCode":"BD","exp":99999999999}"#;
    refusal(&signed(HEADER, twice, SECRET));
    accepts(&signed(HEADER, &twice.replace(r#","role":"admin""#, ""), SECRET));
    refusal(&signed(r#"{"alg":"HS256","alg":"HS256"}"#, &twice.replace(r#","role":"admin""#, ""), SECRET));
}

#[test]
fn a_long_token_is_refused_before_it_is_read() {
    let long = token(&json!({"padding": "x".repeat(2 * MAX_TOKEN_BYTES)}));
    assert_eq!(refusal(&long), "the token is too long");
    assert_eq!(refusal(&"eyJ.".repeat(4_000)), "the token is too long");
}

#[test]
fn a_secret_that_could_be_guessed_is_refused_and_none_prints() {
    for secret in ["", "secret", &"x".repeat(31)] {
        assert!(matches!(HostSecret::new(secret), Err(SecretTooShort)), "{secret}");
    }
    assert!(!format!("{:?}", HostSecret::new(SECRET).unwrap()).contains("secret of"));
}

#[test]
fn a_hosts_token_is_told_by_its_shape() {
    assert!(is_host_token(&token(&json!({}))));
    for other in ["", "eyJ", "eyJ.a", "eyJ.a.b.c", "EoQBCg.x.y", "a.b.c"] {
        assert!(!is_host_token(other), "{other}");
    }
}

proptest! {
    #[test]
    fn what_anybody_may_write_is_refused_without_a_panic(text in "\\PC{0,300}") {
        prop_assert!(read(&text, &HostSecret::new(SECRET).unwrap(), NOW).is_err());
    }

    #[test]
    fn any_change_to_a_token_spoils_it(position in 0..300_usize, byte in "[A-Za-z0-9_.-]") {
        let good = token(&json!({}));
        let position = position % good.len();
        let changed = format!("{}{byte}{}", &good[..position], &good[position + 1..]);
        prop_assume!(changed != good);
        prop_assert!(read(&changed, &HostSecret::new(SECRET).unwrap(), NOW).is_err(), "{changed}");
    }
}
