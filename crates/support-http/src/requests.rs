//! What clients send. Each type says what may come in (`serde`, `garde`), and turns into a command of the service.

use std::borrow::Cow;

use garde::Validate;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use support_domain::conversation::ConversationChange;
use support_domain::{
    AdminId, AttachmentId, ClientMessageId, ContentFormat, ConversationId, ConversationStatus, CountryCode,
    InvalidValue, Limits, MessageContent, Metadata, Priority, Subject, Timestamp, UserId, UserRef, UserType,
};
use support_service::{
    ListConversations, ListMessages, OpenConversation, OpenConversationForUser, SendMessage, UpdateConversation,
};
use support_store::{AssignedTo, ConversationFilter, MessagesPage, page::end_of_day};
use utoipa::{IntoParams, ToSchema};

use crate::cursor;
use crate::error::ApiError;
use crate::openapi::{CountryCodeSchema, FormatSchema, PrioritySchema, StatusSchema, UserTypeSchema};

/// Most rows of a page.
const MOST_ROWS: u16 = 100;
/// Rows of a page when nobody says how many.
const USUAL_ROWS: u16 = 20;
/// Most characters of a search.
const MOST_SEARCH_CHARS: usize = 200;

fn present(text: &str, _: &Limits) -> garde::Result {
    if text.trim().is_empty() { Err(garde::Error::new("must not be empty")) } else { Ok(()) }
}

fn whole_at_least<const LEAST: i64>(number: &Option<i64>, _: &Limits) -> garde::Result {
    match number {
        Some(number) if *number < LEAST => Err(garde::Error::new(format!("must be {LEAST} or more"))),
        _ => Ok(()),
    }
}

fn at_least_zero(number: &i64, limits: &Limits) -> garde::Result {
    whole_at_least::<0>(&Some(*number), limits)
}

fn well_formed_key(id: &Option<String>, _: &Limits) -> garde::Result {
    match id.as_deref().map(ClientMessageId::parse) {
        Some(Err(error)) => Err(garde::Error::new(error.sentence())),
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

/// What a value's own type refuses, under the field's name.
fn field<T>(name: &str, result: Result<T, InvalidValue>) -> Result<T, ApiError> {
    result.map_err(|error| ApiError::invalid_value(name, &error))
}

fn parse_key(id: Option<&str>) -> Result<Option<ClientMessageId>, ApiError> {
    field("clientMessageId", id.map(ClientMessageId::parse).transpose())
}

fn parse_metadata(metadata: Option<Map<String, Value>>, limits: &Limits) -> Result<Metadata, ApiError> {
    field("metadata", Metadata::parse(metadata.unwrap_or_default(), limits))
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
    /// How urgent it is; `normal` when absent.
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
        let message = MessageContent::parse(&self.initial_message, ContentFormat::Text, limits);
        Ok(OpenConversation {
            subject: field("subject", Subject::parse(&self.subject, limits))?,
            initial_message: field("initialMessage", message)?,
            priority: self.priority.unwrap_or(Priority::Normal),
            metadata: parse_metadata(self.metadata, limits)?,
            client_message_id: parse_key(self.client_message_id.as_deref())?,
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
    /// How urgent it is; `normal` when absent.
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
        Ok(SendMessage {
            conversation_id,
            content: field("content", MessageContent::parse(&self.content, format, limits))?,
            client_message_id: parse_key(self.client_message_id.as_deref())?,
            metadata: parse_metadata(self.metadata, limits)?,
            if_last_seq: None,
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

/// A number in a query, with its bounds.
#[derive(Debug, Clone, Copy)]
struct Whole<const LEAST: i64, const MOST: i64>(i64);

impl<'de, const LEAST: i64, const MOST: i64> Deserialize<'de> for Whole<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = plain.then(|| text.parse::<i64>().ok()).flatten();
        number.filter(|number| (LEAST..=MOST).contains(number)).map(Self).ok_or_else(|| {
            serde::de::Error::custom(if MOST == i64::MAX {
                format!("must be a whole number, {LEAST} or more")
            } else {
                format!("must be a whole number from {LEAST} to {MOST}")
            })
        })
    }
}

type RowLimit = Whole<1, { MOST_ROWS as i64 }>;
type Seq = Whole<0, { i64::MAX }>;

fn rows(limit: Option<RowLimit>) -> usize {
    limit.and_then(|limit| usize::try_from(limit.0).ok()).unwrap_or(usize::from(USUAL_ROWS))
}

/// `from` and `to`: a moment, or a day.
fn moment(name: &str, text: Option<&str>, of_day: fn(Timestamp) -> Timestamp) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let moment = if text.len() == 10 { Timestamp::parse_day(text).map(of_day) } else { Timestamp::parse(text) };
    field(name, moment.map(Some))
}

/// A search, made harmless as subjects are. None when it is blank.
fn search(text: Option<String>) -> Result<Option<String>, ApiError> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    let limits = Limits { max_subject_chars: MOST_SEARCH_CHARS, ..Limits::default() };
    field("search", Subject::parse(&text, &limits)).map(|subject| Some(subject.as_str().to_owned()))
}

/// Which of one's own conversations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OwnConversationsQuery {
    /// In this status.
    #[param(value_type = Option<StatusSchema>)]
    status: Option<ConversationStatus>,
    /// Opened at or after this moment (RFC 3339) or day (`2026-01-31`, in UTC).
    from: Option<String>,
    /// Opened at or before this moment, or on this day at the latest.
    to: Option<String>,
    /// The subject contains this, whatever the case; no wildcards.
    search: Option<String>,
    /// Rows of a page; 20 when absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100)]
    limit: Option<RowLimit>,
    /// Where the page before ended: its `nextCursor`.
    cursor: Option<String>,
}

impl OwnConversationsQuery {
    /// The query of the service.
    ///
    /// # Errors
    /// What a value's type refuses.
    pub fn into_query(self) -> Result<ListConversations, ApiError> {
        let filter = ConversationFilter {
            status: self.status,
            created_from: moment("from", self.from.as_deref(), |day| day)?,
            created_to: moment("to", self.to.as_deref(), end_of_day)?,
            subject_contains: search(self.search)?,
            ..ConversationFilter::default()
        };
        let start = field("cursor", self.cursor.as_deref().map(cursor::decode).transpose())?;
        Ok(ListConversations { filter, limit: rows(self.limit), start, include_total: false })
    }
}

/// Which conversations at the desk.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeskConversationsQuery {
    /// In this status.
    #[param(value_type = Option<StatusSchema>)]
    status: Option<ConversationStatus>,
    /// Of this type of user.
    #[param(value_type = Option<UserTypeSchema>)]
    channel: Option<UserType>,
    /// Of this country.
    #[param(value_type = Option<CountryCodeSchema>)]
    country_code: Option<CountryCode>,
    /// Of this priority.
    #[param(value_type = Option<PrioritySchema>)]
    priority: Option<Priority>,
    /// Assigned to this admin, to `me`, or to `none`.
    assigned_admin_id: Option<String>,
    /// Of this user.
    user_id: Option<String>,
    /// The subject contains this, whatever the case; no wildcards.
    search: Option<String>,
    /// Opened at or after this moment (RFC 3339) or day (`2026-01-31`, in UTC).
    from: Option<String>,
    /// Opened at or before this moment, or on this day at the latest.
    to: Option<String>,
    /// Rows of a page; 20 when absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100)]
    limit: Option<RowLimit>,
    /// Where the page before ended: its `nextCursor`.
    cursor: Option<String>,
    /// Whether to count all of them, up to 1,000.
    include_total: Option<bool>,
}

impl DeskConversationsQuery {
    /// The query of the service; `me` is the admin who asks.
    ///
    /// # Errors
    /// What a value's type refuses.
    pub fn into_query(self, me: &AdminId) -> Result<ListConversations, ApiError> {
        let assigned = match self.assigned_admin_id.as_deref() {
            None => None,
            Some("me") => Some(AssignedTo::Admin(me.clone())),
            Some("none") => Some(AssignedTo::Nobody),
            Some(id) => Some(AssignedTo::Admin(field("assignedAdminId", AdminId::parse(id))?)),
        };
        let filter = ConversationFilter {
            status: self.status,
            channel: self.channel,
            country: self.country_code,
            priority: self.priority,
            assigned,
            user_id: field("userId", self.user_id.as_deref().map(UserId::parse).transpose())?,
            created_from: moment("from", self.from.as_deref(), |day| day)?,
            created_to: moment("to", self.to.as_deref(), end_of_day)?,
            subject_contains: search(self.search)?,
        };
        let start = field("cursor", self.cursor.as_deref().map(cursor::decode).transpose())?;
        let include_total = self.include_total.unwrap_or(false);
        Ok(ListConversations { filter, limit: rows(self.limit), start, include_total })
    }
}

/// A query of which nothing is known, and so nothing is allowed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoQuery {}

/// Which messages of a conversation. At most one of the first two.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MessagesQuery {
    /// The first messages behind that number.
    #[param(value_type = Option<i64>, minimum = 0)]
    after_seq: Option<Seq>,
    /// The last messages before that number.
    #[param(value_type = Option<i64>, minimum = 0)]
    before_seq: Option<Seq>,
    /// Rows of a page; 20 when absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100)]
    limit: Option<RowLimit>,
}

impl MessagesQuery {
    /// The query of the service.
    ///
    /// # Errors
    /// When both directions are given.
    pub fn into_query(self, conversation_id: ConversationId) -> Result<ListMessages, ApiError> {
        let page = match (self.after_seq, self.before_seq) {
            (Some(_), Some(_)) => return Err(ApiError::invalid("beforeSeq", "must not be given with afterSeq")),
            (None, Some(Whole(seq))) => MessagesPage::Before(seq),
            (after, None) => MessagesPage::After(after.map_or(0, |Whole(seq)| seq)),
        };
        Ok(ListMessages { conversation_id, page, limit: rows(self.limit) })
    }
}
