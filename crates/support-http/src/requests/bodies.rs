//! JSON bodies.

use garde::Validate;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use support_domain::content::masking;
use support_domain::conversation::ConversationChange;
use support_domain::{
    AdminId, AttachmentId, ClientMessageId, ContentFormat, ConversationId, ConversationStatus, CountryCode, Limits,
    MaskedKinds, MessageContent, Metadata, Priority, Subject, UserId, UserRef, UserType,
};
use support_service::{OpenConversation, OpenConversationForUser, SendMessage, UpdateConversation};
use utoipa::ToSchema;

use super::field;
use crate::error::ApiError;
use crate::openapi::{CountryCodeSchema, FormatSchema, PrioritySchema, StatusSchema, UserTypeSchema};

fn present(text: &str, _: &Limits) -> garde::Result {
    if text.trim().is_empty() { Err(garde::Error::new("must not be empty")) } else { Ok(()) }
}

pub(crate) fn whole_at_least<const LEAST: i64>(number: &Option<i64>, _: &Limits) -> garde::Result {
    match number {
        Some(number) if *number < LEAST => Err(garde::Error::new(format!("must be {LEAST} or more"))),
        _ => Ok(()),
    }
}

pub(crate) fn at_least_zero(number: &i64, limits: &Limits) -> garde::Result {
    whole_at_least::<0>(&Some(*number), limits)
}

/// A key is kept and shown as it is, so there must be no secret in it; and it cannot be masked, since two that differ
/// would become one.
fn well_formed_key(id: &Option<String>, _: &Limits) -> garde::Result {
    match id.as_deref().map(ClientMessageId::parse) {
        Some(Err(error)) => Err(garde::Error::new(error.sentence())),
        Some(Ok(id)) if !masking::mask(id.as_str()).kinds.is_empty() => {
            Err(garde::Error::new("must not hold a card number, a password or another secret"))
        }
        _ => Ok(()),
    }
}

/// There is no way to upload a file yet, so no id can name one.
fn no_upload(ids: &Option<Vec<AttachmentId>>, _: &Limits) -> garde::Result {
    match ids {
        Some(ids) if !ids.is_empty() => Err(garde::Error::new("must name uploads of your own that are on no message")),
        _ => Ok(()),
    }
}

fn parse_key(id: Option<&str>) -> Result<Option<ClientMessageId>, ApiError> {
    field("clientMessageId", id.map(ClientMessageId::parse).transpose())
}

fn parse_metadata(
    metadata: Option<Map<String, Value>>,
    limits: &Limits,
    masked: &mut MaskedKinds,
) -> Result<Metadata, ApiError> {
    field("metadata", Metadata::parse_noting(metadata.unwrap_or_default(), limits, masked))
}

/// `null` is a value here, and absence another.
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// A user opens a conversation.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(context(Limits))]
pub struct OpenConversationRequest {
    /// What it is about: one line of text.
    #[garde(custom(present))]
    #[schema(min_length = 1, example = "I was charged twice")]
    subject: String,
    /// The first message, as text.
    #[garde(custom(present))]
    #[schema(min_length = 1, example = "My last trip was charged twice, please help.")]
    initial_message: String,
    /// How urgent it is; when absent, what the desk's settings say.
    #[garde(skip)]
    #[schema(value_type = Option<PrioritySchema>)]
    priority: Option<Priority>,
    /// A small JSON object for the client's own use.
    #[garde(skip)]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// The client's key for this opening: a repetition is the same conversation.
    #[garde(custom(well_formed_key))]
    #[schema(min_length = 1, max_length = 128)]
    client_message_id: Option<String>,
}

impl OpenConversationRequest {
    /// The command.
    ///
    /// # Errors
    /// What a value's type refuses.
    pub fn into_command(self, limits: &Limits) -> Result<OpenConversation, ApiError> {
        let mut masked = MaskedKinds::new();
        let message = MessageContent::parse_noting(&self.initial_message, ContentFormat::Text, limits, &mut masked);
        Ok(OpenConversation {
            subject: field("subject", Subject::parse_noting(&self.subject, limits, &mut masked))?,
            initial_message: field("initialMessage", message)?,
            priority: self.priority,
            metadata: parse_metadata(self.metadata, limits, &mut masked)?,
            client_message_id: parse_key(self.client_message_id.as_deref())?,
            masked,
        })
    }
}

/// The desk opens a conversation with a user.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(context(Limits))]
pub struct OpenConversationForUserRequest {
    /// With whom.
    #[garde(custom(present))]
    #[schema(min_length = 1, max_length = 128, example = "driver-1")]
    user_id: String,
    /// What the user is.
    #[garde(skip)]
    #[schema(value_type = UserTypeSchema)]
    user_type: UserType,
    /// The user's country.
    #[garde(skip)]
    #[schema(value_type = CountryCodeSchema)]
    country_code: CountryCode,
    /// What it is about: one line of text.
    #[garde(custom(present))]
    #[schema(min_length = 1, example = "Your documents")]
    subject: String,
    /// The first message, as text.
    #[garde(custom(present))]
    #[schema(min_length = 1, example = "Please upload your vehicle papers again.")]
    initial_message: String,
    /// How urgent it is; when absent, what the desk's settings say.
    #[garde(skip)]
    #[schema(value_type = Option<PrioritySchema>)]
    priority: Option<Priority>,
    /// The client's key for this opening: a repetition is the same conversation.
    #[garde(custom(well_formed_key))]
    #[schema(min_length = 1, max_length = 128)]
    client_message_id: Option<String>,
}

impl OpenConversationForUserRequest {
    /// The command.
    ///
    /// # Errors
    /// What a value's type refuses.
    pub fn into_command(self, limits: &Limits) -> Result<OpenConversationForUser, ApiError> {
        let id = field("userId", UserId::parse(&self.user_id))?;
        let opening = OpenConversationRequest {
            subject: self.subject,
            initial_message: self.initial_message,
            priority: self.priority,
            metadata: None,
            client_message_id: self.client_message_id,
        };
        Ok(OpenConversationForUser {
            user: UserRef { id, user_type: self.user_type, country: self.country_code },
            opening: opening.into_command(limits)?,
        })
    }
}

/// A user writes a message.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(context(Limits))]
pub struct SendMessageRequest {
    /// What it says.
    #[garde(custom(present))]
    #[schema(min_length = 1, example = "Thank you, that solved it.")]
    content: String,
    /// How the characters are meant; `text` when absent.
    #[garde(skip)]
    #[schema(value_type = Option<FormatSchema>)]
    format: Option<ContentFormat>,
    /// The client's key for this message: a repetition is the same message.
    #[garde(custom(well_formed_key))]
    #[schema(min_length = 1, max_length = 128)]
    client_message_id: Option<String>,
    /// Uploads of one's own that come with the message.
    #[garde(custom(no_upload))]
    #[schema(value_type = Option<Vec<uuid::Uuid>>)]
    attachment_ids: Option<Vec<AttachmentId>>,
    /// A small JSON object for the client's own use.
    #[garde(skip)]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
}

impl SendMessageRequest {
    /// The command.
    ///
    /// # Errors
    /// What a value's type refuses.
    pub fn into_command(self, conversation_id: ConversationId, limits: &Limits) -> Result<SendMessage, ApiError> {
        let format = self.format.unwrap_or(ContentFormat::Text);
        let mut masked = MaskedKinds::new();
        let content = MessageContent::parse_noting(&self.content, format, limits, &mut masked);
        Ok(SendMessage {
            conversation_id,
            content: field("content", content)?,
            client_message_id: parse_key(self.client_message_id.as_deref())?,
            metadata: parse_metadata(self.metadata, limits, &mut masked)?,
            if_last_seq: None,
            masked,
        })
    }
}

/// An admin writes a message.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(context(Limits))]
pub struct ReplyRequest {
    /// What it says.
    #[garde(custom(present))]
    #[schema(min_length = 1, example = "We have refunded the second charge.")]
    content: String,
    /// How the characters are meant; `text` when absent.
    #[garde(skip)]
    #[schema(value_type = Option<FormatSchema>)]
    format: Option<ContentFormat>,
    /// The client's key for this message: a repetition is the same message.
    #[garde(custom(well_formed_key))]
    #[schema(min_length = 1, max_length = 128)]
    client_message_id: Option<String>,
    /// Uploads of one's own that come with the message.
    #[garde(custom(no_upload))]
    #[schema(value_type = Option<Vec<uuid::Uuid>>)]
    attachment_ids: Option<Vec<AttachmentId>>,
    /// A small JSON object for the client's own use.
    #[garde(skip)]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// Only if that is still the number of the last message.
    #[garde(custom(whole_at_least::<0>))]
    #[schema(minimum = 0)]
    if_last_seq: Option<i64>,
}

impl ReplyRequest {
    /// The command.
    ///
    /// # Errors
    /// What a value's type refuses.
    pub fn into_command(self, conversation_id: ConversationId, limits: &Limits) -> Result<SendMessage, ApiError> {
        let message = SendMessageRequest {
            content: self.content,
            format: self.format,
            client_message_id: self.client_message_id,
            attachment_ids: self.attachment_ids,
            metadata: self.metadata,
        };
        Ok(SendMessage { if_last_seq: self.if_last_seq, ..message.into_command(conversation_id, limits)? })
    }
}

/// Somebody has read.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(context(Limits))]
pub struct MarkReadRequest {
    /// The number of the last message that was read; past the end means the end.
    #[garde(custom(at_least_zero))]
    #[schema(minimum = 0, example = 3)]
    pub up_to_seq: i64,
}

/// The desk changes a conversation. At least one of the first three; all or nothing.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(context(Limits))]
pub struct UpdateConversationRequest {
    /// The status to be.
    #[garde(skip)]
    #[schema(value_type = Option<StatusSchema>)]
    status: Option<ConversationStatus>,
    /// The priority to be.
    #[garde(skip)]
    #[schema(value_type = Option<PrioritySchema>)]
    priority: Option<Priority>,
    /// Who is to have it; null for nobody.
    #[serde(default, deserialize_with = "given")]
    #[garde(skip)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 128)]
    assigned_admin_id: Option<Option<String>>,
    /// Only if that is still the conversation's version.
    #[garde(custom(whole_at_least::<0>))]
    #[schema(minimum = 0)]
    version: Option<i64>,
}

impl UpdateConversationRequest {
    /// The command.
    ///
    /// # Errors
    /// What a value's type refuses, or when nothing is to be changed.
    pub fn into_command(self, conversation_id: ConversationId) -> Result<UpdateConversation, ApiError> {
        let assigned_admin_id = self.assigned_admin_id.map(|id| id.as_deref().map(AdminId::parse).transpose());
        let assigned_admin_id = field("assignedAdminId", assigned_admin_id.transpose())?;
        let change = ConversationChange { status: self.status, priority: self.priority, assigned_admin_id };
        if change == ConversationChange::default() {
            let sentence = "must have at least one of status, priority and assignedAdminId";
            return Err(ApiError::invalid("body", sentence));
        }
        Ok(UpdateConversation { conversation_id, change, version: self.version })
    }
}
