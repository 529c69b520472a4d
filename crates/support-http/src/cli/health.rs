//! `support-http health`: asks a running server how it is, for whoever watches it from outside (the health check of a
//! container, where there is no `curl`). Needs no configuration but where the server listens, and no secret.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use clap::Args;
use support_domain::{Clock, SystemClock};

use super::CommandError;
use crate::config::{InvalidConfig, Variables, bind};

/// How long it may take to answer.
const LIMIT: Duration = Duration::from_secs(3);
/// So much of an answer is read.
const MOST: u64 = 4_096;

/// What is asked.
#[derive(Debug, Args)]
pub(super) struct Health {
    /// Which server, and what of it: http://HOST:PORT/PATH. Without it, the one of SUPPORT_BIND, /healthz
    url: Option<String>,
}

pub(super) fn run(health: &Health) -> Result<(), CommandError> {
    let (address, path) = match &health.url {
        Some(url) => read_url(url).ok_or_else(|| CommandError::other("the URL must be http://HOST:PORT/PATH"))?,
        None => (own_address()?, "/healthz".to_owned()),
    };
    ask(address, &path, LIMIT).map_err(|error| CommandError::Other(format!("it is not healthy: {error}")))
}

/// The server of this environment. One that took any port has written it to a file.
fn own_address() -> Result<SocketAddr, CommandError> {
    let variables = Variables::of_process();
    let mut address = bind(variables)?;
    if address.port() == 0 {
        let port = variables.get("SUPPORT_PORT_FILE")?.and_then(|file| std::fs::read_to_string(file).ok());
        let port = port.and_then(|text| text.trim().parse().ok());
        let none =
            || InvalidConfig::new("SUPPORT_PORT_FILE", "must name the file where the server has written its port");
        address.set_port(port.ok_or_else(none)?);
    }
    Ok(reachable(address))
}

/// The address under which this machine reaches a server that listens on all of them.
pub(super) fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { [127, 0, 0, 1].into() } else { [0, 0, 0, 0, 0, 0, 0, 1_u16].into() });
    }
    address
}

fn read_url(url: &str) -> Option<(SocketAddr, String)> {
    let rest = url.strip_prefix("http://")?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic());
    let address = host.to_socket_addrs().ok()?.next()?;
    is_plain.then(|| (address, if path.is_empty() { "/healthz".to_owned() } else { path.to_owned() }))
}

/// Asks, and demands 200.
pub(super) fn ask(address: SocketAddr, path: &str, limit: Duration) -> io::Result<()> {
    let clock = SystemClock::new();
    let began = clock.monotonic();
    let mut stream = TcpStream::connect_timeout(&address, limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nuser-agent: support-http health\r\nconnection: close\r\n\r\n"
    )?;
    let mut line = Vec::new();
    let mut byte = [0];
    let mut stream = stream.take(MOST);
    while byte[0] != b'\n' && stream.read(&mut byte)? == 1 {
        line.push(byte[0]);
        // One that answers a letter at a time is not healthy.
        if clock.monotonic().saturating_sub(began) > limit {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
    let line = String::from_utf8_lossy(&line);
    match line.trim_end().split(' ').nth(1) {
        Some("200") if line.starts_with("HTTP/1.") => Ok(()),
        Some(status) if line.starts_with("HTTP/1.") => Err(io::Error::other(format!("it answers {status}"))),
        _ => Err(io::Error::other("what answers does not speak HTTP")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        let read = |url| read_url(url).map(|(address, path)| (address.to_string(), path));
        assert_eq!(read("http://127.0.0.1:8080"), Some(("127.0.0.1:8080".to_owned(), "/healthz".to_owned())));
        assert_eq!(read("http://[::1]:80/readyz"), Some(("[::1]:80".to_owned(), "/readyz".to_owned())));
        for url in ["", "127.0.0.1:80", "https://127.0.0.1:80/", "http://127.0.0.1", "http://127.0.0.1:80/a b"] {
            assert_eq!(read(url), None, "{url}");
        }
    }

    #[test]
    fn a_server_on_all_addresses_is_asked_at_home() {
        for (bound, asked) in [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("10.1.2.3:80", "10.1.2.3:80")]
        {
            assert_eq!(reachable(bound.parse().unwrap()).to_string(), asked);
        }
    }
}
