//! What the guard lets through and what it refuses, however the bytes are cut.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

pub(in crate::ws) const FIN: u8 = 0x80;
const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];
const LIMITS: FrameLimits = FrameLimits { max_frame_bytes: 1000, max_message_bytes: 1500, max_fragments: 4 };

/// The header of a masked frame, with the length in the fewest bytes.
pub(in crate::ws) fn header(first: u8, length: usize) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..126 => bytes.push(0x80 | length as u8),
        126..0x1_0000 => {
            bytes.push(0x80 | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes
}

pub(in crate::ws) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let masked = payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    header(first, payload.len()).into_iter().chain(MASK).chain(masked).collect()
}

fn text(payload: &[u8]) -> Vec<u8> {
    frame(FIN | 1, payload)
}

fn close(payload: &[u8]) -> Vec<u8> {
    frame(FIN | 8, payload)
}

fn coded(code: u16, reason: &[u8]) -> Vec<u8> {
    close(&[&code.to_be_bytes(), reason].concat())
}

fn judge(bytes: &[u8]) -> Result<(), Violation> {
    FrameGuard::new(LIMITS).inspect(bytes)
}

/// The violation, which must not come before the last of the bytes.
#[track_caller]
fn refused_at_the_end(bytes: &[u8]) -> Violation {
    let (_, before) = bytes.split_last().unwrap();
    assert_eq!(judge(before), Ok(()));
    judge(bytes).unwrap_err()
}

#[test]
fn whole_messages_pass() {
    for frames in [text(b"hello"), text(b""), text("\u{1F600}".as_bytes()), frame(FIN | 2, &[0xFF; 1000])] {
        assert_eq!(judge(&frames), Ok(()));
    }
}

#[test]
fn fragments_with_control_frames_between_them_pass() {
    let frames = [frame(1, b"a"), frame(FIN | 9, b"ping"), frame(0, b"b"), frame(FIN | 10, b""), frame(FIN, b"c")];
    assert_eq!(judge(&frames.concat()), Ok(()));
}

#[test]
fn a_frame_that_is_too_large_is_refused_at_its_length() {
    assert_eq!(refused_at_the_end(&header(FIN | 2, 1001)), Violation::FrameTooLarge);
    assert_eq!(refused_at_the_end(&header(FIN | 1, 1 << 30)), Violation::FrameTooLarge);
    assert_eq!(judge(&header(FIN | 2, 1000)), Ok(()));
}

#[test]
fn a_message_that_is_too_large_in_sum_is_refused_at_the_length_of_the_fragment() {
    let first = [frame(2, &[0; 1000]), frame(FIN | 9, &[0; 125])].concat();
    assert_eq!(judge(&[first.clone(), frame(FIN, &[0; 500])].concat()), Ok(()));
    assert_eq!(refused_at_the_end(&[first, header(FIN, 501)].concat()), Violation::MessageTooLarge);
}

#[test]
fn a_message_of_too_many_fragments_is_refused_at_the_first_byte_of_the_fragment() {
    let four = [frame(1, b""), frame(0, b""), frame(0, b""), frame(0, b"")].concat();
    assert_eq!(refused_at_the_end(&[&four[..], &[FIN]].concat()), Violation::TooManyFragments);
    let three = &four[..18];
    assert_eq!(judge(&[three, &frame(FIN, b""), &four].concat()), Ok(()));
}

#[test]
fn reserved_bits_and_kinds_are_refused() {
    for bit in [0x40, 0x20, 0x10] {
        assert_eq!(refused_at_the_end(&[FIN | bit | 1]), Violation::ReservedBits);
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        assert_eq!(refused_at_the_end(&[FIN | opcode]), Violation::ReservedOpcode);
        assert_eq!(refused_at_the_end(&[opcode]), Violation::ReservedOpcode);
    }
}

#[test]
fn a_frame_without_a_mask_is_refused() {
    assert_eq!(refused_at_the_end(&[FIN | 1, 5]), Violation::Unmasked);
}

#[test]
fn control_frames_are_neither_large_nor_in_pieces() {
    for opcode in [8, 9, 10] {
        assert_eq!(refused_at_the_end(&[opcode]), Violation::FragmentedControl);
        assert_eq!(refused_at_the_end(&[FIN | opcode, 0x80 | 126]), Violation::OversizedControl);
        assert_eq!(refused_at_the_end(&[FIN | opcode, 0x80 | 127]), Violation::OversizedControl);
    }
    assert_eq!(judge(&frame(FIN | 9, &[0xFF; 125])), Ok(()));
}

#[test]
fn continuations_follow_a_start_and_nothing_else_does() {
    assert_eq!(refused_at_the_end(&[FIN]), Violation::UnexpectedContinuation);
    assert_eq!(refused_at_the_end(&[0]), Violation::UnexpectedContinuation);
    assert_eq!(refused_at_the_end(&[text(b"whole"), vec![FIN]].concat()), Violation::UnexpectedContinuation);
    assert_eq!(refused_at_the_end(&[frame(1, b"start"), vec![FIN | 1]].concat()), Violation::ExpectedContinuation);
    assert_eq!(refused_at_the_end(&[frame(2, b"start"), vec![1]].concat()), Violation::ExpectedContinuation);
}

#[test]
fn lengths_are_written_in_the_fewest_bytes() {
    let short = |length: u16| [&[FIN | 1, 0x80 | 126][..], &length.to_be_bytes()].concat();
    let long = |length: u64| [&[FIN | 1, 0x80 | 127][..], &length.to_be_bytes()].concat();
    assert_eq!(refused_at_the_end(&short(125)), Violation::InvalidLength);
    assert_eq!(judge(&short(126)), Ok(()));
    assert_eq!(refused_at_the_end(&long(65_535)), Violation::InvalidLength);
    assert_eq!(refused_at_the_end(&long(65_536)), Violation::FrameTooLarge);
    assert_eq!(refused_at_the_end(&long(1 << 63)), Violation::InvalidLength);
    assert_eq!(refused_at_the_end(&long((1 << 63) - 1)), Violation::FrameTooLarge);
}

#[test]
fn a_close_frame_has_a_code_that_may_be_sent_or_none() {
    assert_eq!(judge(&close(b"")), Ok(()));
    assert_eq!(refused_at_the_end(&header(FIN | 8, 1)), Violation::InvalidClose);
    for code in [1000, 1001, 1003, 1007, 1011, 1012, 1014, 3000, 3999, 4000, 4999] {
        assert_eq!(judge(&coded(code, b"why")), Ok(()), "{code}");
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2999, 5000, 65_535] {
        assert_eq!(refused_at_the_end(&coded(code, b"")), Violation::InvalidClose, "{code}");
    }
}

#[test]
fn a_close_reason_is_utf8() {
    assert_eq!(judge(&coded(1000, "\u{20AC}".as_bytes())), Ok(()));
    assert_eq!(refused_at_the_end(&coded(1000, b"\xE2\x82")), Violation::InvalidReason);
    assert_eq!(refused_at_the_end(&coded(1000, b"no \xFF")), Violation::InvalidReason);
}

#[test]
fn text_is_utf8_over_all_its_fragments() {
    assert_eq!(judge(&[frame(1, b"\xE2"), frame(FIN | 9, b"\xFF"), frame(FIN, b"\x82\xAC")].concat()), Ok(()));
    assert_eq!(refused_at_the_end(&[frame(1, b"\xE2\x82"), frame(FIN, b"\xE2")].concat()), Violation::InvalidText);
    assert_eq!(refused_at_the_end(&text(b"\xE2\x82")), Violation::InvalidText);
    assert_eq!(refused_at_the_end(&[frame(1, b"\xE2"), frame(FIN, b"")].concat()), Violation::InvalidText);
    // What one message left unfinished is not held against the next.
    assert_eq!(judge(&[frame(1, b"a"), frame(FIN, b"b"), text(b"c"), frame(FIN | 2, b"\xFF")].concat()), Ok(()));
}

#[test]
fn wrong_text_is_refused_before_its_frame_is_whole() {
    let wrong = text(b"\xFF and a lot more");
    assert_eq!(judge(&wrong[..7]), Err(Violation::InvalidText));
}

#[test]
fn nothing_counts_after_a_close_frame() {
    assert_eq!(judge(&[close(b""), vec![0xFF; 100]].concat()), Ok(()));
}

#[test]
fn a_violation_stays() {
    let mut guard = FrameGuard::new(LIMITS);
    assert_eq!(guard.inspect(&[FIN]), Err(Violation::UnexpectedContinuation));
    assert_eq!(guard.inspect(&text(b"fine")), Err(Violation::UnexpectedContinuation));
}

#[test]
fn whole_frames_before_a_violation_are_passed_on_and_nothing_after_a_close_is() {
    let good = [text(b"one"), frame(1, b"two")].concat();
    let scan = |bytes: &[u8]| FrameGuard::new(LIMITS).scan(bytes);
    assert_eq!(scan(&[&good[..], &text(b"new")].concat()), (good.len(), Err(Violation::ExpectedContinuation)));
    assert_eq!(scan(&[&good[..], &header(FIN, 5000), b"xxxx"].concat()), (good.len(), Err(Violation::FrameTooLarge)));
    let closed = [good, close(b"")].concat();
    assert_eq!(scan(&[&closed[..], b"more"].concat()), (closed.len(), Ok(())));
    // Part of a frame is passed on while nothing is wrong with it.
    assert_eq!(scan(&text(b"hello")[..8]), (8, Ok(())));
}

#[test]
fn the_guard_is_as_small_as_a_control_frame() {
    assert!(size_of::<FrameGuard>() <= 125, "{}", size_of::<FrameGuard>());
}

#[test]
fn close_codes_and_sentences_fit_the_wire() {
    assert_eq!(Violation::FrameTooLarge.close_code(), 1009);
    assert_eq!(Violation::MessageTooLarge.close_code(), 1009);
    assert_eq!(Violation::TooManyFragments.close_code(), 1008);
    assert_eq!(Violation::InvalidText.close_code(), 1007);
    assert_eq!(Violation::InvalidReason.close_code(), 1007);
    assert_eq!(Violation::Unmasked.close_code(), 1002);
    assert!(Violation::FragmentedControl.sentence().len() <= 123);
}

/// A message in up to four fragments, with pings and pongs between them.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let bytes = (Just(2_u8), vec(any::<u8>(), 0..400));
    let text = (Just(1_u8), "\\PC{0,100}".prop_map(String::into_bytes));
    let control = (prop_oneof![Just(9_u8), Just(10)], vec(any::<u8>(), 0..126));
    (prop_oneof![bytes, text], vec((any::<prop::sample::Index>(), control), 0..4)).prop_map(
        |((kind, payload), cuts)| {
            let mut places: Vec<usize> = cuts.iter().map(|(at, _)| at.index(payload.len() + 1)).collect();
            places.sort_unstable();
            places.truncate(3);
            let mut frames = Vec::new();
            let mut start = 0;
            for (index, (place, (_, (opcode, bytes)))) in places.iter().zip(&cuts).enumerate() {
                frames.extend(frame(if index == 0 { kind } else { 0 }, &payload[start..*place]));
                frames.extend(frame(FIN | opcode, bytes));
                start = *place;
            }
            frames.extend(frame(FIN | if places.is_empty() { kind } else { 0 }, &payload[start..]));
            frames
        },
    )
}

/// Bytes that are frames for a while, and then perhaps something else.
fn almost_frames() -> impl Strategy<Value = Vec<u8>> {
    (vec(message(), 0..3), any::<Option<(prop::sample::Index, u8)>>(), vec(any::<u8>(), 0..30)).prop_map(
        |(messages, wrong, rest)| {
            let mut bytes = [messages.concat(), rest].concat();
            if let Some((at, byte)) = wrong
                && !bytes.is_empty()
            {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes
        },
    )
}

proptest! {
    #[test]
    fn whatever_a_client_may_send_passes(messages in vec(message(), 0..4), code in 3000_u16..5000) {
        let bytes = [messages.concat(), coded(code, b"bye")].concat();
        prop_assert_eq!(FrameGuard::new(LIMITS).scan(&bytes), (bytes.len(), Ok(())));
    }

    #[test]
    fn the_verdict_does_not_depend_on_how_the_bytes_are_cut(
        bytes in prop_oneof![vec(any::<u8>(), 0..200), almost_frames()], sizes in vec(1_usize..40, 1..10)
    ) {
        let (passed, verdict) = FrameGuard::new(LIMITS).scan(&bytes);
        let (mut guard, mut rest, mut passed_in_pieces, mut verdict_in_pieces) =
            (FrameGuard::new(LIMITS), &bytes[..], 0, Ok(()));
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, left) = rest.split_at(rest.len().min(*size));
            rest = left;
            let (passed, verdict) = guard.scan(piece);
            passed_in_pieces += passed;
            verdict_in_pieces = verdict;
        }
        prop_assert_eq!(verdict_in_pieces, verdict);
        // In pieces, the beginning of the refused frame may have gone through before it was known.
        prop_assert!(passed_in_pieces >= passed);
        prop_assert!(verdict.is_err() || passed_in_pieces == passed);
    }
}
