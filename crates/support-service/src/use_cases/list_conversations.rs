//! Listing conversations: a user's own, or those that an admin may see.

use support_rbac::ListConversations as Action;
use support_store::{ConversationFilter, ConversationsPage, Counted, PageRequest, PageStart};

use crate::{Context, ServiceError, SupportService};

/// Which conversations to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListConversations {
    /// Of those that the caller may see.
    pub filter: ConversationFilter,
    /// At most so many.
    pub limit: usize,
    /// Where the page before ended.
    pub start: Option<PageStart>,
    /// Whether to count them all, up to a cap.
    pub include_total: bool,
}

/// A page of conversations, newest activity first.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationsListed {
    /// The page.
    pub page: ConversationsPage,
    /// How many there are in all, if it was asked for.
    pub total: Option<Counted>,
}

impl SupportService {
    /// A page of the conversations that the caller may see.
    ///
    /// # Errors
    /// The database's.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn list_conversations(
        &self,
        context: &Context<Action>,
        query: ListConversations,
    ) -> Result<ConversationsListed, ServiceError> {
        let visibility = context.grant.visibility().clone();
        self.store()
            .read_snapshot(move |reader| {
                let request = PageRequest { limit: query.limit, start: query.start.clone() };
                let page = reader.list_conversations(&visibility, &query.filter, &request)?;
                let total = match query.include_total {
                    true => Some(reader.count_conversations(&visibility, &query.filter)?),
                    false => None,
                };
                Ok(ConversationsListed { page, total })
            })
            .await
    }
}
