//! Errors as clients see them: one shape over HTTP and one over sockets, one table of codes and statuses, and one of the
//! codes with which sockets are closed. What a client reads here and what the log reads never share a field.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use support_attachments::{FilesError, Refusal};
use support_domain::content::masking;
use support_domain::{InvalidValue, TextEnum};
use support_rbac::{AuthenticationError, Denied};
use support_service::ServiceError;
use support_store::StoreError;
use utoipa::ToSchema;

macro_rules! error_codes {
    ($($variant:ident = $status:ident, $code:literal, $sentence:literal;)+) => {
        /// What went wrong, for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ErrorCode { $(#[doc = $sentence] $variant),+ }

        impl ErrorCode {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The status that goes with it.
            pub const fn status(self) -> StatusCode { match self { $(Self::$variant => StatusCode::$status),+ } }
            /// Its name on the wire.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $code),+ } }
            /// What it means, for people.
            pub const fn sentence(self) -> &'static str { match self { $(Self::$variant => $sentence),+ } }
        }
    };
}

error_codes! {
    InvalidJson = BAD_REQUEST, "invalid_json", "The body is not valid JSON.";
    ValidationFailed = BAD_REQUEST, "validation_failed", "The request has invalid values.";
    Unauthenticated = UNAUTHORIZED, "unauthenticated", "A valid token is needed.";
    Forbidden = FORBIDDEN, "forbidden", "You are not permitted to do this.";
    NotFound = NOT_FOUND, "not_found", "There is nothing here.";
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method_not_allowed", "This method is not allowed here.";
    ConversationClosed = CONFLICT, "conversation_closed", "The conversation is closed.";
    Stale = CONFLICT, "stale", "The conversation has changed since you looked.";
    InvalidTransition = CONFLICT, "invalid_transition", "The conversation cannot be given this status.";
    IdempotencyMismatch = CONFLICT, "idempotency_mismatch", "This clientMessageId was used for something else.";
    PayloadTooLarge = PAYLOAD_TOO_LARGE, "payload_too_large", "The body is too large.";
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body is of a type that is not taken here.";
    RateLimited = TOO_MANY_REQUESTS, "rate_limited", "Too many requests; wait a little.";
    Internal = INTERNAL_SERVER_ERROR, "internal", "Something went wrong here; it was noted.";
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "The service cannot do this now; try again shortly.";
}

impl TextEnum for ErrorCode {
    const WHAT: &'static str = "code";
    const ALL: &'static [Self] = Self::ALL;

    fn as_str(self) -> &'static str {
        self.as_str()
    }
}

macro_rules! close_codes {
    ($($variant:ident = $code:literal, $sentence:literal;)+) => {
        /// Why a socket is closed by its session, for programs; 1002, 1007, 1008 and 1009 are those of
        /// [`Violation`](crate::ws::Violation). What a client should do then stands in docs/realtime.md.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ClosingCode { $(#[doc = $sentence] $variant),+ }

        impl ClosingCode {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The number in the close frame.
            pub const fn code(self) -> u16 { match self { $(Self::$variant => $code),+ } }
            /// What it means, for people; the reason in the close frame.
            pub const fn sentence(self) -> &'static str { match self { $(Self::$variant => $sentence),+ } }
        }
    };
}

close_codes! {
    Restart = 1012, "The server restarts; connect again after a random wait.";
    TokenOver = 4001, "The token is over; connect again with a new one.";
    AccessWithdrawn = 4003, "The access was withdrawn.";
    TooSlow = 4008, "Too slow; connect again with afterSeq.";
    TooMany = 4029, "Too many sockets or frames.";
}

/// An error on its way to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// What went wrong.
    pub code: ErrorCode,
    sentence: Cow<'static, str>,
    details: BTreeMap<String, Vec<String>>,
    retry_after: Option<u64>,
    rate_limit: Option<u32>,
    allow: Option<&'static str>,
    /// Whether the connection ends with it: what the client still sends of this request is not waited for.
    closes: bool,
}

/// An error's body.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// What went wrong, for people.
    #[schema(example = "The request has invalid values.")]
    error: String,
    /// What went wrong, for programs.
    #[schema(example = "validation_failed")]
    code: String,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    details: BTreeMap<String, Vec<String>>,
    /// Names this request in the logs.
    request_id: String,
}

/// An error's payload in a frame.
#[derive(Debug, Serialize)]
pub struct ErrorEvent<'a> {
    code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    details: BTreeMap<String, Vec<String>>,
}

impl ApiError {
    /// An error with its code's own sentence.
    pub fn new(code: ErrorCode) -> Self {
        Self {
            code,
            sentence: Cow::Borrowed(code.sentence()),
            details: BTreeMap::new(),
            retry_after: (code == ErrorCode::Unavailable).then_some(2),
            rate_limit: None,
            allow: None,
            closes: false,
        }
    }

    /// A field with an invalid value. The sentence continues the field's name.
    pub fn invalid(field: &str, sentence: impl Into<String>) -> Self {
        Self::new(ErrorCode::ValidationFailed).with_detail(field, sentence)
    }

    /// A field with a value that its type refused.
    pub fn invalid_value(field: &str, error: &InvalidValue) -> Self {
        Self::invalid(field, error.sentence())
    }

    /// A field that a client invented. Its name comes back, and may be as long and as odd as anything.
    pub(crate) fn unknown_field(name: &str) -> Self {
        Self::invalid(&shown_name(name), "is not a known field")
    }

    /// One more thing that is wrong with a field.
    #[must_use]
    pub fn with_detail(mut self, field: &str, sentence: impl Into<String>) -> Self {
        self.details.entry(field.to_owned()).or_default().push(sentence.into());
        self
    }

    /// A method that a path does not have; `allow` names those that it has.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        Self { allow: Some(allow), ..Self::new(ErrorCode::MethodNotAllowed) }
    }

    /// The same, and the connection is closed.
    pub(crate) fn that_closes(self) -> Self {
        Self { closes: true, ..self }
    }

    /// Whether the connection is closed with it.
    pub(crate) const fn closes(&self) -> bool {
        self.closes
    }

    /// The body.
    pub fn body(&self, request_id: &str) -> ErrorBody {
        ErrorBody {
            error: self.sentence.clone().into_owned(),
            code: self.code.as_str().to_owned(),
            details: self.details.clone(),
            request_id: request_id.to_owned(),
        }
    }

    /// The payload of the frame that tells of it. Over a socket there are no headers: how long to wait is a detail.
    pub fn event(&self) -> ErrorEvent<'_> {
        let mut details = self.details.clone();
        if let Some(seconds) = self.retry_after {
            details.insert("retryAfter".to_owned(), vec![seconds.to_string()]);
        }
        ErrorEvent { code: self.code.as_str(), message: &self.sentence, details }
    }

    /// The headers that go with it.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        if self.code == ErrorCode::Unauthenticated {
            headers.push(("www-authenticate", "Bearer".to_owned()));
        }
        if let Some(seconds) = self.retry_after {
            headers.push(("retry-after", seconds.to_string()));
        }
        if let Some(limit) = self.rate_limit {
            headers.push(("x-ratelimit-limit", limit.to_string()));
            headers.push(("x-ratelimit-remaining", "0".to_owned()));
        }
        if let Some(allow) = self.allow {
            headers.push(("allow", allow.to_owned()));
        }
        headers
    }
}

/// For the log only.
impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())
    }
}

/// Only the status: the boundary writes the body, since it knows the request's id.
impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.code.status())
    }
}

/// A name that a client invented, as it may be shown: short, without what does not print, and without a secret.
pub(crate) fn shown_name(name: &str) -> String {
    let printing: String = name.chars().filter(|character| !character.is_control()).collect();
    masking::mask(&printing).text.chars().take(64).collect()
}

/// Whole seconds, rounded up, at least one.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX).max(1)
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Forbidden => Self::new(ErrorCode::Forbidden),
            ServiceError::NotFound => Self::new(ErrorCode::NotFound),
            ServiceError::ConversationClosed => Self::new(ErrorCode::ConversationClosed),
            ServiceError::InvalidTransition { from, to } => Self::new(ErrorCode::InvalidTransition)
                .with_detail("status", format!("cannot change from {from} to {to}")),
            ServiceError::Stale { field, actual } => {
                Self::new(ErrorCode::Stale).with_detail(field, format!("is {actual} now"))
            }
            ServiceError::IdempotencyMismatch => Self::new(ErrorCode::IdempotencyMismatch),
            ServiceError::NotAssignable => {
                Self::invalid("assignedAdminId", "must be an admin who can have this conversation")
            }
            ServiceError::NoSuchUser => Self::invalid("userId", "must be a user of this userType and countryCode"),
            ServiceError::UploadsNotSendable => {
                Self::invalid("attachmentIds", "must name uploads of your own that are on no message, and ready")
            }
            ServiceError::FileTooLarge => Self::new(ErrorCode::PayloadTooLarge),
            ServiceError::FileRefused(Refusal::Type) => Self::new(ErrorCode::UnsupportedMediaType),
            ServiceError::FileRefused(Refusal::Empty) => Self::invalid("file", "must not be empty"),
            ServiceError::FileRefused(Refusal::Damaged) => {
                Self::invalid("file", "is damaged, or is not what it seems to be")
            }
            ServiceError::FileInfected => Self::invalid("file", "was found to be harmful"),
            ServiceError::FileNotReady | ServiceError::Busy => Self::new(ErrorCode::Unavailable),
            ServiceError::Files(error) => error.into(),
            ServiceError::RateLimited(limited) => Self {
                retry_after: Some(whole_seconds(limited.retry_after)),
                rate_limit: Some(limited.limit),
                ..Self::new(ErrorCode::RateLimited)
            },
            ServiceError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    /// This is where a failure of the database is handled, and so where it is logged.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Conflict(_) => {
                tracing::warn!(error = %error, "the database could not do the work");
                Self::new(ErrorCode::Unavailable)
            }
            StoreError::Corrupt { .. } | StoreError::Migration(_) | StoreError::Internal(_) => {
                tracing::error!(error = %error, "the database work failed");
                Self::new(ErrorCode::Internal)
            }
        }
    }
}

impl From<FilesError> for ApiError {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::Gone => {
                tracing::error!("the bytes of a file are gone, or not those that were kept");
                Self::new(ErrorCode::NotFound)
            }
            FilesError::Unavailable(_) | FilesError::Place(_) => {
                tracing::warn!(error = %error, "files are out of reach");
                Self::new(ErrorCode::Unavailable)
            }
        }
    }
}

impl From<Denied> for ApiError {
    fn from(Denied::Forbidden { .. }: Denied) -> Self {
        Self::new(ErrorCode::Forbidden)
    }
}

impl From<AuthenticationError> for ApiError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Unauthenticated(refusal) => {
                tracing::debug!(reason = refusal.reason(), "a token was refused");
                Self::new(ErrorCode::Unauthenticated)
            }
            AuthenticationError::Unavailable => Self::new(ErrorCode::Unavailable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_codes_is_the_contracts() {
        let rows: Vec<String> =
            ErrorCode::ALL.iter().map(|code| format!("{} {}", code.status().as_u16(), code.as_str())).collect();
        let expected = [
            "400 invalid_json",
            "400 validation_failed",
            "401 unauthenticated",
            "403 forbidden",
            "404 not_found",
            "405 method_not_allowed",
            "409 conversation_closed",
            "409 stale",
            "409 invalid_transition",
            "409 idempotency_mismatch",
            "413 payload_too_large",
            "415 unsupported_media_type",
            "429 rate_limited",
            "500 internal",
            "503 unavailable",
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn the_table_of_closing_codes_is_the_contracts() {
        let codes: Vec<u16> = ClosingCode::ALL.iter().map(|closing| closing.code()).collect();
        assert_eq!(codes, [1012, 4001, 4003, 4008, 4029]);
        assert!(ClosingCode::ALL.iter().all(|closing| closing.sentence().len() <= 123), "a close frame holds no more");
    }

    #[test]
    fn what_the_database_says_reaches_no_client() {
        let error = ApiError::from(StoreError::Internal("secret table layout".to_owned()));
        let body = serde_json::to_string(&error.body("r")).unwrap();
        assert_eq!(body, r#"{"error":"Something went wrong here; it was noted.","code":"internal","requestId":"r"}"#);
    }

    #[test]
    fn waits_are_whole_seconds_and_never_none() {
        assert_eq!(whole_seconds(Duration::ZERO), 1);
        assert_eq!(whole_seconds(Duration::from_millis(1_001)), 2);
    }
}
