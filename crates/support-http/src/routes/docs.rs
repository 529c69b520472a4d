//! The API's own description, and a page that shows it. Everything the page needs is in the binary.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType};
use actix_web::web::{self, ServiceConfig};

use super::resource;
use crate::openapi;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(resource("/docs", "GET", vec![(Method::GET, web::to(show_docs))]))
        .service(resource("/docs/docs.css", "GET", vec![(Method::GET, web::to(show_style))]))
        .service(resource("/docs/docs.js", "GET", vec![(Method::GET, web::to(show_script))]));
}

/// Shows the OpenAPI document.
#[utoipa::path(
    get, path = "/api/support/openapi.json", tag = "operation", operation_id = "showOpenapi",
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json"))
)]
pub(crate) async fn show_openapi() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(openapi::document())
}

/// Shows the AsyncAPI document: what is spoken over the socket.
#[utoipa::path(
    get, path = "/api/support/asyncapi.json", tag = "sockets", operation_id = "showAsyncapi",
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json"))
)]
pub(crate) async fn show_asyncapi() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(openapi::ASYNCAPI)
}

/// Shows the OpenAPI document as a page.
#[utoipa::path(
    get, path = "/docs", tag = "operation", operation_id = "showDocs",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(crate) async fn show_docs() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'",
        ))
        .body(include_str!("../assets/docs.html"))
}

async fn show_style() -> HttpResponse {
    HttpResponse::Ok().content_type("text/css; charset=utf-8").body(include_str!("../assets/docs.css"))
}

async fn show_script() -> HttpResponse {
    HttpResponse::Ok().content_type("text/javascript; charset=utf-8").body(include_str!("../assets/docs.js"))
}
