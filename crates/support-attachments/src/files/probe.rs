//! Tries a place out: keeps a small object, reads it, asks for a link to it, and removes it again. For whoever operates the
//! desk; no request comes here.

use bytes::Bytes;
use object_store::{ObjectStoreExt, PutPayload};
use support_domain::StorageKey;

use super::{Files, FilesError, in_time};

/// What is kept for a moment.
const OBJECT: &[u8] = b"support desk";

/// A place that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probed {
    /// Whether it signed a link.
    pub signs_links: bool,
}

/// What was tried in vain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an object cannot be {tried}: {source}")]
pub struct ProbeFailed {
    /// `written`, `read`, `linked to` or `removed`.
    pub tried: &'static str,
    /// What the storage said.
    pub source: FilesError,
}

impl Files {
    /// Tries the place out under that key, which nothing else may have.
    ///
    /// # Errors
    /// The first thing that cannot be done. The object is removed all the same, if that can be done.
    pub async fn probe(&self, key: &StorageKey) -> Result<Probed, ProbeFailed> {
        let failed = |tried| move |source| ProbeFailed { tried, source };
        let path = self.path(key);
        in_time(self.store.put(&path, PutPayload::from_static(OBJECT))).await.map_err(failed("written"))?;
        let length = i64::try_from(OBJECT.len()).unwrap_or(i64::MAX);
        let read = match self.get_whole(key, length).await {
            Ok(bytes) if bytes == Bytes::from_static(OBJECT) => Ok(()),
            Ok(_) => Err(FilesError::Gone),
            Err(error) => Err(error),
        };
        let link = self.link(key).await;
        let removed = self.delete(key).await;
        read.map_err(failed("read"))?;
        let link = link.map_err(failed("linked to"))?;
        removed.map_err(failed("removed"))?;
        Ok(Probed { signs_links: link.is_some() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    #[tokio::test]
    async fn a_folder_that_was_tried_out_is_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(&Place::Folder(folder.path().to_owned())).unwrap();
        let key = StorageKey::from_stored("doctor-1").unwrap();
        assert_eq!(files.probe(&key).await, Ok(Probed { signs_links: false }));
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_place_that_is_gone_is_told_with_what_was_tried() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(&Place::Folder(folder.path().join("files"))).unwrap();
        std::fs::remove_dir(folder.path().join("files")).unwrap();
        std::fs::write(folder.path().join("files"), "no folder any more").unwrap();
        let failed = files.probe(&StorageKey::from_stored("doctor-1").unwrap()).await.unwrap_err();
        assert_eq!(failed.tried, "written");
    }
}
