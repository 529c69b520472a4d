//! Writing a message.

use support_audit::AuditEvent;
use support_domain::conversation::Outcome;
use support_domain::message::MessageDraft;
use support_domain::{
    Author, ClientMessageId, ConversationId, MaskedKinds, MessageContent, MessageId, Metadata, SupportConversation,
    SupportMessage, Timestamp,
};
use support_rbac::{Principal, policy::action};
use support_realtime::fan_out::HintKind;
use support_store::PostAddress;

use crate::gate::{Done, Happened, events_of};
use crate::{Context, ServiceError, SupportService};

/// A message to write.
#[derive(Debug, Clone, PartialEq)]
pub struct SendMessage {
    /// Where.
    pub conversation_id: ConversationId,
    /// What it says.
    pub content: MessageContent,
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
    /// out of date, [`ServiceError::IdempotencyMismatch`] when the key came with other words before, and
    /// [`ServiceError::RateLimited`].
    pub async fn send_message(
        &self,
        context: &Context<action::SendMessage>,
        command: SendMessage,
    ) -> Result<Sent, ServiceError> {
        let principal = context.grant.principal();
        self.sends().check(&principal.key())?;
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
        let posting = sending.clone();
        if let Some(sent) =
            self.post(context, address, move |stands, clock| posting.post(stands.clone(), clock.now())).await?
        {
            return Ok(sent);
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
            let done = sending.post(conversation, clock.now())?;
            if let Some(happened) = &done.happened {
                transaction.update_conversation(&happened.conversation)?;
                happened.messages.iter().try_for_each(|message| transaction.insert_message(message))?;
            }
            Ok(done)
        })
        .await
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
    /// What writing it comes to.
    fn post(&self, conversation: SupportConversation, at: Timestamp) -> Result<Done<Sent>, ServiceError> {
        let command = &self.command;
        if command.if_last_seq.is_some_and(|seq| seq != conversation.last_seq) {
            return Err(ServiceError::Stale { field: "ifLastSeq", actual: conversation.last_seq });
        }
        let draft = MessageDraft {
            id: self.message_id,
            content: command.content.clone(),
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
        if message.content != self.command.content {
            return Err(ServiceError::IdempotencyMismatch);
        }
        Ok(Done::unchanged(Sent { conversation, message, is_new: false, masked: self.command.masked.clone() }))
    }
}
