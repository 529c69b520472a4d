//! Identifiers, and the one place that makes new ones.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use uuid::timestamp::context::ContextV7;

use crate::{InvalidValue, Timestamp};

macro_rules! uuid_id {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.hyphenated().fmt(f) }
        }

        impl FromStr for $name {
            type Err = InvalidValue;
            /// The hyphenated form only: neither braces nor a URN.
            fn from_str(text: &str) -> Result<Self, InvalidValue> {
                let id = (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten();
                id.map(Self).ok_or(InvalidValue::new("must be a UUID"))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

uuid_id! {
    /// Names a conversation.
    ConversationId,
    /// Names a message.
    MessageId,
    /// Names an attachment.
    AttachmentId,
    /// Names a record of the audit log.
    AuditLogId,
}

/// A key by which a client tells a repeated request from a new one. 1 to 128 visible ASCII characters; UUIDs are a
/// good choice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ClientMessageId(String);

impl ClientMessageId {
    /// Most characters that a key may have.
    pub const MAX_CHARS: usize = 128;

    /// Reads a key, unchanged.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        if !text.is_empty() && text.len() <= Self::MAX_CHARS && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue::new("must be 1 to 128 visible ASCII characters"))
        }
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where new ids come from.
pub trait IdSource: Send + Sync + fmt::Debug {
    /// A new UUID of version 7 that sorts by the moment `at`.
    fn next(&self, at: Timestamp) -> Uuid;

    /// 32 bytes that nobody can guess.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    fn secret(&self) -> Result<[u8; 32], NoRandomness>;
}

/// The system has no randomness to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system has no randomness to give")]
pub struct NoRandomness;

/// UUIDs of version 7 with randomness from the system. Those made in one millisecond by one process still sort in the
/// order in which they were made.
#[derive(Debug, Default)]
pub struct SystemIds {
    context: Mutex<ContextV7>,
}

impl IdSource for SystemIds {
    fn next(&self, at: Timestamp) -> Uuid {
        let context = self.context.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let millis = u64::try_from(at.millis()).unwrap_or(0);
        let nanos = u32::try_from(millis % 1_000).unwrap_or(0) * 1_000_000;
        Uuid::new_v7(uuid::Timestamp::from_unix(&*context, millis / 1_000, nanos))
    }

    fn secret(&self) -> Result<[u8; 32], NoRandomness> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(bytes)
    }
}

impl SystemIds {
    /// A source with a counter of its own.
    pub fn new() -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_ids_are_version_7_and_sort_as_they_were_made() {
        let (ids, at) = (SystemIds::new(), Timestamp::from_millis(1_700_000_000_123));
        let made: Vec<Uuid> = (0..1_000).map(|_| ids.next(at)).collect();
        assert!(made.iter().all(|id| id.get_version_num() == 7));
        assert!(made.is_sorted());
        assert!(ids.next(at.plus(std::time::Duration::from_millis(1))) > made[999]);
    }

    #[test]
    fn secrets_do_not_repeat() {
        let ids = SystemIds::new();
        let made: std::collections::HashSet<_> = (0..100).map(|_| ids.secret().unwrap()).collect();
        assert_eq!(made.len(), 100);
    }

    #[test]
    fn an_id_is_hyphenated() {
        let text = "0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e";
        assert_eq!(text.parse::<ConversationId>().unwrap().to_string(), text);
        for other in ["", "0190c5a47f3a7e648f5e2f5a0c6d1b2e", "{0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e}", "1"] {
            assert!(other.parse::<ConversationId>().is_err(), "{other}");
        }
    }

    #[test]
    fn client_message_ids_are_visible_ascii() {
        assert!(ClientMessageId::parse("a").is_ok());
        assert!(ClientMessageId::parse(&"a".repeat(128)).is_ok());
        for text in ["", " ", "a b", "a\u{0}", "a\n", "\u{9a6}", &"a".repeat(129)] {
            assert!(ClientMessageId::parse(text).is_err(), "{text:?}");
        }
    }
}
