//! Which errors an operation answers with, when each of them comes, and what it looks like. The bodies are made by the
//! errors themselves; that the server answers with the same is held by `tests/it/examples`.

use std::collections::BTreeMap;

use support_domain::ConversationStatus;
use support_service::ServiceError;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr};
use utoipa::{IntoResponses, Modify};

use crate::error::{ApiError, ErrorCode};

macro_rules! error_sets {
    ($($(#[$about:meta])+ $set:ident: $($code:ident),+;)+) => {$(
        $(#[$about])+
        #[derive(Debug)]
        pub(crate) struct $set;

        impl IntoResponses for $set {
            fn responses() -> BTreeMap<String, RefOr<Response>> { responses(&[$(ErrorCode::$code),+]) }
        }
    )+};
}

error_sets! {
    /// Of a list, and of what there is only one of.
    ListErrors: ValidationFailed, Unauthenticated, Forbidden, Internal, Unavailable;
    /// Of what has an id.
    ReadErrors: ValidationFailed, Unauthenticated, Forbidden, NotFound, Internal, Unavailable;
    /// Of opening a conversation.
    OpenErrors: InvalidJson, ValidationFailed, Unauthenticated, Forbidden, IdempotencyMismatch, PayloadTooLarge,
        UnsupportedMediaType, RateLimited, Internal, Unavailable;
    /// Of a user's message.
    SendErrors: InvalidJson, ValidationFailed, Unauthenticated, Forbidden, NotFound, ConversationClosed,
        IdempotencyMismatch, PayloadTooLarge, UnsupportedMediaType, RateLimited, Internal, Unavailable;
    /// Of an admin's message.
    ReplyErrors: InvalidJson, ValidationFailed, Unauthenticated, Forbidden, NotFound, ConversationClosed, Stale,
        IdempotencyMismatch, PayloadTooLarge, UnsupportedMediaType, RateLimited, Internal, Unavailable;
    /// Of saying how far one has read.
    MarkReadErrors: InvalidJson, ValidationFailed, Unauthenticated, Forbidden, NotFound, PayloadTooLarge,
        UnsupportedMediaType, Internal, Unavailable;
    /// Of changing a conversation.
    UpdateErrors: InvalidJson, ValidationFailed, Unauthenticated, Forbidden, NotFound, ConversationClosed, Stale,
        InvalidTransition, PayloadTooLarge, UnsupportedMediaType, Internal, Unavailable;
    /// Of changing settings.
    SettingsErrors: InvalidJson, ValidationFailed, Unauthenticated, Forbidden, Stale, PayloadTooLarge,
        UnsupportedMediaType, Internal, Unavailable;
    /// Of an upload.
    UploadErrors: ValidationFailed, Unauthenticated, Forbidden, NotFound, PayloadTooLarge, UnsupportedMediaType,
        RateLimited, Internal, Unavailable;
    /// Of a ticket.
    TicketErrors: ValidationFailed, Unauthenticated, RateLimited, Internal, Unavailable;
    /// Of the handshake.
    HandshakeErrors: ValidationFailed, Unauthenticated, Forbidden, Internal, Unavailable;
    /// Of asking whether it can work.
    ReadyErrors: Unavailable;
}

/// When an error comes, and what there is to do then.
const fn when(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::InvalidJson => "The body is not JSON, or there is something behind its end. Mend the client.",
        ErrorCode::ValidationFailed => {
            "A field of the path, the query or the body is unknown, is missing, or has a value that it cannot have; \
             `details` says which, and why. It comes again however often it is sent."
        }
        ErrorCode::Unauthenticated => {
            "There is no token, or it is malformed, over, revoked, or signed by nobody who is trusted. Get a new one."
        }
        ErrorCode::Forbidden => {
            "The token is good, and does not reach this: a permission is missing, it was narrowed, it is a user's on an \
             admin's route or the other way round, or the page of a socket is of another origin."
        }
        ErrorCode::NotFound => {
            "It is unknown, somebody else's, or of a country that the caller does not see: which of them is not said. Also \
             an unknown path."
        }
        ErrorCode::MethodNotAllowed => "The path is right and the method is not; `Allow` names those that there are.",
        ErrorCode::ConversationClosed => "Nothing more is written in a closed conversation. Open a new one.",
        ErrorCode::Stale => {
            "`ifLastSeq` or `version` is not what it was; `details` has what it is now. Look again, then decide."
        }
        ErrorCode::InvalidTransition => "This status cannot follow the present one; `closed` is final.",
        ErrorCode::IdempotencyMismatch => {
            "The same `clientMessageId` came before, with other words. A new message wants a new key."
        }
        ErrorCode::PayloadTooLarge => "The body is longer than any can be, or the file larger than the settings allow.",
        ErrorCode::UnsupportedMediaType => {
            "The body is not of the `Content-Type` that is taken here, or the file is of a kind that is not taken."
        }
        ErrorCode::RateLimited => {
            "The person has sent, uploaded or asked for tickets too often. Wait for as many seconds as `Retry-After` says."
        }
        ErrorCode::Internal => {
            "A fault of the server, which has noted it under the `requestId`. Nobody knows whether a message was kept: send \
             it again under the same `clientMessageId`."
        }
        ErrorCode::Unavailable => {
            "The database or the storage is away, or there is too much to do. Wait for as many seconds as `Retry-After` says, \
             then send it again under the same `clientMessageId`."
        }
    }
}

/// The `requestId` of examples.
const REQUEST_ID: &str = "019c12d8-3a40-7f2b-8d1e-5b0c9a7e6f42";

/// An error of that code, as it may come.
fn sample(code: ErrorCode) -> ApiError {
    match code {
        ErrorCode::ValidationFailed => ApiError::invalid("subject", "must not be empty"),
        ErrorCode::Stale => ServiceError::Stale { field: "ifLastSeq", actual: 3 }.into(),
        ErrorCode::InvalidTransition => {
            ServiceError::InvalidTransition { from: ConversationStatus::Closed, to: ConversationStatus::Open }.into()
        }
        code => ApiError::new(code),
    }
}

fn example(code: ErrorCode) -> Example {
    let body = serde_json::to_value(sample(code).body(REQUEST_ID)).unwrap_or_default();
    ExampleBuilder::new().summary(code.sentence()).description(when(code)).value(Some(body)).build()
}

/// The headers that go with errors of a status.
fn headers(status: u16) -> &'static [(&'static str, Type, &'static str)] {
    match status {
        401 => &[("WWW-Authenticate", Type::String, "`Bearer`.")],
        429 => &[
            ("Retry-After", Type::Integer, "Whole seconds to wait."),
            ("X-RateLimit-Limit", Type::Integer, "How many there may be."),
            ("X-RateLimit-Remaining", Type::Integer, "How many are left."),
        ],
        503 => &[("Retry-After", Type::Integer, "Whole seconds to wait.")],
        _ => &[],
    }
}

fn header(schema_type: Type, about: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(schema_type).build();
    HeaderBuilder::new().schema(Some(schema)).description(Some(about)).build()
}

/// A response for each status, with an example for each code.
fn responses(codes: &[ErrorCode]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_u16()).or_default().push(*code);
    }
    let response = |(status, codes): (u16, Vec<ErrorCode>)| {
        let described: Vec<String> =
            codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.sentence())).collect();
        let examples = codes.iter().map(|code| {
            let name = code.as_str();
            (name.to_owned(), RefOr::Ref(Ref::new(format!("#/components/examples/{name}"))))
        });
        let body = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("ErrorBody")))
            .examples_from_iter::<_, _, RefOr<Example>>(examples)
            .build();
        let response = ResponseBuilder::new().description(described.join(" ")).content("application/json", body);
        let response = headers(status)
            .iter()
            .fold(response, |response, (name, kind, about)| response.header(*name, header(kind.clone(), about)));
        (status.to_string(), RefOr::T(response.build()))
    };
    by_status.into_iter().map(response).collect()
}

/// Puts an example of every code where the responses refer to.
pub(super) struct ErrorExamples;

impl Modify for ErrorExamples {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let examples = &mut document.components.get_or_insert_default().examples;
        for code in ErrorCode::ALL {
            examples.insert(code.as_str().to_owned(), RefOr::T(example(*code)));
        }
    }
}
