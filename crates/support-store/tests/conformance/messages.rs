//! Messages: their order, their pages, their keys.

use std::sync::Arc;

use support_domain::SupportConversation;
use support_store::{MessagesPage, StoreError};

use crate::harness::{Opening, TestDesk, admin, at, driver, everything};
use crate::on_both;

async fn page(desk: &TestDesk, conversation: &SupportConversation, page: MessagesPage, limit: usize) -> Vec<i64> {
    let conversation = conversation.clone();
    let messages = desk
        .store
        .read::<_, StoreError, _>(move |reader| reader.list_messages(&conversation, page, limit))
        .await
        .unwrap();
    messages.iter().map(|message| message.seq).collect()
}

on_both! {
    async fn a_message_comes_back_as_it_was_kept(desk) {
        let conversation = desk.open_conversation(Opening::default()).await;
        let sent = desk.post(conversation.id, admin(), "a < b \u{9ad} \u{1f600}\nsecond line", at(2_000)).await.unwrap();
        let messages = desk.messages(&sent.conversation).await;
        assert_eq!(messages.len(), 2);
        assert_eq!(messages[1], sent.messages[0]);
    }

    async fn pages_go_forward_and_back(desk) {
        let conversation = desk.open_conversation(Opening::default()).await;
        for number in 2..=7 {
            desk.post(conversation.id, driver(), "words", at(number * 1_000)).await.unwrap();
        }
        assert_eq!(page(&desk, &conversation, MessagesPage::After(0), 3).await, [1, 2, 3]);
        assert_eq!(page(&desk, &conversation, MessagesPage::After(5), 3).await, [6, 7]);
        assert_eq!(page(&desk, &conversation, MessagesPage::After(7), 3).await, [] as [i64; 0]);
        assert_eq!(page(&desk, &conversation, MessagesPage::Before(7), 3).await, [4, 5, 6]);
        assert_eq!(page(&desk, &conversation, MessagesPage::Before(3), 3).await, [1, 2]);
        assert_eq!(page(&desk, &conversation, MessagesPage::Before(i64::MAX), 2).await, [6, 7]);
    }

    async fn sixteen_writers_leave_no_gap(desk) {
        let conversation = desk.open_conversation(Opening::default()).await;
        let desk = Arc::new(desk);
        let writers: Vec<_> = (0..16)
            .map(|number| {
                let (desk, id) = (Arc::clone(&desk), conversation.id);
                tokio::spawn(async move {
                    for _ in 0..10 {
                        let author = if number % 2 == 0 { driver() } else { admin() };
                        desk.post(id, author, "words", at(5_000)).await.unwrap();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        let now = desk.get(everything(), conversation.id).await.unwrap();
        assert_eq!((now.last_seq, now.user_side_count), (161, 81));
        let messages = desk.messages(&now).await;
        assert_eq!(messages.iter().map(|message| message.seq).collect::<Vec<_>>(), (1..=161).collect::<Vec<_>>());
        assert!(messages.iter().map(|message| message.created_at).is_sorted());
    }

    async fn a_key_is_used_once_by_each_sender(desk) {
        let conversation = desk.open_conversation(Opening::default()).await;
        let insert = |author: support_domain::Author| {
            let (draft, system, id) = (desk.draft("words", Some("key-1")), desk.message_id(), conversation.id);
            let store = desk.store.clone();
            async move {
                store
                    .write::<_, StoreError, _>(move |transaction| {
                        let found = transaction.lock_conversation(&everything(), id)?.unwrap();
                        let key = draft.client_message_id.clone().unwrap();
                        let before = transaction.get_message_by_key(&found, &author, &key)?;
                        let outcome = found.post(author.clone(), draft.clone(), system, at(2_000)).unwrap();
                        transaction.insert_message(&outcome.messages[0])?;
                        transaction.update_conversation(&outcome.conversation)?;
                        Ok(before)
                    })
                    .await
            }
        };
        assert_eq!(insert(driver()).await.unwrap(), None);
        assert_eq!(insert(admin()).await.unwrap(), None, "another sender may use the same key");
        // Whoever does not look first meets the constraint, and nothing of the transaction is kept.
        assert!(matches!(insert(driver()).await, Err(StoreError::Conflict(_))));
        assert_eq!(desk.get(everything(), conversation.id).await.unwrap().last_seq, 3);
    }

    async fn an_opening_is_found_by_its_key(desk) {
        use support_domain::conversation::ConversationDraft;
        use support_domain::{ClientMessageId, Limits, Metadata, Priority, Subject};
        let template = desk.open_conversation(Opening::default()).await;
        let key = ClientMessageId::parse("opening-1").unwrap();
        let draft = ConversationDraft {
            id: support_domain::ConversationId(uuid::Uuid::from_u128(5)),
            user: template.user.clone(),
            subject: Subject::parse("Again", &Limits::default()).unwrap(),
            priority: Priority::Low,
            metadata: Metadata::default(),
        };
        let first = desk.draft("words", Some("opening-1"));
        let outcome = SupportConversation::open(draft, at(1)).post(driver(), first, desk.message_id(), at(1)).unwrap();
        let kept = outcome.clone();
        let found = desk
            .store
            .write::<_, StoreError, _>(move |transaction| {
                assert_eq!(transaction.get_opening_by_key(&driver(), &key)?, None);
                transaction.insert_conversation(&kept.conversation)?;
                transaction.insert_message(&kept.messages[0])?;
                assert_eq!(transaction.get_opening_by_key(&admin(), &key)?, None);
                transaction.get_opening_by_key(&driver(), &key)
            })
            .await
            .unwrap();
        assert_eq!(found, Some((outcome.conversation, outcome.messages[0].clone())));
    }

    async fn a_read_point_counts_the_users_side(desk) {
        let conversation = desk.open_conversation(Opening::default()).await;
        desk.post(conversation.id, admin(), "one", at(2_000)).await.unwrap();
        desk.post(conversation.id, driver(), "two", at(3_000)).await.unwrap();
        let points = desk
            .store
            .write::<_, StoreError, _>(move |transaction| {
                let point = |transaction: &mut support_store::Transaction<'_>, seq| {
                    Ok::<_, StoreError>(transaction.get_read_point(&conversation, seq)?.map(|point| point.user_side_count))
                };
                Ok([point(transaction, 1)?, point(transaction, 2)?, point(transaction, 3)?, point(transaction, 4)?])
            })
            .await
            .unwrap();
        assert_eq!(points, [Some(1), Some(1), Some(2), None]);
    }
}
