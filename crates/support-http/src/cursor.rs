//! The place where a page of conversations ended, as text that clients hand back unread.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use support_domain::{ConversationId, InvalidValue, Timestamp};
use support_store::page::MOST_REMEMBERED;
use support_store::{PageStart, Position};
use uuid::Uuid;

/// Says how the bytes are laid out, for when that has to change.
const VERSION: u8 = 1;

/// Most conversations that a cursor remembers; more than any of ours does.
const MOST_LISTED: usize = 2 * MOST_REMEMBERED;

/// Writes a cursor: a version, the place (milliseconds since 1970, big endian, and an id), the beginning and the cut
/// likewise, the ids that were listed.
pub fn encode(start: &PageStart) -> String {
    let mut bytes = Vec::with_capacity(41 + 16 * start.listed.len());
    bytes.push(VERSION);
    bytes.extend(start.after.at.millis().to_be_bytes());
    bytes.extend(start.after.id.0.as_bytes());
    bytes.extend(start.began.millis().to_be_bytes());
    bytes.extend(start.cut.millis().to_be_bytes());
    // The newest are those that are most likely to move again.
    start.listed.iter().take(MOST_LISTED).for_each(|id| bytes.extend(id.0.as_bytes()));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a cursor.
///
/// # Errors
/// When it is none of ours.
pub fn decode(text: &str) -> Result<PageStart, InvalidValue> {
    read(text).ok_or(InvalidValue::new("must be a nextCursor of this list"))
}

fn read(text: &str) -> Option<PageStart> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (VERSION, rest) = bytes.split_first().map(|(version, rest)| (*version, rest))? else { return None };
    let (at, rest) = rest.split_at_checked(8)?;
    let (id, rest) = rest.split_at_checked(16)?;
    let (began, rest) = rest.split_at_checked(8)?;
    let (cut, ids) = rest.split_at_checked(8)?;
    if ids.len() % 16 != 0 || ids.len() > 16 * MOST_LISTED {
        return None;
    }
    let listed = ids.chunks_exact(16).map(conversation_id).collect::<Option<_>>()?;
    let after = Position { at: moment(at)?, id: conversation_id(id)? };
    let start = PageStart { after, began: moment(began)?, cut: moment(cut)?, listed };
    start.is_consistent().then_some(start)
}

fn conversation_id(bytes: &[u8]) -> Option<ConversationId> {
    Uuid::from_slice(bytes).ok().map(ConversationId)
}

fn moment(bytes: &[u8]) -> Option<Timestamp> {
    let millis = i64::from_be_bytes(bytes.try_into().ok()?);
    let moment = Timestamp::from_millis(millis);
    (moment.millis() == millis).then_some(moment)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn any_id() -> impl Strategy<Value = ConversationId> {
        any::<u128>().prop_map(|id| ConversationId(Uuid::from_u128(id)))
    }

    fn any_moment() -> impl Strategy<Value = Timestamp> {
        (0..253_402_300_799_999i64).prop_map(Timestamp::from_millis)
    }

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_went(
            (began, id) in (any_moment(), any_id()),
            (earlier, before) in (0..1_000_000u64, 0..10_001u64),
            listed in prop::collection::vec(any_id(), 0..MOST_LISTED),
        ) {
            let at = began.minus(Duration::from_millis(earlier));
            let cut = began.minus(Duration::from_millis(before));
            let start = PageStart { after: Position { at, id }, began, cut, listed };
            prop_assert_eq!(decode(&encode(&start)), Ok(start));
        }

        #[test]
        fn no_text_can_panic_the_reader(text in ".{0,100}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = decode(&text);
            let _ = decode(&URL_SAFE_NO_PAD.encode(bytes));
        }
    }
}
