//! Query strings.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use support_domain::{
    AdminId, ConversationId, ConversationStatus, CountryCode, Limits, Priority, Subject, Timestamp, UserId, UserType,
};
use support_service::{ListConversations, ListMessages};
use support_store::page::end_of_day;
use support_store::{AssignedTo, ConversationFilter, MessagesPage};
use utoipa::IntoParams;

use super::field;
use crate::cursor;
use crate::error::ApiError;
use crate::openapi::{CountryCodeSchema, PrioritySchema, StatusSchema, UserTypeSchema};

/// Most rows of a page.
const MOST_ROWS: u16 = 100;
/// Rows of a page when nobody says how many.
const USUAL_ROWS: u16 = 20;
/// Most characters of a search.
const MOST_SEARCH_CHARS: usize = 200;

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
    // A plus sign that was not escaped has become a blank.
    let text = &text.replace(' ', "+");
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

/// Which of the staff.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AdminsQuery {
    /// Those who can be given a conversation of this country; of all of the caller's when absent.
    #[param(value_type = Option<CountryCodeSchema>)]
    pub country_code: Option<CountryCode>,
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
