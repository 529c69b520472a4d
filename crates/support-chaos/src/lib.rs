//! Breaks a support desk while people use it, and holds what is left against what was acknowledged.
//!
//! Each scenario starts servers of its own (nodes, PostgreSQL, NATS, a proxy) in a folder of its own, lets people write,
//! read, change and listen, makes one kind of fault again and again, and at the end keeps the accounts: every acknowledged
//! message is there, once, under its number; numbers have no gap; each action has its audit record; every socket that came
//! back has seen each message once and in order; and no refusal was anything but a 503. It never touches a server that it
//! has not started, and ends only those, by their own handles.
//!
//! The books, the clients and the people are those of `support-load`. What this crate adds is trouble, clients that do not
//! give up, and a look into the database.
//!
//! # How to add
//! - **a scenario**: a variant of [`Scenario`] with its help, a file in `scenarios/`, a line in `scenarios::play`, a test
//!   of its short form in the acceptance suite of `support-http`, a row in `docs/reliability.md`.
//! - **something that must hold of a database**: a query in `evidence.rs`, for both.
//! - **something that people do**: a branch in `senders.rs`, and what an acknowledgement of it promises in `books.rs`.

mod books;
mod evidence;
mod listeners;
mod nats;
mod node;
mod options;
mod ports;
mod postgres;
mod program;
mod proxy;
mod report;
mod scenarios;
mod senders;
mod stage;
mod traffic;

pub use options::{CommandLine, Scenario};
pub use report::{Report, Told, Verdict};
pub use support_load::Stop;

/// Plays the scenarios one after the other. What fails in one is in its report, and the next is played all the same. `tell`
/// hears of each as it ends.
///
/// # Errors
/// When not even a stage can be set: the server's program is not there, or no folder can be made.
pub fn run(options: &CommandLine, tell: &dyn Fn(&str)) -> Result<Report, Stop> {
    scenarios::play(options, tell)
}
