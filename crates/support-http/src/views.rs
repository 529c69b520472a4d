//! What clients read. A user's view and an admin's view are different types, so that what a user must not see has no
//! place in theirs.

mod settings;

use serde::Serialize;
use serde_json::{Map, Value};
use support_domain::{
    AttachmentId, ConversationId, ConversationStatus, CountryCode, MaskedKinds, MessageId, MessageType, Priority,
    SenderType, Side, SupportAttachment, SupportConversation, SupportMessage, Timestamp, UserRef, UserType,
};
use support_service::{ConversationsListed, MessagesListed, Opened, Sent, UserCard};
use support_store::MessagesPage;
use utoipa::ToSchema;

pub use self::settings::{AdminsView, ClientSettingsView, DeskSettingsView, SettingsView};
use crate::cursor;
use crate::openapi::{
    CountryCodeSchema, MaskedKindSchema, MessageTypeSchema, PrioritySchema, SenderTypeSchema, StatusSchema,
    TimestampSchema, UserTypeSchema,
};

/// What both sides see of a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ConversationCommon {
    #[schema(value_type = Uuid)]
    id: ConversationId,
    #[schema(value_type = TimestampSchema)]
    created_at: Timestamp,
    #[schema(value_type = TimestampSchema)]
    updated_at: Timestamp,
    #[schema(value_type = StatusSchema)]
    status: ConversationStatus,
    /// The user's type.
    #[schema(value_type = UserTypeSchema)]
    channel: UserType,
    /// Plain text that stays harmless where it is inserted as HTML.
    subject: String,
    #[schema(value_type = PrioritySchema)]
    priority: Priority,
    #[schema(value_type = TimestampSchema)]
    last_message_at: Timestamp,
    /// The beginning of the last message that a person wrote: plain text that stays harmless as HTML.
    last_message_preview: String,
    user_id: String,
    #[schema(value_type = UserTypeSchema)]
    user_type: UserType,
    #[schema(value_type = CountryCodeSchema)]
    country_code: CountryCode,
    /// Messages that the user has not read.
    unread_count_user: i64,
    /// The number of the last message.
    last_seq: i64,
    /// Grows by one with every change of status, priority or assignment.
    version: i64,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

impl From<&SupportConversation> for ConversationCommon {
    fn from(conversation: &SupportConversation) -> Self {
        Self {
            id: conversation.id,
            created_at: conversation.created_at,
            updated_at: conversation.updated_at,
            status: conversation.status,
            channel: conversation.user.user_type,
            subject: conversation.subject.as_str().to_owned(),
            priority: conversation.priority,
            last_message_at: conversation.last_message_at,
            last_message_preview: conversation.last_message_preview.as_str().to_owned(),
            user_id: conversation.user.id.to_string(),
            user_type: conversation.user.user_type,
            country_code: conversation.user.country,
            unread_count_user: conversation.unread_count(Side::User),
            last_seq: conversation.last_seq,
            version: conversation.version,
            metadata: conversation.metadata.as_object().clone(),
        }
    }
}

/// A conversation, as its user sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserConversationView {
    #[serde(flatten)]
    common: ConversationCommon,
    /// Whether somebody at the desk has it.
    assigned: bool,
}

impl From<&SupportConversation> for UserConversationView {
    fn from(conversation: &SupportConversation) -> Self {
        Self { common: conversation.into(), assigned: conversation.assigned_admin_id.is_some() }
    }
}

/// A conversation, as the desk sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminConversationView {
    #[serde(flatten)]
    common: ConversationCommon,
    /// Who has it.
    #[schema(required = true)]
    assigned_admin_id: Option<String>,
    /// Messages that the desk has not read.
    unread_count_admin: i64,
}

impl From<&SupportConversation> for AdminConversationView {
    fn from(conversation: &SupportConversation) -> Self {
        Self {
            common: conversation.into(),
            assigned_admin_id: conversation.assigned_admin_id.as_ref().map(ToString::to_string),
            unread_count_admin: conversation.unread_count(Side::Admin),
        }
    }
}

/// What the desk knows of a user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserCardView {
    user_id: String,
    #[schema(value_type = UserTypeSchema)]
    user_type: UserType,
    #[schema(value_type = CountryCodeSchema)]
    country_code: CountryCode,
    /// What the host's pages of this user are reached by; absent where nobody knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    profile_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "k***m@g****.com")]
    masked_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "+880******78")]
    masked_phone: Option<String>,
}

impl UserCardView {
    fn new(user: &UserRef, card: UserCard) -> Self {
        Self {
            user_id: user.id.to_string(),
            user_type: user.user_type,
            country_code: user.country,
            profile_id: card.profile_id,
            display_name: card.display_name,
            masked_email: card.masked_email,
            masked_phone: card.masked_phone,
        }
    }
}

/// A message. To a user, an admin's `senderId` is null.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    #[schema(value_type = Uuid)]
    id: MessageId,
    #[schema(value_type = Uuid)]
    conversation_id: ConversationId,
    /// Its place in the conversation, from 1, without gaps.
    #[schema(minimum = 1)]
    seq: i64,
    #[schema(value_type = TimestampSchema)]
    created_at: Timestamp,
    #[schema(value_type = TimestampSchema)]
    updated_at: Timestamp,
    #[schema(value_type = SenderTypeSchema)]
    sender_type: SenderType,
    #[schema(required = true)]
    sender_id: Option<String>,
    /// HTML that is safe as element content.
    content: String,
    /// The same as plain text.
    text: String,
    #[schema(value_type = MessageTypeSchema)]
    message_type: MessageType,
    is_read_by_user: bool,
    is_read_by_admin: bool,
    attachments: Vec<AttachmentView>,
    #[schema(required = true)]
    client_message_id: Option<String>,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

impl MessageView {
    /// The message as that side sees it.
    pub fn new(message: &SupportMessage, conversation: &SupportConversation, viewer: Side) -> Self {
        let hidden = viewer == Side::User && message.author.sender_type() == SenderType::Admin;
        Self {
            id: message.id,
            conversation_id: message.conversation_id,
            seq: message.seq,
            created_at: message.created_at,
            updated_at: message.updated_at,
            sender_type: message.author.sender_type(),
            sender_id: message.author.sender_id().filter(|_| !hidden).map(ToOwned::to_owned),
            content: message.content.html().to_owned(),
            text: message.content.text().to_owned(),
            message_type: message.message_type,
            is_read_by_user: message.is_read_by(Side::User, conversation),
            is_read_by_admin: message.is_read_by(Side::Admin, conversation),
            attachments: message.attachments.iter().map(AttachmentView::from).collect(),
            client_message_id: message.client_message_id.as_ref().map(|id| id.as_str().to_owned()),
            metadata: message.metadata.as_object().clone(),
        }
    }
}

/// A file that came with a message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentView {
    #[schema(value_type = Uuid)]
    id: AttachmentId,
    #[schema(value_type = TimestampSchema)]
    created_at: Timestamp,
    #[schema(value_type = Option<Uuid>, required = true)]
    message_id: Option<MessageId>,
    /// A path on this service that checks who may read it.
    file_url: String,
    file_type: String,
    file_name: String,
    file_size: i64,
    is_image: bool,
}

impl From<&SupportAttachment> for AttachmentView {
    fn from(attachment: &SupportAttachment) -> Self {
        Self {
            id: attachment.id,
            created_at: attachment.created_at,
            message_id: attachment.message_id,
            file_url: attachment.file_url.clone(),
            file_type: attachment.file_type.clone(),
            file_name: attachment.file_name.clone(),
            file_size: attachment.file_size,
            is_image: attachment.is_image,
        }
    }
}

/// Where a page of conversations stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationsPagination {
    limit: usize,
    /// Where the next page begins; null on the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
    /// How many there are in all, counted up to 1,000; only if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    total: Option<i64>,
    /// Whether there are more than were counted; only if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    total_capped: Option<bool>,
}

/// A page of conversations, newest activity first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationsView<T> {
    conversations: Vec<T>,
    pagination: ConversationsPagination,
}

impl<T: for<'a> From<&'a SupportConversation>> ConversationsView<T> {
    /// The page as `T` shows conversations.
    pub fn new(listed: &ConversationsListed, limit: usize) -> Self {
        Self {
            conversations: listed.page.conversations.iter().map(T::from).collect(),
            pagination: ConversationsPagination {
                limit,
                next_cursor: listed.page.next.as_ref().map(cursor::encode),
                total: listed.total.map(|counted| counted.total),
                total_capped: listed.total.map(|counted| counted.capped),
            },
        }
    }
}

/// Where a page of messages stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessagesPagination {
    limit: usize,
    /// Whether there are more in the direction of the page.
    has_more: bool,
    /// The `afterSeq` of the next page, if there is one in that direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_after_seq: Option<i64>,
    /// The `beforeSeq` of the next page, if there is one in that direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_before_seq: Option<i64>,
}

/// Messages, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessagesView {
    messages: Vec<MessageView>,
    pagination: MessagesPagination,
}

impl MessagesView {
    /// The messages as that side sees them.
    pub fn new(listed: &MessagesListed, page: MessagesPage, limit: usize, viewer: Side) -> Self {
        let view = |message| MessageView::new(message, &listed.conversation, viewer);
        let seq = |message: Option<&SupportMessage>| message.filter(|_| listed.has_more).map(|message| message.seq);
        let (next_after_seq, next_before_seq) = match page {
            MessagesPage::After(_) => (seq(listed.messages.last()), None),
            MessagesPage::Before(_) => (None, seq(listed.messages.first())),
        };
        Self {
            messages: listed.messages.iter().map(view).collect(),
            pagination: MessagesPagination { limit, has_more: listed.has_more, next_after_seq, next_before_seq },
        }
    }
}

/// A conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationView<T> {
    conversation: T,
}

impl<T: for<'a> From<&'a SupportConversation>> From<&SupportConversation> for ConversationView<T> {
    fn from(conversation: &SupportConversation) -> Self {
        Self { conversation: conversation.into() }
    }
}

/// A conversation with what is known of its user.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationDetailView {
    conversation: AdminConversationView,
    user: UserCardView,
}

impl ConversationDetailView {
    /// The conversation, and what is known of its user.
    pub fn new(conversation: &SupportConversation, card: Option<UserCard>) -> Self {
        let user = UserCardView::new(&conversation.user, card.unwrap_or_default());
        Self { conversation: conversation.into(), user }
    }
}

/// An opened conversation with its first message.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenedView<T> {
    conversation: T,
    message: MessageView,
    /// What was masked in the subject, the message and the metadata, each kind once; absent when nothing was. Only who
    /// sent it is told.
    #[serde(skip_serializing_if = "MaskedKinds::is_empty")]
    #[schema(value_type = Vec<MaskedKindSchema>, required = false)]
    masked: MaskedKinds,
}

impl<T: for<'a> From<&'a SupportConversation>> OpenedView<T> {
    /// As that side sees it.
    pub fn new(opened: &Opened, viewer: Side) -> Self {
        Self {
            conversation: (&opened.conversation).into(),
            message: MessageView::new(&opened.message, &opened.conversation, viewer),
            masked: opened.masked.clone(),
        }
    }
}

/// A message, for whoever sent it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SentView {
    message: MessageView,
    /// What was masked in it and in its metadata, each kind once; absent when nothing was. Only who sent it is told.
    #[serde(skip_serializing_if = "MaskedKinds::is_empty")]
    #[schema(value_type = Vec<MaskedKindSchema>, required = false)]
    masked: MaskedKinds,
}

impl SentView {
    /// As that side sees it.
    pub fn new(sent: &Sent, viewer: Side) -> Self {
        Self { message: MessageView::new(&sent.message, &sent.conversation, viewer), masked: sent.masked.clone() }
    }
}

/// A message, for all who listen. Has no room for what only its sender is told.
#[derive(Debug, Serialize)]
pub struct PostedView {
    message: MessageView,
}

impl PostedView {
    /// As that side sees it.
    pub fn new(message: &SupportMessage, conversation: &SupportConversation, viewer: Side) -> Self {
        Self { message: MessageView::new(message, conversation, viewer) }
    }
}
