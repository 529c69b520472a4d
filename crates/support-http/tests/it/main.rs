//! The acceptance suite: the binary as an outside program sees it, over real HTTP, on SQLite and on PostgreSQL.
//!
//! Nothing here links the library, but for [`linking`], which shows how. Each test starts the real binary with a database of its own and speaks as people do
//! (`desk.driver("driver-1", "BD")`). The contract that is held here is the one in the project's documentation; a test
//! that fails is a fault of the product until the contract itself is changed.
//!
//! # How to run
//! `cargo test -p support-http --test it` runs everything on SQLite. With `SUPPORT_TEST_POSTGRES_URL` set to the URL of
//! a superuser of a PostgreSQL server that may be used freely, everything runs on PostgreSQL too; with
//! `SUPPORT_TEST_NATS_URL` besides, two servers talk to each other. Where a test has to end NATS, it starts one of its own:
//! `SUPPORT_TEST_NATS_BIN`, or `nats-server` where programs are found. The console is used in Chromium, where there is a
//! `chromedriver`.
//!
//! # How to add
//! - **a scenario**: a function `fn it_is_a_sentence(backend: Backend)` in the module that mirrors its URL or topic, and
//!   its name in that module's `on_both_backends!`.
//! - **a route**: a line in [`routes`]; the tests of roles, of errors and of the OpenAPI document then ask for the rest.
//! - **a field**: a line in the tables of [`validation`], and its key in [`shapes`].

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test says by a panic what is wrong"
)]

/// Makes of each scenario two tests: `name::sqlite` and `name::postgres`.
macro_rules! on_both_backends {
    ($($scenario:ident),+ $(,)?) => {$(
        mod $scenario {
            #[test]
            fn sqlite() {
                $crate::harness::Backend::Sqlite.run(super::$scenario);
            }

            #[test]
            fn postgres() {
                $crate::harness::Backend::Postgres.run(super::$scenario);
            }
        }
    )+};
}

/// Makes of each scenario one test, for what only PostgreSQL has.
macro_rules! on_postgres {
    ($($scenario:ident),+ $(,)?) => {$(
        mod $scenario {
            #[test]
            fn postgres() {
                $crate::harness::Backend::Postgres.run(super::$scenario);
            }
        }
    )+};
}

mod access;
mod admin;
mod attachments;
mod audit;
mod chaos;
mod command_line;
mod console;
mod content;
mod days;
mod docs;
mod examples;
mod harness;
mod host;
mod http;
mod linking;
mod load;
mod masking;
mod operation;
mod realtime;
mod retention;
mod routes;
mod settings;
mod shapes;
mod storage;
mod support;
mod tour;
mod validation;
