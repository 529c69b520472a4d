//! A JSON body.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use garde::Validate;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::{Map, Value};
use support_domain::Limits;

use super::fields::{refusal, refusals};
use crate::Desk;
use crate::error::{ApiError, ErrorCode};

/// A JSON body whose fields are all known and within the limits.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T> FromRequest for Body<T>
where
    T: DeserializeOwned + Validate<Context = Limits> + 'static,
{
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_json(request);
        let desk = request.app_data::<web::Data<Desk>>().cloned();
        let bytes = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            let desk = desk.ok_or_else(|| ApiError::new(ErrorCode::Internal))?;
            if !is_json {
                return Err(ApiError::new(ErrorCode::UnsupportedMediaType));
            }
            // Whoever sends it was looked at before; that must not be long ago when it is acted on.
            let patience = desk.web.body_timeout;
            let bytes = tokio::time::timeout(patience, bytes).await.map_err(|_| {
                let sentence = format!("must arrive within {} seconds", patience.as_secs());
                ApiError::invalid("body", sentence).that_closes()
            })?;
            let bytes = bytes.map_err(|error| match error.as_response_error().status_code().as_u16() {
                413 => ApiError::new(ErrorCode::PayloadTooLarge),
                _ => ApiError::new(ErrorCode::InvalidJson),
            })?;
            parse(&bytes, &desk.service.limits()).map(Self)
        })
    }
}

fn is_json(request: &HttpRequest) -> bool {
    let value = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// Reads JSON into a request.
///
/// # Errors
/// `invalid_json` for what is not JSON at all, `validation_failed` with the fields for all else.
pub(crate) fn parse<T>(bytes: &[u8], limits: &Limits) -> Result<T, ApiError>
where
    T: DeserializeOwned + Validate<Context = Limits>,
{
    // Serde would take a list of the fields' values for an object.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        serde_json::from_slice::<serde::de::IgnoredAny>(bytes).map_err(|_| ApiError::new(ErrorCode::InvalidJson))?;
        return Err(ApiError::invalid("body", "must be an object"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = read(&mut deserializer)?;
    deserializer.end().map_err(|_| ApiError::new(ErrorCode::InvalidJson))?;
    validated(value, limits)
}

/// The same for an object that was read already, as a part of something else.
///
/// # Errors
/// `validation_failed` with the fields.
pub(crate) fn parse_value<T>(object: Map<String, Value>, limits: &Limits) -> Result<T, ApiError>
where
    T: DeserializeOwned + Validate<Context = Limits>,
{
    validated(read(Value::Object(object))?, limits)
}

fn read<'de, T, D>(deserializer: D) -> Result<T, ApiError>
where
    T: DeserializeOwned,
    D: serde::Deserializer<'de, Error = serde_json::Error>,
{
    serde_path_to_error::deserialize(deserializer).map_err(|error| match error.inner().classify() {
        Category::Data => refusal(&error.path().to_string(), &error.inner().to_string()),
        Category::Io | Category::Syntax | Category::Eof => ApiError::new(ErrorCode::InvalidJson),
    })
}

fn validated<T: Validate<Context = Limits>>(value: T, limits: &Limits) -> Result<T, ApiError> {
    value.validate_with(limits).map_err(|report| refusals(&report))?;
    Ok(value)
}
