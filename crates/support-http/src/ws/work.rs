//! What a session wants done and has to wait for: one use case of the service each, the same that REST calls.

use std::sync::Arc;

use support_domain::{ConversationId, SupportConversation, TextEnum};
use support_rbac::policy::action;
use support_rbac::{AuthenticationError, Caller};
use support_realtime::Subscriber;
use support_service::{Context, FollowConversation, MessagesListed, SendMessage, Sent, ServiceError};

use super::requests::{ClientEvent, Token};
use crate::Desk;

/// A piece of work, with the policy's grant for it.
#[derive(Debug)]
pub(super) enum Work {
    /// Enter a room and read what was missed.
    Follow(Context<action::ListMessages>, FollowConversation),
    /// Read what was missed in a room that was entered before.
    ReadOn(Context<action::ListMessages>, FollowConversation),
    /// Write a message.
    Send(Context<action::SendMessage>, Box<SendMessage>),
    /// Move a watermark.
    MarkRead(Context<action::MarkRead>, ConversationId, i64),
    /// Show that one writes.
    ShowTyping(Context<action::SendMessage>, ConversationId, bool),
    /// Look at a new token.
    Authenticate(Token),
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Of [`Work::Follow`].
    Followed(ConversationId, Result<MessagesListed, ServiceError>),
    /// Of [`Work::ReadOn`].
    ReadOn(ConversationId, Result<MessagesListed, ServiceError>),
    /// Of [`Work::Send`].
    Sent(ConversationId, Result<Box<Sent>, ServiceError>),
    /// Of [`Work::MarkRead`].
    MarkedRead(Result<SupportConversation, ServiceError>),
    /// Of [`Work::ShowTyping`].
    TypingShown(Result<(), ServiceError>),
    /// Of [`Work::Authenticate`].
    Authenticated(Result<Arc<Caller>, AuthenticationError>),
}

impl Work {
    /// The type of the frame that asked for it, for its span; of what nobody asked for a word of our own.
    pub(super) fn event(&self) -> &'static str {
        match self {
            Self::Follow(..) => ClientEvent::JoinConversation.as_str(),
            Self::Send(..) => ClientEvent::SendMessage.as_str(),
            Self::MarkRead(..) => ClientEvent::MarkRead.as_str(),
            Self::ShowTyping(..) => ClientEvent::Typing.as_str(),
            Self::Authenticate(_) => ClientEvent::Authenticate.as_str(),
            Self::ReadOn(..) => "read_on",
        }
    }

    /// Does it.
    pub(super) async fn run(self, desk: &Desk, subscriber: &Subscriber) -> Outcome {
        let service = &desk.service;
        match self {
            Self::Follow(context, command) => {
                let followed = service.follow_conversation(&context, subscriber, command).await;
                Outcome::Followed(command.conversation_id, followed)
            }
            Self::ReadOn(context, command) => {
                Outcome::ReadOn(command.conversation_id, service.read_on(&context, command).await)
            }
            Self::Send(context, command) => {
                Outcome::Sent(command.conversation_id, service.send_message(&context, *command).await.map(Box::new))
            }
            Self::MarkRead(context, id, up_to_seq) => {
                Outcome::MarkedRead(service.mark_read(&context, id, up_to_seq).await)
            }
            Self::ShowTyping(context, id, is_typing) => {
                Outcome::TypingShown(service.show_typing(&context, id, is_typing).await)
            }
            Self::Authenticate(Token(token)) => Outcome::Authenticated(desk.authenticator.authenticate(&token).await),
        }
    }
}
