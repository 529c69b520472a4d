//! Pages of lists, by keyset: where one page ended is where the next begins, whatever was written meanwhile.

use std::time::Duration;

use support_domain::{
    AdminId, AttachmentId, ConversationId, ConversationStatus, CountryCode, Priority, SupportConversation, Timestamp,
    Upload, UserId, UserType,
};

/// A place in the list of conversations: newest activity first, then the greater id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The last activity.
    pub at: Timestamp,
    /// The conversation.
    pub id: ConversationId,
}

/// A page of the list of conversations to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// At most so many.
    pub limit: usize,
    /// Where the page before ended; none for the first page.
    pub start: Option<PageStart>,
}

/// Where a further page of a walk begins, and what the walk has to know so that it meets each conversation once, though
/// conversations move to the top meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageStart {
    /// The last place of the page before.
    pub after: Position,
    /// The moment of the walk's first place. What was opened later is not part of the walk.
    pub began: Timestamp,
    /// What has moved since this moment is listed where it stood before.
    pub cut: Timestamp,
    /// The conversations that were listed at a place behind `cut`, so that they are not listed again where they stood
    /// before. At most about [`MOST_REMEMBERED`].
    pub listed: Vec<ConversationId>,
}

impl PageStart {
    /// Whether a walk can have come to this. Clients hand it back, and another cut would cost long reads.
    pub fn is_consistent(&self) -> bool {
        let latest_cut = self.began.plus(Duration::from_millis(1));
        self.after.at <= self.began && self.cut >= self.began.minus(LONGEST_WRITE) && self.cut <= latest_cut
    }
}

/// A page of the list of conversations.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationsPage {
    /// The conversations, newest activity first.
    pub conversations: Vec<SupportConversation>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<PageStart>,
}

/// A write that was under way when a walk began may become visible with a moment that lies before the walk's beginning,
/// by so much at the most: longer than any write takes, with room for nodes whose clocks differ.
pub(crate) const LONGEST_WRITE: Duration = Duration::from_secs(10);

/// How many conversations a walk remembers as listed. Where more than these were active within ten seconds before
/// the walk began, a shorter time has to do.
pub const MOST_REMEMBERED: usize = 100;

/// How many conversations that have moved are still found at their old place, by country. Beyond that a walk may miss
/// some; they are at the top of a new one.
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

/// Which conversations are old: those that a purge removes. It is the desk that asks, of one country and status at a time,
/// and nobody who could see them or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OldConversations {
    /// Of this country.
    pub country: CountryCode,
    /// In this status.
    pub status: ConversationStatus,
    /// With a last message from before that moment.
    pub before: Timestamp,
}

/// A conversation that is old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OldConversation {
    /// Which one, and where it stands.
    pub position: Position,
    /// How many messages it has.
    pub messages: i64,
}

/// Where an upload stands among all, which are listed by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadPlace {
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// Which one.
    pub id: AttachmentId,
}

/// Uploads, and from where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UploadsPage {
    /// Those that could be read.
    pub uploads: Vec<Upload>,
    /// Behind which there may be more.
    pub next: Option<UploadPlace>,
}
