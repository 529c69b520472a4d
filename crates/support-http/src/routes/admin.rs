//! What support staff does: `/api/admin/support/conversations`.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{self, Data, Json, ServiceConfig};
use support_domain::Side;
use support_rbac::policy::action;

use super::resource;
use super::user::created;
use crate::Desk;
use crate::error::{ApiError, ErrorCode};
use crate::extract::{Body, ForAdmin, PathId, Query};
use crate::openapi::{ListErrors, MarkReadErrors, OpenErrors, ReadErrors, ReplyErrors, UpdateErrors};
use crate::requests::{
    DeskConversationsQuery, MarkReadRequest, MessagesQuery, NoQuery, OpenConversationForUserRequest, ReplyRequest,
    UpdateConversationRequest,
};
use crate::views::{
    AdminConversationView, ConversationDetailView, ConversationView, ConversationsView, MessagesView, OpenedView,
    SentView,
};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(resource(
            "",
            "GET, POST",
            vec![(Method::GET, web::to(list_conversations)), (Method::POST, web::to(open_conversation_for_user))],
        ))
        .service(resource(
            "/{id}",
            "GET, PATCH",
            vec![(Method::GET, web::to(get_conversation)), (Method::PATCH, web::to(update_conversation))],
        ))
        .service(resource(
            "/{id}/messages",
            "GET, POST",
            vec![(Method::GET, web::to(list_messages)), (Method::POST, web::to(reply))],
        ))
        .service(resource("/{id}/read", "POST", vec![(Method::POST, web::to(mark_read))]));
}

/// Lists the conversations that the admin may see, newest activity first.
#[utoipa::path(
    get, path = "/api/admin/support/conversations", tag = "admin", operation_id = "listConversations",
    params(DeskConversationsQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page.", body = ConversationsView<AdminConversationView>), ListErrors)
)]
pub(crate) async fn list_conversations(
    caller: ForAdmin<action::ListConversations>,
    desk: Data<Desk>,
    query: Query<DeskConversationsQuery>,
) -> Result<Json<ConversationsView<AdminConversationView>>, ApiError> {
    let admin = caller.0.grant.principal().as_admin().ok_or_else(|| ApiError::new(ErrorCode::Forbidden))?;
    let query = query.0.into_query(&admin.id)?;
    let limit = query.limit;
    let page = desk.service.list_conversations(&caller.0, query).await?;
    Ok(Json(ConversationsView::new(&page, limit)))
}

/// Opens a conversation with a user.
#[utoipa::path(
    post, path = "/api/admin/support/conversations", tag = "admin", operation_id = "openConversationForUser",
    request_body = OpenConversationForUserRequest, security(("bearer" = [])),
    responses(
        (status = 201, description = "Opened.", body = OpenedView<AdminConversationView>),
        (status = 200, description = "Opened before, under the same clientMessageId.", body = OpenedView<AdminConversationView>),
        OpenErrors
    )
)]
pub(crate) async fn open_conversation_for_user(
    caller: ForAdmin<action::OpenConversationForUser>,
    desk: Data<Desk>,
    _: Query<NoQuery>,
    body: Body<OpenConversationForUserRequest>,
) -> Result<HttpResponse, ApiError> {
    let command = body.0.into_command(&desk.service.limits())?;
    let opened = desk.service.open_conversation_for_user(&caller.0, command).await?;
    Ok(created(opened.is_new).json(OpenedView::<AdminConversationView>::new(&opened, Side::Admin)))
}

/// Shows a conversation and its user.
#[utoipa::path(
    get, path = "/api/admin/support/conversations/{id}", tag = "admin", operation_id = "getConversation",
    params(("id" = uuid::Uuid, Path, description = "The conversation.")), security(("bearer" = [])),
    responses((status = 200, description = "The conversation and its user.", body = ConversationDetailView), ReadErrors)
)]
pub(crate) async fn get_conversation(
    caller: ForAdmin<action::ViewConversation>,
    desk: Data<Desk>,
    id: PathId,
    _: Query<NoQuery>,
) -> Result<Json<ConversationDetailView>, ApiError> {
    let conversation = desk.service.get_conversation(&caller.0, id.0).await?;
    let card = desk.service.get_user_card(&caller.0, &conversation).await;
    Ok(Json(ConversationDetailView::new(&conversation, card)))
}

/// Changes status, priority and assignment, all or nothing.
#[utoipa::path(
    patch, path = "/api/admin/support/conversations/{id}", tag = "admin", operation_id = "updateConversation",
    params(("id" = uuid::Uuid, Path, description = "The conversation.")),
    request_body = UpdateConversationRequest, security(("bearer" = [])),
    responses(
        (status = 200, description = "Changed.", body = ConversationView<AdminConversationView>),
        UpdateErrors
    )
)]
pub(crate) async fn update_conversation(
    caller: ForAdmin<action::UpdateConversation>,
    desk: Data<Desk>,
    id: PathId,
    _: Query<NoQuery>,
    body: Body<UpdateConversationRequest>,
) -> Result<Json<ConversationView<AdminConversationView>>, ApiError> {
    let command = body.0.into_command(id.0)?;
    let conversation = desk.service.update_conversation(&caller.0, command).await?;
    Ok(Json((&conversation).into()))
}

/// Lists a conversation's messages, oldest first.
#[utoipa::path(
    get, path = "/api/admin/support/conversations/{id}/messages", tag = "admin", operation_id = "listMessages",
    params(("id" = uuid::Uuid, Path, description = "The conversation."), MessagesQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page.", body = MessagesView), ReadErrors)
)]
pub(crate) async fn list_messages(
    caller: ForAdmin<action::ListMessages>,
    desk: Data<Desk>,
    id: PathId,
    query: Query<MessagesQuery>,
) -> Result<Json<MessagesView>, ApiError> {
    let query = query.0.into_query(id.0)?;
    let listed = desk.service.list_messages(&caller.0, query).await?;
    Ok(Json(MessagesView::new(&listed, query.page, query.limit, Side::Admin)))
}

/// Replies to a conversation.
#[utoipa::path(
    post, path = "/api/admin/support/conversations/{id}/messages", tag = "admin", operation_id = "reply",
    params(("id" = uuid::Uuid, Path, description = "The conversation.")),
    request_body = ReplyRequest, security(("bearer" = [])),
    responses(
        (status = 201, description = "Kept for good.", body = SentView),
        (status = 200, description = "Sent before, under the same clientMessageId.", body = SentView),
        ReplyErrors
    )
)]
pub(crate) async fn reply(
    caller: ForAdmin<action::SendMessage>,
    desk: Data<Desk>,
    id: PathId,
    _: Query<NoQuery>,
    body: Body<ReplyRequest>,
) -> Result<HttpResponse, ApiError> {
    let command = body.0.into_command(id.0, &desk.service.limits())?;
    let sent = desk.service.send_message(&caller.0, command).await?;
    Ok(created(sent.is_new).json(SentView::new(&sent, Side::Admin)))
}

/// Says how far the desk has read.
#[utoipa::path(
    post, path = "/api/admin/support/conversations/{id}/read", tag = "admin", operation_id = "markRead",
    params(("id" = uuid::Uuid, Path, description = "The conversation.")),
    request_body = MarkReadRequest, security(("bearer" = [])),
    responses(
        (status = 200, description = "Noted.", body = ConversationView<AdminConversationView>),
        MarkReadErrors
    )
)]
pub(crate) async fn mark_read(
    caller: ForAdmin<action::MarkRead>,
    desk: Data<Desk>,
    id: PathId,
    _: Query<NoQuery>,
    body: Body<MarkReadRequest>,
) -> Result<Json<ConversationView<AdminConversationView>>, ApiError> {
    let conversation = desk.service.mark_read(&caller.0, id.0, body.0.up_to_seq).await?;
    Ok(Json((&conversation).into()))
}
