//! The hub of one node: its sockets, rooms and inbox feeds. Everything here is in memory and nothing waits but for a
//! short lock.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use support_domain::{ConversationId, PrincipalKey, Side, SupportConversation, Timestamp, Visibility};
use tokio::sync::Notify;

use crate::frames::Frames;
use crate::inbox::{Feeds, Memory, News, Watcher};
use crate::metrics::{ROOMS, count};
use crate::queue::{Queue, QueueLimits};
use crate::room::{Member, Room, Standing};
use crate::{Committed, Encode, Event, Source, Typing};

/// Names a socket on this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(u64);

impl SocketId {
    /// The number itself, for the log.
    pub fn number(self) -> u64 {
        self.0
    }

    /// A number from 0 to 1 that is another for each socket, evenly spread: for what not all of them should do at once.
    pub fn fraction(self) -> f64 {
        // Multiples of the golden ratio never come close to each other.
        let spread = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        f64::from(u32::try_from(spread).unwrap_or_default()) / f64::from(1_u32 << 24)
    }
}

/// A socket, as rooms and feeds know it.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) id: SocketId,
    pub(crate) person: PrincipalKey,
    pub(crate) side: Side,
    pub(crate) queue: Queue,
    watches_inbox: AtomicBool,
}

impl Socket {
    pub(crate) fn watches_inbox(&self) -> bool {
        self.watches_inbox.load(Ordering::Relaxed)
    }
}

/// Rooms are spread over so many locks.
const SHARDS: usize = 16;

#[derive(Debug, Default)]
struct Shard {
    rooms: HashMap<ConversationId, Room>,
    seen: Memory,
}

/// The sockets of this node, and what they listen to. Cheap to clone; all clones are the same hub.
#[derive(Debug, Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    encoder: Arc<dyn Encode>,
    limits: QueueLimits,
    shards: [Mutex<Shard>; SHARDS],
    feeds: RwLock<Feeds>,
    sockets: AtomicUsize,
    watchers: AtomicUsize,
    next_id: AtomicU64,
    wanted: Mutex<HashSet<ConversationId>>,
    wants: Notify,
}

impl Hub {
    /// A hub without sockets.
    pub fn new(encoder: Arc<dyn Encode>, limits: QueueLimits) -> Self {
        Self {
            inner: Arc::new(Inner {
                encoder,
                limits,
                shards: std::array::from_fn(|_| Mutex::default()),
                feeds: RwLock::default(),
                sockets: AtomicUsize::new(0),
                watchers: AtomicUsize::new(0),
                next_id: AtomicU64::new(1),
                wanted: Mutex::default(),
                wants: Notify::new(),
            }),
        }
    }

    fn shard(&self, id: ConversationId) -> MutexGuard<'_, Shard> {
        let at = usize::from(id.0.as_bytes()[15]) % SHARDS;
        self.inner.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a socket in. It leaves when its [`Subscriber`] is dropped.
    pub fn connect(&self, person: PrincipalKey, side: Side) -> Subscriber {
        self.inner.sockets.fetch_add(1, Ordering::Relaxed);
        let socket = Socket {
            id: SocketId(self.inner.next_id.fetch_add(1, Ordering::Relaxed)),
            person,
            side,
            queue: Queue::new(self.inner.limits),
            watches_inbox: AtomicBool::new(false),
        };
        Subscriber { hub: self.clone(), socket: Arc::new(socket), rooms: Mutex::default(), feed: Mutex::default() }
    }

    /// How many sockets there are.
    pub fn sockets(&self) -> usize {
        self.inner.sockets.load(Ordering::Relaxed)
    }

    /// Something was committed, here or on another node: tells those who follow it. Never waits for any of them.
    pub fn publish(&self, committed: &Committed) {
        let (conversation, encoder) = (&committed.conversation, self.inner.encoder.as_ref());
        let mut shard = self.shard(conversation.id);
        let standing = shard.rooms.get_mut(&conversation.id).map(|room| room.take_in(committed, encoder));
        let news = shard.seen.note(conversation.id, conversation.into());
        if news != News::Stale {
            let may_be_old = news == News::Unknown && committed.source == Source::Sweep;
            let frames = Frames::of(Event::ConversationUpdated { conversation }, encoder);
            self.inner.feeds.read().unwrap_or_else(PoisonError::into_inner).tell(conversation, &frames, may_be_old);
        }
        drop(shard);
        // What came from the database is all that there was; the next hint or sweep shows the rest.
        if standing == Some(Standing::Lacks) && committed.source == Source::Here {
            self.want(conversation.id);
        }
    }

    /// Somebody writes in a conversation, or has stopped.
    pub fn show_typing(&self, typing: &Typing) {
        if let Some(room) = self.shard(typing.conversation_id).rooms.get(&typing.conversation_id) {
            room.show_typing(typing, self.inner.encoder.as_ref());
        }
    }

    /// A socket in the conversation's room has read this state from the database after it had entered: from here on the
    /// room is live for it.
    pub fn go_live(&self, conversation: &SupportConversation) {
        let encoder = self.inner.encoder.as_ref();
        let mut shard = self.shard(conversation.id);
        let standing = shard.rooms.get_mut(&conversation.id).map(|room| room.begin_at(conversation, encoder));
        drop(shard);
        if standing == Some(Standing::Lacks) {
            self.want(conversation.id);
        }
    }

    fn want(&self, id: ConversationId) {
        self.inner.wanted.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        self.inner.wants.notify_one();
    }

    /// Waits until messages are missing in rooms, and says in which. Only one task may wait.
    pub async fn wanted(&self) -> Vec<ConversationId> {
        loop {
            let wants = self.inner.wants.notified();
            let wanted = std::mem::take(&mut *self.inner.wanted.lock().unwrap_or_else(PoisonError::into_inner));
            if !wanted.is_empty() {
                return wanted.into_iter().collect();
            }
            wants.await;
        }
    }

    /// The conversations that sockets of this node follow.
    pub fn rooms(&self) -> Vec<ConversationId> {
        let shards = self.inner.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner));
        shards.flat_map(|shard| shard.rooms.keys().copied().collect::<Vec<_>>()).collect()
    }

    /// Says in the metrics how many rooms and members there are, and how many watch an inbox. To be called every few
    /// seconds, or before somebody reads them.
    pub fn observe(&self) {
        let (mut rooms, mut members) = (0, 0);
        for shard in &self.inner.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            rooms += shard.rooms.len();
            members += shard.rooms.values().map(|room| room.members.len()).sum::<usize>();
        }
        ROOMS.rooms.set(count(rooms));
        ROOMS.members.set(count(members));
        ROOMS.watchers.set(count(self.inner.watchers.load(Ordering::Relaxed)));
    }

    /// Whether anybody follows the conversation, or is about to.
    pub fn has_room(&self, id: ConversationId) -> bool {
        self.shard(id).rooms.contains_key(&id)
    }

    /// Up to which message those who follow the conversation have been told; none when nobody follows it.
    pub fn head(&self, id: ConversationId) -> Option<i64> {
        self.shard(id).rooms.get(&id).and_then(Room::head)
    }

    /// Whether there is something in that state that those who follow the conversation have not been told.
    pub fn is_behind(&self, conversation: &SupportConversation) -> bool {
        self.shard(conversation.id).rooms.get(&conversation.id).is_some_and(|room| room.is_behind(conversation))
    }

    /// Whether anybody watches an inbox.
    pub fn has_watchers(&self) -> bool {
        !self.inner.feeds.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// A socket's place at the hub. Dropping it leaves every room and feed.
#[derive(Debug)]
pub struct Subscriber {
    hub: Hub,
    socket: Arc<Socket>,
    rooms: Mutex<HashSet<ConversationId>>,
    /// What is watched, and since when.
    feed: Mutex<Option<(Arc<Visibility>, Timestamp)>>,
}

impl Subscriber {
    /// Names the socket.
    pub fn id(&self) -> SocketId {
        self.socket.id
    }

    /// What waits to be told to the socket.
    pub fn queue(&self) -> &Queue {
        &self.socket.queue
    }

    /// Enters a conversation's room. From now on what happens there is put into the queue, as far as `visibility` has
    /// it. The caller then reads the database and says so with [`Hub::go_live`]. Returns whether it was outside before.
    pub fn enter(&self, id: ConversationId, visibility: Arc<Visibility>) -> bool {
        let was_outside = self.rooms.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        let member = Member { socket: Arc::clone(&self.socket), visibility };
        self.hub.shard(id).rooms.entry(id).or_insert_with(|| Room::new(id)).members.insert(self.socket.id, member);
        was_outside
    }

    /// Leaves a room.
    pub fn leave(&self, id: ConversationId) {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        let mut shard = self.hub.shard(id);
        if let Some(room) = shard.rooms.get_mut(&id) {
            room.members.remove(&self.socket.id);
            if room.members.is_empty() {
                shard.rooms.remove(&id);
            }
        }
    }

    /// Watches the inbox: every conversation that `visibility` has, from `now` on, or since it began to watch before.
    pub fn watch(&self, visibility: Arc<Visibility>, now: Timestamp) {
        let mut feed = self.feed.lock().unwrap_or_else(PoisonError::into_inner);
        let since = feed.as_ref().map_or(now, |(_, since)| *since);
        let before = feed.replace((Arc::clone(&visibility), since));
        self.hub.inner.watchers.fetch_add(usize::from(before.is_none()), Ordering::Relaxed);
        let watcher = Watcher { socket: Arc::clone(&self.socket), visibility, since };
        let mut feeds = self.hub.inner.feeds.write().unwrap_or_else(PoisonError::into_inner);
        feeds.replace(before.as_ref().map(|(visibility, _)| &visibility.scope), watcher);
        self.socket.watches_inbox.store(true, Ordering::Relaxed);
    }

    /// Stops watching.
    fn unwatch(&self) {
        self.socket.watches_inbox.store(false, Ordering::Relaxed);
        let feed = self.feed.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((visibility, _)) = feed {
            self.hub.inner.watchers.fetch_sub(1, Ordering::Relaxed);
            let mut feeds = self.hub.inner.feeds.write().unwrap_or_else(PoisonError::into_inner);
            feeds.remove(self.socket.id, &visibility.scope);
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.unwatch();
        let rooms = std::mem::take(&mut *self.rooms.lock().unwrap_or_else(PoisonError::into_inner));
        rooms.into_iter().for_each(|id| self.leave(id));
        self.hub.inner.sockets.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;
