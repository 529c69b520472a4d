//! Uploading a file: room for it first, then its bytes are looked at, kept, and only then is there a row that says so.

use std::time::Duration;

use bytes::Bytes;
use support_attachments::{Files, Refusal, ScanFailed, Scanner, Verdict, examine};
use support_domain::{AttachmentId, FileName, MaskedKinds, StorageKey, SupportAttachment, Upload, UploadState};
use support_rbac::policy::action;
use support_store::{StoreError, Transaction};
use tokio::time::Instant;
use tracing::Instrument;

use crate::metrics::{SERVICE, ScanOutcome, UploadFate, note_kept};
use crate::upload_slots::UploadSlot;
use crate::{Context, ServiceError, SupportService};

/// How long an upload waits for the scanner before it is left to the work behind the requests.
const INLINE_SCAN: Duration = Duration::from_secs(10);

/// A file to upload. Does not print.
pub struct UploadAttachment {
    /// What the client calls it.
    pub name: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for UploadAttachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UploadAttachment({} bytes)", self.bytes.len())
    }
}

/// A file that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// What is known of it.
    pub attachment: SupportAttachment,
    /// What was masked in its name.
    pub masked: MaskedKinds,
}

impl SupportService {
    /// Room for one upload, and counts it against the uploader's allowance. To be asked for before anything of the file is
    /// read.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] where no files are kept, [`ServiceError::RateLimited`], and [`ServiceError::Busy`].
    pub fn begin_upload(&self, context: &Context<action::UploadAttachment>) -> Result<UploadSlot, ServiceError> {
        if self.files().is_none() {
            return Err(ServiceError::NotFound);
        }
        let person = context.grant.principal().key();
        let slot = self.upload_slots().take(&person)?;
        self.uploads().check(&person)?;
        Ok(slot)
    }

    /// Keeps a file. It is on no message, and only its uploader can read it.
    ///
    /// All of it is a task of its own, as each change is: a client that hangs up must not leave bytes that no row names.
    ///
    /// # Errors
    /// [`ServiceError::FileTooLarge`], [`ServiceError::FileRefused`], [`ServiceError::FileInfected`], and when the storage
    /// or the database is away.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn upload_attachment(
        &self,
        context: &Context<action::UploadAttachment>,
        slot: UploadSlot,
        command: UploadAttachment,
    ) -> Result<Uploaded, ServiceError> {
        let files = self.files().ok_or(ServiceError::NotFound)?.clone();
        let (service, context) = (self.clone(), context.clone());
        let task = async move {
            let kept = service.keep(&files, &context, command).await;
            if let Err(error) = &kept {
                SERVICE.uploads.of(UploadFate::of(error)).increment(1);
            }
            drop(slot);
            kept
        };
        ended(tokio::spawn(task.in_current_span()).await)
    }

    async fn keep(
        &self,
        files: &Files,
        context: &Context<action::UploadAttachment>,
        command: UploadAttachment,
    ) -> Result<Uploaded, ServiceError> {
        let limits = self.limits();
        if command.bytes.len() > limits.max_attachment_bytes {
            return Err(ServiceError::FileTooLarge);
        }
        let (allowed, bytes) = (limits.allowed_media_types.clone(), command.bytes);
        let examined = ended(tokio::task::spawn_blocking(move || Ok(examine(bytes, &allowed)?)).await)?;
        let mut masked = MaskedKinds::new();
        let file_name = FileName::parse_noting(&command.name, examined.media_type, &mut masked);
        let bytes = Bytes::from(examined.bytes);
        let state = match files.scanner() {
            Some(scanner) => match scan(scanner.as_ref(), bytes.clone(), INLINE_SCAN).await {
                Ok(Verdict::Clean) => UploadState::Ready,
                Ok(Verdict::Infected) => return Err(ServiceError::FileInfected),
                Err(error) => {
                    tracing::warn!(error = %error, "a file waits for the scanner");
                    UploadState::Pending
                }
            },
            None => UploadState::Ready,
        };
        let at = self.clock().now();
        let id = AttachmentId(self.ids().next(at));
        let attachment = SupportAttachment {
            id,
            created_at: at,
            message_id: None,
            file_type: examined.media_type,
            file_name,
            file_size: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        };
        let upload = Upload {
            attachment: attachment.clone(),
            uploader: context.grant.principal().key(),
            conversation_id: context.grant.visibility().only,
            storage_key: StorageKey::of(id),
            state,
        };
        // The bytes first: a row never names what is not there.
        if let Err(error) = files.put(&upload.storage_key, &attachment, bytes).await {
            let (service, files) = (self.clone(), files.clone());
            tokio::spawn(async move { service.give_up(&files, upload).await }.in_current_span());
            return Err(error.into());
        }
        let row = upload.clone();
        let kept = self.store().write::<_, StoreError, _>(move |transaction| transaction.insert_upload(&row)).await;
        if let Err(error) = kept {
            let (service, files) = (self.clone(), files.clone());
            tokio::spawn(async move { service.take_back(&files, upload).await }.in_current_span());
            return Err(error.into());
        }
        note_kept(state, &attachment, &masked);
        Ok(Uploaded { attachment, masked })
    }

    /// Removes bytes of which the storage did not say that it keeps them. It may keep them all the same, perhaps only later:
    /// so they are removed at once, and once more with the others for which a row says so.
    async fn give_up(&self, files: &Files, upload: Upload) {
        if let Err(error) = files.delete(&upload.storage_key).await {
            tracing::warn!(error = %error, "the bytes of an upload that failed may be left for a while");
        }
        let row = Upload { state: UploadState::Removing, ..upload };
        let noted = self.store().write::<_, StoreError, _>(move |transaction| transaction.insert_upload(&row)).await;
        if let Err(error) = noted {
            tracing::warn!(error = %error, "the bytes of an upload that failed may be left");
        }
    }

    /// Removes bytes whose row could not be kept. When the database took too long, the row may come yet: one in its place,
    /// which says that the upload is being removed, waits for that and keeps it from coming later. It is also what others
    /// find who have to go on with the removal.
    async fn take_back(&self, files: &Files, upload: Upload) {
        let (id, key) = (upload.attachment.id, upload.storage_key.clone());
        let row = Upload { state: UploadState::Removing, ..upload };
        match self.store().write::<_, StoreError, _>(move |transaction| transaction.insert_upload(&row)).await {
            // It was kept after all, and is as any other that nobody sends.
            Err(StoreError::Conflict(_)) => return,
            Err(error) => return tracing::warn!(error = %error, "the bytes of an upload that failed are left"),
            Ok(()) => {}
        }
        if files.delete(&key).await.is_ok() {
            let forget = move |transaction: &mut Transaction<'_>| transaction.delete_removed_upload(id);
            // If not, it is found with the others that are being removed.
            let _ = self.store().write::<_, StoreError, _>(forget).await;
        }
    }
}

/// Asks the scanner, for a while.
pub(crate) async fn scan(scanner: &dyn Scanner, bytes: Bytes, patience: Duration) -> Result<Verdict, ScanFailed> {
    let began = Instant::now();
    let verdict = tokio::time::timeout(patience, scanner.scan(bytes)).await;
    let verdict = verdict.unwrap_or_else(|_| Err(ScanFailed::NoVerdict("it took too long".to_owned())));
    SERVICE.scans.of(ScanOutcome::of(&verdict)).increment(1);
    SERVICE.scan_duration.record(began.elapsed());
    verdict
}

fn ended<T>(joined: Result<Result<T, ServiceError>, tokio::task::JoinError>) -> Result<T, ServiceError> {
    joined.unwrap_or_else(|_| Err(StoreError::Internal("the task of an upload ended early".to_owned()).into()))
}

impl From<Refusal> for ServiceError {
    fn from(refusal: Refusal) -> Self {
        Self::FileRefused(refusal)
    }
}
