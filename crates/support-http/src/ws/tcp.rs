//! What the kernel is told about a connection. Concerns every connection of a server, those without WebSockets too.

use std::any::Any;
use std::io;
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use socket2::SockRef;

/// The options of a TCP connection that actix leaves alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpOptions {
    /// Bytes that the kernel keeps for a peer that does not read; Linux takes twice as many. What it keeps beyond our
    /// own queues delays the moment at which we notice.
    pub send_buffer_bytes: usize,
    /// How long a peer may leave what was sent to it unread or unacknowledged, before the kernel gives the connection
    /// up. Without it a peer that stops reading keeps its connection for as long as it likes, since neither a task that
    /// ends nor a close frame gets past what is queued. Only some systems, Linux among them, know such a limit.
    pub user_timeout: Duration,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self { send_buffer_bytes: 64 * 1024, user_timeout: Duration::from_secs(20) }
    }
}

/// Sets the options of a connection that was just accepted: for `HttpServer::on_connect`, before `bind` or `listen`.
/// What is no plain TCP connection stays as it is. A connection without them still works, so that a failure is only
/// logged.
pub fn prepare(io: &dyn Any, options: &TcpOptions) {
    let Some(stream) = io.downcast_ref::<TcpStream>() else { return };
    if let Err(error) = set(&SockRef::from(stream), options) {
        tracing::debug!(error = %error, "the options of a connection could not be set");
    }
}

fn set(socket: &SockRef<'_>, options: &TcpOptions) -> io::Result<()> {
    socket.set_send_buffer_size(options.send_buffer_bytes)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(options.user_timeout))?;
    Ok(())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::net::Ipv4Addr;

    use actix_web::rt::net::TcpListener;

    use super::*;

    #[actix_web::test]
    async fn the_options_reach_the_socket() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let options = TcpOptions { send_buffer_bytes: 30_000, user_timeout: Duration::from_millis(1500) };
        prepare(&stream, &options);
        let socket = SockRef::from(&stream);
        assert_eq!(socket.send_buffer_size().unwrap(), 2 * options.send_buffer_bytes);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(options.user_timeout));
    }

    #[test]
    fn what_is_no_tcp_connection_is_left_alone() {
        prepare(&"a stream of another kind", &TcpOptions::default());
    }
}
