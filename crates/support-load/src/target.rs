//! Where a server is, and how connections to it are made: from which of this machine's addresses, and how they are cut.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpSocket, TcpStream};

use crate::{Stop, Trouble};

/// Connections that share a local address: fewer than the ports that Linux hands out by itself, 28,232, so that some are
/// left for those that were closed a moment ago.
const PER_SOURCE: usize = 20_000;

/// A server.
#[derive(Debug, Clone)]
pub struct Target {
    /// `HOST[:PORT]`, as the URL says it.
    pub(crate) host: String,
    address: SocketAddr,
    sources: Vec<IpAddr>,
}

impl Target {
    /// Reads `http://HOST[:PORT]` and looks the host up. `sources` are local addresses to connect from.
    ///
    /// # Errors
    /// When it is no such URL, or the host is not known.
    pub fn find(url: &str, sources: &[IpAddr]) -> Result<Self, Stop> {
        let rest = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/')).unwrap_or_default();
        if rest.is_empty() || rest.contains(['/', '?', '#', '@']) {
            return Err(Stop::usage(
                "--url must be http://HOST[:PORT]; TLS belongs to a proxy, which is not what is measured",
            ));
        }
        let has_port = rest.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let with_port = if has_port { rest.to_owned() } else { format!("{rest}:80") };
        let mut found = with_port.to_socket_addrs().map_err(|error| Stop::new(format!("{rest}: {error}")))?;
        let address = found.next().ok_or_else(|| Stop::new(format!("{rest}: no address")))?;
        Ok(Self { host: rest.to_owned(), address, sources: sources.to_vec() })
    }

    /// The local address of the connection of that number; `None` leaves it to the kernel.
    fn source(&self, number: usize) -> Option<IpAddr> {
        if !self.sources.is_empty() {
            return self.sources.get(number % self.sources.len()).copied();
        }
        let IpAddr::V4(ip) = self.address.ip() else { return None };
        let step = u32::try_from(number / PER_SOURCE).ok().filter(|step| *step > 0 && ip.is_loopback())?;
        Some(IpAddr::V4(Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits().wrapping_add(step))))
    }

    /// A new connection, the `number`th of the run.
    ///
    /// # Errors
    /// When nobody answers, or not in time.
    pub async fn connect(&self, number: usize, patience: Duration) -> Result<TcpStream, Trouble> {
        let dial = async {
            let socket = if self.address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            if let Some(source) = self.source(number) {
                socket.bind(SocketAddr::new(source, 0))?;
            }
            let stream = socket.connect(self.address).await?;
            stream.set_nodelay(true).map(|()| stream)
        };
        let result = tokio::time::timeout(patience, dial).await;
        result.map_err(|_| Trouble::new("connect_timeout"))?.map_err(|error| Trouble::of_connect(&error))
    }
}

/// Ends a connection as a cable does that is pulled out: no goodbye, and no port that waits for stragglers.
pub(crate) fn cut(stream: &TcpStream) {
    // Where it cannot be set, the connection ends a little more politely.
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_targets() {
        assert_eq!(Target::find("http://127.0.0.1:81/", &[]).unwrap().address.port(), 81);
        assert_eq!(Target::find("http://127.0.0.1", &[]).unwrap().address.port(), 80);
        for url in ["https://127.0.0.1", "127.0.0.1:80", "http://", "http://127.0.0.1/x", "http://me@127.0.0.1"] {
            assert!(Target::find(url, &[]).is_err(), "{url}");
        }
    }

    #[test]
    fn more_connections_than_ports_come_from_more_addresses() {
        let target = Target::find("http://127.0.0.1:81", &[]).unwrap();
        assert_eq!((target.source(0), target.source(PER_SOURCE - 1)), (None, None));
        assert_eq!(target.source(2 * PER_SOURCE), Some(IpAddr::from([127, 0, 0, 3])));
        let own = [IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2])];
        assert_eq!(Target::find("http://127.0.0.1:81", &own).unwrap().source(3), Some(own[1]));
        assert_eq!(Target::find("http://192.0.2.1:81", &[]).unwrap().source(PER_SOURCE), None);
    }
}
