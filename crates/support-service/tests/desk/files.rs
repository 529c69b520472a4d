//! Files of the desk, kept in memory: links instead of bytes, and uploads whose row cannot be kept.

use std::sync::Arc;
use std::time::Duration;

use support_attachments::{Files, FilesError, LinkSource};
use support_domain::{AttachmentIds, MessageContent};
use support_rbac::policy::action;
use support_service::{AttachmentContent, Ports, SendMessage, ServiceError, UploadAttachment, Uploaded};

use crate::harness::{Desk, driver, granted, message};

/// A PNG of one white pixel.
const PIXEL: &[u8] = b"\
    \x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\nIDATx\xda\x63\xf8\x0f\0\x01\x01\x01\0\x1c\xb0\x8c\x99\
    \0\0\0\0IEND\xaeB`\x82";

#[derive(Debug)]
struct FakeSigner;

#[async_trait::async_trait]
impl LinkSource for FakeSigner {
    async fn link(&self, path: &str, life: Duration) -> Result<String, FilesError> {
        Ok(format!("https://files.example/{path}?seconds={}", life.as_secs()))
    }
}

async fn upload(desk: &Desk, who: &str) -> Result<Uploaded, ServiceError> {
    let context = granted::<action::UploadAttachment>(&driver(who));
    let slot = desk.service.begin_upload(&context)?;
    let command = UploadAttachment { name: "photo.png".to_owned(), bytes: PIXEL.to_vec() };
    desk.service.upload_attachment(&context, slot, command).await
}

#[tokio::test]
async fn who_may_read_a_file_is_sent_to_a_link_that_is_good_for_minutes() {
    let files = Files::in_memory().with_links(Arc::new(FakeSigner));
    let desk = Desk::start(Ports { files: Some(files), ..Ports::default() });
    let uploaded = upload(&desk, "driver-1").await.unwrap();
    let id = uploaded.attachment.id;
    let read = desk.service.read_attachment(&granted::<action::ReadAttachment>(&driver("driver-1")), id).await.unwrap();
    let AttachmentContent::Link(link) = read.content else { panic!("no link: {read:?}") };
    let seconds: u64 = link.rsplit_once('=').unwrap().1.parse().unwrap();
    assert!(link.contains(&id.to_string()) && seconds <= 15 * 60, "{link}");
    let refused = desk.service.read_attachment(&granted::<action::ReadAttachment>(&driver("driver-2")), id).await;
    assert!(matches!(refused, Err(ServiceError::NotFound)), "a link is for who may read the file");
}

#[tokio::test]
async fn without_a_place_for_files_none_is_taken_and_none_is_sent() {
    let desk = Desk::start(Ports::default());
    assert!(matches!(upload(&desk, "driver-1").await, Err(ServiceError::NotFound)));
    let with_files = Desk::start(Ports { files: Some(Files::in_memory()), ..Ports::default() });
    let opened = with_files.open(&driver("driver-1")).await;
    let ids = vec![upload(&with_files, "driver-1").await.unwrap().attachment.id];
    let command = SendMessage {
        content: MessageContent::none(),
        attachment_ids: AttachmentIds::parse(ids, 5).unwrap(),
        ..message(opened.conversation.id)
    };
    let context = granted::<action::SendMessage>(&driver("driver-1"));
    let sent = with_files.service.send_message(&context, command.clone()).await.unwrap();
    assert_eq!(sent.message.attachments.len(), 1);
    let again = with_files.service.send_message(&context, command).await;
    assert!(matches!(again, Err(ServiceError::UploadsNotSendable)));
}
