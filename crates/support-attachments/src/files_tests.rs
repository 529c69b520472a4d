//! Bytes are kept and given back, in a folder and in memory; links come from whoever signs them.

use std::sync::Mutex;

use support_domain::{AttachmentId, FileName, MediaType, Timestamp};

use super::*;

fn attachment() -> (StorageKey, SupportAttachment) {
    let id: AttachmentId = "0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e".parse().unwrap();
    let attachment = SupportAttachment {
        id,
        created_at: Timestamp::from_millis(0),
        message_id: None,
        file_type: MediaType::Png,
        file_name: FileName::parse("photo.png", MediaType::Png),
        file_size: 5,
    };
    (StorageKey::of(id), attachment)
}

#[tokio::test]
async fn what_is_put_is_given_back_until_it_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::Folder(folder.path().join("not").join("yet"));
    let (key, attachment) = attachment();
    for (place, is_kept) in [(place, true), (Place::Memory, false)] {
        let files = Files::open(&place).unwrap();
        assert_eq!(files.get(&key, 5).await.unwrap_err(), FilesError::Gone);
        files.put(&key, &attachment, Bytes::from_static(b"bytes")).await.unwrap();
        assert_eq!(files.get_whole(&key, 5).await.unwrap(), "bytes");
        assert_eq!(files.get_whole(&key, 6).await.unwrap_err(), FilesError::Gone, "not what was put there");
        assert_eq!(files.link(&key).await.unwrap(), None);
        let opened_again = Files::open(&place).unwrap();
        assert_eq!(opened_again.get(&key, 5).await.is_ok(), is_kept);
        files.delete(&key).await.unwrap();
        files.delete(&key).await.unwrap();
        assert_eq!(files.get(&key, 5).await.unwrap_err(), FilesError::Gone);
    }
    let left = folder.path().join("not").join("yet").join("2e");
    assert_eq!(std::fs::read_dir(left).unwrap().count(), 0, "the folder stays, for a file may be on its way into it");
}

#[tokio::test]
async fn a_folder_is_for_this_user_alone_and_a_file_is_no_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    Files::open(&Place::Folder(inside.clone())).unwrap();
    assert_eq!(inside.metadata().unwrap().permissions().mode() & 0o077, 0);
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let refused = Files::open(&Place::Folder(file)).unwrap_err();
    assert!(matches!(refused, FilesError::Place(_)) && !refused.to_string().contains("file\""), "{refused}");
}

#[derive(Debug, Default)]
struct FakeSigner(Mutex<Vec<(String, Duration)>>);

#[async_trait]
impl LinkSource for FakeSigner {
    async fn link(&self, path: &str, life: Duration) -> Result<String, FilesError> {
        self.0.lock().unwrap().push((path.to_owned(), life));
        Ok(format!("https://files.example/{path}?signature=x"))
    }
}

#[tokio::test]
async fn a_link_is_good_for_minutes_and_leads_to_the_file() {
    let signer = Arc::new(FakeSigner::default());
    let files = Files::in_memory().with_links(signer.clone());
    let (key, _) = attachment();
    let link = files.link(&key).await.unwrap();
    assert_eq!(link.as_deref(), Some("https://files.example/2e/0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e?signature=x"));
    let asked = signer.0.lock().unwrap().clone();
    assert!(asked.iter().all(|(_, life)| *life <= Duration::from_secs(15 * 60)));
    assert_eq!(files.without_links().link(&key).await.unwrap(), None);
}
