//! What every request passes on its way in and out: an id, a line in the log, the metrics, errors in the one shape, and
//! headers that keep browsers from guessing. Never logs a path, a query, a body or a token: ids and words may stand in
//! them.

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use support_domain::content::masking;
use support_metrics::SharedString;
use tracing::Instrument;

use crate::Desk;
use crate::error::{ApiError, ErrorCode};
use crate::metrics::{HTTP, InFlight};
use crate::traces::continue_trace;

/// The header that carries a request's id, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The client's own id for the request, if it is one that is safe to log: no line, no markup, and no secret.
fn given_id(request: &ServiceRequest) -> Option<String> {
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_safe = (1..=64).contains(&id.len()) && id.bytes().all(allowed) && masking::mask(id).kinds.is_empty();
    is_safe.then(|| id.to_owned())
}

/// The method's name, if it is one that everybody knows: a client may invent others, and every new one would be a line of
/// the metrics for ever.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// The middleware.
///
/// # Errors
/// Those of other middleware; what fails in a handler has become an answer already.
pub async fn boundary(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(desk) = request.app_data::<web::Data<Desk>>().cloned() else {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    };
    let clock = desk.service.clock();
    let started = clock.monotonic();
    let id = given_id(&request).unwrap_or_else(|| desk.service.ids().next(clock.now()).to_string());
    let method = known_method(request.method());
    let span = tracing::info_span!("request", request_id = %id, method);
    if desk.web.trust_proxy {
        continue_trace(&span, request.headers());
    }
    let in_flight = InFlight::begin();
    // No clone of the request may be held here: the router needs it for itself.
    let response = next.call(request).instrument(span.clone()).await?.map_into_boxed_body();
    // The pattern, not the path: ids stand in a path.
    let route = response.request().match_pattern().unwrap_or_else(|| "unknown".to_owned());
    let response = finish(response, &id);
    let (status, took) = (response.status().as_u16(), clock.monotonic().saturating_sub(started));
    span.in_scope(|| tracing::info!(route, status, took_ms = took.as_secs_f64() * 1_000.0, "answered"));
    let route = SharedString::from_shared(Arc::from(route));
    HTTP.request_duration.of([method.into(), route.clone()]).record(took);
    HTTP.requests.of([method.into(), route, status.to_string().into()]).increment(1);
    drop(in_flight);
    Ok(response)
}

fn finish(response: ServiceResponse<BoxBody>, id: &str) -> ServiceResponse<BoxBody> {
    let error = response
        .response()
        .error()
        .map(|error| error.as_error::<ApiError>().cloned().unwrap_or_else(|| foreign(response.status())));
    let mut response = match error {
        Some(error) => with_error(response, &error, id),
        None => response,
    };
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    let mut default = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    default(X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(X_FRAME_OPTIONS, "DENY");
    default(REFERRER_POLICY, "no-referrer");
    default(CACHE_CONTROL, "no-store");
    default(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    response
}

/// An error that the framework made, by its status.
fn foreign(status: StatusCode) -> ApiError {
    // Of the two codes of a bad request the general one.
    let known = ErrorCode::ALL.iter().copied().filter(|code| *code != ErrorCode::InvalidJson);
    let code = known.into_iter().find(|code| code.status() == status);
    ApiError::new(code.unwrap_or(if status.is_client_error() {
        ErrorCode::ValidationFailed
    } else {
        ErrorCode::Internal
    }))
}

fn with_error(response: ServiceResponse<BoxBody>, error: &ApiError, id: &str) -> ServiceResponse<BoxBody> {
    HTTP.errors.of(error.code).increment(1);
    let body = serde_json::to_vec(&error.body(id)).unwrap_or_default();
    let mut response = response.map_body(|head, _| {
        head.status = error.code.status();
        BoxBody::new(body)
    });
    if error.closes() {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let headers: &mut HeaderMap = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in error.headers() {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
