//! Changing a conversation's status, priority and assignment.

use support_domain::conversation::ConversationChange;
use support_domain::{ConversationId, Side, SupportConversation};
use support_rbac::policy::action;
use support_realtime::fan_out::HintKind;

use crate::gate::{Done, Happened, events_of};
use crate::{Context, ServiceError, SupportService};

/// A change that the desk wants, all or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateConversation {
    /// Of which conversation.
    pub conversation_id: ConversationId,
    /// What is to be.
    pub change: ConversationChange,
    /// Only if that is still its version.
    pub version: Option<i64>,
}

impl SupportService {
    /// Changes a conversation.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] when a part of the change is not the caller's to make, [`ServiceError::NotFound`],
    /// [`ServiceError::Stale`] when `version` is out of date, [`ServiceError::InvalidTransition`] and
    /// [`ServiceError::ConversationClosed`].
    pub async fn update_conversation(
        &self,
        context: &Context<action::UpdateConversation>,
        command: UpdateConversation,
    ) -> Result<SupportConversation, ServiceError> {
        let (grant, change) = (&context.grant, &command.change);
        if change.status.is_some() {
            grant.require::<action::ChangeStatus>()?;
        }
        if change.priority.is_some() {
            grant.require::<action::ChangePriority>()?;
        }
        if change.assigned_admin_id.is_some() {
            grant.require::<action::AssignConversation>()?;
        }
        let visibility = grant.visibility().clone();
        let system_id = self.new_message_id();
        self.change(context, move |transaction, clock| {
            let found = transaction.lock_conversation(&visibility, command.conversation_id)?;
            let conversation = found.ok_or(ServiceError::NotFound)?;
            if command.version.is_some_and(|version| version != conversation.version) {
                return Err(ServiceError::Stale { field: "version", actual: conversation.version });
            }
            let outcome = conversation.change(&command.change, system_id, clock.now())?;
            if outcome.changes.is_empty() {
                return Ok(Done::unchanged(outcome.conversation));
            }
            transaction.update_conversation(&outcome.conversation)?;
            for message in &outcome.messages {
                transaction.insert_message(message)?;
            }
            let events = events_of(outcome.conversation.id, outcome.changes, Side::Admin);
            // A change of status writes a message besides; a hint of the last number covers both.
            let kind = if outcome.messages.is_empty() { HintKind::Conversation } else { HintKind::Message };
            let happened = Happened { conversation: outcome.conversation.clone(), messages: outcome.messages, kind };
            Ok(Done { value: outcome.conversation, events, happened: Some(happened) })
        })
        .await
    }
}
