//! An id in a path.

use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use support_domain::{ConversationId, InvalidValue};

use crate::error::ApiError;

/// The `{id}` of a path: a conversation's, unless another is named.
#[derive(Debug, Clone, Copy)]
pub struct PathId<T = ConversationId>(pub T);

impl<T: FromStr<Err = InvalidValue>> FromRequest for PathId<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().query("id").parse().map(Self);
        ready(id.map_err(|error| ApiError::invalid_value("id", &error)))
    }
}
