//! Conversations as they stood when they were last seen, so that a post need not read what this node has just written.
//!
//! Never the truth: what is decided from a head is kept only if the conversation still stands like this.

use std::fmt;
use std::sync::Arc;

use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use support_domain::{ConversationId, SupportConversation};

/// How much of them is kept, in bytes, by a rough count.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// What a conversation takes besides its words, and what it takes if there is metadata.
const ABOUT_BYTES: usize = 512;
const METADATA_BYTES: usize = 4_096;

/// The heads that this node knows.
pub(crate) struct Heads(Cache<ConversationId, Arc<SupportConversation>>);

impl fmt::Debug for Heads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heads").finish_non_exhaustive()
    }
}

impl Heads {
    pub(crate) fn new() -> Self {
        let bytes = |_: &ConversationId, head: &Arc<SupportConversation>| {
            let words = head.subject.as_str().len() + head.last_message_preview.as_str().len();
            let metadata = if head.metadata.as_object().is_empty() { 0 } else { METADATA_BYTES };
            u32::try_from(ABOUT_BYTES + words + metadata).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(MOST_BYTES).eviction_policy(EvictionPolicy::lru()).weigher(bytes).build())
    }

    pub(crate) fn get(&self, id: ConversationId) -> Option<Arc<SupportConversation>> {
        self.0.get(&id)
    }

    /// Remembers how a conversation stands, unless it is known to stand further already.
    pub(crate) fn remember(&self, conversation: Arc<SupportConversation>) {
        self.0.entry(conversation.id).and_compute_with(|known| match known {
            Some(known) if is_ahead(known.value(), &conversation) => Op::Nop,
            _ => Op::Put(conversation),
        });
    }

    pub(crate) fn clear(&self) {
        self.0.invalidate_all();
    }

    pub(crate) fn forget(&self, id: ConversationId) {
        self.0.invalidate(&id);
    }
}

/// Whether the one stands further than the other in anything. All four numbers only grow.
fn is_ahead(one: &SupportConversation, other: &SupportConversation) -> bool {
    one.last_seq > other.last_seq
        || one.version > other.version
        || one.read_by_user.seq > other.read_by_user.seq
        || one.read_by_admin.seq > other.read_by_admin.seq
}
