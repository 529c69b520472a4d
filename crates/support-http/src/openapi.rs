//! The OpenAPI document, gathered from what is written beside the handlers, with examples that are real; and the AsyncAPI
//! document, which says the same of the sockets.

mod errors;
mod examples;

use std::sync::LazyLock;

use support_domain::{
    AutoAssignMode, ContentFormat, ConversationStatus, CountryCode, MaskedKind, MediaType, MessageType, Priority,
    SenderType, TextEnum, UserType,
};
use support_rbac::AdminRole;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{KnownFormat, RefOr};
use utoipa::{Modify, OpenApi, PartialSchema, ToSchema};

use self::errors::ErrorExamples;
pub(crate) use self::errors::{
    HandshakeErrors, ListErrors, MarkReadErrors, OpenErrors, ReadErrors, ReadyErrors, ReplyErrors, SendErrors,
    SettingsErrors, TicketErrors, UpdateErrors, UploadErrors,
};
use self::examples::RecordedExamples;
use crate::error::ErrorBody;
use crate::routes;

macro_rules! enum_schemas {
    ($($schema:ident of $type:ty, $name:literal;)+) => {$(
        /// The words of the domain's enum, for the document.
        #[derive(Debug)]
        pub(crate) struct $schema;

        impl PartialSchema for $schema {
            fn schema() -> RefOr<Schema> {
                let words = <$type as TextEnum>::ALL.iter().map(|word| word.as_str());
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
            }
        }

        impl ToSchema for $schema {
            fn name() -> std::borrow::Cow<'static, str> { std::borrow::Cow::Borrowed($name) }
        }
    )+};
}

enum_schemas! {
    StatusSchema of ConversationStatus, "ConversationStatus";
    PrioritySchema of Priority, "Priority";
    UserTypeSchema of UserType, "UserType";
    CountryCodeSchema of CountryCode, "CountryCode";
    SenderTypeSchema of SenderType, "SenderType";
    MessageTypeSchema of MessageType, "MessageType";
    FormatSchema of ContentFormat, "ContentFormat";
    MaskedKindSchema of MaskedKind, "MaskedKind";
    MediaTypeSchema of MediaType, "MediaType";
    AutoAssignModeSchema of AutoAssignMode, "AutoAssignMode";
    RoleSchema of AdminRole, "AdminRole";
}

/// A moment on the wire.
#[derive(Debug)]
pub(crate) struct TimestampSchema;

impl PartialSchema for TimestampSchema {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples([serde_json::json!("2026-01-31T09:30:00.000Z")])
            .into()
    }
}

impl ToSchema for TimestampSchema {
    fn name() -> std::borrow::Cow<'static, str> {
        std::borrow::Cow::Borrowed("Timestamp")
    }
}

struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A Biscuit token, as `support-http token` prints it."))
            .build();
        document.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Support desk",
        description = "Conversations between drivers, customers, restaurants and support staff. Whoever asks shows a token, \
                       `Authorization: Bearer TOKEN`. Bodies are JSON in camelCase, ids are UUIDs, times are RFC 3339 in UTC \
                       with milliseconds. An unknown field is refused. Every answer has an `X-Request-Id`, by which the logs know \
                       it.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    modifiers(&BearerToken, &ErrorExamples, &RecordedExamples),
    tags(
        (name = "user", description = "For drivers, customers and restaurants: their own conversations."),
        (name = "admin", description = "For support staff: the conversations that their permissions and country allow."),
        (name = "sockets", description = "Live: a ticket, and the socket."),
        (name = "operation", description = "For whoever runs the service.")
    ),
    components(schemas(ErrorBody)),
    paths(
        routes::user::list_conversations,
        routes::user::open_conversation,
        routes::user::get_conversation,
        routes::user::list_messages,
        routes::user::send_message,
        routes::user::mark_read,
        routes::admin::list_conversations,
        routes::admin::open_conversation_for_user,
        routes::admin::get_conversation,
        routes::admin::update_conversation,
        routes::admin::list_messages,
        routes::admin::reply,
        routes::admin::mark_read,
        routes::settings::get_client_settings,
        routes::settings::get_settings,
        routes::settings::update_settings,
        routes::staff::list_admins,
        routes::attachments::upload_attachment,
        routes::attachments::read_attachment,
        routes::attachments::upload_desk_attachment,
        routes::attachments::read_desk_attachment,
        routes::sockets::issue_ticket,
        routes::sockets::open_socket,
        routes::operation::check_live,
        routes::operation::check_ready,
        routes::operation::show_metrics,
        routes::docs::show_openapi,
        routes::docs::show_asyncapi,
        routes::docs::show_docs,
        routes::docs::show_socket_docs,
    )
)]
pub struct ApiDocument;

/// The AsyncAPI document: docs/asyncapi.yaml as JSON, with frames that went over a line.
pub const ASYNCAPI: &str = include_str!("assets/asyncapi.json");

/// The document as JSON, made once.
pub fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| ApiDocument::openapi().to_pretty_json().unwrap_or_default());
    &DOCUMENT
}
