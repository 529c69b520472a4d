//! Which tokens were taken back. Held in memory, so that every request can look; never loads the list itself.

use std::collections::HashSet;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use crate::caller::RevocationId;

/// Knows which tokens were taken back. Asked at every request, and so must answer from memory.
pub trait RevocationList: Send + Sync + fmt::Debug {
    /// Whether any of these was revoked. `ids` are those of one token's blocks: revoking a block revokes every token that
    /// was made from it.
    fn is_revoked(&self, ids: &[RevocationId]) -> bool;
}

/// A list that can be replaced and added to while it is in use.
#[derive(Default)]
pub struct SharedRevocationList(RwLock<HashSet<RevocationId>>);

impl SharedRevocationList {
    /// A list without an entry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes `set` in place of what it had. Returns whether anything was revoked that was not before.
    pub fn replace(&self, set: HashSet<RevocationId>) -> bool {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_news = !set.is_subset(&known);
        *known = set;
        is_news
    }

    /// Revokes one more.
    pub fn insert(&self, id: RevocationId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(id);
    }
}

impl RevocationList for SharedRevocationList {
    fn is_revoked(&self, ids: &[RevocationId]) -> bool {
        let revoked = self.0.read().unwrap_or_else(PoisonError::into_inner);
        ids.iter().any(|id| revoked.contains(id))
    }
}

impl fmt::Debug for SharedRevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("SharedRevocationList").field("entries", &entries).finish()
    }
}
