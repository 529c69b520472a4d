//! The place where a page of conversations ended, as text that clients hand back unread.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use support_domain::{ConversationId, InvalidValue, Timestamp};
use support_store::{PageStart, Position};
use uuid::Uuid;

/// Says how the bytes are laid out, for when that has to change.
const VERSION: u8 = 1;

/// Writes a cursor: a version, then twice a time (milliseconds since 1970, big endian) and an id.
pub fn encode(start: PageStart) -> String {
    let mut bytes = Vec::with_capacity(49);
    bytes.push(VERSION);
    for position in [start.after, start.top] {
        bytes.extend(position.at.millis().to_be_bytes());
        bytes.extend(position.id.0.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a cursor.
///
/// # Errors
/// When it is none of ours.
pub fn decode(text: &str) -> Result<PageStart, InvalidValue> {
    let refusal = InvalidValue::new("must be a nextCursor of this list");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refusal.clone())?;
    let (VERSION, rest) = bytes.split_first().map(|(version, rest)| (*version, rest)).ok_or_else(|| refusal.clone())?
    else {
        return Err(refusal);
    };
    let [after, top]: [Position; 2] = <[u8; 48]>::try_from(rest)
        .map_err(|_| refusal.clone())?
        .chunks_exact(24)
        .map(position)
        .collect::<Option<Vec<_>>>()
        .and_then(|positions| positions.try_into().ok())
        .ok_or_else(|| refusal.clone())?;
    if after > top { Err(refusal) } else { Ok(PageStart { after, top }) }
}

fn position(bytes: &[u8]) -> Option<Position> {
    let (at, id) = bytes.split_at_checked(8)?;
    let millis = i64::from_be_bytes(at.try_into().ok()?);
    let at = Timestamp::from_millis(millis);
    (at.millis() == millis).then_some(Position { at, id: ConversationId(Uuid::from_slice(id).ok()?) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_position() -> impl Strategy<Value = Position> {
        (0..253_402_300_799_999i64, any::<u128>())
            .prop_map(|(at, id)| Position { at: Timestamp::from_millis(at), id: ConversationId(Uuid::from_u128(id)) })
    }

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_went(one in any_position(), other in any_position()) {
            let start = PageStart { after: one.min(other), top: one.max(other) };
            prop_assert_eq!(decode(&encode(start)), Ok(start));
        }

        #[test]
        fn no_text_can_panic_the_reader(text in ".{0,100}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = decode(&text);
            let _ = decode(&URL_SAFE_NO_PAD.encode(bytes));
        }
    }
}
