//! Any text: masking it gives an answer of bounded size, and masking that again changes nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use support_domain::content::masking::mask;

fuzz_target!(|text: &str| {
    let once = mask(text);
    assert_eq!(once.kinds.is_empty(), once.text == text, "a kind is told exactly when something changed");
    assert!(once.text.len() <= text.len() * 8 + 64);
    let twice = mask(&once.text);
    assert_eq!(twice.text, once.text);
});
