//! The OpenAPI document, gathered from what is written beside the handlers.

use std::sync::LazyLock;

use support_domain::{
    AutoAssignMode, ContentFormat, ConversationStatus, CountryCode, MaskedKind, MediaType, MessageType, Priority,
    SenderType, TextEnum, UserType,
};
use support_rbac::AdminRole;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, KnownFormat, Ref, RefOr};
use utoipa::{IntoResponses, Modify, OpenApi, PartialSchema, ToSchema};

use crate::error::{ErrorBody, ErrorCode};
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

/// The errors that any route behind a token can answer with.
#[derive(Debug)]
pub(crate) struct CommonErrors;

/// What a route that changes a conversation can answer with besides.
#[derive(Debug)]
pub(crate) struct ChangeErrors;

fn error_responses(statuses: &[u16]) -> std::collections::BTreeMap<String, RefOr<Response>> {
    let of_status = |status: u16| {
        let codes = ErrorCode::ALL.iter().filter(|code| code.status().as_u16() == status);
        let described: Vec<String> = codes.map(|code| format!("`{}`: {}", code.as_str(), code.sentence())).collect();
        let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
        ResponseBuilder::new().description(described.join(" ")).content("application/json", body).build()
    };
    statuses.iter().map(|status| (status.to_string(), RefOr::T(of_status(*status)))).collect()
}

impl IntoResponses for CommonErrors {
    fn responses() -> std::collections::BTreeMap<String, RefOr<Response>> {
        error_responses(&[400, 401, 403, 404, 500, 503])
    }
}

impl IntoResponses for ChangeErrors {
    fn responses() -> std::collections::BTreeMap<String, RefOr<Response>> {
        error_responses(&[409, 413, 415, 429])
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
        description = "Conversations between drivers, customers, restaurants and support staff.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    modifiers(&BearerToken),
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
        routes::sockets::issue_ticket,
        routes::sockets::open_socket,
        routes::operation::check_live,
        routes::operation::check_ready,
        routes::operation::show_metrics,
        routes::docs::show_openapi,
        routes::docs::show_docs,
    )
)]
pub struct ApiDocument;

/// The document as JSON, made once.
pub fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| ApiDocument::openapi().to_pretty_json().unwrap_or_default());
    &DOCUMENT
}
