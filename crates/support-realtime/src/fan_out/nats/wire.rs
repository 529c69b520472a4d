//! Hints as they travel: JSON on a subject of the conversation's own. Carries ids, numbers and enums, and never a word
//! of what was written. Whatever comes in from outside is read here, and refused here.

use serde::{Deserialize, Serialize};
use support_domain::{AdminId, ConversationId, InvalidValue, PrincipalKey, Side, UserId, UserType};

use crate::fan_out::{Hint, HintKind};

/// The subjects of all conversations.
pub(super) const ALL_SUBJECTS: &str = "support.conversation.*";

/// More bytes than this no hint has: the longest, about typing with an id of 128 characters, has about 300.
pub(super) const MAX_BYTES: usize = 1_024;

/// A message that is no hint of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoHint {
    #[error("it is longer than any hint")]
    TooLong,
    #[error("it does not have the form of a hint")]
    Malformed,
    #[error("its subject is that of something else")]
    OtherSubject,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireHint {
    conversation_id: ConversationId,
    #[serde(flatten)]
    kind: WireKind,
    seq: i64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum WireKind {
    Message,
    Conversation,
    Read,
    Typing { typist: WireTypist, by: Side, is_typing: bool },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum WireTypist {
    User { id: String, user_type: UserType },
    Admin { id: String },
}

/// The subject of one conversation.
pub(super) fn subject(conversation_id: ConversationId) -> String {
    format!("support.conversation.{conversation_id}")
}

/// Writes a hint down.
///
/// # Errors
/// None that the types of a hint allow for.
pub(super) fn encode(hint: Hint) -> Result<Vec<u8>, serde_json::Error> {
    let kind = match hint.kind {
        HintKind::Message => WireKind::Message,
        HintKind::Conversation => WireKind::Conversation,
        HintKind::Read => WireKind::Read,
        HintKind::Typing { typist, side, is_typing } => WireKind::Typing { typist: typist.into(), by: side, is_typing },
    };
    serde_json::to_vec(&WireHint { conversation_id: hint.conversation_id, kind, seq: hint.seq })
}

/// Reads what came in on a subject. Fields that are not known are passed over: a newer node may send them.
///
/// # Errors
/// When it is no hint about that subject's conversation.
pub(super) fn decode(on_subject: &str, payload: &[u8]) -> Result<Hint, NoHint> {
    if payload.len() > MAX_BYTES {
        return Err(NoHint::TooLong);
    }
    let wire: WireHint = serde_json::from_slice(payload).map_err(|_| NoHint::Malformed)?;
    if on_subject != subject(wire.conversation_id) {
        return Err(NoHint::OtherSubject);
    }
    // Numbers count from 0; a negative one would be taken for "before everything".
    if wire.seq < 0 {
        return Err(NoHint::Malformed);
    }
    let kind = match wire.kind {
        WireKind::Message => HintKind::Message,
        WireKind::Conversation => HintKind::Conversation,
        WireKind::Read => HintKind::Read,
        WireKind::Typing { typist, by, is_typing } => {
            let typist = typist.try_into().map_err(|_| NoHint::Malformed)?;
            HintKind::Typing { typist, side: by, is_typing }
        }
    };
    Ok(Hint { conversation_id: wire.conversation_id, kind, seq: wire.seq })
}

impl From<PrincipalKey> for WireTypist {
    fn from(key: PrincipalKey) -> Self {
        match key {
            PrincipalKey::User(id, user_type) => Self::User { id: id.as_str().to_owned(), user_type },
            PrincipalKey::Admin(id) => Self::Admin { id: id.as_str().to_owned() },
        }
    }
}

impl TryFrom<WireTypist> for PrincipalKey {
    type Error = InvalidValue;

    fn try_from(typist: WireTypist) -> Result<Self, InvalidValue> {
        Ok(match typist {
            WireTypist::User { id, user_type } => Self::User(UserId::parse(&id)?, user_type),
            WireTypist::Admin { id } => Self::Admin(AdminId::parse(&id)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use support_domain::TextEnum;
    use uuid::Uuid;

    use super::*;

    const ID: &str = "0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e";

    fn id() -> ConversationId {
        ID.parse().unwrap()
    }

    fn sent(hint: Hint) -> String {
        String::from_utf8(encode(hint).unwrap()).unwrap()
    }

    fn read(json: &str) -> Result<Hint, NoHint> {
        decode(&subject(id()), json.as_bytes())
    }

    #[test]
    fn hints_look_as_agreed() {
        let hint = Hint { conversation_id: id(), kind: HintKind::Message, seq: 7 };
        assert_eq!(sent(hint), format!(r#"{{"conversationId":"{ID}","kind":"message","seq":7}}"#));
        let typist = PrincipalKey::User(UserId::parse("driver-1").unwrap(), UserType::Driver);
        let kind = HintKind::Typing { typist, side: Side::User, is_typing: true };
        let typist = r#"{"user":{"id":"driver-1","userType":"driver"}}"#;
        assert_eq!(
            sent(Hint { conversation_id: id(), kind, seq: 0 }),
            format!(
                r#"{{"conversationId":"{ID}","kind":"typing","typist":{typist},"by":"user","isTyping":true,"seq":0}}"#
            )
        );
        assert_eq!(subject(id()), format!("support.conversation.{ID}"));
    }

    #[test]
    fn what_is_no_hint_is_refused() {
        let fields = format!(r#""conversationId":"{ID}","seq":7"#);
        for json in [
            "",
            "null",
            "[]",
            "{}",
            &format!("{{{fields}}}"),
            &format!(r#"{{{fields},"kind":"party"}}"#),
            &format!(r#"{{{fields},"kind":"typing"}}"#),
            &format!(r#"{{"conversationId":"{ID}","seq":-1,"kind":"message"}}"#),
            &format!(r#"{{"conversationId":"{ID}","seq":1e300,"kind":"message"}}"#),
            &format!(r#"{{{fields},"kind":"typing","by":"user","isTyping":true,"typist":{{"admin":{{"id":"a b"}}}}}}"#),
        ] {
            assert_eq!(read(json), Err(NoHint::Malformed), "{json}");
        }
        let hint = format!(r#"{{{fields},"kind":"message"}}"#);
        assert_eq!(read(&(hint.clone() + &" ".repeat(MAX_BYTES))), Err(NoHint::TooLong));
        for other in ["support.conversation", "support.conversation.1", &subject(ConversationId(Uuid::nil()))] {
            assert_eq!(decode(other, hint.as_bytes()), Err(NoHint::OtherSubject), "{other}");
        }
    }

    #[test]
    fn fields_of_a_newer_node_are_passed_over() {
        let json = format!(r#"{{"later":[1,{{}}],"conversationId":"{ID}","kind":"read","seq":7}}"#);
        assert_eq!(read(&json), Ok(Hint { conversation_id: id(), kind: HintKind::Read, seq: 7 }));
    }

    fn any_hint() -> impl Strategy<Value = Hint> {
        let user = ("[A-Za-z0-9._:@|-]{1,128}", proptest::sample::select(UserType::ALL))
            .prop_map(|(id, user_type)| PrincipalKey::User(UserId::parse(&id).unwrap(), user_type));
        let admin = "[A-Za-z0-9._:@|-]{1,128}".prop_map(|id| PrincipalKey::Admin(AdminId::parse(&id).unwrap()));
        let kind = prop_oneof![
            Just(HintKind::Message),
            Just(HintKind::Conversation),
            Just(HintKind::Read),
            (prop_oneof![user, admin], proptest::sample::select(Side::ALL), any::<bool>())
                .prop_map(|(typist, side, is_typing)| HintKind::Typing { typist, side, is_typing }),
        ];
        (any::<u128>(), kind, 0..=i64::MAX).prop_map(|(id, kind, seq)| Hint {
            conversation_id: ConversationId(Uuid::from_u128(id)),
            kind,
            seq,
        })
    }

    proptest! {
        #[test]
        fn every_hint_comes_out_as_it_went_in(hint in any_hint()) {
            let subject = subject(hint.conversation_id);
            prop_assert_eq!(decode(&subject, &encode(hint.clone()).unwrap()), Ok(hint));
        }

        #[test]
        fn arbitrary_bytes_never_panic(subject in ".*", bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            prop_assert!(decode(&subject, &bytes).is_err());
        }

        #[test]
        fn damaged_hints_never_panic(hint in any_hint(), damage in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6)) {
            let subject = subject(hint.conversation_id);
            let mut bytes = encode(hint).unwrap();
            for (at, byte) in damage {
                let at = at % bytes.len();
                bytes[at] = byte;
                let _ = decode(&subject, &bytes);
                let _ = decode(&subject, &bytes[..at]);
            }
        }
    }
}
