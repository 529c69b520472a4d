//! A WebSocket as two halves: one that reads whole messages, one that writes them. The only place that knows actix-ws.
//!
//! Neither half waits for a peer without an end: what is read is bounded by the [`FrameLimits`], what is written by a
//! time-out. Nothing here answers anybody by itself: whoever holds the halves decides on pings, closes and violations,
//! and ends the connection by closing or dropping the writer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_http::ws::verify_handshake;
use actix_web::web::{self, Bytes, BytesMut};
use actix_web::{HttpRequest, HttpResponse};
use actix_ws::{CloseCode, CloseReason, Closed, Item, Message, MessageStream, Session};
use bytestring::ByteString;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::guard::{FrameLimits, Verdict, guarded};
use super::violation::Violation;

/// How long a peer may let a write wait, unless the writer was told otherwise.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of text that may be in the queue of a writer. One longer text goes alone.
const MOST_QUEUED_BYTES: usize = 256 * 1024;

/// Answers a request for a WebSocket: the response to give back from the handler, and the two halves to run in a task
/// of their own. Of the subprotocols that the client offers, the first that is in `protocols` is agreed on.
///
/// # Errors
/// When the request is no valid handshake.
pub fn upgrade(
    request: &HttpRequest,
    payload: web::Payload,
    limits: FrameLimits,
    protocols: &[&str],
) -> Result<(HttpResponse, FrameWriter, FrameReader), actix_web::Error> {
    let (payload, verdict) = guarded(request, payload, limits)?;
    let (response, session, stream) = actix_ws::handle_with_protocols(request, payload, protocols)?;
    // The guard has the say. This limit only has to be no narrower.
    let largest = usize::try_from(limits.max_frame_bytes.max(125)).unwrap_or(usize::MAX);
    let reader = FrameReader { stream: stream.max_frame_size(largest), verdict, message: None, is_over: false };
    Ok((response, FrameWriter::new(session), reader))
}

/// Whether a request is a handshake that [`upgrade`] will answer.
pub fn is_handshake(request: &HttpRequest) -> bool {
    verify_handshake(request.head()).is_ok()
}

/// What comes from the peer.
#[derive(Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A whole message of text.
    Text(ByteString),
    /// A whole message of bytes.
    Binary(Bytes),
    /// To be answered by a pong with the same bytes.
    Ping(Bytes),
    /// The answer to a ping, or a sign of life that nobody asked for.
    Pong,
    /// The peer closes, with its code if it gave one: to be answered by [`FrameWriter::answer_close`]. The last.
    Close(Option<u16>),
    /// The peer broke the rules: to be answered by a close with the violation's code. The last.
    Violation(Violation),
    /// The connection has ended without a close frame, or was closed from this side. The last.
    Gone,
}

// What people write does not print.
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Binary(bytes) => write!(f, "Binary({} bytes)", bytes.len()),
            Self::Ping(bytes) => write!(f, "Ping({} bytes)", bytes.len()),
            Self::Pong => f.write_str("Pong"),
            Self::Close(code) => f.debug_tuple("Close").field(code).finish(),
            Self::Violation(violation) => f.debug_tuple("Violation").field(violation).finish(),
            Self::Gone => f.write_str("Gone"),
        }
    }
}

/// The half that reads.
pub struct FrameReader {
    stream: MessageStream,
    verdict: Verdict,
    message: Option<Fragments>,
    is_over: bool,
}

/// A message of which not all fragments have come. They are copied into one buffer, since each of them would keep alive
/// all that arrived together with it.
struct Fragments {
    is_text: bool,
    bytes: BytesMut,
}

impl FrameReader {
    /// Waits for what comes next. Nothing is lost when the waiting is given up. After the last there is only `Gone`.
    pub async fn next(&mut self) -> Incoming {
        let incoming = loop {
            if self.is_over {
                break Incoming::Gone;
            }
            match self.stream.recv().await {
                Some(Ok(message)) => {
                    if let Some(incoming) = self.assemble(message) {
                        break incoming;
                    }
                }
                // Messages from before the error may still come; after them the stream ends.
                Some(Err(_)) => {}
                None => break self.verdict.violation().map_or(Incoming::Gone, Incoming::Violation),
            }
        };
        self.is_over = matches!(incoming, Incoming::Close(_) | Incoming::Violation(_) | Incoming::Gone);
        incoming
    }

    fn assemble(&mut self, message: Message) -> Option<Incoming> {
        Some(match message {
            Message::Text(text) => Incoming::Text(text),
            Message::Binary(bytes) => Incoming::Binary(bytes),
            Message::Continuation(Item::FirstText(bytes)) => return self.begin(true, &bytes),
            Message::Continuation(Item::FirstBinary(bytes)) => return self.begin(false, &bytes),
            Message::Continuation(Item::Continue(bytes)) => {
                self.message.as_mut()?.bytes.extend_from_slice(&bytes);
                return None;
            }
            Message::Continuation(Item::Last(bytes)) => {
                let mut message = self.message.take()?;
                message.bytes.extend_from_slice(&bytes);
                message.into_incoming()
            }
            Message::Ping(bytes) => Incoming::Ping(bytes),
            Message::Pong(_) => Incoming::Pong,
            Message::Close(reason) => Incoming::Close(reason.map(|reason| reason.code.into())),
            Message::Nop => return None,
        })
    }

    fn begin(&mut self, is_text: bool, bytes: &[u8]) -> Option<Incoming> {
        self.message = Some(Fragments { is_text, bytes: BytesMut::from(bytes) });
        None
    }
}

impl Fragments {
    fn into_incoming(self) -> Incoming {
        let bytes = self.bytes.freeze();
        if !self.is_text {
            return Incoming::Binary(bytes);
        }
        // The guard has looked at it already; a string wants to see for itself.
        ByteString::try_from(bytes).map_or(Incoming::Violation(Violation::InvalidText), Incoming::Text)
    }
}

/// The peer does not read, or is gone. Nothing more can be written to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the peer does not take what is written to it")]
pub struct Stuck;

/// The half that writes. Dropped, it ends the connection without a close frame.
///
/// A write is done when the frame is in the queue, which holds 32 frames and some 256 KiB of text. It is stuck when there
/// is no room in the queue for longer than the time-out; the writer is of no use after that.
pub struct FrameWriter {
    /// `None` once stuck.
    session: Option<Session>,
    timeout: Duration,
    /// A permit for each byte of text in the queue.
    room: Arc<Semaphore>,
}

/// A text in the queue, which gives its room back when it has left it.
struct Queued {
    text: ByteString,
    _room: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Queued {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl FrameWriter {
    /// The same, with another time-out for each write.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    fn new(session: Session) -> Self {
        let room = Arc::new(Semaphore::new(MOST_QUEUED_BYTES));
        Self { session: Some(session), timeout: WRITE_TIMEOUT, room }
    }

    /// Writes a message of text.
    ///
    /// # Errors
    /// [`Stuck`].
    pub async fn text(&mut self, text: ByteString) -> Result<(), Stuck> {
        let room = Arc::clone(&self.room);
        self.write(async |session| {
            let bytes = u32::try_from(text.len().min(MOST_QUEUED_BYTES)).unwrap_or(u32::MAX);
            let room = room.acquire_many_owned(bytes).await.map_err(|_| Closed)?;
            let queued = Bytes::from_owner(Queued { text, _room: room });
            // It was a text before; a string wants to see for itself.
            session.text(ByteString::try_from(queued).map_err(|_| Closed)?).await
        })
        .await
    }

    /// Writes a message of bytes.
    ///
    /// # Errors
    /// [`Stuck`].
    pub async fn binary(&mut self, bytes: Bytes) -> Result<(), Stuck> {
        self.write(async |session| session.binary(bytes).await).await
    }

    /// Asks for a sign of life. Of the bytes at most 125 are sent.
    ///
    /// # Errors
    /// [`Stuck`].
    pub async fn ping(&mut self, bytes: &[u8]) -> Result<(), Stuck> {
        self.write(async |session| session.ping(bytes).await).await
    }

    /// Answers a ping with its bytes.
    ///
    /// # Errors
    /// [`Stuck`].
    pub async fn pong(&mut self, bytes: &[u8]) -> Result<(), Stuck> {
        self.write(async |session| session.pong(bytes).await).await
    }

    /// Closes: what was written before, then the close frame, then the end of the connection. What the peer still sends
    /// is not read any more.
    ///
    /// # Errors
    /// [`Stuck`]; the connection ends without a close frame.
    pub async fn close(self, code: u16, reason: &'static str) -> Result<(), Stuck> {
        let description = (!reason.is_empty()).then(|| reason.to_owned());
        self.end(Some(CloseReason { code: CloseCode::from(code), description })).await
    }

    /// Answers the peer's close frame with its own code, as the last frame.
    ///
    /// # Errors
    /// [`Stuck`]; the connection ends without a close frame.
    pub async fn answer_close(self, code: Option<u16>) -> Result<(), Stuck> {
        self.end(code.map(|code| CloseReason::from(CloseCode::from(code)))).await
    }

    async fn end(mut self, reason: Option<CloseReason>) -> Result<(), Stuck> {
        let session = self.session.take().ok_or(Stuck)?;
        // Waiting for room in a queue that nobody empties has to end like any other write.
        let closing = tokio::time::timeout(self.timeout, session.close(reason));
        closing.await.map_err(|_| Stuck)?.map_err(|_| Stuck)
    }

    async fn write(&mut self, write: impl AsyncFnOnce(&mut Session) -> Result<(), Closed>) -> Result<(), Stuck> {
        let session = self.session.as_mut().ok_or(Stuck)?;
        match tokio::time::timeout(self.timeout, write(session)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Closed)) | Err(_) => {
                self.session = None;
                Err(Stuck)
            }
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
#[path = "transport_tests.rs"]
mod tests;
