//! WebSockets: from a TCP connection up to what a client means.
//!
//! From below: `tcp` sets what the kernel does for a connection, `guard` refuses what a client must not send, and
//! `transport` turns the rest into whole messages, and messages into frames, which wait in the `outbox`; nothing of this
//! knows what a message means or who sent it, and nothing above it names a frame. `handshake` lets people in, `sockets` counts them. `connection` is
//! the loop, and `session` all that it means: `requests` is what clients send, `frames` what they are sent, `place` where
//! in a room they are, `work` the use cases.
//!
//! # How to add
//! - **a client event**: its payload and its line in `requests.rs`, its work in `work.rs`, its beginning and its end in
//!   `session.rs`, and its place in docs/realtime.md and docs/asyncapi.yaml.

mod connection;
mod flood;
mod frames;
pub mod guard;
mod handshake;
mod outbox;
mod place;
mod requests;
mod session;
mod sockets;
mod step;
pub mod tcp;
pub mod transport;
mod utf8;
mod violation;
mod work;

pub use frames::FrameEncoder;
pub use guard::{FrameGuard, FrameLimits};
pub(crate) use handshake::connect;
pub(crate) use requests::SocketEvent;
pub use sockets::{SocketLimits, Sockets};
pub use transport::{FrameReader, FrameWriter, Incoming, Stuck, is_handshake, upgrade};
pub use violation::Violation;

/// Whether a text is a request that a client may make. For the fuzz targets, which see nothing else of what is in here.
#[doc(hidden)]
pub fn is_request(text: &str, limits: &support_domain::Limits) -> bool {
    requests::ClientFrame::parse(text, limits).request.is_ok()
}

#[cfg(test)]
mod tests {
    use support_domain::TextEnum;

    use super::frames::ServerEvent;
    use super::requests::ClientEvent;
    use super::{SocketEvent, Violation};
    use crate::error::ClosingCode;

    const FOR_PEOPLE: &str = include_str!("../../../../docs/realtime.md");
    const FOR_PROGRAMS: &str = include_str!("../../../../docs/asyncapi.yaml");

    #[test]
    fn every_event_is_documented() {
        let both = ClientEvent::ALL.iter().map(|event| event.as_str());
        for name in both.chain(ServerEvent::ALL.iter().map(|event| event.as_str())) {
            assert!(FOR_PEOPLE.contains(&format!("| `{name}` |")), "{name} has no row in docs/realtime.md");
            let line = format!("{{const: {name}}}");
            assert!(FOR_PROGRAMS.contains(&line), "{name} is not in docs/asyncapi.yaml");
        }
        // Both sides send it: a row and a message each.
        let typing = ClientEvent::Typing.as_str();
        assert_eq!(FOR_PEOPLE.matches(&format!("| `{typing}` |")).count(), 2);
        assert_eq!(FOR_PROGRAMS.matches(&format!("{{const: {typing}}}")).count(), 2);
    }

    #[test]
    fn every_event_is_counted_under_its_name() {
        let counted = SocketEvent::ALL.iter().map(|event| event.as_str());
        let known = ClientEvent::ALL.iter().map(|event| event.as_str()).chain(["invalid"]);
        assert_eq!(counted.collect::<Vec<_>>(), known.collect::<Vec<_>>());
    }

    #[test]
    fn every_close_code_is_documented() {
        let violations =
            [Violation::InvalidClose, Violation::InvalidText, Violation::TooManyFragments, Violation::FrameTooLarge];
        let of_the_wire = violations.iter().map(|violation| violation.close_code());
        let codes = ClosingCode::ALL.iter().map(|closing| closing.code()).chain(of_the_wire).chain([1000]);
        for code in codes {
            assert!(FOR_PEOPLE.contains(&format!("\n| {code} | ")), "{code} has no row in docs/realtime.md");
            assert!(FOR_PROGRAMS.contains(&format!("{{code: {code}, ")), "{code} is not in docs/asyncapi.yaml");
        }
    }
}
