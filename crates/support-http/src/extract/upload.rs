//! A multipart body with one file, read as it comes: what is kept in memory is bounded by the largest file that is taken,
//! whatever the client declares or sends.

use std::future::Future;
use std::io::ErrorKind;
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
use tokio::time::Sleep;

use crate::error::{ApiError, ErrorCode};

/// The name of the one part.
const FILE: &str = "file";
/// What may stand around the file: boundaries and the headers of the part.
const AROUND: usize = 64 * 1024;
/// Fewest bytes that have to come within each pause that is allowed. Whoever sends less holds a place that others want.
const LEAST: usize = 16 * 1024;
/// Room that is made at first for a file of which nobody said how large it is.
const FIRST_ROOM: usize = 64 * 1024;

/// How long an upload may take.
#[derive(Debug, Clone, Copy)]
pub struct UploadPatience {
    /// All of it.
    pub whole: Duration,
    /// Without bringing anything worth mentioning.
    pub pause: Duration,
}

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
/// there is patience for.
pub(crate) async fn read_upload(
    request: &HttpRequest,
    payload: Payload,
    most_bytes: usize,
    patience: UploadPatience,
) -> Result<UploadAttachment, ApiError> {
    let body = Bounded::new(payload, most_bytes.saturating_add(AROUND), patience.pause);
    let form = Multipart::new(request.headers(), body);
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let room = declared.unwrap_or(FIRST_ROOM).min(most_bytes);
    match tokio::time::timeout(patience.whole, read(form, room, most_bytes)).await {
        Ok(read) => read,
        Err(_) => Err(ApiError::invalid(FILE, format!("must be uploaded within {} seconds", patience.whole.as_secs()))),
    }
}

async fn read(mut form: Multipart, room: usize, most_bytes: usize) -> Result<UploadAttachment, ApiError> {
    let mut upload = None;
    while let Some(field) = form.next().await {
        let mut field = field.map_err(|error| refusal(&error))?;
        match field.name() {
            Some(FILE) if upload.is_none() => {
                let name = field.content_disposition().map(client_name).unwrap_or_default();
                let bytes = collect(&mut field, room, most_bytes).await?;
                upload = Some(UploadAttachment { name, bytes });
            }
            Some(FILE) => return Err(ApiError::invalid(FILE, "must appear only once")),
            other => return Err(ApiError::unknown_field(other.unwrap_or("body"))),
        }
    }
    upload.ok_or_else(|| ApiError::invalid(FILE, "is required"))
}

async fn collect(field: &mut Field, room: usize, most_bytes: usize) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::with_capacity(room);
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(|error| refusal(&error))?;
        if bytes.len() + chunk.len() > most_bytes {
            return Err(ApiError::new(ErrorCode::PayloadTooLarge));
        }
        make_room(&mut bytes, chunk.len(), most_bytes);
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Makes room for so much more, and for as much again that it need not be done for each piece, but never for more than the
/// largest file.
fn make_room(bytes: &mut Vec<u8>, more: usize, most_bytes: usize) {
    if bytes.capacity() - bytes.len() < more {
        let left = most_bytes.saturating_sub(bytes.len());
        bytes.reserve_exact(bytes.len().max(FIRST_ROOM).min(left).max(more));
    }
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
        MultipartError::Payload(PayloadError::Io(error)) if error.kind() == ErrorKind::TimedOut => {
            ApiError::invalid(FILE, "must be uploaded without long pauses")
        }
        _ => ApiError::invalid("body", "must be multipart/form-data with one part named file"),
    }
}

/// A body that ends with an error when more of it comes than there may be, or too little of it for too long.
struct Bounded<S> {
    payload: S,
    left: usize,
    pause: Duration,
    /// The end of the pause that is allowed now.
    end: Pin<Box<Sleep>>,
    /// What came since it began.
    came: usize,
}

impl<S> Bounded<S> {
    fn new(payload: S, most: usize, pause: Duration) -> Self {
        Self { payload, left: most, pause, end: Box::pin(tokio::time::sleep(pause)), came: 0 }
    }
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for Bounded<S> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.payload).poll_next(context);
        match &next {
            Poll::Ready(Some(Ok(bytes))) => {
                self.came = self.came.saturating_add(bytes.len());
                match self.left.checked_sub(bytes.len()) {
                    Some(left) => self.left = left,
                    None => return Poll::Ready(Some(Err(PayloadError::Overflow))),
                }
            }
            Poll::Ready(_) => {}
            // Only here: that this process was slow to ask is nobody else's fault.
            Poll::Pending => {
                while self.end.as_mut().poll(context).is_ready() {
                    if self.came < LEAST {
                        return Poll::Ready(Some(Err(PayloadError::Io(ErrorKind::TimedOut.into()))));
                    }
                    self.came = 0;
                    self.end = Box::pin(tokio::time::sleep(self.pause));
                }
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream::unfold;

    use super::*;

    /// Pieces of that size without an end, a moment between them.
    fn pieces(size: usize) -> impl Stream<Item = Result<Bytes, PayloadError>> + Unpin {
        Box::pin(unfold((), move |()| async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            Some((Ok(Bytes::from(vec![7; size])), ()))
        }))
    }

    #[tokio::test]
    async fn who_sends_a_byte_now_and_then_is_cut_off() {
        let mut trickle = Bounded::new(pieces(1), usize::MAX, Duration::from_millis(50));
        let end = async {
            loop {
                if let Some(Err(error)) = trickle.next().await {
                    return error;
                }
            }
        };
        let error = tokio::time::timeout(Duration::from_secs(60), end).await.expect("it ends");
        assert!(matches!(error, PayloadError::Io(error) if error.kind() == ErrorKind::TimedOut));
    }

    #[tokio::test]
    async fn who_sends_on_is_left_alone_up_to_the_largest_body() {
        let steady = Bounded::new(pieces(LEAST), 100 * LEAST, Duration::from_millis(20));
        let (came, ended): (Vec<_>, Vec<_>) =
            steady.take(101).collect::<Vec<_>>().await.into_iter().partition(Result::is_ok);
        assert_eq!(came.len(), 100);
        assert!(matches!(ended.as_slice(), [Err(PayloadError::Overflow)]));
    }

    #[test]
    fn no_more_room_is_made_than_for_the_largest_file() {
        for (first, piece, most) in
            [(0, 1_000, 1_000_000), (64, 40_000, 150_000), (0, 7, 10), (500_000, 300_000, 1_000_000)]
        {
            let mut bytes = Vec::with_capacity(first);
            while bytes.len() + piece <= most {
                make_room(&mut bytes, piece, most);
                bytes.resize(bytes.len() + piece, 7);
                assert!(bytes.capacity() <= most, "{} of {most}", bytes.capacity());
            }
        }
    }
}
