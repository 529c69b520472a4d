//! Reading a file. Rights are looked at anew each time: those of its conversation once it is on a message, its uploader's
//! before.

use std::fmt;

use support_attachments::Stored;
use support_domain::{AttachmentId, SupportAttachment, Upload, UploadState};
use support_rbac::policy::action;

use crate::metrics::{DownloadWay, SERVICE};
use crate::{Context, ServiceError, SupportService};

/// A file that the caller may have.
#[derive(Debug)]
pub struct AttachmentRead {
    /// What is known of it.
    pub attachment: SupportAttachment,
    /// The way to its bytes.
    pub content: AttachmentContent,
}

/// The way to a file's bytes.
pub enum AttachmentContent {
    /// The bytes themselves.
    Bytes(Stored),
    /// A link to where they are kept, good for a few minutes without a token. Does not print.
    Link(String),
}

impl fmt::Debug for AttachmentContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(stored) => f.debug_tuple("Bytes").field(stored).finish(),
            Self::Link(link) => write!(f, "Link({} bytes)", link.len()),
        }
    }
}

impl SupportService {
    /// A file's bytes, or a link to them.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when it does not exist for the caller, [`ServiceError::FileNotReady`] while nobody has
    /// found it clean, and when the storage or the database is away.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn read_attachment(
        &self,
        context: &Context<action::ReadAttachment>,
        id: AttachmentId,
    ) -> Result<AttachmentRead, ServiceError> {
        let files = self.files().ok_or(ServiceError::NotFound)?;
        let upload = self.find_readable(context, id).await?;
        match upload.state {
            UploadState::Ready => {}
            UploadState::Pending => return Err(ServiceError::FileNotReady),
            UploadState::Removing => return Err(ServiceError::NotFound),
        }
        let content = match files.link(&upload.storage_key).await? {
            Some(link) => AttachmentContent::Link(link),
            None => AttachmentContent::Bytes(files.get(&upload.storage_key, upload.attachment.file_size).await?),
        };
        let way = match content {
            AttachmentContent::Bytes(_) => DownloadWay::Bytes,
            AttachmentContent::Link(_) => DownloadWay::Link,
        };
        SERVICE.downloads.of(way).increment(1);
        Ok(AttachmentRead { attachment: upload.attachment, content })
    }

    async fn find_readable(
        &self,
        context: &Context<action::ReadAttachment>,
        id: AttachmentId,
    ) -> Result<Upload, ServiceError> {
        let (person, visibility) = (context.grant.principal().key(), context.grant.visibility().clone());
        self.store()
            .read(move |reader| {
                let upload = reader.get_upload(id)?.ok_or(ServiceError::NotFound)?;
                let is_visible = match (upload.attachment.message_id, upload.conversation_id) {
                    (None, _) => upload.is_drafted_by(&person, visibility.only),
                    (Some(_), Some(conversation)) => reader.get_conversation(&visibility, conversation)?.is_some(),
                    (Some(_), None) => false,
                };
                if is_visible { Ok(upload) } else { Err(ServiceError::NotFound) }
            })
            .await
    }
}
