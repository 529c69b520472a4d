//! A multipart body with one file, read as it comes: what is kept in memory is bounded by the largest file that is taken,
//! whatever the client declares or sends.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, DispositionParam};
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, http::header::ContentDisposition};
use futures_core::Stream;
use futures_util::StreamExt;
use support_service::UploadAttachment;

use crate::error::{ApiError, ErrorCode};

/// The name of the one part.
const FILE: &str = "file";
/// What may stand around the file: boundaries and the headers of the part.
const AROUND: usize = 64 * 1024;

/// Whether the body is a form at all, and whether it says by itself that it is too large.
///
/// # Errors
/// `unsupported_media_type`, `payload_too_large`.
pub(crate) fn check_form(request: &HttpRequest, most_bytes: usize) -> Result<(), ApiError> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let kind = header(CONTENT_TYPE).and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("multipart/form-data") {
        return Err(ApiError::new(ErrorCode::UnsupportedMediaType));
    }
    match header(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok()) {
        Some(length) if length > u64::try_from(most_bytes.saturating_add(AROUND)).unwrap_or(u64::MAX) => {
            Err(ApiError::new(ErrorCode::PayloadTooLarge))
        }
        _ => Ok(()),
    }
}

/// Reads the file out of the body.
///
/// # Errors
/// `payload_too_large`, and `validation_failed` for what is no form with exactly one part named `file`, or takes longer than
/// `patience`.
pub(crate) async fn read_upload(
    request: &HttpRequest,
    payload: Payload,
    most_bytes: usize,
    patience: Duration,
) -> Result<UploadAttachment, ApiError> {
    let body = Bounded { payload, left: most_bytes.saturating_add(AROUND) };
    let form = Multipart::new(request.headers(), body);
    match tokio::time::timeout(patience, read(form, most_bytes)).await {
        Ok(read) => read,
        Err(_) => Err(ApiError::invalid(FILE, format!("must be uploaded within {} seconds", patience.as_secs()))),
    }
}

async fn read(mut form: Multipart, most_bytes: usize) -> Result<UploadAttachment, ApiError> {
    let mut upload = None;
    while let Some(field) = form.next().await {
        let mut field = field.map_err(|error| refusal(&error))?;
        match field.name() {
            Some(FILE) if upload.is_none() => {
                let name = field.content_disposition().map(client_name).unwrap_or_default();
                let bytes = collect(&mut field, most_bytes).await?;
                upload = Some(UploadAttachment { name, bytes });
            }
            Some(FILE) => return Err(ApiError::invalid(FILE, "must appear only once")),
            other => return Err(ApiError::unknown_field(other.unwrap_or("body"))),
        }
    }
    upload.ok_or_else(|| ApiError::invalid(FILE, "is required"))
}

async fn collect(field: &mut Field, most_bytes: usize) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(|error| refusal(&error))?;
        if bytes.len() + chunk.len() > most_bytes {
            return Err(ApiError::new(ErrorCode::PayloadTooLarge));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// What the client calls the file: the form that can hold every character, if it is there.
fn client_name(disposition: &ContentDisposition) -> String {
    let extended = disposition.parameters.iter().find_map(|parameter| match parameter {
        DispositionParam::FilenameExt(value) => String::from_utf8(value.value.clone()).ok(),
        _ => None,
    });
    extended.or_else(|| disposition.get_filename().map(ToOwned::to_owned)).unwrap_or_default()
}

fn refusal(error: &MultipartError) -> ApiError {
    match error {
        MultipartError::Payload(PayloadError::Overflow) => ApiError::new(ErrorCode::PayloadTooLarge),
        _ => ApiError::invalid("body", "must be multipart/form-data with one part named file"),
    }
}

/// A body that ends with an error when more of it comes than there may be.
struct Bounded {
    payload: Payload,
    left: usize,
}

impl Stream for Bounded {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.payload).poll_next(context);
        if let Poll::Ready(Some(Ok(bytes))) = &next {
            match self.left.checked_sub(bytes.len()) {
                Some(left) => self.left = left,
                None => return Poll::Ready(Some(Err(PayloadError::Overflow))),
            }
        }
        next
    }
}
