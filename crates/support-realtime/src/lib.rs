//! Real time: who listens to what, and how what happened reaches them, on this node and on others.
//!
//! A [`Hub`] knows the rooms (one a conversation, keyed `support:conversation:{id}`) and the inbox feeds (a user's own
//! conversations, or those of an admin's countries). What was committed is handed to it as a [`Committed`]; it puts
//! messages in the order of their numbers, makes one frame for each side, and puts that same frame into the bounded
//! [`queue`] of each socket. It never waits and never reads: what it finds missing it asks for, and somebody above fetches
//! it from the database. A [`fan_out`] tells other nodes that something happened, never what.
//!
//! Nothing here knows actix, Diesel, a token or a permission. Whoever enters a room or watches an inbox says what exists
//! for them ([`Visibility`](support_domain::Visibility)), and nothing outside of it is ever put into their queue.
//!
//! # How to add
//! - **an event**: a variant of [`Event`]; the compiler then asks for its frame in `support-http`. Who is told, and
//!   when, stands in `room.rs` and `inbox.rs`.
//! - **another way between nodes**: a [`FanOut`](fan_out::FanOut) in `fan_out/`.

mod event;
pub mod fan_out;
mod frames;
mod hub;
mod inbox;
mod metrics;
pub mod queue;
mod revision;
mod room;

pub use event::{Committed, Encode, Event, Source, Typing};
pub use hub::{Hub, SocketId, Subscriber};
pub use revision::Revision;

/// What is counted here: of rooms, and of the way between nodes.
pub const METRICS: [&[support_metrics::Metric]; 2] = [metrics::RoomMetrics::TABLE, metrics::FanOutMetrics::TABLE];
