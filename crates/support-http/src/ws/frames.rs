//! The server's frames: `{"type": ..., "requestId"?: ..., "payload": {...}}`.

use bytestring::ByteString;
use serde::Serialize;
use support_domain::{ConversationId, Side, SupportConversation, Timestamp, text_enum};
use support_rbac::{PermissionSet, Principal};
use support_realtime::{Encode, Event};
use support_service::MessagesListed;

use crate::error::{ApiError, ErrorEvent};
use crate::views::{AdminConversationView, MessageView, PostedView, UserConversationView};

text_enum! {
    /// The type of a server's frame.
    pub(super) enum ServerEvent ("type") {
        /// The first frame of a connection.
        Connected = "support:connected",
        /// The answer to a frame that was done.
        Ack = "support:ack",
        /// The answer to a frame that was not.
        Error = "support:error",
        /// There is a new message.
        NewMessage = "support:newMessage",
        /// A conversation is not as it was.
        ConversationUpdated = "support:conversationUpdated",
        /// A side has read on.
        MessagesRead = "support:messagesRead",
        /// Somebody writes, or has stopped. Clients send the same.
        Typing = "support:typing",
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Frame<'a, T> {
    #[serde(rename = "type")]
    kind: ServerEvent,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    payload: T,
}

fn frame<T: Serialize>(kind: ServerEvent, request_id: Option<&str>, payload: T) -> ByteString {
    let text = serde_json::to_string(&Frame { kind, request_id, payload });
    // Views are made of strings, numbers and lists: there is nothing in them that JSON cannot hold.
    text.inspect_err(|error| tracing::error!(error = %error, kind = %kind, "a frame could not be made"))
        .unwrap_or_default()
        .into()
}

/// Answers a frame that was done.
pub(super) fn ack<T: Serialize>(request_id: Option<&str>, payload: T) -> ByteString {
    frame(ServerEvent::Ack, request_id, payload)
}

/// Answers a frame that was not done.
pub(super) fn error(request_id: Option<&str>, error: &ApiError) -> ByteString {
    let payload: ErrorEvent<'_> = error.event();
    frame(ServerEvent::Error, request_id, payload)
}

/// Nothing to say but that it is done.
#[derive(Debug, Serialize)]
pub(super) struct Empty {}

/// Until when a socket lives.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RenewedView {
    pub(super) expires_at: Timestamp,
}

/// A conversation, as one side sees it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum SeenConversation {
    User(UserConversationView),
    Admin(AdminConversationView),
}

impl SeenConversation {
    fn by(viewer: Side, conversation: &SupportConversation) -> Self {
        match viewer {
            Side::User => Self::User(conversation.into()),
            Side::Admin => Self::Admin(conversation.into()),
        }
    }
}

/// A conversation and nothing else.
#[derive(Debug, Serialize)]
struct SeenConversationView {
    conversation: SeenConversation,
}

/// Answers with a conversation.
pub(super) fn conversation(request_id: Option<&str>, conversation: &SupportConversation, viewer: Side) -> ByteString {
    ack(request_id, SeenConversationView { conversation: SeenConversation::by(viewer, conversation) })
}

/// A room that was joined, as one side sees it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct JoinedView {
    conversation: SeenConversation,
    messages: Vec<MessageView>,
    has_more: bool,
}

/// Answers who joins a room.
pub(super) fn joined(request_id: Option<&str>, listed: &MessagesListed, viewer: Side) -> ByteString {
    let view = |message| MessageView::new(message, &listed.conversation, viewer);
    let messages: Vec<MessageView> = listed.messages.iter().map(view).collect();
    let conversation = SeenConversation::by(viewer, &listed.conversation);
    ack(request_id, JoinedView { conversation, messages, has_more: listed.has_more })
}

/// A frame for each message of a page.
pub(super) fn messages(listed: &MessagesListed, viewer: Side) -> Vec<(i64, ByteString)> {
    let view = |message| PostedView::new(message, &listed.conversation, viewer);
    listed.messages.iter().map(|message| (message.seq, frame(ServerEvent::NewMessage, None, view(message)))).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrincipalView<'a> {
    kind: Side,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_type: Option<support_domain::UserType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<support_rbac::AdminRole>,
    country_code: Option<support_domain::CountryCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions: Option<PermissionSet>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConnectedView<'a> {
    principal: PrincipalView<'a>,
    heartbeat_seconds: u64,
}

/// Greets who has connected.
pub(super) fn connected(principal: &Principal, heartbeat_seconds: u64) -> ByteString {
    let (kind, id) = (principal.side(), principal.id());
    let principal = match principal {
        Principal::User(user) => PrincipalView {
            kind,
            id,
            user_type: Some(user.user.user_type),
            role: None,
            country_code: Some(user.user.country),
            permissions: None,
        },
        Principal::Admin(admin) => PrincipalView {
            kind,
            id,
            user_type: None,
            role: Some(admin.role),
            country_code: admin.country,
            permissions: Some(admin.permissions),
        },
    };
    frame(ServerEvent::Connected, None, ConnectedView { principal, heartbeat_seconds })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReadEvent {
    conversation_id: ConversationId,
    by: Side,
    up_to_seq: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TypingEvent {
    conversation_id: ConversationId,
    sender_type: Side,
    is_typing: bool,
}

/// Makes the frames of events. What a user must not see has no place in their views.
#[derive(Debug, Clone, Copy)]
pub struct FrameEncoder;

impl Encode for FrameEncoder {
    fn encode(&self, event: &Event<'_>, viewer: Side) -> ByteString {
        match event {
            Event::MessagePosted { message, conversation } => {
                frame(ServerEvent::NewMessage, None, PostedView::new(message, conversation, viewer))
            }
            Event::ConversationUpdated { conversation } => {
                let conversation = SeenConversation::by(viewer, conversation);
                frame(ServerEvent::ConversationUpdated, None, SeenConversationView { conversation })
            }
            Event::MessagesRead { conversation_id, by, up_to_seq } => {
                let (conversation_id, by, up_to_seq) = (*conversation_id, *by, *up_to_seq);
                frame(ServerEvent::MessagesRead, None, ReadEvent { conversation_id, by, up_to_seq })
            }
            Event::Typing(typing) => {
                let (conversation_id, sender_type) = (typing.conversation_id, typing.side);
                let event = TypingEvent { conversation_id, sender_type, is_typing: typing.is_typing };
                frame(ServerEvent::Typing, None, event)
            }
        }
    }
}
