//! The sockets of this node: how many, whose, and how they end when the node does.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use support_domain::PrincipalKey;
use support_service::{LimitKind, note_limit};
use tokio::sync::watch;

use crate::metrics::{SOCKETS, count};

/// What sockets may do and take up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketLimits {
    /// Most sockets of this node.
    pub max_sockets: usize,
    /// Most sockets of one person on this node.
    pub max_sockets_per_principal: usize,
    /// Most rooms that one socket may be in.
    pub max_rooms: usize,
    /// Most bytes of a client's frame, and of a message in several frames.
    pub max_frame_bytes: u64,
    /// Frames that a client may send a second, but for messages, which count with those over REST.
    pub frames_per_second: NonZeroU32,
    /// How often a silent client is asked for a sign of life. After three times that without one it is gone.
    pub heartbeat: Duration,
    /// How long a client may let a frame wait.
    pub write_timeout: Duration,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            max_sockets: 10_000,
            max_sockets_per_principal: 10,
            max_rooms: 100,
            max_frame_bytes: 64 * 1024,
            frames_per_second: NonZeroU32::MIN.saturating_add(49),
            heartbeat: Duration::from_secs(25),
            write_timeout: Duration::from_secs(10),
        }
    }
}

/// Why there is no place for a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// The person has too many.
    TooManyOfPerson,
    /// The node has too many, or is about to stop.
    NodeFull,
}

/// The sockets of a node. Cheap to clone; all clones are the same.
#[derive(Debug, Clone)]
pub struct Sockets {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    limits: SocketLimits,
    open: Mutex<Open>,
    /// Once the node stops: over how long its sockets are closed.
    stop: watch::Sender<Option<Duration>>,
    count: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_person: HashMap<PrincipalKey, usize>,
}

/// Each socket that is to be told of a stop takes so long of the time.
const SPREAD_PER_SOCKET: Duration = Duration::from_millis(5);

impl Sockets {
    /// No sockets yet.
    pub fn new(limits: SocketLimits) -> Self {
        let (stop, open) = (watch::Sender::new(None), watch::Sender::new(0));
        SOCKETS.open_max.set(count(limits.max_sockets));
        Self { inner: Arc::new(Inner { limits, open: Mutex::default(), stop, count: open }) }
    }

    /// What they may do.
    pub fn limits(&self) -> SocketLimits {
        self.inner.limits
    }

    /// Takes a place for one more socket of that person.
    pub(crate) fn take_place(&self, person: &PrincipalKey) -> Result<TakenPlace, NoPlace> {
        let mut open = self.inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.total >= self.inner.limits.max_sockets || self.inner.stop.borrow().is_some() {
            note_limit(LimitKind::SocketsOfNode);
            return Err(NoPlace::NodeFull);
        }
        let own = open.by_person.entry(person.clone()).or_default();
        if *own >= self.inner.limits.max_sockets_per_principal {
            note_limit(LimitKind::SocketsOfPerson);
            return Err(NoPlace::TooManyOfPerson);
        }
        *own += 1;
        open.total += 1;
        self.inner.tell(open.total);
        SOCKETS.opened.increment(1);
        Ok(TakenPlace { sockets: self.clone(), person: person.clone() })
    }

    /// Changes when the node stops: over how long its sockets are to be closed.
    pub(crate) fn watch_stop(&self) -> watch::Receiver<Option<Duration>> {
        self.inner.stop.subscribe()
    }

    /// Takes no more sockets, has those that are open closed, spread over a while so that they do not all come back to
    /// the next node at once, and returns when there are none or `at_most` is over. To be called when a server is about to
    /// stop, before it does: to the server an open socket is a request that does not end.
    pub async fn drain(&self, at_most: Duration) {
        let total = self.inner.open.lock().unwrap_or_else(PoisonError::into_inner).total;
        let spread = SPREAD_PER_SOCKET.saturating_mul(u32::try_from(total).unwrap_or(u32::MAX)).min(at_most / 2);
        self.inner.stop.send_replace(Some(spread));
        let mut count = self.inner.count.subscribe();
        let _ = tokio::time::timeout(at_most, count.wait_for(|count| *count == 0)).await;
    }
}

impl Inner {
    fn tell(&self, total: usize) {
        self.count.send_replace(total);
        SOCKETS.open.set(count(total));
    }
}

/// A socket's place; given back when dropped.
#[derive(Debug)]
pub(crate) struct TakenPlace {
    sockets: Sockets,
    person: PrincipalKey,
}

impl Drop for TakenPlace {
    fn drop(&mut self) {
        let mut open = self.sockets.inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total = open.total.saturating_sub(1);
        if let Some(own) = open.by_person.get_mut(&self.person) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.by_person.remove(&self.person);
            }
        }
        self.sockets.inner.tell(open.total);
    }
}

#[cfg(test)]
mod tests {
    use support_domain::AdminId;

    use super::*;

    fn sockets(max_sockets: usize, max_sockets_per_principal: usize) -> Sockets {
        Sockets::new(SocketLimits { max_sockets, max_sockets_per_principal, ..SocketLimits::default() })
    }

    fn person(name: &str) -> PrincipalKey {
        PrincipalKey::Admin(AdminId::parse(name).unwrap())
    }

    #[test]
    fn a_person_and_a_node_have_so_many_places_and_get_them_back() {
        let sockets = sockets(3, 2);
        let places = [sockets.take_place(&person("a")), sockets.take_place(&person("a"))];
        assert_eq!(sockets.take_place(&person("a")).unwrap_err(), NoPlace::TooManyOfPerson);
        let other = sockets.take_place(&person("b")).unwrap();
        assert_eq!(sockets.take_place(&person("c")).unwrap_err(), NoPlace::NodeFull);
        drop(places);
        assert!(sockets.take_place(&person("a")).is_ok());
        drop(other);
        assert!(sockets.inner.open.lock().unwrap().by_person.is_empty());
    }

    #[tokio::test]
    async fn a_node_that_stops_takes_no_more_and_waits_for_those_that_are_open() {
        let sockets = sockets(3, 2);
        let place = sockets.take_place(&person("a")).unwrap();
        let mut stop = sockets.watch_stop();
        let drained = tokio::spawn({
            let sockets = sockets.clone();
            async move { sockets.drain(Duration::from_secs(600)).await }
        });
        stop.changed().await.unwrap();
        assert_eq!(sockets.take_place(&person("b")).unwrap_err(), NoPlace::NodeFull);
        assert!(!drained.is_finished());
        drop(place);
        drained.await.unwrap();
    }
}
