//! The caller, with the policy's grant for the handler's action. No handler of a conversation can be reached without one.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderMap, USER_AGENT};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};
use support_audit::UserAgent;
use support_domain::Side;
use support_rbac::{Action, AuthenticationError, Caller, authorize};
use support_service::{Context, Origin};

use crate::Desk;
use crate::error::{ApiError, ErrorCode};
use crate::metrics::{Authenticated as Known, HTTP};

/// Who was found to call, or why nobody was.
type Authenticated = Result<Arc<Caller>, AuthenticationError>;

/// The middleware that finds out who calls. It refuses nobody: the handler's first argument does.
///
/// # Errors
/// Those of what it wraps.
pub async fn authenticate(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if let Some(desk) = request.app_data::<web::Data<Desk>>().cloned() {
        let token = bearer_token(request.headers());
        let has_token = token.is_some();
        let authenticated: Authenticated = match token {
            Some(token) => {
                desk.authenticator.authenticate(token).await.inspect(|caller| desk.service.note_caller(caller))
            }
            None => Err(AuthenticationError::refused("there is no bearer token")),
        };
        HTTP.authentications.of(known(&authenticated, has_token)).increment(1);
        request.extensions_mut().insert(authenticated);
    }
    next.call(request).await
}

/// Whether it is known who asks, for the metrics.
fn known(authenticated: &Authenticated, has_token: bool) -> Known {
    match authenticated {
        Ok(_) => Known::Accepted,
        Err(AuthenticationError::Unavailable) => Known::Unavailable,
        Err(AuthenticationError::Unauthenticated(_)) if has_token => Known::Refused,
        Err(AuthenticationError::Unauthenticated(_)) => Known::Missing,
    }
}

/// The token of the one `Authorization` header.
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION);
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn caller(request: &HttpRequest) -> Authenticated {
    let authenticated = request.extensions().get::<Authenticated>().cloned();
    authenticated.unwrap_or_else(|| Err(AuthenticationError::refused("nobody looked for a token")))
}

fn context<A: Action>(request: &HttpRequest, side: Side) -> Result<Context<A>, ApiError> {
    let caller = caller(request)?;
    if caller.principal.side() != side {
        return Err(ApiError::new(ErrorCode::Forbidden));
    }
    Ok(Context { grant: authorize::<A>(&caller)?, origin: origin(request) })
}

fn origin(request: &HttpRequest) -> Origin {
    let trusted = request.app_data::<web::Data<Desk>>().is_some_and(|desk| desk.web.trust_proxy);
    // Our own proxy appended the last one, perhaps as a line of its own; those before it are whatever the client claimed.
    let lines = request.headers().get_all("x-forwarded-for").filter(|_| trusted);
    let forwarded = lines.last().and_then(|value| value.to_str().ok()).and_then(|list| list.rsplit(',').next());
    let forwarded = forwarded.and_then(|address| address.trim().parse().ok());
    Origin {
        ip_address: forwarded.or_else(|| request.peer_addr().map(|address| address.ip())),
        user_agent: request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).and_then(UserAgent::reduce),
    }
}

/// Anybody with a token: for what is no action of the policy yet, but leads to where each action is asked for.
#[derive(Debug)]
pub struct ForAnybody(pub Arc<Caller>);

impl FromRequest for ForAnybody {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(request).map(Self).map_err(ApiError::from))
    }
}

/// Whoever opens a socket: with a token in the header, or with something else that the handshake has to look for.
#[derive(Debug)]
pub(crate) struct Knocking {
    /// Whom the header's token speaks for, or why for nobody; none without the header.
    pub(crate) by_header: Option<Authenticated>,
    /// Where the request came from.
    pub(crate) origin: Origin,
}

impl FromRequest for Knocking {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let by_header = request.headers().contains_key(AUTHORIZATION).then(|| caller(request));
        ready(Ok(Self { by_header, origin: origin(request) }))
    }
}

/// A user who may do `A`.
#[derive(Debug)]
pub struct ForUser<A: Action>(pub Context<A>);

/// An admin who may do `A`.
#[derive(Debug)]
pub struct ForAdmin<A: Action>(pub Context<A>);

impl<A: Action> FromRequest for ForUser<A> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(context(request, Side::User).map(Self))
    }
}

impl<A: Action> FromRequest for ForAdmin<A> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(context(request, Side::Admin).map(Self))
    }
}
