//! What the kernel is told about a connection. Concerns every connection of a server, those without WebSockets too.

use std::any::Any;
use std::io;
use std::net::Shutdown;
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use socket2::{SockRef, Socket};

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

/// A connection that was accepted, beside the server that serves it: to end it where nothing can be written any more.
/// Costs a file descriptor.
#[derive(Debug)]
pub struct TcpHandle(Socket);

impl TcpHandle {
    /// Ends the connection at once. What was not sent yet is thrown away, in this process and in the kernel: neither a
    /// peer that does not read nor one that reads very slowly gets any more of it.
    pub fn cut(&self) {
        // Both fail on a connection that has ended by itself, which is as well.
        let result = self.0.set_linger(Some(Duration::ZERO)).and_then(|()| self.0.shutdown(Shutdown::Both));
        if let Err(error) = result {
            tracing::debug!(error = %error, "a connection had ended before it was cut");
        }
    }
}

/// Sets the options of a connection that was just accepted: for `HttpServer::on_connect`, before `bind` or `listen`. What
/// it returns belongs into the connection's extensions, in an `Arc`; without it the WebSockets still work, but one whose
/// peer reads next to nothing may outlive its session. What is no plain TCP connection stays as it is. A failure is only
/// logged.
pub fn prepare(io: &dyn Any, options: &TcpOptions) -> Option<TcpHandle> {
    let stream = io.downcast_ref::<TcpStream>()?;
    let socket = SockRef::from(stream);
    let set = set(&socket, options).and_then(|()| socket.try_clone());
    set.inspect_err(|error| tracing::debug!(error = %error, "the options of a connection could not be set"))
        .ok()
        .map(TcpHandle)
}

fn set(socket: &SockRef<'_>, options: &TcpOptions) -> io::Result<()> {
    socket.set_send_buffer_size(options.send_buffer_bytes)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(options.user_timeout))?;
    Ok(())
}
