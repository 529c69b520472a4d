//! What drivers, customers and restaurants do: `/api/support/conversations`.

use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Data, Json, ServiceConfig};
use actix_web::{HttpResponse, HttpResponseBuilder};
use support_domain::Side;
use support_rbac::policy::action;

use super::resource;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{Body, ForUser, PathId, Query};
use crate::openapi::{ListErrors, MarkReadErrors, OpenErrors, ReadErrors, SendErrors};
use crate::requests::{
    MarkReadRequest, MessagesQuery, NoQuery, OpenConversationRequest, OwnConversationsQuery, SendMessageRequest,
};
use crate::views::{ConversationView, ConversationsView, MessagesView, OpenedView, SentView, UserConversationView};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(resource(
            "",
            "GET, POST",
            vec![(Method::GET, web::to(list_conversations)), (Method::POST, web::to(open_conversation))],
        ))
        .service(resource("/{id}", "GET", vec![(Method::GET, web::to(get_conversation))]))
        .service(resource(
            "/{id}/messages",
            "GET, POST",
            vec![(Method::GET, web::to(list_messages)), (Method::POST, web::to(send_message))],
        ))
        .service(resource("/{id}/read", "POST", vec![(Method::POST, web::to(mark_read))]));
}

/// 201 for what is new, 200 for what was there already under the same key.
pub(super) fn created(is_new: bool) -> HttpResponseBuilder {
    HttpResponse::build(if is_new { StatusCode::CREATED } else { StatusCode::OK })
}

/// Lists one's own conversations, newest activity first.
#[utoipa::path(
    get, path = "/api/support/conversations", tag = "user", operation_id = "listOwnConversations",
    params(OwnConversationsQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page.", body = ConversationsView<UserConversationView>), ListErrors)
)]
pub(crate) async fn list_conversations(
    caller: ForUser<action::ListConversations>,
    desk: Data<Desk>,
    query: Query<OwnConversationsQuery>,
) -> Result<Json<ConversationsView<UserConversationView>>, ApiError> {
    let query = query.0.into_query()?;
    let limit = query.limit;
    let page = desk.service.list_conversations(&caller.0, query).await?;
    Ok(Json(ConversationsView::new(&page, limit)))
}

/// Opens a conversation.
#[utoipa::path(
    post, path = "/api/support/conversations", tag = "user", operation_id = "openConversation",
    request_body = OpenConversationRequest, security(("bearer" = [])),
    responses(
        (status = 201, description = "Opened.", body = OpenedView<UserConversationView>),
        (status = 200, description = "Opened before, under the same clientMessageId.", body = OpenedView<UserConversationView>),
        OpenErrors
    )
)]
pub(crate) async fn open_conversation(
    caller: ForUser<action::OpenConversation>,
    desk: Data<Desk>,
    _: Query<NoQuery>,
    body: Body<OpenConversationRequest>,
) -> Result<HttpResponse, ApiError> {
    let command = body.0.into_command(&desk.service.limits())?;
    let opened = desk.service.open_conversation(&caller.0, command).await?;
    Ok(created(opened.is_new).json(OpenedView::<UserConversationView>::new(&opened, Side::User)))
}

/// Shows one of one's own conversations.
#[utoipa::path(
    get, path = "/api/support/conversations/{id}", tag = "user", operation_id = "getOwnConversation",
    params(("id" = uuid::Uuid, Path, description = "The conversation.")), security(("bearer" = [])),
    responses((status = 200, description = "The conversation.", body = ConversationView<UserConversationView>), ReadErrors)
)]
pub(crate) async fn get_conversation(
    caller: ForUser<action::ViewConversation>,
    desk: Data<Desk>,
    id: PathId,
    _: Query<NoQuery>,
) -> Result<Json<ConversationView<UserConversationView>>, ApiError> {
    let conversation = desk.service.get_conversation(&caller.0, id.0).await?;
    Ok(Json((&conversation).into()))
}

/// Lists a conversation's messages, oldest first.
#[utoipa::path(
    get, path = "/api/support/conversations/{id}/messages", tag = "user", operation_id = "listOwnMessages",
    params(("id" = uuid::Uuid, Path, description = "The conversation."), MessagesQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page.", body = MessagesView), ReadErrors)
)]
pub(crate) async fn list_messages(
    caller: ForUser<action::ListMessages>,
    desk: Data<Desk>,
    id: PathId,
    query: Query<MessagesQuery>,
) -> Result<Json<MessagesView>, ApiError> {
    let query = query.0.into_query(id.0)?;
    let listed = desk.service.list_messages(&caller.0, query).await?;
    Ok(Json(MessagesView::new(&listed, query.page, query.limit, Side::User)))
}

/// Writes a message. On a pending or resolved conversation it reopens it.
#[utoipa::path(
    post, path = "/api/support/conversations/{id}/messages", tag = "user", operation_id = "sendMessage",
    params(("id" = uuid::Uuid, Path, description = "The conversation.")),
    request_body = SendMessageRequest, security(("bearer" = [])),
    responses(
        (status = 201, description = "Kept for good.", body = SentView),
        (status = 200, description = "Sent before, under the same clientMessageId.", body = SentView),
        SendErrors
    )
)]
pub(crate) async fn send_message(
    caller: ForUser<action::SendMessage>,
    desk: Data<Desk>,
    id: PathId,
    _: Query<NoQuery>,
    body: Body<SendMessageRequest>,
) -> Result<HttpResponse, ApiError> {
    let command = body.0.into_command(id.0, &desk.service.limits())?;
    let sent = desk.service.send_message(&caller.0, command).await?;
    Ok(created(sent.is_new).json(SentView::new(&sent, Side::User)))
}

/// Says how far one has read.
#[utoipa::path(
    post, path = "/api/support/conversations/{id}/read", tag = "user", operation_id = "markOwnRead",
    params(("id" = uuid::Uuid, Path, description = "The conversation.")),
    request_body = MarkReadRequest, security(("bearer" = [])),
    responses(
        (status = 200, description = "Noted.", body = ConversationView<UserConversationView>),
        MarkReadErrors
    )
)]
pub(crate) async fn mark_read(
    caller: ForUser<action::MarkRead>,
    desk: Data<Desk>,
    id: PathId,
    _: Query<NoQuery>,
    body: Body<MarkReadRequest>,
) -> Result<Json<ConversationView<UserConversationView>>, ApiError> {
    let conversation = desk.service.mark_read(&caller.0, id.0, body.0.up_to_seq).await?;
    Ok(Json((&conversation).into()))
}
