//! Listing conversations: a user's own, or those that an admin may see.

use support_domain::SupportConversation;
use support_rbac::ListConversations as Action;
use support_store::{ConversationFilter, Counted, PageRequest, PageStart, Position};

use crate::{Context, ServiceError, SupportService};

/// Which conversations to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListConversations {
    /// Of those that the caller may see.
    pub filter: ConversationFilter,
    /// At most so many.
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<PageStart>,
    /// Whether to count them all, up to a cap.
    pub include_total: bool,
}

/// A page of conversations, newest activity first.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationsPage {
    /// The conversations.
    pub conversations: Vec<SupportConversation>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<PageStart>,
    /// How many there are in all, if it was asked for.
    pub total: Option<Counted>,
}

impl SupportService {
    /// A page of the conversations that the caller may see.
    ///
    /// # Errors
    /// The database's.
    pub async fn list_conversations(
        &self,
        context: &Context<Action>,
        query: ListConversations,
    ) -> Result<ConversationsPage, ServiceError> {
        let visibility = context.grant.visibility().clone();
        self.store()
            .read(move |reader| {
                let request = PageRequest { limit: query.limit, after: query.after };
                let mut listed = reader.list_conversations(&visibility, &query.filter, request)?;
                let total = match query.include_total {
                    true => Some(reader.count_conversations(&visibility, &query.filter)?),
                    false => None,
                };
                let more = listed.len() > query.limit;
                listed.truncate(query.limit);
                let top = query.after.map(|start| start.top).or_else(|| listed.first().map(|first| first.position));
                let next = next_start(listed.last().map(|last| last.position), top).filter(|_| more);
                let conversations = listed.into_iter().map(|listed| listed.conversation).collect();
                Ok(ConversationsPage { conversations, next, total })
            })
            .await
    }
}

fn next_start(last: Option<Position>, top: Option<Position>) -> Option<PageStart> {
    Some(PageStart { after: last?, top: top? })
}
