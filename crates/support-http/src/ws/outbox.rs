//! What is on its way to one peer: frames that were written and have not been taken by the connection yet. Bounded in
//! frames and in bytes, so that a peer that does not read costs no more than that. Never writes to a socket, and never
//! waits without being told when to look again.
//!
//! One side is the writer's, the other is the body of the response that answered the handshake. Both live in the same
//! thread, since a connection never leaves the worker that accepted it. While nothing is on its way nothing is kept.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use actix_http::ws::{Codec, Message};
use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{Bytes, BytesMut};
use tokio_util::codec::Encoder;

/// Frames that may wait.
const MOST_FRAMES: usize = 32;
/// Bytes of messages that may wait. One longer message waits alone.
const MOST_BYTES: usize = 256 * 1024;
/// The connection takes so many bytes at a time, and more only where one frame has more.
const CHUNK_BYTES: usize = 32 * 1024;
/// The header of a frame without a mask has at most so many bytes.
const MOST_HEADER_BYTES: usize = 10;

/// The two sides of one outbox.
pub(super) fn outbox() -> (Outbox, OutboxBody) {
    let inner = Rc::new(RefCell::new(Inner::default()));
    (Outbox(Rc::clone(&inner)), OutboxBody { inner, codec: Codec::new() })
}

#[derive(Default)]
struct Inner {
    frames: VecDeque<Message>,
    /// Of the messages in them.
    bytes: usize,
    /// Whether nothing more will be put in.
    is_closed: bool,
    /// Whether the connection has ended.
    is_gone: bool,
    /// The connection, if it waits for frames.
    reader: Option<Waker>,
    /// The writer, if it waits for room.
    writer: Option<Waker>,
}

impl Inner {
    fn has_room(&self, bytes: usize) -> bool {
        self.frames.len() < MOST_FRAMES && (bytes == 0 || self.bytes == 0 || self.bytes + bytes <= MOST_BYTES)
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

/// Wakes this task, and no other, the next time.
fn wait(waker: &mut Option<Waker>, cx: &Context<'_>) {
    if !waker.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
        *waker = Some(cx.waker().clone());
    }
}

/// Bytes of a message. What is none, a ping for instance, is too short to be counted.
fn message_bytes(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) => bytes.len(),
        _ => 0,
    }
}

/// The connection has ended: nothing more can be put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gone;

/// The writer's side. Dropped, it lets out what is in it and ends the connection.
pub(super) struct Outbox(Rc<RefCell<Inner>>);

impl Outbox {
    /// Puts a message in, as soon as there is room.
    ///
    /// # Errors
    /// [`Gone`]; the message is lost.
    pub(super) fn poll_put(&self, message: &mut Option<Message>, cx: &Context<'_>) -> Poll<Result<(), Gone>> {
        let mut inner = self.0.borrow_mut();
        if inner.is_gone {
            return Poll::Ready(Err(Gone));
        }
        let bytes = message.as_ref().map_or(0, message_bytes);
        if !inner.has_room(bytes) {
            wait(&mut inner.writer, cx);
            return Poll::Pending;
        }
        inner.frames.extend(message.take());
        inner.bytes += bytes;
        wake(&mut inner.reader);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        let mut inner = self.0.borrow_mut();
        inner.is_closed = true;
        wake(&mut inner.reader);
    }
}

/// The connection's side: a body without an end, until the writer's side is gone.
pub(super) struct OutboxBody {
    inner: Rc<RefCell<Inner>>,
    codec: Codec,
}

impl MessageBody for OutboxBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let this = self.get_mut();
        let mut inner = this.inner.borrow_mut();
        let Some(first) = inner.frames.front() else {
            if inner.is_closed {
                return Poll::Ready(None);
            }
            wait(&mut inner.reader, cx);
            return Poll::Pending;
        };
        let mut chunk = BytesMut::with_capacity(message_bytes(first) + MOST_HEADER_BYTES);
        while let Some(frame) = inner.frames.front()
            && (chunk.is_empty() || chunk.len() + message_bytes(frame) <= CHUNK_BYTES)
        {
            inner.bytes -= message_bytes(frame);
            if let Some(frame) = inner.frames.pop_front() {
                // Only fragments can fail, and none are written.
                let _ = this.codec.encode(frame, &mut chunk);
            }
        }
        if inner.frames.is_empty() {
            inner.frames = VecDeque::new();
        }
        wake(&mut inner.writer);
        Poll::Ready(Some(Ok(chunk.freeze())))
    }
}

impl Drop for OutboxBody {
    fn drop(&mut self) {
        let mut inner = self.inner.borrow_mut();
        inner.is_gone = true;
        inner.frames = VecDeque::new();
        inner.bytes = 0;
        wake(&mut inner.writer);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn put(outbox: &Outbox, message: Message, bell: &Arc<Bell>) -> Poll<Result<(), Gone>> {
        outbox.poll_put(&mut Some(message), &Context::from_waker(&Waker::from(Arc::clone(bell))))
    }

    fn take(body: &mut OutboxBody, bell: &Arc<Bell>) -> Poll<Option<Bytes>> {
        let waker = Waker::from(Arc::clone(bell));
        Pin::new(body).poll_next(&mut Context::from_waker(&waker)).map(|next| next.map(Result::unwrap))
    }

    fn text(bytes: usize) -> Message {
        Message::Text("x".repeat(bytes).into())
    }

    const PUT: Poll<Result<(), Gone>> = Poll::Ready(Ok(()));

    #[test]
    fn what_was_put_in_comes_out_in_its_order_and_then_the_end() {
        let ((outbox, mut body), bell) = (self::outbox(), Arc::default());
        for message in [Message::Text("one".into()), Message::Ping(Bytes::new()), Message::Text("two".into())] {
            assert_eq!(put(&outbox, message, &bell), PUT);
        }
        drop(outbox);
        assert_eq!(take(&mut body, &bell), Poll::Ready(Some(Bytes::from_static(b"\x81\x03one\x89\0\x81\x03two"))));
        assert_eq!(take(&mut body, &bell), Poll::Ready(None));
    }

    #[test]
    fn who_waits_is_woken_by_the_other_side() {
        let ((outbox, mut body), writer, reader) = (self::outbox(), Arc::default(), Arc::<Bell>::default());
        assert_eq!(take(&mut body, &reader), Poll::Pending);
        for _ in 0..MOST_FRAMES {
            assert_eq!(put(&outbox, text(1), &writer), PUT);
        }
        assert_eq!(reader.0.load(Ordering::Relaxed), 1);
        assert_eq!(put(&outbox, Message::Pong(Bytes::new()), &writer), Poll::Pending);
        assert!(take(&mut body, &reader).is_ready());
        assert_eq!(writer.0.load(Ordering::Relaxed), 1);
        assert_eq!(put(&outbox, Message::Pong(Bytes::new()), &writer), PUT);
    }

    #[test]
    fn messages_wait_for_room_in_bytes_and_one_that_is_too_long_goes_alone() {
        let ((outbox, mut body), bell) = (self::outbox(), Arc::default());
        assert_eq!(put(&outbox, text(MOST_BYTES + 1), &bell), PUT);
        assert_eq!(put(&outbox, text(1), &bell), Poll::Pending);
        assert_eq!(put(&outbox, Message::Ping(Bytes::new()), &bell), PUT, "a ping takes none");
        assert!(matches!(take(&mut body, &bell), Poll::Ready(Some(chunk)) if chunk.len() > MOST_BYTES));
        assert_eq!(put(&outbox, text(MOST_BYTES), &bell), PUT);
        assert_eq!(put(&outbox, text(1), &bell), Poll::Pending);
    }

    #[test]
    fn a_chunk_is_no_longer_than_it_has_to_be() {
        let ((outbox, mut body), bell) = (self::outbox(), Arc::default());
        for bytes in [CHUNK_BYTES / 2, CHUNK_BYTES / 4, CHUNK_BYTES / 2] {
            assert_eq!(put(&outbox, text(bytes), &bell), PUT);
        }
        let lengths = [(); 2].map(|()| match take(&mut body, &bell) {
            Poll::Ready(Some(chunk)) => chunk.len(),
            other => panic!("{other:?}"),
        });
        assert_eq!(lengths, [CHUNK_BYTES * 3 / 4 + 8, CHUNK_BYTES / 2 + 4]);
        assert_eq!(take(&mut body, &bell), Poll::Pending);
        assert_eq!(body.inner.borrow().frames.capacity(), 0, "nothing is kept while nothing waits");
    }

    #[test]
    fn nothing_can_be_put_in_for_a_connection_that_has_ended() {
        let ((outbox, body), bell) = (self::outbox(), Arc::<Bell>::default());
        for _ in 0..MOST_FRAMES {
            assert_eq!(put(&outbox, text(1), &bell), PUT);
        }
        assert_eq!(put(&outbox, text(1), &bell), Poll::Pending);
        drop(body);
        assert_eq!(bell.0.load(Ordering::Relaxed), 1);
        assert_eq!(put(&outbox, text(1), &bell), Poll::Ready(Err(Gone)));
    }
}
