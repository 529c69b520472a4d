//! The fan-out over a real NATS server. `SUPPORT_TEST_NATS_URL` names one that all tests share, so each looks only at
//! conversations of its own; servers that have to die are started from `SUPPORT_TEST_NATS_BIN`. Without the former
//! they say that they were left out (`scripts/test` starts one). No test measures time.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod link;
mod node;
mod server;

mod hints;
mod logins;
mod outages;

/// The shared server's URL; ends the test when there is none.
macro_rules! shared_server {
    () => {
        match std::env::var("SUPPORT_TEST_NATS_URL") {
            Ok(url) => url,
            Err(_) => {
                println!("not tested: SUPPORT_TEST_NATS_URL is not set");
                return;
            }
        }
    };
}
use shared_server;
