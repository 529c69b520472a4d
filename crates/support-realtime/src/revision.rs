//! How far a conversation has come: four numbers that only grow, so that of two states it can be told which is newer,
//! whichever was heard of first.

use support_domain::{Side, SupportConversation};

/// How far a conversation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Revision {
    /// The last message.
    pub last_seq: i64,
    /// The changes of status, priority and assignment.
    pub version: i64,
    /// How far the user has read.
    pub read_by_user: i64,
    /// How far the desk has read.
    pub read_by_admin: i64,
}

impl From<&SupportConversation> for Revision {
    fn from(conversation: &SupportConversation) -> Self {
        Self {
            last_seq: conversation.last_seq,
            version: conversation.version,
            read_by_user: conversation.watermark(Side::User).seq,
            read_by_admin: conversation.watermark(Side::Admin).seq,
        }
    }
}

impl Revision {
    /// Whether there is anything in this that `known` has not.
    pub const fn is_news_to(self, known: Self) -> bool {
        self.last_seq > known.last_seq
            || self.version > known.version
            || self.read_by_user > known.read_by_user
            || self.read_by_admin > known.read_by_admin
    }

    /// The newer of the two, number by number.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            last_seq: self.last_seq.max(other.last_seq),
            version: self.version.max(other.version),
            read_by_user: self.read_by_user.max(other.read_by_user),
            read_by_admin: self.read_by_admin.max(other.read_by_admin),
        }
    }

    /// How far that side has read.
    pub const fn read_by(self, side: Side) -> i64 {
        match side {
            Side::User => self.read_by_user,
            Side::Admin => self.read_by_admin,
        }
    }
}
