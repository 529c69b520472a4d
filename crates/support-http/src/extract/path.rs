//! An id in a path.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use support_domain::ConversationId;

use crate::error::ApiError;

/// The `{id}` of a path.
#[derive(Debug, Clone, Copy)]
pub struct PathId(pub ConversationId);

impl FromRequest for PathId {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().query("id").parse().map(Self);
        ready(id.map_err(|error| ApiError::invalid_value("id", &error)))
    }
}
