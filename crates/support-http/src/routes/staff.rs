//! The support staff: who can be given a conversation.

use actix_web::http::Method;
use actix_web::web::{self, Data, Json, ServiceConfig};
use support_rbac::policy::action;

use super::{guarded, resource};
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{ForAdmin, Query};
use crate::openapi::ListErrors;
use crate::requests::AdminsQuery;
use crate::views::AdminsView;

pub(super) fn configure(config: &mut ServiceConfig, desk: &Desk) {
    let admins = resource("/api/admin/support/admins", "GET", vec![(Method::GET, web::to(list_admins))]);
    config.service(guarded(admins, desk));
}

/// Lists those who can be given a conversation of the caller's countries, by their ids.
#[utoipa::path(
    get, path = "/api/admin/support/admins", tag = "admin", operation_id = "listAdmins",
    params(AdminsQuery), security(("bearer" = [])),
    responses((status = 200, description = "All of them.", body = AdminsView), ListErrors)
)]
pub(crate) async fn list_admins(
    caller: ForAdmin<action::ListAdmins>,
    desk: Data<Desk>,
    query: Query<AdminsQuery>,
) -> Result<Json<AdminsView>, ApiError> {
    let admins = desk.service.list_admins(&caller.0, query.0.country_code).await?;
    Ok(Json(AdminsView::new(admins)))
}
