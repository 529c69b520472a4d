//! Conversations that are too old to be kept: which those are, and that each goes whole or not at all.

use support_domain::{ConversationId, ConversationStatus, CountryCode, Timestamp, Upload, UploadState};
use support_store::{
    ConversationFilter, OldConversation, OldConversations, PageRequest, Position, Post, PostAddress, Store, StoreError,
};

use crate::attachments::{get as get_upload, keep as keep_upload, send as send_files, upload};
use crate::harness::{Opening, TestDesk, at, driver, everything};
use crate::on_both;

const DHAKA: CountryCode = CountryCode::Bangladesh;

pub(crate) fn older_than(before: Timestamp) -> OldConversations {
    OldConversations { country: DHAKA, status: ConversationStatus::Open, before }
}

async fn list(store: &Store, old: OldConversations, behind: Option<Position>, limit: i64) -> Vec<OldConversation> {
    store.read::<_, StoreError, _>(move |reader| reader.list_old_conversations(&old, behind, limit)).await.unwrap()
}

fn ids(found: &[OldConversation]) -> Vec<ConversationId> {
    found.iter().map(|old| old.position.id).collect()
}

/// Removes a batch, the way the service does. Returns which ones, and how many messages and files.
async fn purge(
    store: &Store,
    old: OldConversations,
    limit: i64,
) -> Result<(Vec<ConversationId>, usize, usize), StoreError> {
    store
        .write(move |transaction| {
            let ids = ids(&transaction.lock_old_conversations(&old, None, limit)?);
            let files = transaction.update_sent_removing(&ids)?;
            let messages = transaction.delete_conversations(&ids)?;
            Ok((ids, messages, files))
        })
        .await
}

async fn open_at(desk: &TestDesk, millis: i64) -> ConversationId {
    desk.open_conversation(Opening { at: at(millis), ..Opening::default() }).await.id
}

async fn change_status(desk: &TestDesk, id: ConversationId, status: ConversationStatus) {
    desk.store
        .write::<_, StoreError, _>(move |transaction| {
            let mut conversation = transaction.lock_conversation(&everything(), id)?.unwrap();
            conversation.status = status;
            transaction.update_conversation(&conversation)
        })
        .await
        .unwrap();
}

/// How many conversations a search for that subject finds.
async fn search(desk: &TestDesk, subject: &str) -> usize {
    let filter = ConversationFilter { subject_contains: Some(subject.to_owned()), ..ConversationFilter::default() };
    let page = PageRequest { limit: 50, start: None };
    let found = desk
        .store
        .read_snapshot::<_, StoreError, _>(move |reader| reader.list_conversations(&everything(), &filter, &page))
        .await
        .unwrap();
    found.conversations.len()
}

/// A file on a message of that conversation.
async fn file_on(desk: &TestDesk, id: ConversationId) -> Upload {
    let file = upload(at(1));
    keep_upload(&desk.store, &file).await;
    send_files(desk, id, &[&file]).await;
    file
}

on_both! {
    async fn those_of_a_country_and_status_are_old_by_their_last_message_oldest_first(desk) {
        let (young, third, first, second) = (open_at(&desk, 40).await, open_at(&desk, 30).await, open_at(&desk, 10).await, open_at(&desk, 20).await);
        let closed = open_at(&desk, 5).await;
        change_status(&desk, closed, ConversationStatus::Closed).await;
        let elsewhere = Opening { country: CountryCode::UnitedStates, at: at(6), ..Opening::default() };
        let elsewhere = desk.open_conversation(elsewhere).await.id;
        let old = older_than(at(40));
        assert_eq!(ids(&list(&desk.store, old, None, 10).await), [first, second, third], "the moment itself is not before it");
        assert_eq!(ids(&list(&desk.store, OldConversations { status: ConversationStatus::Closed, ..old }, None, 10).await), [closed]);
        let there = OldConversations { country: CountryCode::UnitedStates, ..old };
        assert_eq!(ids(&list(&desk.store, there, None, 10).await), [elsewhere]);

        let page = list(&desk.store, old, None, 2).await;
        assert_eq!(ids(&page), [first, second]);
        assert_eq!(ids(&list(&desk.store, old, Some(page[1].position), 2).await), [third]);
        assert_eq!(page.iter().map(|old| old.messages).collect::<Vec<_>>(), [1, 1]);
        desk.post(first, driver(), "still here", at(50)).await.unwrap();
        assert_eq!(ids(&list(&desk.store, old, None, 10).await), [second, third], "what was written to is old no longer");
        assert!(desk.get(everything(), young).await.is_some());
    }

    async fn those_of_the_same_moment_are_walked_over_once(desk) {
        let mut opened = Vec::new();
        for _ in 0..5 {
            opened.push(open_at(&desk, 10).await);
        }
        opened.sort();
        let (mut walked, mut behind) = (Vec::new(), None);
        loop {
            let page = list(&desk.store, older_than(at(11)), behind, 2).await;
            walked.extend(ids(&page));
            behind = page.last().map(|old| old.position);
            if page.is_empty() {
                break;
            }
        }
        assert_eq!(walked, opened);
    }

    async fn a_purged_conversation_is_gone_with_all_that_is_of_it_and_others_are_untouched(desk) {
        let subject = |subject, millis| Opening { subject, at: at(millis), ..Opening::default() };
        let (gone, stays) = (desk.open_conversation(subject("Parcel lost", 10)).await, desk.open_conversation(subject("Parcel found", 5_000)).await);
        let (file, other) = (file_on(&desk, gone.id).await, file_on(&desk, stays.id).await);
        let draft = upload(at(1));
        keep_upload(&desk.store, &draft).await;
        let kept = (desk.get(everything(), stays.id).await.unwrap(), desk.messages(&stays).await);
        let count = [gone.id, stays.id];
        let files = desk.store.read::<_, StoreError, _>(move |reader| reader.count_sent_uploads(&count)).await.unwrap();
        assert_eq!(files, 2);

        // Sending the files was its last message.
        assert_eq!(purge(&desk.store, older_than(at(5_000)), 10).await.unwrap(), (vec![], 0, 0));
        change_status(&desk, stays.id, ConversationStatus::Pending).await;
        assert_eq!(purge(&desk.store, older_than(at(5_001)), 10).await.unwrap(), (vec![gone.id], 2, 1));
        change_status(&desk, stays.id, ConversationStatus::Open).await;

        assert_eq!(desk.get(everything(), gone.id).await, None);
        assert_eq!(desk.messages(&gone).await, []);
        assert_eq!((search(&desk, "parcel").await, search(&desk, "parcel lost").await), (1, 0));
        let removing = get_upload(&desk.store, file.attachment.id).await.unwrap();
        assert_eq!((removing.state, removing.attachment.message_id, removing.conversation_id), (UploadState::Removing, None, None));
        assert_eq!(removing.storage_key, file.storage_key, "its bytes can still be found");
        let id = file.attachment.id;
        desk.store.write::<_, StoreError, _>(move |transaction| transaction.delete_removed_upload(id)).await.unwrap();
        assert_eq!(get_upload(&desk.store, id).await, None);

        assert_eq!(desk.messages(&stays).await, kept.1);
        assert_eq!(desk.get(everything(), stays.id).await.unwrap(), kept.0);
        assert_eq!(get_upload(&desk.store, other.attachment.id).await.unwrap().state, UploadState::Ready);
        assert_eq!(get_upload(&desk.store, draft.attachment.id).await.unwrap(), draft);
    }

    async fn a_purge_that_fails_leaves_everything_as_it_was(desk) {
        let id = open_at(&desk, 10).await;
        let file = file_on(&desk, id).await;
        let before = desk.messages(&desk.get(everything(), id).await.unwrap()).await;
        let failed: Result<(), StoreError> = desk
            .store
            .write(move |transaction| {
                transaction.update_sent_removing(&[id])?;
                transaction.delete_conversations(&[id])?;
                Err(StoreError::Corrupt { column: "none" })
            })
            .await;
        assert!(failed.is_err());
        let twice = desk.store.write::<_, StoreError, _>(move |transaction| transaction.delete_conversations(&[id, id])).await;
        assert!(twice.is_err(), "what was not found is no success");
        assert_eq!(desk.messages(&desk.get(everything(), id).await.unwrap()).await, before);
        assert_eq!(get_upload(&desk.store, file.attachment.id).await.unwrap().state, UploadState::Ready);
    }

    async fn a_message_and_a_purge_do_not_both_win(desk) {
        for round in 0..20 {
            let id = open_at(&desk, 10).await;
            let store = desk.store.clone();
            let purging = tokio::spawn(async move { purge(&store, older_than(at(100)), 10).await });
            let (draft, system) = (desk.draft("just in time", None), desk.message_id());
            let sent = desk
                .store
                .write::<_, StoreError, _>(move |transaction| {
                    let Some(conversation) = transaction.lock_conversation(&everything(), id)? else { return Ok(false) };
                    let outcome = conversation.post(driver(), draft.clone(), system, at(1_000)).unwrap();
                    transaction.update_conversation(&outcome.conversation)?;
                    transaction.insert_message(&outcome.messages[0])?;
                    Ok(true)
                })
                .await
                .unwrap();
            let (purged, messages, _) = purging.await.unwrap().unwrap();
            assert_eq!((purged.contains(&id), messages), (!sent, usize::from(!sent)), "round {round}");
            let stands = desk.get(everything(), id).await;
            assert_eq!(stands.as_ref().map(|conversation| conversation.last_seq), sent.then_some(2), "round {round}");
            if let Some(conversation) = stands {
                assert_eq!(desk.messages(&conversation).await.len(), 2, "round {round}");
            }
        }
    }

    async fn two_that_purge_at_once_take_different_ones(desk) {
        let mut opened = Vec::new();
        for millis in 0..60 {
            opened.push(open_at(&desk, millis).await);
        }
        let other = desk.another_node();
        let all = async |store: Store| {
            let mut taken = Vec::new();
            loop {
                let (ids, ..) = purge(&store, older_than(at(100)), 4).await.unwrap();
                if ids.is_empty() {
                    return taken;
                }
                taken.extend(ids);
            }
        };
        let (one, two) = tokio::join!(tokio::spawn(all(desk.store.clone())), tokio::spawn(all(other.store.clone())));
        let mut taken = one.unwrap();
        taken.extend(two.unwrap());
        // Whoever found all the rest held by the other had nothing more to do.
        taken.extend(purge(&desk.store, older_than(at(100)), 100).await.unwrap().0);
        taken.sort();
        opened.sort();
        assert_eq!(taken, opened, "each once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_holds_is_passed_over_and_nobody_waits() {
    let Some(desk) = TestDesk::postgres() else { return };
    let (held, free) = (open_at(&desk, 10).await, open_at(&desk, 20).await);
    let (hold, held_now) = tokio::sync::oneshot::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let store = desk.store.clone();
    let (mut hold, released) = (Some(hold), released);
    let holder = tokio::spawn(async move {
        store
            .write::<_, StoreError, _>(move |transaction| {
                transaction.lock_conversation(&everything(), held)?.unwrap();
                hold.take().unwrap().send(()).unwrap();
                // Until the purge is over, which therefore did not wait.
                released.recv().unwrap();
                Ok(())
            })
            .await
    });
    held_now.await.unwrap();
    let (purged, ..) = purge(&desk.store, older_than(at(100)), 10).await.unwrap();
    release.send(()).unwrap();
    holder.await.unwrap().unwrap();
    assert_eq!(purged, [free]);
    assert_eq!(purge(&desk.store, older_than(at(100)), 10).await.unwrap().0, [held], "the next run finds it");
}

/// What a node remembers of a conversation is not believed once it is gone: not by a post, and not by what comes after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_to_what_was_purged_meanwhile_is_declined_and_brings_nothing_back() {
    let Some(desk) = TestDesk::postgres() else { return };
    let conversation = desk.open_conversation(Opening::default()).await;
    let id = conversation.id;
    desk.store.remember(&conversation);
    let elsewhere = desk.another_node();
    assert_eq!(purge(&elsewhere.store, older_than(at(9_000)), 10).await.unwrap().0, [id]);
    for _ in 0..3 {
        let (draft, system) = (desk.draft("too late", None), desk.message_id());
        let decide = move |stands: &support_domain::SupportConversation| {
            let outcome = stands.clone().post(driver(), draft.clone(), system, at(10_000)).unwrap();
            let (conversation, messages) = (outcome.conversation, outcome.messages);
            Some((Post { conversation, messages, audit_logs: Vec::new(), deliver: false }, ()))
        };
        let address = PostAddress { visibility: everything(), conversation_id: id, key: None };
        assert_eq!(desk.store.post(address, decide).await.unwrap(), None);
        desk.store.remember(&conversation);
    }
    assert_eq!(desk.get(everything(), id).await, None);
    assert_eq!(desk.messages(&conversation).await, []);
}
