//! The work on files that nobody waits for: what the scanner has not seen yet is shown to it again, and what was put on no
//! message is removed. Many nodes may do it at once: each step is a compare-and-set in the database, and removing bytes
//! twice is no failure. A file that cannot be read or removed is passed over until the next round, so that it stops no other.

use std::time::Duration;

use support_attachments::{Files, FilesError, ScanFailed, Scanner, Verdict};
use support_domain::{AttachmentId, Upload, UploadState};
use support_store::{StoreError, Transaction, UploadPlace, UploadsPage};

use crate::metrics::SERVICE;
use crate::use_cases::upload_attachment::scan;
use crate::{ServiceError, SupportService};

/// Uploads that are read, or said to be too old, with one statement.
const BATCH: i64 = 100;
/// How long the scanner may take for a file that nobody waits for.
const PATIENT_SCAN: Duration = Duration::from_secs(120);

/// What became of the uploads of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TidiedFiles {
    /// Those that wait no longer.
    pub done: usize,
    /// Those that could not be dealt with, and are left to the next round.
    pub left: usize,
}

/// Why a file still waits for the scanner.
enum Obstacle {
    Database(ServiceError),
    Storage(FilesError),
    Scanner(ScanFailed),
}

impl From<ServiceError> for Obstacle {
    fn from(error: ServiceError) -> Self {
        Self::Database(error)
    }
}

impl SupportService {
    /// Shows the scanner what waits for it. To be called every minute or so, by a task of its own: a scanner that is slow
    /// keeps nothing else waiting. Ends early when the scanner cannot be reached.
    ///
    /// # Errors
    /// The database's; what could not be done is done the next time.
    pub async fn scan_waiting_files(&self) -> Result<TidiedFiles, ServiceError> {
        let mut tidied = TidiedFiles::default();
        let Some(files) = self.files() else { return Ok(tidied) };
        let Some(scanner) = files.scanner() else { return Ok(tidied) };
        let mut behind = None;
        loop {
            let page = self.list_uploads(UploadState::Pending, behind).await?;
            for waiting in &page.uploads {
                match self.scan_waiting(files, scanner.as_ref(), waiting).await {
                    Ok(()) => tidied.done += 1,
                    Err(Obstacle::Database(error)) => return Err(error),
                    Err(Obstacle::Scanner(error)) => {
                        tracing::warn!(error = %error, "a file still waits for the scanner");
                        tidied.left += 1;
                        if matches!(error, ScanFailed::Away(_)) {
                            return Ok(tidied);
                        }
                    }
                    Err(Obstacle::Storage(error)) => {
                        tracing::warn!(error = %error, "a file that waits for the scanner cannot be read");
                        tidied.left += 1;
                    }
                }
            }
            behind = page.next;
            if behind.is_none() {
                return Ok(tidied);
            }
        }
    }

    async fn scan_waiting(&self, files: &Files, scanner: &dyn Scanner, waiting: &Upload) -> Result<(), Obstacle> {
        let id = waiting.attachment.id;
        let bytes = match files.get_whole(&waiting.storage_key, waiting.attachment.file_size).await {
            Ok(bytes) => bytes,
            // What is gone, or is not what was uploaded, will not be found clean.
            Err(FilesError::Gone) => return Ok(self.begin_removal(id).await?),
            Err(error) => return Err(Obstacle::Storage(error)),
        };
        match scan(scanner, bytes, PATIENT_SCAN).await.map_err(Obstacle::Scanner)? {
            Verdict::Clean => {
                let ready = self.store().write(move |transaction| transaction.update_upload_ready(id));
                Ok(ready.await.map_err(|error: StoreError| ServiceError::from(error))?)
            }
            Verdict::Infected => {
                tracing::warn!("a file that waited for the scanner is infected, and is removed");
                Ok(self.begin_removal(id).await?)
            }
        }
    }

    /// Removes what is too old and on no message, and what is being removed already: infected, or of a conversation that was
    /// purged. To be called every minute or so.
    ///
    /// First the row says that the upload is being removed, so that nobody can send or read it; then the bytes go, then the
    /// row. Whatever stops in between is taken up the next time, by whichever node.
    ///
    /// # Errors
    /// The database's; what could not be done is done the next time.
    pub async fn remove_unsent_files(&self) -> Result<TidiedFiles, ServiceError> {
        if self.files().is_none() {
            return Ok(TidiedFiles::default());
        }
        let before = self.clock().now().minus(self.unsent_life());
        loop {
            let begin = move |transaction: &mut Transaction<'_>| transaction.update_unsent_removing(before, BATCH);
            if self.store().write::<_, StoreError, _>(begin).await? == 0 {
                break;
            }
        }
        self.remove_files().await
    }

    /// Removes the bytes, and then the rows, of what is being removed.
    ///
    /// # Errors
    /// The database's; what could not be done is done the next time.
    pub async fn remove_files(&self) -> Result<TidiedFiles, ServiceError> {
        let mut tidied = TidiedFiles::default();
        let Some(files) = self.files() else { return Ok(tidied) };
        let mut behind = None;
        loop {
            let page = self.list_uploads(UploadState::Removing, behind).await?;
            for Upload { attachment, storage_key, .. } in &page.uploads {
                if let Err(error) = files.delete(storage_key).await {
                    tracing::warn!(error = %error, "the bytes of a file could not be removed");
                    tidied.left += 1;
                    continue;
                }
                let id = attachment.id;
                self.store()
                    .write::<_, StoreError, _>(move |transaction| transaction.delete_removed_upload(id))
                    .await?;
                SERVICE.files_removed.increment(1);
                tidied.done += 1;
            }
            behind = page.next;
            if behind.is_none() {
                return Ok(tidied);
            }
        }
    }

    async fn list_uploads(&self, state: UploadState, behind: Option<UploadPlace>) -> Result<UploadsPage, ServiceError> {
        Ok(self.store().read::<_, StoreError, _>(move |reader| reader.list_uploads(state, behind, BATCH)).await?)
    }

    async fn begin_removal(&self, id: AttachmentId) -> Result<(), ServiceError> {
        let write = self.store().write::<_, StoreError, _>(move |transaction| transaction.update_upload_removing(id));
        Ok(write.await?)
    }
}
