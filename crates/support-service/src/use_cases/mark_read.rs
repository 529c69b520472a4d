//! Saying how far one's side has read.

use support_domain::{ConversationId, SupportConversation};
use support_rbac::MarkRead;
use support_realtime::fan_out::HintKind;

use crate::gate::{Done, Happened};
use crate::{Context, ServiceError, SupportService};

impl SupportService {
    /// Moves the caller's side's watermark to that message, or to the last one if there are not so many. It never moves
    /// back.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when the conversation does not exist for the caller.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn mark_read(
        &self,
        context: &Context<MarkRead>,
        id: ConversationId,
        up_to_seq: i64,
    ) -> Result<SupportConversation, ServiceError> {
        let (visibility, side) = (context.grant.visibility().clone(), context.grant.side());
        self.change(context, move |transaction, clock| {
            let conversation = transaction.lock_conversation(&visibility, id)?.ok_or(ServiceError::NotFound)?;
            let seq = up_to_seq.min(conversation.last_seq);
            if seq <= conversation.watermark(side).seq {
                return Ok(Done::unchanged(conversation));
            }
            let Some(point) = transaction.get_read_point(&conversation, seq)? else {
                return Ok(Done::unchanged(conversation));
            };
            let conversation = conversation.mark_read(side, point, clock.now());
            transaction.update_conversation(&conversation)?;
            // Reading is no key action: nothing of it is recorded.
            let happened = Happened { conversation: conversation.clone(), messages: Vec::new(), kind: HintKind::Read };
            Ok(Done { value: conversation, events: Vec::new(), happened: Some(happened) })
        })
        .await
    }
}
