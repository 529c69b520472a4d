//! A node as its neighbours see it, and what tests say about hints.

use std::time::Duration;

use support_domain::{ConversationId, IdSource, SystemIds, Timestamp};
use support_realtime::fan_out::{FanOut, Hint, HintKind, Nats, Signal};
use tokio::sync::mpsc;

/// Long enough for the slowest machine: only a failure waits for so long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Room for all that a test lets arrive while it does not look.
const ROOM: usize = 1 << 20;

pub(crate) struct Node {
    pub(crate) nats: Nats,
    signals: mpsc::Receiver<Signal>,
}

impl Node {
    /// A node that looks for its server in the background.
    pub(crate) fn start(url: &str) -> Self {
        let (signals, receiver) = mpsc::channel(ROOM);
        Self { nats: Nats::start(url, signals).unwrap(), signals: receiver }
    }

    /// A node that has found its server.
    pub(crate) async fn connected(url: &str) -> Self {
        let mut node = Self::start(url);
        node.restored().await;
        node
    }

    pub(crate) fn announce(&self, conversation_id: ConversationId, seq: i64) {
        self.nats.announce(message(conversation_id, seq));
    }

    pub(crate) async fn next(&mut self) -> Signal {
        patiently(self.signals.recv()).await.expect("the node to be alive")
    }

    /// The next hint about one of these conversations.
    pub(crate) async fn next_about(&mut self, ids: &[ConversationId]) -> Hint {
        loop {
            if let Signal::Hint(hint) = self.next().await
                && ids.contains(&hint.conversation_id)
            {
                return hint;
            }
        }
    }

    /// Waits for `Restored`, after which the node has to be connected.
    pub(crate) async fn restored(&mut self) {
        while self.next().await != Signal::Restored {}
        assert!(self.nats.is_connected());
    }

    /// All that arrives up to that hint.
    pub(crate) async fn all_until(&mut self, last: &Hint) -> Vec<Signal> {
        let mut signals = Vec::new();
        loop {
            match self.next().await {
                Signal::Hint(hint) if hint == *last => return signals,
                signal => signals.push(signal),
            }
        }
    }
}

pub(crate) fn conversation() -> ConversationId {
    ConversationId(SystemIds::new().next(Timestamp::from_millis(1_700_000_000_000)))
}

pub(crate) fn message(conversation_id: ConversationId, seq: i64) -> Hint {
    Hint { conversation_id, kind: HintKind::Message, seq }
}

pub(crate) async fn patiently<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("this to happen at last")
}

/// Looks again and again until it is so.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    patiently(async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
