//! Any bytes on a socket: the guard's verdict does not depend on how they are cut, and stays once it has been given.

#![no_main]

use libfuzzer_sys::fuzz_target;
use support_http::ws::{FrameGuard, FrameLimits};

const LIMITS: FrameLimits = FrameLimits { max_frame_bytes: 1_000, max_message_bytes: 1_500, max_fragments: 4 };

fuzz_target!(|input: (u8, &[u8])| {
    let (cut, bytes) = input;
    let verdict = FrameGuard::new(LIMITS).inspect(bytes);
    let mut pieces = FrameGuard::new(LIMITS);
    let in_pieces = bytes.chunks(usize::from(cut) + 1).map(|piece| pieces.inspect(piece)).find(Result::is_err);
    assert_eq!(in_pieces.unwrap_or(Ok(())), verdict);
    if verdict.is_err() {
        assert_eq!(pieces.inspect(&[0x81]), verdict);
    }
});
