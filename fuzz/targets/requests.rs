//! Any text as a frame of a client: it is read or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use support_domain::Limits;

fuzz_target!(|text: &str| {
    let _ = support_http::ws::is_request(text, &Limits::default());
});
