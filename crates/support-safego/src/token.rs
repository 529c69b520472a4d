//! What a token of the host says. The host signs several kinds of tokens with one secret; only one of them is for coming
//! in, and it is told by its claims: all of `userId`, `role`, `countryCode`, and none of those that the others have.
//!
//! Only HS256 is known here: the check is one HMAC, so that no header can choose another algorithm. Never decides whether
//! the person exists, and never says more of a token than a fixed sentence.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use sha2::Sha256;
use support_domain::{CountryCode, TextEnum, Timestamp, UserId};
use support_rbac::Refusal;

/// Most bytes of a token. The host's have some 250.
pub const MAX_TOKEN_BYTES: usize = 2 * 1024;

/// Fewest bytes of a secret: as many as HS256 gives.
const MIN_SECRET_BYTES: usize = 32;

/// How far the host's clock may be ahead of ours.
const CLOCKS_APART_SECONDS: i64 = 60;

/// Claims of the host's other tokens on the same secret: links to documents, and rotation.
const OF_OTHER_TOKENS: [&str; 5] = ["documentId", "purpose", "type", "tokenFamily", "userRole"];

/// The secret with which the host signs its tokens. Does not print.
#[derive(Clone)]
pub struct HostSecret(Hmac<Sha256>);

/// The secret is so short that it could be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have at least {MIN_SECRET_BYTES} bytes")]
pub struct SecretTooShort;

impl HostSecret {
    /// Takes the secret as the host has it, to the letter.
    ///
    /// # Errors
    /// When it has less than 32 bytes.
    pub fn new(secret: &str) -> Result<Self, SecretTooShort> {
        if secret.len() < MIN_SECRET_BYTES {
            return Err(SecretTooShort);
        }
        Hmac::new_from_slice(secret.as_bytes()).map(Self).map_err(|_| SecretTooShort)
    }
}

impl fmt::Debug for HostSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostSecret(redacted)")
    }
}

/// What a token says of whoever shows it. Nothing of it has been compared with the host's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) user_id: UserId,
    pub(crate) role: String,
    pub(crate) country: CountryCode,
    pub(crate) expires_at: Timestamp,
}

/// Whether a text has the shape of the host's tokens, which no token of ours has.
pub fn is_host_token(token: &str) -> bool {
    token.starts_with("eyJ") && token.bytes().filter(|byte| *byte == b'.').count() == 2
}

/// Reads a token: its length, its algorithm, its signature, and only then what it says.
pub(crate) fn read(token: &str, secret: &HostSecret, now: Timestamp) -> Result<Claims, Refusal> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Refusal::new("the token is too long"));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(NO_TOKEN)?;
    let (header, claims) = signed.split_once('.').ok_or(NO_TOKEN)?;
    let header = object(header)?;
    if header.get("alg").and_then(Value::as_str) != Some("HS256") {
        return Err(Refusal::new("the token is not signed by HS256"));
    }
    if header.contains_key("crit") {
        return Err(Refusal::new("the token's header demands what is not known"));
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| NO_TOKEN)?;
    let mac = secret.0.clone().chain_update(signed.as_bytes());
    mac.verify_slice(&signature).map_err(|_| Refusal::new("the token was signed by somebody else"))?;
    claims_of(&object(claims)?, now)
}

const NO_TOKEN: Refusal = Refusal::new("the text is no token of the host");

fn claims_of(claims: &BTreeMap<String, Value>, now: Timestamp) -> Result<Claims, Refusal> {
    if OF_OTHER_TOKENS.iter().any(|name| claims.contains_key(*name)) {
        return Err(Refusal::new("the token is of another kind"));
    }
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let (Some(user_id), Some(role), Some(country)) = (text("userId"), text("role"), text("countryCode")) else {
        return Err(Refusal::new("the token lacks userId, role or countryCode"));
    };
    let user_id = UserId::parse(user_id).map_err(|_| Refusal::new("the token's userId is no id"))?;
    let country = CountryCode::parse(country).map_err(|_| Refusal::new("the token's country is not known"))?;
    let Some(expires_at) = claims.get("exp").and_then(Value::as_i64) else {
        return Err(Refusal::new("the token does not say when it ends"));
    };
    let expires_at = Timestamp::from_millis(expires_at.saturating_mul(1_000));
    if now >= expires_at {
        return Err(Refusal::new("the token is over"));
    }
    let latest = (now.millis() / 1_000).saturating_add(CLOCKS_APART_SECONDS);
    for name in ["iat", "nbf"] {
        match claims.get(name).map(Value::as_i64) {
            None => {}
            Some(Some(at)) if (0..=latest).contains(&at) => {}
            Some(_) => return Err(Refusal::new("the token is of the future")),
        }
    }
    Ok(Claims { user_id, role: role.to_owned(), country, expires_at })
}

/// A part of a token as the JSON object that it has to be.
fn object(part: &str) -> Result<BTreeMap<String, Value>, Refusal> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| NO_TOKEN)?;
    serde_json::from_slice::<EachOnce>(&json).map(|object| object.0).map_err(|_| NO_TOKEN)
}

/// An object that names nothing twice: of two values one could be checked and the other used.
struct EachOnce(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for EachOnce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = EachOnce;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EachOnce, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if fields.insert(name, value).is_some() {
                        return Err(A::Error::custom("a name comes twice"));
                    }
                }
                Ok(EachOnce(fields))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
pub(crate) mod tests;
