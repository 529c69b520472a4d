//! Ports that stay the same over restarts.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

use support_load::Stop;

/// Below those that systems give to outgoing connections, so that a port is still free after a while without a server.
const FIRST: u16 = 21_000;
const COUNT: u16 = 9_000;

/// A port that nobody has at the moment. Processes begin at different places, so that they rarely meet.
pub(crate) fn free_port() -> Result<u16, Stop> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() * 61 % u32::from(COUNT)).unwrap_or(0);
    let mut tried = (0..COUNT).map(|_| FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT);
    tried
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .ok_or_else(|| Stop::new("this machine has no free port below those of outgoing connections"))
}
