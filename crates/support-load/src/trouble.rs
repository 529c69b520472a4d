//! What went wrong with one request or connection, by its kind, and which setting of the server may stand in the way.
//! Never holds what a server wrote for people.

use std::time::Duration;

/// One failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct Trouble {
    /// In snake case, for counting: `connect`, `timeout`, `lost`, `http_429_rate_limited`, `close_4029`, ...
    pub kind: String,
    /// How long the server asks to wait.
    pub wait: Option<Duration>,
}

impl Trouble {
    /// One of that kind.
    pub fn new(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), wait: None }
    }

    /// Whether trying again cannot help: the server has understood, and says no.
    pub fn is_final(&self) -> bool {
        const FINAL: &[&str] = &["401", "403", "404", "4001", "4003", "forbidden", "not_found", "unauthenticated"];
        FINAL.iter().any(|end| self.kind.ends_with(end) || self.kind.contains(&format!("_{end}_")))
    }

    /// Whether a refusal of something asked over a socket, which costs nothing but the frame, and may be asked again.
    pub(crate) fn leaves_the_socket(&self) -> bool {
        ["socket_unavailable", "socket_internal", "socket_rate_limited"].contains(&self.kind.as_str())
    }

    /// No local port or descriptor was left, or somebody else's reason not to be reached.
    pub fn of_connect(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::AddrNotAvailable | std::io::ErrorKind::AddrInUse => Self::new("connect_no_local_port"),
            _ if error.raw_os_error() == Some(24) => Self::new("connect_no_descriptor"),
            std::io::ErrorKind::ConnectionRefused => Self::new("connect_refused"),
            _ => Self::new("connect"),
        }
    }
}

/// What a person can do about failures of that kind, if anything is known.
pub fn advice(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "http_429_rate_limited" | "socket_rate_limited" => {
            "SUPPORT_SENDS_PER_MINUTE of the server stands in the way (for other frames than messages, \
             SUPPORT_WS_FRAMES_PER_SECOND): raise it there, or use more --senders and conversations"
        }
        "close_4029" => {
            "SUPPORT_MAX_SOCKETS_PER_PRINCIPAL or SUPPORT_WS_FRAMES_PER_SECOND of the server stands in the way: raise it \
             there, or lower --sockets-per-person (after a cut the server may still count the sockets from before)"
        }
        "handshake_503" => "SUPPORT_MAX_SOCKETS of the server stands in the way, or it stops: raise it there",
        "close_4008" => {
            "a socket did not keep up: SUPPORT_WS_QUEUE_FRAMES, SUPPORT_WS_QUEUE_BYTES of the server, or this program had too little CPU"
        }
        "close_4001" => "the tokens were over before the run: use fresh ones, or --key",
        "connect_no_local_port" => "this machine has no port left for that address: name more of its own with --source",
        "connect_no_descriptor" => "too few file descriptors: raise the hard limit (ulimit -Hn) before starting",
        "connect_refused" => "nobody listens there, or the server's backlog overflows",
        "http_401_unauthenticated" | "handshake_401" => {
            "the server does not know the key: --key has to be its SUPPORT_BISCUIT_PRIVATE_KEY, or one of its \
             SUPPORT_BISCUIT_PUBLIC_KEYS"
        }
        "not_started_in_time" => "the server did not keep up with --rate: latencies count from the intended moments",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_named_by_their_variables() {
        for (kind, variable) in [
            ("http_429_rate_limited", "SUPPORT_SENDS_PER_MINUTE"),
            ("socket_rate_limited", "SUPPORT_SENDS_PER_MINUTE"),
            ("close_4029", "SUPPORT_MAX_SOCKETS_PER_PRINCIPAL"),
            ("handshake_503", "SUPPORT_MAX_SOCKETS "),
        ] {
            assert!(advice(kind).unwrap().contains(variable), "{kind}");
        }
        assert_eq!(advice("timeout"), None);
    }

    #[test]
    fn a_refusal_is_final_and_an_overload_is_not() {
        for kind in ["http_401_unauthenticated", "handshake_403", "close_4003", "socket_not_found"] {
            assert!(Trouble::new(kind).is_final(), "{kind}");
        }
        for kind in ["http_429_rate_limited", "handshake_503", "close_4029", "close_1012", "lost", "timeout"] {
            assert!(!Trouble::new(kind).is_final(), "{kind}");
        }
    }
}
