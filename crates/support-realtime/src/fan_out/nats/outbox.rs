//! Hints that wait to be sent: few, since of those that say the same only the last is kept. Never keeps one while there
//! is no connection: by the time it is back they would be stale, and the sweep of heads has found what they told.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use support_domain::{ConversationId, PrincipalKey};
use tokio::sync::Notify;

use crate::fan_out::{Hint, HintKind};
use crate::metrics::{FAN_OUT, HintFate, count};

/// So many different hints may wait.
pub(super) const CAPACITY: usize = 10_000;

/// The queue between those who announce and the one who sends.
#[derive(Default)]
pub(super) struct Outbox {
    state: Mutex<State>,
    filled: Notify,
}

#[derive(Default)]
struct State {
    /// Beside the queue and under its lock, so that nothing can be put in after it was closed and emptied.
    open: bool,
    waiting: HashMap<Topic, Hint>,
    order: VecDeque<Topic>,
    /// Whether hints were dropped since the queue was last empty; the log says so only once.
    overflowed: bool,
}

impl State {
    /// Drops what waits.
    fn empty(&mut self, open: bool) {
        FAN_OUT.hints.of(HintFate::Dropped).increment(u64::try_from(self.order.len()).unwrap_or_default());
        FAN_OUT.waiting.set(0);
        *self = Self { open, ..Self::default() };
    }
}

/// What a hint is about. Of two about the same only one has to be sent.
type Topic = (ConversationId, About);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum About {
    Messages,
    Conversation,
    Reads,
    Typing(PrincipalKey),
}

impl Outbox {
    /// Puts a hint in, or drops it if the queue is closed or full.
    pub(super) fn put(&self, hint: Hint) {
        let mut guard = self.lock();
        let state = &mut *guard;
        if !state.open {
            FAN_OUT.hints.of(HintFate::Dropped).increment(1);
            return;
        }
        let topic = (hint.conversation_id, About::of(&hint.kind));
        let is_full = state.waiting.len() >= CAPACITY;
        match state.waiting.entry(topic) {
            Entry::Occupied(mut waiting) => {
                FAN_OUT.hints.of(HintFate::Coalesced).increment(1);
                // Whether somebody writes has no number: what was said last holds.
                if matches!(hint.kind, HintKind::Typing { .. }) || hint.seq > waiting.get().seq {
                    waiting.insert(hint);
                }
            }
            Entry::Vacant(_) if is_full => {
                let is_first = !std::mem::replace(&mut state.overflowed, true);
                drop(guard);
                FAN_OUT.hints.of(HintFate::Dropped).increment(1);
                if is_first {
                    tracing::warn!(waiting = CAPACITY, "hints to other nodes are dropped: too many wait to be sent");
                }
            }
            Entry::Vacant(free) => {
                state.order.push_back(free.key().clone());
                free.insert(hint);
                FAN_OUT.waiting.set(count(state.order.len()));
                drop(guard);
                self.filled.notify_one();
            }
        }
    }

    /// The next hint, the oldest topic first; waits for one. For one taker only.
    pub(super) async fn next(&self) -> Hint {
        loop {
            if let Some(hint) = self.take() {
                return hint;
            }
            self.filled.notified().await;
        }
    }

    fn take(&self) -> Option<Hint> {
        let mut state = self.lock();
        let hint = state.order.pop_front().and_then(|topic| state.waiting.remove(&topic));
        if state.order.is_empty() {
            state.overflowed = false;
        }
        FAN_OUT.waiting.set(count(state.order.len()));
        hint
    }

    /// From now on hints are kept.
    pub(super) fn open(&self) {
        self.lock().open = true;
    }

    /// From now on hints are dropped, and those that wait are gone.
    pub(super) fn close(&self) {
        self.lock().empty(false);
    }

    /// Drops those that wait.
    pub(super) fn clear(&self) {
        let mut state = self.lock();
        let open = state.open;
        state.empty(open);
    }

    /// Whether hints are kept.
    pub(super) fn is_open(&self) -> bool {
        self.lock().open
    }

    /// After a panic of another thread what is there is still whole: it is only ever changed as above.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Outbox").field("open", &state.open).field("waiting", &state.waiting.len()).finish()
    }
}

impl About {
    fn of(kind: &HintKind) -> Self {
        match kind {
            HintKind::Message => Self::Messages,
            HintKind::Conversation => Self::Conversation,
            HintKind::Read => Self::Reads,
            HintKind::Typing { typist, .. } => Self::Typing(typist.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use support_domain::{AdminId, Side};
    use uuid::Uuid;

    use super::*;

    fn opened() -> Outbox {
        let outbox = Outbox::default();
        outbox.open();
        outbox
    }

    fn hint(conversation: u128, kind: HintKind, seq: i64) -> Hint {
        Hint { conversation_id: ConversationId(Uuid::from_u128(conversation)), kind, seq }
    }

    fn typing(admin: &str, is_typing: bool) -> HintKind {
        HintKind::Typing { typist: PrincipalKey::Admin(AdminId::parse(admin).unwrap()), side: Side::Admin, is_typing }
    }

    fn taken(outbox: &Outbox) -> Vec<Hint> {
        std::iter::from_fn(|| outbox.take()).collect()
    }

    #[test]
    fn of_hints_about_the_same_the_greatest_number_stays() {
        let outbox = opened();
        for seq in [3, 9, 5] {
            outbox.put(hint(1, HintKind::Message, seq));
            outbox.put(hint(1, HintKind::Read, seq + 1));
        }
        outbox.put(hint(2, HintKind::Message, 1));
        outbox.put(hint(1, HintKind::Conversation, 2));
        assert_eq!(
            taken(&outbox),
            [
                hint(1, HintKind::Message, 9),
                hint(1, HintKind::Read, 10),
                hint(2, HintKind::Message, 1),
                hint(1, HintKind::Conversation, 2)
            ]
        );
    }

    #[test]
    fn of_each_typist_the_last_word_stays() {
        let outbox = opened();
        for (admin, is_typing) in [("a", true), ("b", true), ("a", false)] {
            outbox.put(hint(1, typing(admin, is_typing), 0));
        }
        assert_eq!(taken(&outbox), [hint(1, typing("a", false), 0), hint(1, typing("b", true), 0)]);
    }

    #[test]
    fn a_full_queue_drops_what_is_new_and_still_updates_what_waits() {
        let outbox = opened();
        for conversation in 0..CAPACITY as u128 + 5 {
            outbox.put(hint(conversation, HintKind::Message, 1));
        }
        outbox.put(hint(0, HintKind::Message, 2));
        let hints = taken(&outbox);
        assert_eq!(hints.len(), CAPACITY);
        assert_eq!(hints[0], hint(0, HintKind::Message, 2));
        outbox.put(hint(CAPACITY as u128 + 7, HintKind::Message, 1));
        assert_eq!(taken(&outbox).len(), 1);
    }

    #[test]
    fn a_closed_queue_keeps_nothing() {
        let outbox = Outbox::default();
        outbox.put(hint(1, HintKind::Message, 1));
        outbox.open();
        assert_eq!(taken(&outbox), []);
        outbox.put(hint(2, HintKind::Message, 1));
        outbox.clear();
        assert!(outbox.is_open());
        outbox.put(hint(3, HintKind::Message, 1));
        outbox.close();
        outbox.put(hint(4, HintKind::Message, 1));
        assert!(!outbox.is_open());
        outbox.open();
        assert_eq!(taken(&outbox), []);
    }

    #[test]
    fn whoever_waits_is_woken() {
        let outbox = opened();
        let mut next = Box::pin(outbox.next());
        assert_eq!(next.as_mut().now_or_never(), None);
        outbox.put(hint(1, HintKind::Message, 1));
        assert_eq!(next.now_or_never(), Some(hint(1, HintKind::Message, 1)));
    }
}
