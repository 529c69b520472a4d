//! Sockets: a ticket for one, and the socket itself.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};
use serde::Serialize;
use support_domain::Timestamp;
use utoipa::ToSchema;

use super::{guarded, resource};
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{ForAnybody, Query};
use crate::openapi::{HandshakeErrors, TicketErrors, TimestampSchema};
use crate::requests::NoQuery;

pub(super) fn configure(config: &mut ServiceConfig, desk: &Desk) {
    let tickets = resource("/api/support/ws-tickets", "POST", vec![(Method::POST, web::to(issue_ticket))]);
    let socket = resource("/api/support/ws", "GET", vec![(Method::GET, web::to(crate::ws::connect))]);
    config.service(guarded(tickets, desk)).service(guarded(socket, desk));
}

/// A ticket for a socket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketView {
    /// What to show at the handshake: as the subprotocol `ticket.TICKET` beside `support.v1`, or as `?ticket=`.
    ticket: String,
    #[schema(value_type = TimestampSchema)]
    expires_at: Timestamp,
}

/// Makes a ticket with which a socket can be opened once, within 30 seconds.
#[utoipa::path(
    post, path = "/api/support/ws-tickets", tag = "sockets", operation_id = "issueTicket", security(("bearer" = [])),
    responses(
        (status = 201, description = "Made.", body = TicketView),
        TicketErrors
    )
)]
pub(crate) async fn issue_ticket(
    caller: ForAnybody,
    desk: Data<Desk>,
    _: Query<NoQuery>,
) -> Result<HttpResponse, ApiError> {
    let ticket = desk.service.issue_ticket(&caller.0).await?;
    Ok(HttpResponse::Created().json(TicketView { ticket: ticket.ticket, expires_at: ticket.expires_at }))
}

/// Opens a WebSocket.
///
/// By a token in the header, or by a ticket: as the pair of subprotocols `support.v1`, `ticket.TICKET`, or as `?ticket=`. A page
/// (a request with an `Origin`) is let in only from `SUPPORT_ALLOWED_ORIGINS`. What is spoken over it stands in the document at
/// `/api/support/asyncapi.json`.
#[utoipa::path(
    get, path = "/api/support/ws", tag = "sockets", operation_id = "openSocket", security(("bearer" = [])),
    params(("ticket" = Option<String>, Query, description = "A ticket, where neither a header nor a subprotocol can be sent.")),
    responses(
        (status = 101, description = "The socket is open."),
        HandshakeErrors
    )
)]
#[expect(dead_code, reason = "it describes the handler of the handshake")]
pub(crate) fn open_socket() {}
