//! Changing a conversation's status, priority and assignment.

use support_domain::conversation::ConversationChange;
use support_domain::{AdminId, ConversationId, Side, SupportConversation, Visibility};
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
    /// [`ServiceError::NotAssignable`] when the directory does not know the admin as able to have it,
    /// [`ServiceError::Stale`] when `version` is out of date, [`ServiceError::InvalidTransition`] and
    /// [`ServiceError::ConversationClosed`].
    #[tracing::instrument(level = "debug", skip_all)]
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
        if let Some(Some(admin)) = &change.assigned_admin_id {
            self.check_assignee(&visibility, command.conversation_id, admin).await?;
        }
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

    /// Asks the directory before the transaction, in which nothing can be awaited. What it is asked about, the
    /// conversation's country, never changes.
    async fn check_assignee(
        &self,
        visibility: &Visibility,
        id: ConversationId,
        admin: &AdminId,
    ) -> Result<(), ServiceError> {
        if self.directory().get().is_none() {
            return Ok(());
        }
        let visibility = visibility.clone();
        let found = self.store().read(move |reader| Ok::<_, ServiceError>(reader.get_conversation(&visibility, id)?));
        let conversation = found.await?.ok_or(ServiceError::NotFound)?;
        self.check_assignable(&conversation, admin).await
    }
}
