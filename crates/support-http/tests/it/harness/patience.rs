//! Waiting without timing: a condition is asked again and again, up to a bound that is far beyond what any machine
//! needs. No test may conclude anything from how long it took.

use std::thread;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(20);
const ATTEMPTS: usize = 1_500;

/// Asks until there is something, and returns it.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..ATTEMPTS {
        if let Some(found) = ask() {
            return found;
        }
        thread::sleep(PAUSE);
    }
    panic!("waited in vain: {what}");
}

/// Asks until it is so.
#[track_caller]
pub(crate) fn eventually(what: &str, mut ask: impl FnMut() -> bool) {
    wait_for(what, || ask().then_some(()));
}
