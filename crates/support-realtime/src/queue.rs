//! The queue of one socket: what it is to be told and has not been told yet. Bounded in frames and in bytes. Whoever puts
//! something in never waits; a socket that cannot keep up loses its queue and learns that it has lagged: it catches up
//! from the database when it comes again.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytestring::ByteString;
use support_domain::{ConversationId, Side};
use tokio::sync::Notify;

/// How much may wait for one socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueLimits {
    /// Most frames.
    pub max_frames: usize,
    /// Most bytes of text in them.
    pub max_bytes: usize,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self { max_frames: 1_024, max_bytes: 1024 * 1024 }
    }
}

/// When so many wait, nobody has to know any more who is typing.
const MOST_BEFORE_TYPING: usize = 32;

/// What a frame is about, as far as its place among the others depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// A new message of a room. Those of one room come in the order of their numbers, without a gap.
    Message {
        /// Its number.
        seq: i64,
    },
    /// A room's conversation has changed.
    Update {
        /// The version that the frame shows.
        version: i64,
    },
    /// A side of a room has read on.
    Read {
        /// Which side.
        by: Side,
        /// Up to which message.
        up_to_seq: i64,
    },
    /// Somebody writes in a room.
    Typing,
    /// A conversation of the inbox has changed.
    Inbox,
}

/// A frame for one socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Which conversation it is about.
    pub conversation_id: ConversationId,
    /// What it is about.
    pub topic: Topic,
    /// Its text, shared with the other sockets of the same side.
    pub frame: ByteString,
}

/// The socket did not keep up; what waited for it was thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the socket has lagged behind")]
pub struct Lagged;

/// The queue of one socket.
#[derive(Debug)]
pub struct Queue {
    limits: QueueLimits,
    waiting: Mutex<Waiting>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    deliveries: VecDeque<Delivery>,
    bytes: usize,
    has_lagged: bool,
}

impl Queue {
    /// An empty queue.
    pub fn new(limits: QueueLimits) -> Self {
        Self { limits, waiting: Mutex::default(), filled: Notify::new() }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a frame in. Past a limit everything that waits is thrown away and the socket has lagged.
    pub(crate) fn push(&self, delivery: Delivery) {
        let mut waiting = self.waiting();
        let is_idle_talk = delivery.topic == Topic::Typing && waiting.deliveries.len() >= MOST_BEFORE_TYPING;
        if waiting.has_lagged || is_idle_talk {
            return;
        }
        waiting.bytes += delivery.frame.len();
        waiting.deliveries.push_back(delivery);
        if waiting.deliveries.len() > self.limits.max_frames || waiting.bytes > self.limits.max_bytes {
            *waiting = Waiting { has_lagged: true, ..Waiting::default() };
        }
        drop(waiting);
        self.filled.notify_one();
    }

    /// Takes out what was put in for an inbox: whoever watched it may see less now.
    pub fn forget_inbox(&self) {
        let mut waiting = self.waiting();
        waiting.deliveries.retain(|delivery| delivery.topic != Topic::Inbox);
        waiting.bytes = waiting.deliveries.iter().map(|delivery| delivery.frame.len()).sum();
    }

    /// The next frame; waits for one. Only one task may wait. Nothing is lost when the wait is given up.
    ///
    /// # Errors
    /// When the socket has lagged, now and for ever.
    pub async fn next(&self) -> Result<Delivery, Lagged> {
        loop {
            let filled = self.filled.notified();
            {
                let mut waiting = self.waiting();
                if waiting.has_lagged {
                    return Err(Lagged);
                }
                if let Some(delivery) = waiting.deliveries.pop_front() {
                    waiting.bytes -= delivery.frame.len();
                    if waiting.deliveries.is_empty() {
                        // An idle socket keeps no room for what it was told.
                        waiting.deliveries = VecDeque::new();
                    }
                    return Ok(delivery);
                }
            }
            filled.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn about(topic: Topic, text: &'static str) -> Delivery {
        Delivery { conversation_id: ConversationId(Uuid::nil()), topic, frame: ByteString::from_static(text) }
    }

    fn frame(text: &'static str) -> Delivery {
        about(Topic::Inbox, text)
    }

    fn queue(max_frames: usize, max_bytes: usize) -> Queue {
        Queue::new(QueueLimits { max_frames, max_bytes })
    }

    #[tokio::test]
    async fn frames_come_out_in_the_order_in_which_they_went_in() {
        let queue = queue(2, 100);
        queue.push(frame("one"));
        queue.push(frame("two"));
        assert_eq!(queue.next().await, Ok(frame("one")));
        queue.push(frame("three"));
        assert_eq!(queue.next().await, Ok(frame("two")));
        assert_eq!(queue.next().await, Ok(frame("three")));
    }

    #[tokio::test]
    async fn one_frame_or_one_byte_too_many_is_a_lag_that_stays() {
        for queue in [queue(1, 100), queue(100, 5)] {
            queue.push(frame("one"));
            queue.push(frame("two"));
            assert_eq!(queue.next().await, Err(Lagged));
            queue.push(frame("three"));
            assert_eq!(queue.next().await, Err(Lagged));
            assert_eq!(queue.waiting().bytes, 0);
        }
    }

    #[tokio::test]
    async fn typing_is_dropped_where_much_waits_and_makes_nobody_lag() {
        let queue = queue(MOST_BEFORE_TYPING + 1, 1_000);
        (0..1_000).for_each(|_| queue.push(about(Topic::Typing, "x")));
        assert_eq!(queue.waiting().deliveries.len(), MOST_BEFORE_TYPING);
        queue.push(frame("news"));
        assert!(queue.next().await.is_ok());
    }

    #[tokio::test]
    async fn an_inbox_can_be_forgotten_and_the_rest_stays() {
        let queue = queue(10, 100);
        for delivery in [frame("one"), about(Topic::Message { seq: 1 }, "two"), frame("three")] {
            queue.push(delivery);
        }
        queue.forget_inbox();
        assert_eq!(queue.waiting().bytes, 3);
        assert_eq!(queue.next().await, Ok(about(Topic::Message { seq: 1 }, "two")));
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let queue = std::sync::Arc::new(queue(1, 100));
        let waiter = tokio::spawn({
            let queue = std::sync::Arc::clone(&queue);
            async move { queue.next().await }
        });
        tokio::task::yield_now().await;
        queue.push(frame("late"));
        assert_eq!(waiter.await.unwrap(), Ok(frame("late")));
    }
}
