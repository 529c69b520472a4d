//! Opening a conversation: by the user, or by the desk for a user.

use support_audit::AuditEvent;
use support_domain::conversation::ConversationDraft;
use support_domain::message::MessageDraft;
use support_domain::{
    Author, ClientMessageId, MaskedKinds, MessageContent, Metadata, Priority, Subject, SupportConversation,
    SupportMessage, UserRef,
};
use support_rbac::{Action, Principal, policy::action};
use support_realtime::fan_out::HintKind;

use crate::gate::{Done, Happened};
use crate::{Context, ServiceError, SupportService};

/// What a conversation is opened with.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenConversation {
    /// What it is about.
    pub subject: Subject,
    /// The first message.
    pub initial_message: MessageContent,
    /// How urgent it is.
    pub priority: Priority,
    /// What the client attaches to it.
    pub metadata: Metadata,
    /// The client's key, under which a repeated opening is the same conversation.
    pub client_message_id: Option<ClientMessageId>,
    /// What was masked in it: for the sender's answer, and kept nowhere.
    pub masked: MaskedKinds,
}

/// What the desk opens a conversation with.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenConversationForUser {
    /// With whom.
    pub user: UserRef,
    /// The rest.
    pub opening: OpenConversation,
}

/// An opened conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The conversation.
    pub conversation: SupportConversation,
    /// Its first message.
    pub message: SupportMessage,
    /// Whether it was opened now; otherwise it was before, under the same key.
    pub is_new: bool,
    /// What was masked in what was sent now.
    pub masked: MaskedKinds,
}

impl SupportService {
    /// Opens a conversation of the caller's own.
    ///
    /// # Errors
    /// [`ServiceError::RateLimited`]; [`ServiceError::IdempotencyMismatch`] when the key came with other words before.
    pub async fn open_conversation(
        &self,
        context: &Context<action::OpenConversation>,
        command: OpenConversation,
    ) -> Result<Opened, ServiceError> {
        let Principal::User(principal) = context.grant.principal() else { return Err(ServiceError::Forbidden) };
        let user = principal.user.clone();
        let author = Author::User(user.id.clone());
        self.open(context, user, author, command).await
    }

    /// Opens a conversation with a user, from the desk.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when the user's country is not the admin's; the others as for a user.
    pub async fn open_conversation_for_user(
        &self,
        context: &Context<action::OpenConversationForUser>,
        command: OpenConversationForUser,
    ) -> Result<Opened, ServiceError> {
        let Principal::Admin(admin) = context.grant.principal() else { return Err(ServiceError::Forbidden) };
        if !context.grant.admits_country(command.user.country) {
            return Err(ServiceError::NotFound);
        }
        let author = Author::Admin(admin.id.clone());
        self.open(context, command.user, author, command.opening).await
    }

    async fn open<A: Action>(
        &self,
        context: &Context<A>,
        user: UserRef,
        author: Author,
        command: OpenConversation,
    ) -> Result<Opened, ServiceError> {
        self.sends().check(&context.grant.principal().key())?;
        let visibility = context.grant.visibility().clone();
        let (id, message_id, system_id) = (self.new_conversation_id(), self.new_message_id(), self.new_message_id());
        self.change(context, move |transaction, clock| {
            if let Some(key) = &command.client_message_id
                && let Some((conversation, message)) = transaction.get_opening_by_key(&author, key)?
            {
                let same = visibility.includes(&conversation)
                    && conversation.user == user
                    && conversation.subject == command.subject
                    && message.content == command.initial_message;
                if !same {
                    return Err(ServiceError::IdempotencyMismatch);
                }
                return Ok(Done::unchanged(Opened {
                    conversation,
                    message,
                    is_new: false,
                    masked: command.masked.clone(),
                }));
            }
            let at = clock.now();
            let draft = ConversationDraft {
                id,
                user: user.clone(),
                subject: command.subject.clone(),
                priority: command.priority,
                metadata: command.metadata.clone(),
            };
            let first = MessageDraft {
                id: message_id,
                content: command.initial_message.clone(),
                attachments: Vec::new(),
                client_message_id: command.client_message_id.clone(),
                metadata: Metadata::default(),
            };
            let mut outcome = SupportConversation::open(draft, at).post(author.clone(), first, system_id, at)?;
            let message = outcome.messages.remove(0);
            transaction.insert_conversation(&outcome.conversation)?;
            transaction.insert_message(&message)?;
            let event = AuditEvent::ConversationCreated {
                conversation: id,
                channel: user.user_type,
                priority: command.priority,
                by: author.side(),
            };
            let happened = Happened {
                conversation: outcome.conversation.clone(),
                messages: vec![message.clone()],
                kind: HintKind::Message,
            };
            let masked = command.masked.clone();
            let opened = Opened { conversation: outcome.conversation, message, is_new: true, masked };
            Ok(Done { value: opened, events: vec![event], happened: Some(happened) })
        })
        .await
    }
}
