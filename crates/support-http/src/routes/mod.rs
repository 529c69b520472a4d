//! Which path leads where.

pub(crate) mod admin;
pub(crate) mod attachments;
mod console;
pub(crate) mod docs;
pub(crate) mod operation;
mod pages;
pub(crate) mod settings;
pub(crate) mod sockets;
pub(crate) mod staff;
pub(crate) mod user;

use actix_cors::Cors;
use actix_web::dev::HttpServiceFactory;
use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Resource, Route};

use crate::Desk;
use crate::boundary::{REQUEST_ID, boundary};
use crate::error::{ApiError, ErrorCode};
use crate::extract::authenticate;

/// Mounts the desk into an actix app: the paths of the contract below `/api`, and no others. The app's own routes and
/// state stay as they are.
pub fn configure(config: &mut ServiceConfig, desk: &Desk) {
    sockets::configure(config, desk);
    settings::configure(config, desk);
    staff::configure(config, desk);
    attachments::configure(config, desk);
    config
        .service(conversations("/api/support/conversations", desk, user::configure))
        .service(conversations("/api/admin/support/conversations", desk, admin::configure))
        .service(document("/api/support/openapi.json", web::to(docs::show_openapi), desk))
        .service(document("/api/support/asyncapi.json", web::to(docs::show_asyncapi), desk));
}

/// A description of what there is, for whoever asks.
fn document(path: &str, route: Route, desk: &Desk) -> impl HttpServiceFactory + 'static {
    resource(path, "GET", vec![(Method::GET, route)])
        .app_data(web::Data::new(desk.clone()))
        .wrap(cors(desk))
        .wrap(from_fn(boundary))
}

/// A door to the conversations: whoever comes in has passed the boundary, the rules for browsers and the authenticator.
fn conversations(path: &str, desk: &Desk, routes: fn(&mut ServiceConfig)) -> impl HttpServiceFactory + 'static {
    web::scope(path)
        .app_data(web::Data::new(desk.clone()))
        .app_data(web::PayloadConfig::new(desk.web.max_body_bytes))
        .wrap(from_fn(authenticate))
        .wrap(cors(desk))
        .wrap(from_fn(boundary))
        .configure(routes)
        .default_service(web::to(unknown_route))
}

/// A path behind the boundary, the rules for browsers and the authenticator.
fn guarded(resource: Resource, desk: &Desk) -> impl HttpServiceFactory + 'static {
    resource
        .app_data(web::Data::new(desk.clone()))
        .app_data(web::PayloadConfig::new(desk.web.max_body_bytes))
        .wrap(from_fn(authenticate))
        .wrap(cors(desk))
        .wrap(from_fn(boundary))
}

/// What the binary has besides: health, metrics, the API's pages, the console if it is on, and an answer to every other
/// path.
pub(crate) fn configure_binary(config: &mut ServiceConfig, desk: &Desk) {
    config.service(
        web::scope("")
            .app_data(web::Data::new(desk.clone()))
            .wrap(cors(desk))
            .wrap(from_fn(boundary))
            .configure(operation::configure)
            .configure(docs::configure)
            .configure(|config| console::configure(config, desk))
            .default_service(web::to(unknown_route)),
    );
}

/// A path with its methods; any other method is 405 and told which there are.
pub(crate) fn resource(path: &str, allow: &'static str, routes: Vec<(Method, Route)>) -> Resource {
    routes
        .into_iter()
        .fold(web::resource(path), |resource, (method, route)| resource.route(route.method(method)))
        .default_service(web::to(move || async move { Err::<&str, _>(ApiError::method_not_allowed(allow)) }))
}

async fn unknown_route() -> Result<&'static str, ApiError> {
    Err(ApiError::new(ErrorCode::NotFound))
}

fn cors(desk: &Desk) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "PATCH"])
        .allowed_headers([header::AUTHORIZATION, header::CONTENT_TYPE, REQUEST_ID])
        .expose_headers([
            "x-request-id",
            "retry-after",
            "x-ratelimit-limit",
            "x-ratelimit-remaining",
            "content-disposition",
        ])
        .max_age(600);
    desk.web.allowed_origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
