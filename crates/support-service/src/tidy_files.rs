//! The work on files that nobody waits for: what the scanner has not seen yet is shown to it again, and what was put on no
//! message is removed. Many nodes may do it at once: each step is a compare-and-set in the database, and removing bytes
//! twice is no failure.

use std::time::Duration;

use support_attachments::{Files, FilesError, Verdict};
use support_domain::{AttachmentId, StorageKey, Upload, UploadState};
use support_store::StoreError;

use crate::use_cases::upload_attachment::scan;
use crate::{ServiceError, SupportService};

/// Uploads that are worked on in one go.
const BATCH: i64 = 100;
/// How long the scanner may take for a file that nobody waits for.
const PATIENT_SCAN: Duration = Duration::from_secs(120);

impl SupportService {
    /// Shows the scanner what waits for it, removes what is too old and on no message, and what was found infected. To be
    /// called every minute or so. Returns how many uploads it has dealt with.
    ///
    /// # Errors
    /// The database's and the storage's; what could not be done is done the next time.
    pub async fn tidy_files(&self) -> Result<usize, ServiceError> {
        let Some(files) = self.files() else { return Ok(0) };
        let scanned = self.scan_waiting(files).await;
        let removed = self.remove_unsent(files).await;
        Ok(scanned? + removed?)
    }

    async fn scan_waiting(&self, files: &Files) -> Result<usize, ServiceError> {
        let Some(scanner) = files.scanner() else { return Ok(0) };
        let mut count = 0;
        for Upload { attachment, storage_key, .. } in self.list_uploads(UploadState::Pending).await? {
            let id = attachment.id;
            let bytes = match files.get_whole(&storage_key, attachment.file_size).await {
                Ok(bytes) => bytes,
                // What is gone, or is not what was uploaded, will not be found clean.
                Err(FilesError::Gone) => {
                    self.begin_removal(id).await?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            match scan(scanner.as_ref(), bytes, PATIENT_SCAN).await {
                Ok(Verdict::Clean) => {
                    self.store()
                        .write::<_, StoreError, _>(move |transaction| transaction.update_upload_ready(id))
                        .await?;
                }
                Ok(Verdict::Infected) => {
                    tracing::warn!("a file that waited for the scanner is infected, and is removed");
                    self.begin_removal(id).await?;
                }
                // Perhaps this file alone is too much for it: the others are not to wait for that.
                Err(error) => {
                    tracing::warn!(error = %error, "a file still waits for the scanner");
                    continue;
                }
            }
            count += 1;
        }
        Ok(count)
    }

    /// First the row says that the upload is being removed, so that nobody can send or read it; then the bytes go, then the
    /// row. Whatever stops in between is taken up the next time, by whichever node.
    async fn remove_unsent(&self, files: &Files) -> Result<usize, ServiceError> {
        let before = self.clock().now().minus(self.unsent_life());
        self.store()
            .write::<_, StoreError, _>(move |transaction| transaction.update_unsent_removing(before, BATCH))
            .await?;
        let mut count = 0;
        let mut result = Ok(());
        for Upload { attachment, storage_key, .. } in self.list_uploads(UploadState::Removing).await? {
            let removed = self.remove(files, attachment.id, &storage_key).await;
            count += usize::from(removed.is_ok());
            // One that cannot be removed is no reason to leave the others.
            result = result.and(removed);
        }
        result.map(|()| count)
    }

    async fn remove(&self, files: &Files, id: AttachmentId, key: &StorageKey) -> Result<(), ServiceError> {
        files.delete(key).await?;
        let write = self.store().write::<_, StoreError, _>(move |transaction| transaction.delete_removed_upload(id));
        Ok(write.await?)
    }

    async fn list_uploads(&self, state: UploadState) -> Result<Vec<Upload>, ServiceError> {
        Ok(self.store().read::<_, StoreError, _>(move |reader| reader.list_uploads(state, BATCH)).await?)
    }

    async fn begin_removal(&self, id: AttachmentId) -> Result<(), ServiceError> {
        let write = self.store().write::<_, StoreError, _>(move |transaction| transaction.update_upload_removing(id));
        Ok(write.await?)
    }
}
