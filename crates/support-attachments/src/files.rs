//! Keeps the bytes of files. Whoever asks has the right to them: that was decided before.

mod probe;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{Attribute, Attributes, ObjectStore, ObjectStoreExt, PutOptions, PutPayload};
use support_domain::{StorageKey, SupportAttachment};

use crate::disposition::content_disposition;
use crate::place::Place;
use crate::scan::Scanner;

pub use self::probe::{ProbeFailed, Probed};

/// How long a signed link is good. Whoever has it needs no token, so it is long enough to follow a redirect and no longer;
/// never more than 15 minutes.
pub const LINK_LIFE: Duration = Duration::from_secs(5 * 60);

/// How long an object store may take for anything but a file's bytes on their way out.
const PATIENCE: Duration = Duration::from_secs(30);

/// What can go wrong with kept bytes. The texts are for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilesError {
    /// They cannot be had at the moment.
    #[error("the storage of files is unavailable: {0}")]
    Unavailable(String),
    /// There are none under that key, or others than were put there.
    #[error("the bytes of a file are gone")]
    Gone,
    /// The place cannot be used at all.
    #[error("the place for files cannot be used: {0}")]
    Place(String),
}

impl From<object_store::Error> for FilesError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Gone,
            // The library's own texts hold paths, and links with their signatures.
            object_store::Error::PermissionDenied { .. } => Self::Unavailable("permission denied".to_owned()),
            object_store::Error::Unauthenticated { .. } => Self::Unavailable("not authenticated".to_owned()),
            _ => Self::Unavailable("the request failed".to_owned()),
        }
    }
}

/// Bytes as they come.
pub type ByteStream = BoxStream<'static, Result<Bytes, FilesError>>;

/// A file's bytes.
pub struct Stored {
    /// How many.
    pub length: u64,
    /// The bytes.
    pub bytes: ByteStream,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").field("length", &self.length).finish_non_exhaustive()
    }
}

/// Signs links to files, with which whoever has one gets the bytes from where they are kept.
#[async_trait]
pub trait LinkSource: Send + Sync + fmt::Debug {
    /// A link to what is kept at that path, good for that long.
    async fn link(&self, path: &str, life: Duration) -> Result<String, FilesError>;
}

/// A place for files, and what goes with it. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Whether the store keeps with a file what it is, and answers so.
    keeps_headers: bool,
    links: Option<Arc<dyn LinkSource>>,
    scanner: Option<Arc<dyn Scanner>>,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("links", &self.links.is_some()).field("scanner", &self.scanner).finish()
    }
}

impl Files {
    /// Opens a place.
    ///
    /// # Errors
    /// When the folder cannot be made, or the store's client is told too little by its environment.
    pub fn open(place: &Place) -> Result<Self, FilesError> {
        match place {
            Place::Folder(folder) => {
                make_folder(folder).map_err(|error| FilesError::Place(error.kind().to_string()))?;
                // A file that was acknowledged survives a loss of power, as its message does. Folders that are empty stay:
                // who removes one may take it away from a file that comes in at that moment.
                let store = LocalFileSystem::new_with_prefix(folder)
                    .map_err(|_| FilesError::Place("it is no folder".to_owned()))?
                    .with_automatic_cleanup(false)
                    .with_fsync(true);
                Ok(Self::on(Arc::new(store), Path::default()))
            }
            Place::Memory => Ok(Self::in_memory()),
            #[cfg(feature = "clouds")]
            Place::S3(url) | Place::Gcs(url) | Place::Azure(url) => {
                let (store, links) = crate::clouds::open(place, url)?;
                let prefix = Path::from_url_path(url.path()).map_err(|_| FilesError::Place("bad prefix".to_owned()))?;
                Ok(Self { keeps_headers: true, links: Some(links), ..Self::on(store, prefix) })
            }
            #[cfg(not(feature = "clouds"))]
            Place::S3(_) | Place::Gcs(_) | Place::Azure(_) => {
                Err(FilesError::Place(crate::InvalidPlace::NotBuilt.to_string()))
            }
        }
    }

    /// A place that is gone with the process: for tests.
    pub fn in_memory() -> Self {
        Self::on(Arc::new(InMemory::new()), Path::default())
    }

    fn on(store: Arc<dyn ObjectStore>, prefix: Path) -> Self {
        Self { store, prefix, keeps_headers: false, links: None, scanner: None }
    }

    /// The same place with a scanner that has to find files clean.
    #[must_use]
    pub fn with_scanner(self, scanner: Arc<dyn Scanner>) -> Self {
        Self { scanner: Some(scanner), ..self }
    }

    /// The same place with links from there.
    #[must_use]
    pub fn with_links(self, links: Arc<dyn LinkSource>) -> Self {
        Self { links: Some(links), ..self }
    }

    /// The same place without links: its bytes go through this process.
    #[must_use]
    pub fn without_links(self) -> Self {
        Self { links: None, ..self }
    }

    /// Who has to find files clean, if anybody.
    pub fn scanner(&self) -> Option<&Arc<dyn Scanner>> {
        self.scanner.as_ref()
    }

    fn path(&self, key: &StorageKey) -> Path {
        key.as_str().split('/').fold(self.prefix.clone(), Path::join)
    }

    /// Keeps a file.
    ///
    /// # Errors
    /// The storage's; nothing is kept then, or what nobody knows of.
    pub async fn put(&self, key: &StorageKey, file: &SupportAttachment, bytes: Bytes) -> Result<(), FilesError> {
        let mut options = PutOptions::default();
        if self.keeps_headers {
            let disposition = content_disposition(file.file_type, &file.file_name);
            options.attributes = Attributes::from_iter([
                (Attribute::ContentType, file.file_type.to_string()),
                (Attribute::ContentDisposition, disposition),
                (Attribute::CacheControl, "private, no-store".to_owned()),
            ]);
        }
        let path = self.path(key);
        in_time(self.store.put_opts(&path, PutPayload::from_bytes(bytes), options)).await.map(drop)
    }

    /// A file's bytes, of which there have to be `length`.
    ///
    /// # Errors
    /// [`FilesError::Gone`] when they are not there, or not as many, and the storage's.
    pub async fn get(&self, key: &StorageKey, length: i64) -> Result<Stored, FilesError> {
        let found = in_time(self.store.get(&self.path(key))).await?;
        if i64::try_from(found.meta.size) != Ok(length) {
            return Err(FilesError::Gone);
        }
        Ok(Stored { length: found.meta.size, bytes: found.into_stream().map_err(FilesError::from).boxed() })
    }

    /// All of a file's bytes at once.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn get_whole(&self, key: &StorageKey, length: i64) -> Result<Bytes, FilesError> {
        let mut stored = self.get(key, length).await?;
        let mut whole = Vec::with_capacity(usize::try_from(stored.length).unwrap_or(0));
        let read = async {
            while let Some(bytes) = stored.bytes.next().await {
                whole.extend_from_slice(&bytes?);
            }
            Ok(Bytes::from(whole))
        };
        tokio::time::timeout(PATIENCE, read).await.unwrap_or_else(|_| Err(too_long()))
    }

    /// A link to a file, good for [`LINK_LIFE`]; none where the bytes have to go through this process.
    ///
    /// # Errors
    /// The storage's.
    pub async fn link(&self, key: &StorageKey) -> Result<Option<String>, FilesError> {
        match &self.links {
            Some(links) => {
                let link = tokio::time::timeout(PATIENCE, links.link(self.path(key).as_ref(), LINK_LIFE)).await;
                link.unwrap_or_else(|_| Err(too_long())).map(Some)
            }
            None => Ok(None),
        }
    }

    /// Removes a file. That it was removed before is no failure.
    ///
    /// # Errors
    /// The storage's.
    pub async fn delete(&self, key: &StorageKey) -> Result<(), FilesError> {
        match in_time(self.store.delete(&self.path(key))).await {
            Err(FilesError::Gone) => Ok(()),
            result => result,
        }
    }
}

fn too_long() -> FilesError {
    FilesError::Unavailable("it took too long".to_owned())
}

async fn in_time<T>(work: impl Future<Output = object_store::Result<T>>) -> Result<T, FilesError> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(result) => result.map_err(FilesError::from),
        Err(_) => Err(too_long()),
    }
}

/// Makes the folder for this user alone.
fn make_folder(folder: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
