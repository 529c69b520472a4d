//! Pages of lists, by keyset: where one page ended is where the next begins, whatever was written meanwhile.

use std::time::Duration;

use support_domain::{
    AdminId, ConversationId, ConversationStatus, CountryCode, Priority, SupportConversation, Timestamp, UserId,
    UserType,
};

/// A place in the list of conversations: newest activity first, then the greater id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The last activity.
    pub at: Timestamp,
    /// The conversation.
    pub id: ConversationId,
}

/// A page of the list of conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// At most so many.
    pub limit: usize,
    /// Where the page before ended; none for the first page.
    pub after: Option<PageStart>,
}

/// Where a further page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageStart {
    /// The last place of the page before.
    pub after: Position,
    /// The first place of the first page. What has moved above it since then is still listed where it stood, so that
    /// a walk through the pages misses nothing for a message that arrives meanwhile.
    pub top: Position,
}

/// How many conversations that have moved since the first page are still found at their old place. Beyond that a walk
/// through the pages may miss some; they are at the top of a new walk.
pub(crate) const MOST_MOVED: i64 = 1_000;

/// Totals are counted up to here.
pub const MOST_COUNTED: i64 = 1_000;

/// A number of rows, counted up to [`MOST_COUNTED`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The number, at most [`MOST_COUNTED`].
    pub total: i64,
    /// Whether there are more.
    pub capped: bool,
}

/// A conversation and the place at which it was listed, which is not that of its newest activity if a message arrived
/// since the walk began.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedConversation {
    /// The conversation as it is now.
    pub conversation: SupportConversation,
    /// Its place in this walk.
    pub position: Position,
}

/// Whom a conversation is assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssignedTo {
    /// This admin.
    Admin(AdminId),
    /// Nobody.
    Nobody,
}

/// Which conversations a list shows, of those that are visible. `None` does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConversationFilter {
    /// In this status.
    pub status: Option<ConversationStatus>,
    /// Of this type of user.
    pub channel: Option<UserType>,
    /// Of this country.
    pub country: Option<CountryCode>,
    /// Of this priority.
    pub priority: Option<Priority>,
    /// Assigned so.
    pub assigned: Option<AssignedTo>,
    /// Of this user.
    pub user_id: Option<UserId>,
    /// Opened then or later.
    pub created_from: Option<Timestamp>,
    /// Opened then or earlier.
    pub created_to: Option<Timestamp>,
    /// The subject contains this, whatever the case; a subject as it is stored, so characters and markup were made
    /// harmless in both.
    pub subject_contains: Option<String>,
}

/// Which messages of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagesPage {
    /// The first ones behind that number, oldest first.
    After(i64),
    /// The last ones before that number, oldest first.
    Before(i64),
}

/// The last moment of a calendar day that starts at `day`.
pub fn end_of_day(day: Timestamp) -> Timestamp {
    day.plus(Duration::from_millis(86_400_000 - 1))
}
