//! Writing a message.

use support_audit::AuditEvent;
use support_domain::message::MessageDraft;
use support_domain::{
    AttachmentId, AttachmentIds, Author, ClientMessageId, ConversationId, ConversationStatus, MaskedKinds,
    MessageContent, Metadata, PrincipalKey, SupportAttachment, SupportConversation, SupportMessage,
};
use support_rbac::{Principal, policy::action};
use support_realtime::fan_out::HintKind;
use support_store::Transaction;

use crate::gate::{Done, Happened, events_of};
use crate::{Context, ServiceError, SupportService};

/// A message to write.
#[derive(Debug, Clone, PartialEq)]
pub struct SendMessage {
    /// Where.
    pub conversation_id: ConversationId,
    /// What it says; nothing only where files come with it.
    pub content: MessageContent,
    /// Uploads of the sender's own that come with it.
    pub attachment_ids: AttachmentIds,
    /// The client's key, under which a repeated send is the same message.
    pub client_message_id: Option<ClientMessageId>,
    /// What the client attaches to it.
    pub metadata: Metadata,
    /// Only if that is still the number of the last message.
    pub if_last_seq: Option<i64>,
    /// What was masked in it: for the sender's answer, and kept nowhere.
    pub masked: MaskedKinds,
}

/// A message that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// The conversation as it is now.
    pub conversation: SupportConversation,
    /// The message.
    pub message: SupportMessage,
    /// Whether it was sent now; otherwise it was before, under the same key.
    pub is_new: bool,
    /// What was masked in what was sent now.
    pub masked: MaskedKinds,
}

impl SupportService {
    /// Writes a message; on return it is kept for good.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], [`ServiceError::ConversationClosed`], [`ServiceError::Stale`] when `if_last_seq` is
    /// out of date, [`ServiceError::IdempotencyMismatch`] when the key came with other words or files before,
    /// [`ServiceError::UploadsNotSendable`], and [`ServiceError::RateLimited`].
    pub async fn send_message(
        &self,
        context: &Context<action::SendMessage>,
        command: SendMessage,
    ) -> Result<Sent, ServiceError> {
        let principal = context.grant.principal();
        let sender = principal.key();
        self.sends().check(&sender)?;
        let author = match principal {
            Principal::User(user) => Author::User(user.user.id.clone()),
            Principal::Admin(admin) => Author::Admin(admin.id.clone()),
        };
        let visibility = context.grant.visibility().clone();
        let (message_id, system_id) = (self.new_message_id(), self.new_message_id());
        self.change(context, move |transaction, clock| {
            let found = transaction.lock_conversation(&visibility, command.conversation_id)?;
            let conversation = found.ok_or(ServiceError::NotFound)?;
            // First of all: what was acknowledged once is acknowledged again, whatever has happened since.
            if let Some(key) = &command.client_message_id
                && let Some(message) = transaction.get_message_by_key(&conversation, &author, key)?
            {
                let files = message.attachments.iter().map(|file| &file.id);
                if message.content != command.content || !files.eq(command.attachment_ids.as_slice()) {
                    return Err(ServiceError::IdempotencyMismatch);
                }
                return Ok(Done::unchanged(Sent {
                    conversation,
                    message,
                    is_new: false,
                    masked: command.masked.clone(),
                }));
            }
            if command.if_last_seq.is_some_and(|seq| seq != conversation.last_seq) {
                return Err(ServiceError::Stale { field: "ifLastSeq", actual: conversation.last_seq });
            }
            if conversation.status == ConversationStatus::Closed {
                return Err(ServiceError::ConversationClosed);
            }
            let draft = MessageDraft {
                id: message_id,
                content: command.content.clone(),
                attachments: take_uploads(transaction, &command.attachment_ids, &sender)?,
                client_message_id: command.client_message_id.clone(),
                metadata: command.metadata.clone(),
            };
            let outcome = conversation.post(author.clone(), draft, system_id, clock.now())?;
            transaction.update_conversation(&outcome.conversation)?;
            for message in &outcome.messages {
                transaction.insert_message(message)?;
            }
            let happened = Happened {
                conversation: outcome.conversation.clone(),
                messages: outcome.messages.clone(),
                kind: HintKind::Message,
            };
            let id = outcome.conversation.id;
            let mut messages = outcome.messages;
            let message = messages.remove(0);
            transaction.update_uploads_sent(&message)?;
            let mut events = vec![AuditEvent::MessageSent {
                conversation: id,
                message: message.id,
                seq: message.seq,
                by: author.side(),
            }];
            events.extend(events_of(id, outcome.changes, author.side()));
            let masked = command.masked.clone();
            let sent = Sent { conversation: outcome.conversation, message, is_new: true, masked };
            Ok(Done { value: sent, events, happened: Some(happened) })
        })
        .await
    }
}

/// The uploads of that list, in its order, under their locks: of two messages that name one, one gets it.
fn take_uploads(
    transaction: &mut Transaction<'_>,
    ids: &AttachmentIds,
    sender: &PrincipalKey,
) -> Result<Vec<SupportAttachment>, ServiceError> {
    let locked = transaction.lock_uploads(ids.as_slice())?;
    let found =
        |id: &AttachmentId| locked.iter().find(|upload| upload.attachment.id == *id && upload.can_be_sent_by(sender));
    let taken = ids.as_slice().iter().map(|id| found(id).map(|upload| upload.attachment.clone()));
    taken.collect::<Option<_>>().ok_or(ServiceError::UploadsNotSendable)
}
