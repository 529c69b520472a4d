//! For whoever runs the service: is it alive, is it ready, what does it count.

use actix_web::http::Method;
use actix_web::web::{self, Data, Json, ServiceConfig};
use serde::Serialize;
use utoipa::ToSchema;

use super::resource;
use crate::Desk;
use crate::error::{ApiError, ErrorCode};
use crate::openapi::ReadyErrors;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(resource(
            "/healthz",
            "GET, HEAD",
            vec![(Method::GET, web::to(check_live)), (Method::HEAD, web::to(check_live))],
        ))
        .service(resource(
            "/readyz",
            "GET, HEAD",
            vec![(Method::GET, web::to(check_ready)), (Method::HEAD, web::to(check_ready))],
        ))
        .service(resource("/metrics", "GET", vec![(Method::GET, web::to(show_metrics))]));
}

/// A state of health.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthView {
    /// `ok`.
    status: &'static str,
}

const OK: HealthView = HealthView { status: "ok" };

/// Says that the process runs.
#[utoipa::path(
    get, path = "/healthz", tag = "operation", operation_id = "checkLive",
    responses((status = 200, description = "It runs.", body = HealthView))
)]
pub(crate) async fn check_live() -> Json<HealthView> {
    Json(OK)
}

/// Says whether the database answers.
#[utoipa::path(
    get, path = "/readyz", tag = "operation", operation_id = "checkReady",
    responses(
        (status = 200, description = "It can work.", body = HealthView),
        ReadyErrors
    )
)]
pub(crate) async fn check_ready(desk: Data<Desk>) -> Result<Json<HealthView>, ApiError> {
    desk.service.check_ready().await?;
    Ok(Json(OK))
}

/// Shows the metrics in the text form of Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "operation", operation_id = "showMetrics",
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain"))
)]
pub(crate) async fn show_metrics(desk: Data<Desk>) -> Result<actix_web::HttpResponse, ApiError> {
    let metrics = desk.web.metrics.as_ref().ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
    desk.service.observe();
    Ok(actix_web::HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(metrics.render()))
}
