//! Messages that are added to conversations, many in one statement.
//!
//! [`Store::write`](crate::Store::write) locks a conversation, reads it, and writes it back: four statements and a
//! transaction for a single message. A post needs no lock. The rules decide from how the conversation stood when it was
//! last seen, and the statement keeps what they decided only if it still stands so. Where it does not, they decide
//! again. Posts that come while another statement is under way share the next one, and its commit.
//!
//! It is a faster way for what nearly always succeeds, not another way: whatever is out of the ordinary (a key that
//! was used before, a conversation that others keep changing, a refusal) is declined, and has to go through a
//! transaction, which tells the truth under a lock. On SQLite, where the writer shares commits anyway, all of it is declined.

use support_domain::{
    AuditLogRecord, Author, ClientMessageId, ConversationId, SupportConversation, SupportMessage, Visibility,
};
use tokio::sync::oneshot;

use crate::StoreError;
use crate::store::GivenUp;

/// Where something is to be posted, and by whom.
#[derive(Debug, Clone)]
pub struct PostAddress {
    /// The conversations that exist for the sender.
    pub visibility: Visibility,
    /// Which of them.
    pub conversation_id: ConversationId,
    /// The sender, and their key for the message.
    pub key: Option<(Author, ClientMessageId)>,
}

/// What is to be kept, all of it or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// The conversation as it is then. Of it only what a new message changes may differ from before: its numbers, its
    /// times, its preview, its status and version.
    pub conversation: SupportConversation,
    /// Its new messages, in order.
    pub messages: Vec<SupportMessage>,
    /// The records of what was done.
    pub audit_logs: Vec<AuditLogRecord>,
    /// Whether the records have to be delivered to the host as well.
    pub deliver: bool,
}

/// A post on its way, its types hidden.
pub(crate) trait PostJob: Send {
    /// Where to.
    fn address(&self) -> &PostAddress;
    /// Whether somebody still waits for it.
    fn is_wanted(&self) -> bool;
    /// What is to be kept if the conversation stands like this; none if this way does not do. The last decision counts.
    fn decide(&mut self, stands: &SupportConversation) -> Option<Post>;
    /// Says that what was decided last is kept.
    fn keep(self: Box<Self>);
    /// Says that another way has to be taken.
    fn decline(self: Box<Self>);
    /// Says that nobody knows whether it is kept.
    fn fail(self: Box<Self>, error: StoreError);
}

/// The answer to a post: the value if it is kept, none if it was declined.
pub(crate) type PostAnswer<T> = Result<Option<T>, StoreError>;

/// A post, and who waits for its answer.
pub(crate) struct Posting<F, T> {
    pub(crate) address: PostAddress,
    pub(crate) decide: F,
    pub(crate) given_up: GivenUp,
    pub(crate) decided: Option<T>,
    pub(crate) answer: oneshot::Sender<PostAnswer<T>>,
}

impl<F, T> PostJob for Posting<F, T>
where
    F: FnMut(&SupportConversation) -> Option<(Post, T)> + Send,
    T: Send,
{
    fn address(&self) -> &PostAddress {
        &self.address
    }

    fn is_wanted(&self) -> bool {
        !self.given_up.is_set()
    }

    fn decide(&mut self, stands: &SupportConversation) -> Option<Post> {
        let (post, value) = (self.decide)(stands)?;
        self.decided = Some(value);
        Some(post)
    }

    // Whoever asked may have gone, which is no matter to the others.
    fn keep(self: Box<Self>) {
        let _ = self.answer.send(Ok(self.decided));
    }

    fn decline(self: Box<Self>) {
        let _ = self.answer.send(Ok(None));
    }

    fn fail(self: Box<Self>, error: StoreError) {
        let _ = self.answer.send(Err(error));
    }
}
