//! Transactions: all or nothing, alone among others.

use support_store::StoreError;

use crate::harness::{Opening, at, driver, everything};
use crate::on_both;

on_both! {
    async fn work_that_fails_leaves_nothing(desk) {
        let conversation = desk.open_conversation(Opening::default()).await;
        let (mut changed, id) = (conversation.clone(), conversation.id);
        changed.version = 9;
        let result: Result<(), StoreError> = desk
            .store
            .write(move |transaction| {
                transaction.update_conversation(&changed)?;
                Err(StoreError::Corrupt { column: "none" })
            })
            .await;
        assert!(matches!(result, Err(StoreError::Corrupt { .. })));
        assert_eq!(desk.get(everything(), id).await, Some(conversation));
    }

    async fn one_that_fails_does_not_take_others_with_it(desk) {
        let conversation = desk.open_conversation(Opening::default()).await;
        let mut work = Vec::new();
        for number in 0..40 {
            let (store, id, draft, system) = (desk.store.clone(), conversation.id, desk.draft("words", None), desk.message_id());
            work.push(tokio::spawn(async move {
                store
                    .write::<_, StoreError, _>(move |transaction| {
                        let found = transaction.lock_conversation(&everything(), id)?.unwrap();
                        let outcome = found.post(driver(), draft.clone(), system, at(2_000)).unwrap();
                        transaction.update_conversation(&outcome.conversation)?;
                        transaction.insert_message(&outcome.messages[0])?;
                        if number % 4 == 0 { Err(StoreError::Corrupt { column: "none" }) } else { Ok(outcome.messages[0].seq) }
                    })
                    .await
            }));
        }
        let mut acknowledged = Vec::new();
        for result in work {
            acknowledged.extend(result.await.unwrap());
        }
        acknowledged.sort_unstable();
        assert_eq!(acknowledged, (2..=31).collect::<Vec<i64>>(), "those that were kept leave no gap");
        assert_eq!(desk.messages(&conversation).await.len(), 31);
    }

    async fn work_that_panics_harms_only_itself(desk) {
        let conversation = desk.open_conversation(Opening::default()).await;
        let result: Result<(), StoreError> = desk.store.write(|_| panic!("on purpose")).await;
        assert!(matches!(result, Err(StoreError::Internal(_))), "{result:?}");
        for number in 0..8 {
            desk.post(conversation.id, driver(), "words", at(number)).await.unwrap();
        }
        assert_eq!(desk.get(everything(), conversation.id).await.unwrap().last_seq, 9);
    }
}
