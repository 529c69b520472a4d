//! What both databases must do alike. Each test is written once and runs on SQLite and on PostgreSQL, on a database of
//! its own. PostgreSQL is the server that `SUPPORT_TEST_POSTGRES_URL` names; without it those tests say that they were
//! left out (`scripts/test` starts one).

#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and says what it left out"
)]

mod attachments;
mod audit_logs;
mod conversations;
mod harness;
mod indexes;
mod lists;
mod messages;
mod migrations;
mod old_conversations;
mod posts;
mod settings;
mod socket_tickets;
mod staff;
mod transactions;
mod wire;

/// Declares tests that run on both databases: `on_both! { fn name(desk) { .. } }` where `desk` is a `TestDesk`.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($desk:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            $(#[$meta])*
            async fn check($desk: $crate::harness::TestDesk) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() { check($crate::harness::TestDesk::sqlite()).await; }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(desk) = $crate::harness::TestDesk::postgres() { check(desk).await; }
            }
        }
    )+};
}
