//! Looking at a conversation.

use support_domain::{ConversationId, SupportConversation};
use support_rbac::ViewConversation;

use crate::{Context, ServiceError, SupportService};

impl SupportService {
    /// The conversation.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when it does not exist for the caller.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn get_conversation(
        &self,
        context: &Context<ViewConversation>,
        id: ConversationId,
    ) -> Result<SupportConversation, ServiceError> {
        let visibility = context.grant.visibility().clone();
        self.store().read(move |reader| reader.get_conversation(&visibility, id)?.ok_or(ServiceError::NotFound)).await
    }
}
