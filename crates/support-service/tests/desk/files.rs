//! Files of the desk: links instead of bytes, and files of which one stops no other.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use support_attachments::{Files, FilesError, LinkSource, Place, ScanFailed, Scanner, Verdict};
use support_domain::{AttachmentIds, MessageContent};
use support_rbac::policy::action;
use support_service::{AttachmentContent, Ports, SendMessage, ServiceError, TidiedFiles, UploadAttachment, Uploaded};

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
    assert!(!format!("{read:?}").contains("files.example"), "{read:?}");
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

/// Says of each file what it was told to say.
#[derive(Debug)]
struct FakeScanner {
    says: Mutex<Result<Verdict, ScanFailed>>,
    asked: Mutex<usize>,
}

impl FakeScanner {
    /// Says that from now on. Returns how often it was asked before.
    fn say(&self, says: Result<Verdict, ScanFailed>) -> usize {
        *self.says.lock().unwrap() = says;
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

#[async_trait::async_trait]
impl Scanner for FakeScanner {
    async fn scan(&self, _: Bytes) -> Result<Verdict, ScanFailed> {
        *self.asked.lock().unwrap() += 1;
        self.says.lock().unwrap().clone()
    }
}

/// A desk with that many files of which its scanner has said nothing yet, oldest first, by where their bytes are.
async fn waiting(count: usize) -> (Desk, Arc<FakeScanner>, Vec<PathBuf>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let scanner =
        Arc::new(FakeScanner { says: Mutex::new(Err(ScanFailed::NoVerdict(String::new()))), asked: Mutex::new(0) });
    let files = Files::open(&Place::Folder(folder.path().to_owned())).unwrap().with_scanner(scanner.clone());
    let desk = Desk::start(Ports { files: Some(files), ..Ports::default() });
    let mut paths = Vec::new();
    for _ in 0..count {
        let id = upload(&desk, "driver-1").await.unwrap().attachment.id.to_string();
        paths.push(folder.path().join(&id[id.len() - 2..]).join(&id));
    }
    (desk, scanner, paths, folder)
}

#[tokio::test]
async fn a_file_that_cannot_be_scanned_stops_no_other() {
    let (desk, scanner, paths, _folder) = waiting(3).await;
    let scan = async || desk.service.scan_waiting_files().await.unwrap();
    scanner.say(Err(ScanFailed::NoVerdict("too much for it".to_owned())));
    assert_eq!(scan().await, TidiedFiles { done: 0, left: 3 });
    assert_eq!(scanner.say(Err(ScanFailed::Away("nobody answers".to_owned()))), 3);
    assert_eq!(scan().await, TidiedFiles { done: 0, left: 1 });
    assert_eq!(scanner.say(Ok(Verdict::Clean)), 1, "nobody else is shown to who is away");
    // A link to itself can be opened by nobody, and is there all the same.
    std::fs::remove_file(&paths[0]).unwrap();
    std::os::unix::fs::symlink(&paths[0], &paths[0]).unwrap();
    assert_eq!(scan().await, TidiedFiles { done: 2, left: 1 });
    assert_eq!(scan().await, TidiedFiles { done: 0, left: 1 });
}

#[tokio::test]
async fn files_that_cannot_be_removed_stop_no_other_however_many_they_are() {
    let (desk, scanner, paths, _folder) = waiting(102).await;
    scanner.say(Ok(Verdict::Infected));
    assert_eq!(desk.service.scan_waiting_files().await.unwrap(), TidiedFiles { done: 102, left: 0 });
    for path in &paths[..101] {
        std::fs::remove_file(path).unwrap();
        std::fs::create_dir(path).unwrap();
    }
    let remove = async || desk.service.remove_unsent_files().await.unwrap();
    assert_eq!(remove().await, TidiedFiles { done: 1, left: 101 });
    assert!(!paths[101].exists());
    paths[..101].iter().for_each(|path| std::fs::remove_dir(path).unwrap());
    assert_eq!(remove().await, TidiedFiles { done: 101, left: 0 });
}

#[tokio::test]
async fn a_put_that_failed_is_removed_all_the_same_if_it_comes_later() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(&Place::Folder(folder.path().join("files"))).unwrap();
    let desk = Desk::start(Ports { files: Some(files), ..Ports::default() });
    // Nothing can be put into what is no folder.
    std::fs::remove_dir(folder.path().join("files")).unwrap();
    std::fs::write(folder.path().join("files"), "no folder").unwrap();
    let refused = upload(&desk, "driver-1").await;
    assert!(matches!(refused, Err(ServiceError::Files(_))), "{refused:?}");
    std::fs::remove_file(folder.path().join("files")).unwrap();
    // The row comes behind the answer.
    let removed = async {
        while desk.service.remove_unsent_files().await.unwrap().done == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), removed).await.expect("its row says that it has to be removed");
}
