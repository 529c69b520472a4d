//! A WebSocket as two halves: one that reads whole messages, one that writes them. The only place, beside the `outbox`
//! between the writer and the connection, that knows frames.
//!
//! actix-ws answers the handshake, and actix-http's codec reads and writes the frames. The stream and the session that
//! actix-ws brings are not used: its session keeps some kilobytes for each socket, ends only with its queue of 32
//! messages, and takes all of them into memory at once, however long they are.
//!
//! Neither half waits for a peer without an end: what is read is bounded by the [`FrameLimits`], what is written by a
//! time-out. Nothing here answers anybody by itself: whoever holds the halves decides on pings, closes and violations,
//! and ends the connection by closing or dropping the writer.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_http::ws::{CloseCode, CloseReason, Codec, Frame, Item, Message, verify_handshake};
use actix_web::body::BoxBody;
use actix_web::web::{self, Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev};
use bytestring::ByteString;
use futures_core::Stream;
use tokio_util::codec::Decoder;

use super::guard::{FrameGuard, FrameLimits};
use super::outbox::{Gone, Outbox, outbox};
use super::violation::Violation;

/// How long a peer may let a write wait, unless the writer was told otherwise.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// The payload of a control frame has at most so many bytes (RFC 6455, section 5.5).
const MOST_CONTROL_BYTES: usize = 125;

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
    let nothing = web::Payload::from_request(request, &mut dev::Payload::None).into_inner()?;
    let (response, _, _) = actix_ws::handle_with_protocols(request, nothing, protocols)?;
    let (outbox, body) = outbox();
    let response = response.set_body(BoxBody::new(body));
    Ok((response, FrameWriter::new(outbox), FrameReader::new(payload.into_inner(), limits)))
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
    /// None when nothing more may come of it.
    payload: Option<dev::Payload>,
    guard: FrameGuard,
    codec: Codec,
    /// What the guard has let through and is no whole frame yet.
    bytes: BytesMut,
    message: Option<Fragments>,
    /// Behind what is in `bytes`.
    violation: Option<Violation>,
}

/// A message of which not all fragments have come. They are copied into one buffer, since each of them would keep alive
/// all that arrived together with it.
struct Fragments {
    is_text: bool,
    bytes: BytesMut,
}

impl FrameReader {
    fn new(payload: dev::Payload, limits: FrameLimits) -> Self {
        // The guard has the say. This limit only has to be no narrower.
        let largest = usize::try_from(limits.max_frame_bytes).unwrap_or(usize::MAX).max(MOST_CONTROL_BYTES);
        Self {
            payload: Some(payload),
            guard: FrameGuard::new(limits),
            codec: Codec::new().max_size(largest),
            bytes: BytesMut::new(),
            message: None,
            violation: None,
        }
    }

    /// Waits for what comes next. Nothing is lost when the waiting is given up. After the last there is only `Gone`.
    pub async fn next(&mut self) -> Incoming {
        let incoming = poll_fn(|cx| self.poll_next(cx)).await;
        if matches!(incoming, Incoming::Close(_) | Incoming::Violation(_) | Incoming::Gone) {
            (self.payload, self.message, self.bytes) = (None, None, BytesMut::new());
        }
        incoming
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        loop {
            let Some(payload) = self.payload.as_mut() else { return Poll::Ready(Incoming::Gone) };
            match self.codec.decode(&mut self.bytes) {
                Ok(Some(frame)) => match self.assemble(frame) {
                    Some(incoming) => return Poll::Ready(incoming),
                    None => continue,
                },
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(error = %error, "the guard has let a frame through that cannot be read");
                    return Poll::Ready(Incoming::Gone);
                }
            }
            if let Some(violation) = self.violation {
                return Poll::Ready(Incoming::Violation(violation));
            }
            if self.bytes.is_empty() {
                // An idle socket keeps no buffer.
                self.bytes = BytesMut::new();
            }
            let Some(Ok(bytes)) = ready!(Pin::new(payload).poll_next(cx)) else { return Poll::Ready(Incoming::Gone) };
            let (passed, judged) = self.guard.scan(&bytes);
            self.violation = judged.err();
            self.bytes.extend_from_slice(&bytes[..passed]);
        }
    }

    fn assemble(&mut self, frame: Frame) -> Option<Incoming> {
        Some(match frame {
            Frame::Text(bytes) => text(bytes),
            Frame::Binary(bytes) => Incoming::Binary(bytes),
            Frame::Continuation(Item::FirstText(bytes)) => return self.begin(true, &bytes),
            Frame::Continuation(Item::FirstBinary(bytes)) => return self.begin(false, &bytes),
            Frame::Continuation(Item::Continue(bytes)) => {
                self.message.as_mut()?.bytes.extend_from_slice(&bytes);
                return None;
            }
            Frame::Continuation(Item::Last(bytes)) => {
                let mut message = self.message.take()?;
                message.bytes.extend_from_slice(&bytes);
                message.into_incoming()
            }
            Frame::Ping(bytes) => Incoming::Ping(bytes),
            Frame::Pong(_) => Incoming::Pong,
            Frame::Close(reason) => Incoming::Close(reason.map(|reason| reason.code.into())),
        })
    }

    fn begin(&mut self, is_text: bool, bytes: &[u8]) -> Option<Incoming> {
        self.message = Some(Fragments { is_text, bytes: BytesMut::from(bytes) });
        None
    }
}

/// The guard has looked at it already; a string wants to see for itself.
fn text(bytes: Bytes) -> Incoming {
    ByteString::try_from(bytes).map_or(Incoming::Violation(Violation::InvalidText), Incoming::Text)
}

impl Fragments {
    fn into_incoming(self) -> Incoming {
        let bytes = self.bytes.freeze();
        if self.is_text { text(bytes) } else { Incoming::Binary(bytes) }
    }
}

/// The peer does not read, or is gone. Nothing more can be written to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the peer does not take what is written to it")]
pub struct Stuck;

/// The half that writes. Dropped, it ends the connection without a close frame.
///
/// A write is done when the frame is in the outbox, which holds 32 frames and some 256 KiB of messages. It is stuck when there
/// is no room in it for longer than the time-out; the writer is of no use after that.
pub struct FrameWriter {
    /// None once stuck.
    outbox: Option<Outbox>,
    timeout: Duration,
}

impl FrameWriter {
    /// The same, with another time-out for each write.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    fn new(outbox: Outbox) -> Self {
        Self { outbox: Some(outbox), timeout: WRITE_TIMEOUT }
    }

    /// Writes a message of text.
    ///
    /// # Errors
    /// [`Stuck`].
    pub async fn text(&mut self, text: ByteString) -> Result<(), Stuck> {
        self.write(Message::Text(text)).await
    }

    /// Writes a message of bytes.
    ///
    /// # Errors
    /// [`Stuck`].
    pub async fn binary(&mut self, bytes: Bytes) -> Result<(), Stuck> {
        self.write(Message::Binary(bytes)).await
    }

    /// Asks for a sign of life. Of the bytes at most 125 are sent.
    ///
    /// # Errors
    /// [`Stuck`].
    pub async fn ping(&mut self, bytes: &[u8]) -> Result<(), Stuck> {
        self.write(Message::Ping(control(bytes))).await
    }

    /// Answers a ping with its bytes.
    ///
    /// # Errors
    /// [`Stuck`].
    pub async fn pong(&mut self, bytes: &[u8]) -> Result<(), Stuck> {
        self.write(Message::Pong(control(bytes))).await
    }

    /// Closes: what was written before, then the close frame, then the end of the connection. What the peer still sends
    /// is not read any more.
    ///
    /// # Errors
    /// [`Stuck`]; the connection ends without a close frame.
    pub async fn close(mut self, code: u16, reason: &'static str) -> Result<(), Stuck> {
        let description = (!reason.is_empty()).then(|| reason.to_owned());
        let reason = CloseReason { code: CloseCode::from(code), description };
        self.write(Message::Close(Some(reason))).await
    }

    /// Answers the peer's close frame with its own code, as the last frame.
    ///
    /// # Errors
    /// [`Stuck`]; the connection ends without a close frame.
    pub async fn answer_close(mut self, code: Option<u16>) -> Result<(), Stuck> {
        self.write(Message::Close(code.map(|code| CloseReason::from(CloseCode::from(code))))).await
    }

    async fn write(&mut self, message: Message) -> Result<(), Stuck> {
        let outbox = self.outbox.as_ref().ok_or(Stuck)?;
        let mut message = Some(message);
        let written = tokio::time::timeout(self.timeout, poll_fn(|cx| outbox.poll_put(&mut message, cx)));
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Gone)) | Err(_) => {
                self.outbox = None;
                Err(Stuck)
            }
        }
    }
}

/// What of these bytes a control frame takes.
fn control(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(&bytes[..bytes.len().min(MOST_CONTROL_BYTES)])
}

#[cfg(test)]
#[cfg(target_os = "linux")]
#[path = "transport_tests.rs"]
mod tests;
