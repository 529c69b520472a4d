//! Writing a message.

use support_audit::AuditEvent;
use support_domain::conversation::Outcome;
use support_domain::message::MessageDraft;
use support_domain::{
    AttachmentId, AttachmentIds, Author, ClientMessageId, Clock, ConversationId, ConversationStatus, MaskedKinds,
    MessageContent, MessageId, Metadata, PrincipalKey, SupportAttachment, SupportConversation, SupportMessage,
    Timestamp,
};
use support_rbac::{Principal, policy::action};
use support_realtime::fan_out::HintKind;
use support_store::{PostAddress, Transaction};

use crate::gate::{Done, Happened, events_of};
use crate::metrics::note_written;
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
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn send_message(
        &self,
        context: &Context<action::SendMessage>,
        command: SendMessage,
    ) -> Result<Sent, ServiceError> {
        let principal = context.grant.principal();
        let (sender, side) = (principal.key(), principal.side());
        self.sends().check(&sender)?;
        let author = match principal {
            Principal::User(user) => Author::User(user.user.id.clone()),
            Principal::Admin(admin) => Author::Admin(admin.id.clone()),
        };
        let visibility = context.grant.visibility().clone();
        let sending = Sending { author, command, message_id: self.new_message_id(), system_id: self.new_message_id() };
        let address = PostAddress {
            visibility: visibility.clone(),
            conversation_id: sending.command.conversation_id,
            key: sending.command.client_message_id.clone().map(|key| (sending.author.clone(), key)),
        };
        // Uploads have to be taken under a lock.
        if sending.command.attachment_ids.as_slice().is_empty() {
            let posting = sending.clone();
            let post = move |stands: &SupportConversation, clock: &dyn Clock| {
                posting.post(stands.clone(), Vec::new(), clock.now())
            };
            if let Some(sent) = self.post(context, address, post).await? {
                note_written(side, sent.is_new, false, &sent.masked);
                return Ok(sent);
            }
        }
        self.change(context, move |transaction, clock| {
            let found = transaction.lock_conversation(&visibility, sending.command.conversation_id)?;
            let conversation = found.ok_or(ServiceError::NotFound)?;
            // First of all: what was acknowledged once is acknowledged again, whatever has happened since.
            if let Some(key) = &sending.command.client_message_id
                && let Some(message) = transaction.get_message_by_key(&conversation, &sending.author, key)?
            {
                return sending.repeat(conversation, message);
            }
            if conversation.status == ConversationStatus::Closed {
                return Err(ServiceError::ConversationClosed);
            }
            let files = take_uploads(transaction, &sending.command.attachment_ids, &sender, visibility.only)?;
            let done = sending.post(conversation, files, clock.now())?;
            if let Some(happened) = &done.happened {
                transaction.update_conversation(&happened.conversation)?;
                happened.messages.iter().try_for_each(|message| transaction.insert_message(message))?;
            }
            transaction.update_uploads_sent(&done.value.message)?;
            Ok(done)
        })
        .await
        .inspect(|sent| note_written(side, sent.is_new, false, &sent.masked))
    }
}

/// A message on its way, with all that does not depend on how the conversation stands.
#[derive(Clone)]
struct Sending {
    author: Author,
    command: SendMessage,
    message_id: MessageId,
    /// The id of the system message, if one is written behind it.
    system_id: MessageId,
}

impl Sending {
    /// What writing it comes to, with these files.
    fn post(
        &self,
        conversation: SupportConversation,
        attachments: Vec<SupportAttachment>,
        at: Timestamp,
    ) -> Result<Done<Sent>, ServiceError> {
        let command = &self.command;
        if command.if_last_seq.is_some_and(|seq| seq != conversation.last_seq) {
            return Err(ServiceError::Stale { field: "ifLastSeq", actual: conversation.last_seq });
        }
        let draft = MessageDraft {
            id: self.message_id,
            content: command.content.clone(),
            attachments,
            client_message_id: command.client_message_id.clone(),
            metadata: command.metadata.clone(),
        };
        let Outcome { conversation, messages, changes } =
            conversation.post(self.author.clone(), draft, self.system_id, at)?;
        let (id, side) = (conversation.id, self.author.side());
        let message = messages.first().cloned().ok_or(ServiceError::NotFound)?;
        let mut events =
            vec![AuditEvent::MessageSent { conversation: id, message: message.id, seq: message.seq, by: side }];
        events.extend(events_of(id, changes, side));
        let happened = Happened { conversation: conversation.clone(), messages, kind: HintKind::Message };
        let sent = Sent { conversation, message, is_new: true, masked: command.masked.clone() };
        Ok(Done { value: sent, events, happened: Some(happened) })
    }

    /// What it comes to when a message with the same key is there.
    fn repeat(&self, conversation: SupportConversation, message: SupportMessage) -> Result<Done<Sent>, ServiceError> {
        let files = message.attachments.iter().map(|file| &file.id);
        if message.content != self.command.content || !files.eq(self.command.attachment_ids.as_slice()) {
            return Err(ServiceError::IdempotencyMismatch);
        }
        Ok(Done::unchanged(Sent { conversation, message, is_new: false, masked: self.command.masked.clone() }))
    }
}

/// The uploads of that list, in its order, under their locks: of two messages that name one, one gets it.
fn take_uploads(
    transaction: &mut Transaction<'_>,
    ids: &AttachmentIds,
    sender: &PrincipalKey,
    only: Option<ConversationId>,
) -> Result<Vec<SupportAttachment>, ServiceError> {
    let locked = transaction.lock_uploads(ids.as_slice())?;
    let found = |id: &AttachmentId| {
        locked.iter().find(|upload| upload.attachment.id == *id && upload.can_be_sent_by(sender, only))
    };
    let taken = ids.as_slice().iter().map(|id| found(id).map(|upload| upload.attachment.clone()));
    taken.collect::<Option<_>>().ok_or(ServiceError::UploadsNotSendable)
}
