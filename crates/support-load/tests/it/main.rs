//! The binary against a desk that was made up: an honest one passes, and one that loses, doubles or reorders a message is
//! found out, at the place where it did so. What it does against the real one is in the acceptance suite of
//! `support-http`, since that can start it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says by a panic what is wrong")]

mod desk;
mod faults;
