//! Reading a conversation's messages.

use support_domain::{ConversationId, SupportConversation, SupportMessage};
use support_rbac::ListMessages as Action;
use support_store::MessagesPage;

use crate::{Context, ServiceError, SupportService};

/// Which messages to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListMessages {
    /// Of which conversation.
    pub conversation_id: ConversationId,
    /// Behind or before which number.
    pub page: MessagesPage,
    /// At most so many.
    pub limit: usize,
}

/// Messages, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct MessagesListed {
    /// The conversation that they belong to.
    pub conversation: SupportConversation,
    /// The messages.
    pub messages: Vec<SupportMessage>,
    /// Whether there are more in the direction of the page.
    pub has_more: bool,
}

impl SupportService {
    /// Messages of a conversation, oldest first.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when the conversation does not exist for the caller.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn list_messages(
        &self,
        context: &Context<Action>,
        query: ListMessages,
    ) -> Result<MessagesListed, ServiceError> {
        let visibility = context.grant.visibility().clone();
        self.store()
            .read(move |reader| {
                let found = reader.get_conversation(&visibility, query.conversation_id)?;
                let conversation = found.ok_or(ServiceError::NotFound)?;
                let mut messages = reader.list_messages(&conversation, query.page, query.limit.saturating_add(1))?;
                let has_more = messages.len() > query.limit;
                match query.page {
                    MessagesPage::After(_) => messages.truncate(query.limit),
                    // The one too many is the oldest.
                    MessagesPage::Before(_) => drop(messages.drain(..messages.len().saturating_sub(query.limit))),
                }
                Ok(MessagesListed { conversation, messages, has_more })
            })
            .await
    }
}
