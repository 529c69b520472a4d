//! Opening a conversation: by the user, or by the desk for a user.

use support_audit::AuditEvent;
use support_domain::conversation::{ConversationChange, ConversationDraft};
use support_domain::message::MessageDraft;
use support_domain::{
    AdminId, Author, ClientMessageId, CountryCode, MaskedKinds, MessageContent, Metadata, Priority, Side, Subject,
    SupportConversation, SupportMessage, UserRef, Visibility,
};
use support_rbac::{Action, Principal, policy::action};
use support_realtime::fan_out::HintKind;
use support_store::Transaction;

use super::list_admins::next_in_turn;
use crate::gate::{Done, Happened};
use crate::metrics::note_written;
use crate::{Context, ServiceError, SupportService};

/// What a conversation is opened with.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenConversation {
    /// What it is about.
    pub subject: Subject,
    /// The first message.
    pub initial_message: MessageContent,
    /// How urgent it is; none for what the settings say.
    pub priority: Option<Priority>,
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
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn open_conversation(
        &self,
        context: &Context<action::OpenConversation>,
        command: OpenConversation,
    ) -> Result<Opened, ServiceError> {
        let Principal::User(principal) = context.grant.principal() else { return Err(ServiceError::Forbidden) };
        let user = principal.user.clone();
        let author = Author::User(user.id.clone());
        self.sends().check(&context.grant.principal().key())?;
        self.open(context, user, author, command).await
    }

    /// Opens a conversation with a user, from the desk.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when the user's country is not the admin's; [`ServiceError::NoSuchUser`] when a directory
    /// knows the people and not this one, [`StoreError::Unavailable`](support_store::StoreError::Unavailable) when it is
    /// away; the others as for a user.
    #[tracing::instrument(level = "debug", skip_all)]
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
        // Before the question, which would otherwise be a way to try out ids.
        self.sends().check(&context.grant.principal().key())?;
        self.check_user(&command.user).await?;
        self.open(context, command.user, author, command.opening).await
    }

    async fn open<A: Action>(
        &self,
        context: &Context<A>,
        user: UserRef,
        author: Author,
        command: OpenConversation,
    ) -> Result<Opened, ServiceError> {
        let visibility = context.grant.visibility().clone();
        let (id, message_id, system_id) = (self.new_conversation_id(), self.new_message_id(), self.new_message_id());
        let priority = command.priority.unwrap_or_else(|| self.settings_in_force().settings.default_priority);
        // What the desk opens itself is with somebody already.
        let in_turn = match author.side() {
            Side::User => self.admins_in_turn(user.country).await,
            Side::Admin => Vec::new(),
        };
        self.change(context, move |transaction, clock| {
            if let Some(opened) = opened_before(transaction, &command, &user, &author, &visibility)? {
                return Ok(Done::unchanged(opened));
            }
            let turn = take_turn(transaction, user.country, &in_turn)?;
            let at = clock.now();
            let draft = ConversationDraft {
                id,
                user: user.clone(),
                subject: command.subject.clone(),
                priority,
                metadata: command.metadata.clone(),
            };
            let first = MessageDraft {
                id: message_id,
                content: command.initial_message.clone(),
                attachments: Vec::new(),
                client_message_id: command.client_message_id.clone(),
                metadata: Metadata::default(),
            };
            let outcome = SupportConversation::open(draft, at).post(author.clone(), first, system_id, at)?;
            let (mut conversation, mut messages) = (outcome.conversation, outcome.messages);
            let message = messages.remove(0);
            let (channel, by) = (user.user_type, author.side());
            let mut events = vec![AuditEvent::ConversationCreated { conversation: id, channel, priority, by }];
            if let Some(to) = turn {
                let assigned_admin_id = Some(Some(to.clone()));
                let change = ConversationChange { assigned_admin_id, ..ConversationChange::default() };
                conversation = conversation.change(&change, system_id, at)?.conversation;
                events.push(AuditEvent::AssignedInTurn { conversation: id, to });
            }
            transaction.insert_conversation(&conversation)?;
            transaction.insert_message(&message)?;
            let happened = Happened {
                conversation: conversation.clone(),
                messages: vec![message.clone()],
                kind: HintKind::Message,
            };
            let opened = Opened { conversation, message, is_new: true, masked: command.masked.clone() };
            Ok(Done { value: opened, events, happened: Some(happened) })
        })
        .await
        .inspect(note_opened)
    }
}

/// For the metrics.
fn note_opened(opened: &Opened) {
    note_written(opened.message.author.side(), opened.is_new, true, &opened.masked);
}

/// The conversation that the author has opened before under the same key.
fn opened_before(
    transaction: &mut Transaction<'_>,
    command: &OpenConversation,
    user: &UserRef,
    author: &Author,
    visibility: &Visibility,
) -> Result<Option<Opened>, ServiceError> {
    let Some(key) = &command.client_message_id else { return Ok(None) };
    let Some((conversation, message)) = transaction.get_opening_by_key(author, key)? else { return Ok(None) };
    let same = visibility.includes(&conversation)
        && conversation.user == *user
        && conversation.subject == command.subject
        && message.content == command.initial_message;
    if !same {
        return Err(ServiceError::IdempotencyMismatch);
    }
    Ok(Some(Opened { conversation, message, is_new: false, masked: command.masked.clone() }))
}

/// Takes the country's next turn, and says whose it is. Openings at the same moment take one turn each, on whatever node:
/// who takes one holds it until the commit.
fn take_turn(
    transaction: &mut Transaction<'_>,
    country: CountryCode,
    in_turn: &[AdminId],
) -> Result<Option<AdminId>, ServiceError> {
    if in_turn.is_empty() {
        return Ok(None);
    }
    let last = transaction.lock_turn(country)?;
    let Some(admin) = next_in_turn(in_turn, last.as_ref()) else { return Ok(None) };
    transaction.update_turn(country, admin)?;
    Ok(Some(admin.clone()))
}
