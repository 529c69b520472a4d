//! Uploads: kept as they are, put on one message, and removed only when they are on none.

use support_domain::{
    AdminId, AttachmentId, ConversationId, FileName, IdSource, MediaType, PrincipalKey, StorageKey, SupportAttachment,
    SupportMessage, SystemIds, Timestamp, Upload, UploadState, UserId, UserType,
};
use support_store::{Reader, Store, StoreError, UploadsPage};

use crate::harness::{Opening, TestDesk, at, driver, everything};
use crate::on_both;

pub(crate) fn upload(created_at: Timestamp) -> Upload {
    let id = AttachmentId(SystemIds::new().next(created_at));
    Upload {
        attachment: SupportAttachment {
            id,
            created_at,
            message_id: None,
            file_type: MediaType::Png,
            file_name: FileName::parse("photo.png", MediaType::Png),
            file_size: 5,
        },
        uploader: PrincipalKey::User(UserId::parse("driver-1").unwrap(), UserType::Driver),
        conversation_id: None,
        storage_key: StorageKey::of(id),
        state: UploadState::Ready,
    }
}

pub(crate) async fn keep(store: &Store, upload: &Upload) {
    let kept = upload.clone();
    store.write::<_, StoreError, _>(move |transaction| transaction.insert_upload(&kept)).await.unwrap();
}

pub(crate) async fn get(store: &Store, id: AttachmentId) -> Option<Upload> {
    store.read::<_, StoreError, _>(move |reader| reader.get_upload(id)).await.unwrap()
}

async fn list(store: &Store, state: UploadState) -> Vec<AttachmentId> {
    let uploads = store.read::<_, StoreError, _>(move |reader| reader.list_uploads(state, None, 10)).await.unwrap();
    uploads.uploads.into_iter().map(|upload| upload.attachment.id).collect()
}

/// Sends these files in a message to the conversation, the way the service does.
pub(crate) async fn send(desk: &TestDesk, id: ConversationId, files: &[&Upload]) -> SupportMessage {
    let (mut draft, system) = (desk.draft("words", None), desk.message_id());
    draft.attachments = files.iter().map(|upload| upload.attachment.clone()).collect();
    desk.store
        .write::<_, StoreError, _>(move |transaction| {
            let conversation = transaction.lock_conversation(&everything(), id)?.unwrap();
            let ids: Vec<AttachmentId> = draft.attachments.iter().map(|file| file.id).collect();
            assert_eq!(transaction.lock_uploads(&ids)?.len(), ids.len());
            let mut outcome = conversation.post(driver(), draft.clone(), system, at(5_000)).unwrap();
            let message = outcome.messages.remove(0);
            transaction.update_conversation(&outcome.conversation)?;
            transaction.insert_message(&message)?;
            transaction.update_uploads_sent(&message)?;
            Ok(message)
        })
        .await
        .unwrap()
}

async fn begin_removal(store: &Store, before: Timestamp) -> usize {
    store.write::<_, StoreError, _>(move |transaction| transaction.update_unsent_removing(before, 10)).await.unwrap()
}

on_both! {
    async fn an_upload_comes_back_as_it_was_kept(desk) {
        let by_user = Upload { conversation_id: Some(ConversationId(uuid::Uuid::from_u128(7))), ..upload(at(1)) };
        let admin = PrincipalKey::Admin(AdminId::parse("admin-1").unwrap());
        let by_admin = Upload { uploader: admin, state: UploadState::Pending, ..upload(at(2)) };
        for one in [&by_user, &by_admin] {
            keep(&desk.store, one).await;
            assert_eq!(get(&desk.store, one.attachment.id).await.as_ref(), Some(one));
        }
        assert_eq!(get(&desk.store, AttachmentId(uuid::Uuid::from_u128(1))).await, None);
        assert_eq!(list(&desk.store, UploadState::Pending).await, [by_admin.attachment.id]);
        let again = by_user.clone();
        let twice = desk.store.write::<_, StoreError, _>(move |transaction| transaction.insert_upload(&again)).await;
        assert!(matches!(twice, Err(StoreError::Conflict(_))), "an id is used once");
    }

    async fn waiting_uploads_are_listed_page_by_page(desk) {
        let mut waiting: Vec<Upload> =
            [2, 1, 2, 2, 3].map(|moment| Upload { state: UploadState::Pending, ..upload(at(moment)) }).into();
        for one in waiting.iter().chain([&upload(at(2))]) {
            keep(&desk.store, one).await;
        }
        waiting.sort_by_key(|upload| (upload.attachment.created_at, upload.attachment.id));
        for limit in [1, 2, 5, 6] {
            let (mut listed, mut behind) = (Vec::new(), None);
            loop {
                let list = move |reader: &mut Reader<'_>| reader.list_uploads(UploadState::Pending, behind, limit);
                let page: UploadsPage = desk.store.read::<_, StoreError, _>(list).await.unwrap();
                assert!(page.uploads.len() <= usize::try_from(limit).unwrap());
                listed.extend(page.uploads);
                behind = page.next;
                if behind.is_none() {
                    break;
                }
            }
            assert_eq!(listed, waiting, "{limit}");
        }
    }

    async fn files_come_with_their_message_in_its_order(desk) {
        let conversation = desk.open_conversation(Opening::default()).await;
        let uploads = [upload(at(1)), upload(at(2)), upload(at(3))];
        for one in &uploads {
            keep(&desk.store, one).await;
        }
        let sent = send(&desk, conversation.id, &[&uploads[2], &uploads[0]]).await;
        let now = desk.get(everything(), conversation.id).await.unwrap();
        let messages = desk.messages(&now).await;
        assert_eq!(messages[1], sent);
        assert!(messages[0].attachments.is_empty());
        let found = get(&desk.store, uploads[2].attachment.id).await.unwrap();
        assert_eq!((found.attachment.message_id, found.conversation_id), (Some(sent.id), Some(conversation.id)));
        let mut second = sent;
        second.id = messages[0].id;
        let moved = desk
            .store
            .write::<_, StoreError, _>(move |transaction| transaction.update_uploads_sent(&second))
            .await;
        assert!(moved.is_err(), "what is on a message stays there");
    }

    async fn only_old_uploads_on_no_message_are_removed(desk) {
        let conversation = desk.open_conversation(Opening::default()).await;
        let [old, young, sent] = [upload(at(1)), upload(at(9)), upload(at(1))];
        let waiting = Upload { state: UploadState::Pending, ..upload(at(2)) };
        for one in [&old, &young, &sent, &waiting] {
            keep(&desk.store, one).await;
        }
        send(&desk, conversation.id, &[&sent]).await;
        assert_eq!(begin_removal(&desk.store, at(9)).await, 2);
        assert_eq!(begin_removal(&desk.store, at(9)).await, 0, "once is enough");
        assert_eq!(list(&desk.store, UploadState::Removing).await, [old.attachment.id, waiting.attachment.id]);
        let ids = [&old, &young, &sent, &waiting].map(|upload| upload.attachment.id);
        desk.store
            .write::<_, StoreError, _>(move |transaction| {
                // Neither a verdict that comes late nor a look at what is sent brings anything back or away.
                ids.iter().try_for_each(|id| transaction.update_upload_ready(*id))?;
                transaction.update_upload_removing(ids[2])?;
                ids.iter().try_for_each(|id| transaction.delete_removed_upload(*id))
            })
            .await
            .unwrap();
        assert_eq!(get(&desk.store, old.attachment.id).await, None);
        assert_eq!(get(&desk.store, waiting.attachment.id).await, None);
        assert_eq!(get(&desk.store, young.attachment.id).await.as_ref(), Some(&young));
        assert_eq!(get(&desk.store, sent.attachment.id).await.unwrap().state, UploadState::Ready);
    }

    async fn a_send_and_a_removal_do_not_both_get_an_upload(desk) {
        let conversation = desk.open_conversation(Opening::default()).await;
        for _ in 0..10 {
            let one = upload(at(1));
            keep(&desk.store, &one).await;
            let (store, id) = (desk.store.clone(), one.attachment.id);
            let removal = tokio::spawn(async move { begin_removal(&store, at(9)).await });
            let (draft, system, conversation_id) = (desk.draft("words", None), desk.message_id(), conversation.id);
            let was_sent = desk
                .store
                .write::<_, StoreError, _>(move |transaction| {
                    let conversation = transaction.lock_conversation(&everything(), conversation_id)?.unwrap();
                    let locked = transaction.lock_uploads(&[id])?;
                    if locked[0].state != UploadState::Ready {
                        return Ok(false);
                    }
                    let mut draft = draft.clone();
                    draft.attachments = vec![locked[0].attachment.clone()];
                    let outcome = conversation.post(driver(), draft, system, at(5_000)).unwrap();
                    transaction.update_conversation(&outcome.conversation)?;
                    transaction.insert_message(&outcome.messages[0])?;
                    transaction.update_uploads_sent(&outcome.messages[0])?;
                    Ok(true)
                })
                .await
                .unwrap();
            assert_eq!(removal.await.unwrap(), usize::from(!was_sent));
            let found = get(&desk.store, id).await.unwrap();
            assert_eq!(found.attachment.message_id.is_some(), was_sent);
            assert_eq!(found.state == UploadState::Removing, !was_sent);
        }
    }
}
