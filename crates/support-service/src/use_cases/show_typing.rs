//! Showing that one writes.

use support_domain::{ConversationId, ConversationStatus};
use support_rbac::SendMessage;
use support_realtime::Typing;
use support_realtime::fan_out::{Hint, HintKind};

use crate::{Context, ServiceError, SupportService};

impl SupportService {
    /// Shows those who follow the conversation that the caller writes, or has stopped. Nothing of it is kept. It asks for
    /// the same right as sending: nobody else has anything to write.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], [`ServiceError::ConversationClosed`] and the database's.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn show_typing(
        &self,
        context: &Context<SendMessage>,
        id: ConversationId,
        is_typing: bool,
    ) -> Result<(), ServiceError> {
        let visibility = context.grant.visibility().clone();
        let conversation = self
            .store()
            .read(move |reader| reader.get_conversation(&visibility, id)?.ok_or(ServiceError::NotFound))
            .await?;
        if conversation.status == ConversationStatus::Closed {
            return Err(ServiceError::ConversationClosed);
        }
        let (typist, side) = (context.grant.principal().key(), context.grant.side());
        let typing = Typing { conversation_id: id, typist: typist.clone(), side, is_typing };
        self.hub().show_typing(&typing);
        self.fan_out().announce(Hint {
            conversation_id: id,
            kind: HintKind::Typing { typist, side, is_typing },
            seq: 0,
        });
        Ok(())
    }
}
