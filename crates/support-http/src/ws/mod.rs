//! WebSockets: what lies between a TCP connection and a session.
//!
//! From below: `tcp` sets what the kernel does for a connection, `guard` refuses what a client must not send, and
//! `transport` turns the rest into whole messages, and messages into frames. Nothing of this knows what a message means
//! or who sent it, and nothing above it names actix-ws.

pub mod guard;
pub mod tcp;
pub mod transport;
mod utf8;
mod violation;

pub use guard::{FrameGuard, FrameLimits};
pub use transport::{FrameReader, FrameWriter, Incoming, Stuck, upgrade};
pub use violation::Violation;
