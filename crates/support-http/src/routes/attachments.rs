//! Files: `/api/support/attachments` and `/api/admin/support/attachments`. What is answered is never shown as a page: its
//! type is what was found in its content, and a browser is told to guess nothing and to run nothing.

use actix_web::body::SizedStream;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt;
use support_attachments::content_disposition;
use support_domain::{AttachmentId, Side};
use support_rbac::policy::action;
use support_service::{AttachmentContent, AttachmentRead, Context};
use utoipa::ToSchema;

use super::{guarded, resource};
use crate::Desk;
use crate::error::{ApiError, ErrorCode};
use crate::extract::{ForAdmin, ForUser, PathId, Query, check_form, read_upload};
use crate::openapi::{ReadErrors, UploadErrors};
use crate::requests::NoQuery;
use crate::views::UploadedView;

pub(super) fn configure(config: &mut ServiceConfig, desk: &Desk) {
    let post = |path, route| guarded(resource(path, "POST", vec![(Method::POST, route)]), desk);
    let get = |path, route| guarded(resource(path, "GET", vec![(Method::GET, route)]), desk);
    config
        .service(post("/api/support/attachments", web::to(upload_attachment)))
        .service(get("/api/support/attachments/{id}", web::to(read_attachment)))
        .service(post("/api/admin/support/attachments", web::to(upload_desk_attachment)))
        .service(get("/api/admin/support/attachments/{id}", web::to(read_desk_attachment)));
}

/// A form with one file.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes what is read as a stream")]
pub(crate) struct UploadForm {
    /// The file. What it is is found in its content.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// The bytes of a file.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "the bytes themselves are streamed")]
pub(crate) struct FileBytes(Vec<u8>);

/// Uploads a file, to be named in a message.
#[utoipa::path(
    post, path = "/api/support/attachments", tag = "user", operation_id = "uploadAttachment",
    request_body(content = UploadForm, content_type = "multipart/form-data"), security(("bearer" = [])),
    responses(
        (status = 201, description = "Kept, for its uploader alone until a message names it.", body = UploadedView),
        UploadErrors
    )
)]
pub(crate) async fn upload_attachment(
    caller: ForUser<action::UploadAttachment>,
    desk: Data<Desk>,
    _: Query<NoQuery>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    upload(&caller.0, &desk, &request, payload, Side::User).await
}

/// Answers with a file's bytes, or with a redirect to a link that is good for some minutes.
#[utoipa::path(
    get, path = "/api/support/attachments/{id}", tag = "user", operation_id = "readAttachment",
    params(("id" = uuid::Uuid, Path, description = "The attachment.")), security(("bearer" = [])),
    responses(
        (
            status = 200, description = "The bytes.",
            content(
                (FileBytes = "image/jpeg"), (FileBytes = "image/png"), (FileBytes = "image/webp"),
                (FileBytes = "application/pdf")
            )
        ),
        (status = 302, description = "They are at `Location`, for a few minutes."),
        ReadErrors
    )
)]
pub(crate) async fn read_attachment(
    caller: ForUser<action::ReadAttachment>,
    desk: Data<Desk>,
    id: PathId<AttachmentId>,
    _: Query<NoQuery>,
) -> Result<HttpResponse, ApiError> {
    Ok(file(desk.service.read_attachment(&caller.0, id.0).await?))
}

/// Uploads a file, to be named in a reply.
#[utoipa::path(
    post, path = "/api/admin/support/attachments", tag = "admin", operation_id = "uploadDeskAttachment",
    request_body(content = UploadForm, content_type = "multipart/form-data"), security(("bearer" = [])),
    responses(
        (status = 201, description = "Kept, for its uploader alone until a message names it.", body = UploadedView),
        UploadErrors
    )
)]
pub(crate) async fn upload_desk_attachment(
    caller: ForAdmin<action::UploadAttachment>,
    desk: Data<Desk>,
    _: Query<NoQuery>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    upload(&caller.0, &desk, &request, payload, Side::Admin).await
}

/// Answers with a file's bytes, or with a redirect to a link that is good for some minutes.
#[utoipa::path(
    get, path = "/api/admin/support/attachments/{id}", tag = "admin", operation_id = "readDeskAttachment",
    params(("id" = uuid::Uuid, Path, description = "The attachment.")), security(("bearer" = [])),
    responses(
        (
            status = 200, description = "The bytes.",
            content(
                (FileBytes = "image/jpeg"), (FileBytes = "image/png"), (FileBytes = "image/webp"),
                (FileBytes = "application/pdf")
            )
        ),
        (status = 302, description = "They are at `Location`, for a few minutes."),
        ReadErrors
    )
)]
pub(crate) async fn read_desk_attachment(
    caller: ForAdmin<action::ReadAttachment>,
    desk: Data<Desk>,
    id: PathId<AttachmentId>,
    _: Query<NoQuery>,
) -> Result<HttpResponse, ApiError> {
    Ok(file(desk.service.read_attachment(&caller.0, id.0).await?))
}

async fn upload(
    context: &Context<action::UploadAttachment>,
    desk: &Desk,
    request: &HttpRequest,
    payload: Payload,
    viewer: Side,
) -> Result<HttpResponse, ApiError> {
    if !desk.service.keeps_files() {
        return Err(ApiError::new(ErrorCode::NotFound));
    }
    let most_bytes = desk.service.limits().max_attachment_bytes;
    check_form(request, most_bytes)?;
    let slot = desk.service.begin_upload(context)?;
    let command = read_upload(request, payload, most_bytes, desk.web.upload_patience).await?;
    let uploaded = desk.service.upload_attachment(context, slot, command).await?;
    Ok(HttpResponse::Created().json(UploadedView::new(&uploaded, viewer)))
}

fn file(read: AttachmentRead) -> HttpResponse {
    let AttachmentRead { attachment, content } = read;
    match content {
        AttachmentContent::Link(link) => {
            HttpResponse::Found().insert_header((LOCATION, link)).insert_header((CACHE_CONTROL, "no-store")).finish()
        }
        AttachmentContent::Bytes(stored) => {
            let bytes = stored.bytes.map(|chunk| {
                chunk.inspect_err(|error| tracing::warn!(error = %error, "a file could not be read to its end"))
            });
            HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, attachment.file_type.to_string()))
                .insert_header((CONTENT_DISPOSITION, content_disposition(attachment.file_type, &attachment.file_name)))
                .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
                .insert_header((CACHE_CONTROL, "private, no-store"))
                .insert_header((ACCEPT_RANGES, "none"))
                .body(SizedStream::new(stored.length, bytes))
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use support_domain::{FileName, MediaType, SupportAttachment, Timestamp};

    use super::*;

    #[test]
    fn a_link_is_a_redirect_that_nobody_keeps() {
        let attachment = SupportAttachment {
            id: AttachmentId(uuid::Uuid::from_u128(1)),
            created_at: Timestamp::from_millis(1),
            message_id: None,
            file_type: MediaType::Png,
            file_name: FileName::parse("a.png", MediaType::Png),
            file_size: 1,
        };
        let link = "https://files.example/1?signature=x";
        let answer = file(AttachmentRead { attachment, content: AttachmentContent::Link(link.to_owned()) });
        assert_eq!(answer.status(), StatusCode::FOUND);
        assert_eq!(answer.headers().get(LOCATION).unwrap(), link);
        assert_eq!(answer.headers().get(CACHE_CONTROL).unwrap(), "no-store");
        assert!(answer.headers().get(CONTENT_TYPE).is_none());
    }
}
