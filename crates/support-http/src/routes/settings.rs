//! How the desk works: what a client needs to know of it, and what the desk may change while it runs.

use actix_web::http::Method;
use actix_web::web::{self, Data, Json, ServiceConfig};
use support_rbac::policy::action;

use super::{guarded, resource};
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{Body, ForAdmin, ForUser, Query};
use crate::openapi::{ListErrors, SettingsErrors};
use crate::requests::{NoQuery, UpdateSettingsRequest};
use crate::views::{ClientSettingsView, DeskSettingsView, SettingsView};

pub(super) fn configure(config: &mut ServiceConfig, desk: &Desk) {
    let client = resource("/api/support/settings", "GET", vec![(Method::GET, web::to(get_client_settings))]);
    let both = vec![(Method::GET, web::to(get_settings)), (Method::PUT, web::to(update_settings))];
    let admin = resource("/api/admin/support/settings", "GET, PUT", both);
    config.service(guarded(client, desk)).service(guarded(admin, desk));
}

/// Shows what a client needs: how long messages may be, which files may come, and when the desk is there.
#[utoipa::path(
    get, path = "/api/support/settings", tag = "user", operation_id = "getClientSettings", security(("bearer" = [])),
    responses((status = 200, description = "What is in force.", body = SettingsView<ClientSettingsView>), ListErrors)
)]
pub(crate) async fn get_client_settings(
    caller: ForUser<action::ViewClientSettings>,
    desk: Data<Desk>,
    _: Query<NoQuery>,
) -> Json<SettingsView<ClientSettingsView>> {
    let in_force = desk.service.get_client_settings(&caller.0);
    Json(SettingsView::new(ClientSettingsView::new(&in_force, &desk.service.limits())))
}

/// Shows all settings that are in force.
#[utoipa::path(
    get, path = "/api/admin/support/settings", tag = "admin", operation_id = "getSettings", security(("bearer" = [])),
    responses((status = 200, description = "What is in force.", body = SettingsView<DeskSettingsView>), ListErrors)
)]
pub(crate) async fn get_settings(
    caller: ForAdmin<action::ViewSettings>,
    desk: Data<Desk>,
    _: Query<NoQuery>,
) -> Result<Json<SettingsView<DeskSettingsView>>, ApiError> {
    let in_force = desk.service.get_settings(&caller.0).await?;
    Ok(Json(SettingsView::new(DeskSettingsView::new(&in_force))))
}

/// Changes settings. What is left out stays as it is in force, and null goes back to the configuration. On every node within a
/// minute.
#[utoipa::path(
    put, path = "/api/admin/support/settings", tag = "admin", operation_id = "updateSettings",
    request_body = UpdateSettingsRequest, security(("bearer" = [])),
    responses(
        (status = 200, description = "Changed, and in force.", body = SettingsView<DeskSettingsView>),
        SettingsErrors
    )
)]
pub(crate) async fn update_settings(
    caller: ForAdmin<action::ManageSettings>,
    desk: Data<Desk>,
    _: Query<NoQuery>,
    body: Body<UpdateSettingsRequest>,
) -> Result<Json<SettingsView<DeskSettingsView>>, ApiError> {
    let in_force = desk.service.update_settings(&caller.0, body.0.into_command()?).await?;
    Ok(Json(SettingsView::new(DeskSettingsView::new(&in_force))))
}
