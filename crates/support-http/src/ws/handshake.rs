//! Letting people in: where the page that asks comes from, who asks, and whether there is room.
//!
//! A browser can neither send a header with a handshake nor read why one was refused. So it shows a ticket, which it got
//! over REST where it can read errors, and what it is to know about its socket it is told in a close code. No token is
//! ever taken from a URL: URLs are logged.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use actix_web::{HttpRequest, HttpResponse, rt, web};
use support_rbac::{AuthenticationError, Caller};

use super::connection::Connection;
use super::session::Session;
use super::sockets::{NoPlace, TakenPlace};
use super::tcp::TcpHandle;
use super::{FrameLimits, is_handshake, upgrade};
use crate::Desk;
use crate::error::{ApiError, ClosingCode, ErrorCode};
use crate::extract::Knocking;

/// The subprotocol that is spoken.
const PROTOCOL: &str = "support.v1";
/// What a ticket begins with where it is offered as a subprotocol.
const TICKET_PREFIX: &str = "ticket.";

const NOTHING_SHOWN: AuthenticationError = AuthenticationError::refused("there is neither a bearer token nor a ticket");

/// What whoever knocks shows.
enum Shown {
    /// A token that is good.
    Token(Arc<Caller>),
    /// A ticket that nobody has looked at yet.
    Ticket(String),
}

/// Opens a socket.
pub(crate) async fn connect(
    request: HttpRequest,
    payload: web::Payload,
    desk: web::Data<Desk>,
    knocking: Knocking,
) -> Result<HttpResponse, ApiError> {
    let desk = desk.get_ref().clone();
    let Knocking { by_header, origin } = knocking;
    if !may_come_from(&request, &desk.web.allowed_origins) {
        return Err(ApiError::new(ErrorCode::Forbidden));
    }
    let limits = desk.sockets.limits();
    let frame_limits = FrameLimits {
        max_frame_bytes: limits.max_frame_bytes,
        max_message_bytes: limits.max_frame_bytes,
        ..FrameLimits::default()
    };
    // Before a ticket is used up: whether it is a handshake at all, which the upgrade itself would tell too late.
    let shown = match by_header {
        Some(authenticated) => Shown::Token(authenticated?),
        None => Shown::Ticket(ticket(&request).ok_or(NOTHING_SHOWN)?),
    };
    if !is_handshake(&request) {
        return Err(no_handshake());
    }
    known_fields(&request)?;
    let caller = match shown {
        Shown::Token(caller) => caller,
        Shown::Ticket(ticket) => redeem(&desk, &ticket).await?,
    };
    let person = caller.principal.key();
    let place = match desk.sockets.take_place(&person) {
        Ok(place) => Some(place),
        Err(NoPlace::TooManyOfPerson) => None,
        Err(NoPlace::NodeFull) => return Err(ApiError::new(ErrorCode::Unavailable)),
    };
    let (response, writer, reader) =
        upgrade(&request, payload, frame_limits, &[PROTOCOL]).map_err(|_| no_handshake())?;
    let writer = writer.with_timeout(limits.write_timeout);
    let tcp = request.conn_data::<Arc<TcpHandle>>().cloned();
    match place {
        // A browser learns of it by the close code only.
        None => {
            let code = ClosingCode::TooMany;
            rt::spawn(async move { writer.close(code.code(), code.sentence()).await });
        }
        Some(place) => {
            let side = caller.principal.side();
            let subscriber = Arc::new(desk.service.hub().connect(person, side));
            let session = Session::new(desk.service.clone(), caller, origin, Arc::clone(&subscriber), limits);
            let connection = Box::new(Connection { desk, session, subscriber, reader, writer, tcp });
            // In the span of the request, whose id leads from here to what the log says about the socket later.
            tracing::info!(socket = connection.subscriber.id().number(), "a socket was opened");
            rt::spawn(connection.run());
            // The place is taken for as long as there is something to write, whether or not anybody reads it.
            return Ok(response.map_body(|_, body| BoxBody::new(Placed { body, _place: place })));
        }
    }
    Ok(response)
}

/// What is written to a socket, and the socket's place.
struct Placed {
    body: BoxBody,
    _place: TakenPlace,
}

impl MessageBody for Placed {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<web::Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(cx)
    }
}

fn no_handshake() -> ApiError {
    ApiError::invalid("upgrade", "must be a WebSocket handshake of version 13")
}

/// Programs send no origin; a page's has to be one of ours.
fn may_come_from(request: &HttpRequest, allowed: &[String]) -> bool {
    let mut origins = request.headers().get_all(ORIGIN);
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => origin.to_str().is_ok_and(|origin| allowed.iter().any(|allowed| allowed == origin)),
        (Some(_), Some(_)) => false,
    }
}

/// The ticket that the request shows, as a subprotocol or in the query.
fn ticket(request: &HttpRequest) -> Option<String> {
    let offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).filter_map(|value| value.to_str().ok());
    let mut protocols = offered.flat_map(|list| list.split(',')).map(str::trim);
    let by_protocol = protocols.find_map(|protocol| protocol.strip_prefix(TICKET_PREFIX));
    by_protocol.map(ToOwned::to_owned).or_else(|| {
        let mut pairs = form_urlencoded::parse(request.query_string().as_bytes());
        pairs.find(|(name, _)| name == "ticket").map(|(_, value)| value.into_owned())
    })
}

/// Whether the query holds nothing but a ticket.
fn known_fields(request: &HttpRequest) -> Result<(), ApiError> {
    let mut pairs = form_urlencoded::parse(request.query_string().as_bytes());
    match pairs.find(|(name, _)| name != "ticket") {
        Some((name, _)) => Err(ApiError::unknown_field(&name)),
        None => Ok(()),
    }
}

async fn redeem(desk: &Desk, ticket: &str) -> Result<Arc<Caller>, ApiError> {
    let caller = desk.service.redeem_ticket(ticket).await?;
    caller.ok_or_else(|| AuthenticationError::refused("the ticket is unknown, used, or over").into())
}
