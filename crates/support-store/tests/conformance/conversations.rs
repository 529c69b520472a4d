//! Conversations, one at a time.

use support_domain::conversation::{ConversationChange, ReadPoint};
use support_domain::{
    AdminId, ConversationId, ConversationStatus, CountryCode, Metadata, Priority, Side, SupportConversation, UserType,
    Visibility,
};
use support_store::StoreError;

use crate::harness::{Opening, TestDesk, admin, at, countries, driver, everything, owned_by};
use crate::on_both;

async fn keep(desk: &TestDesk, conversation: &SupportConversation) {
    let conversation = conversation.clone();
    desk.store
        .write::<_, StoreError, _>(move |transaction| transaction.update_conversation(&conversation))
        .await
        .unwrap();
}

on_both! {
    async fn a_conversation_comes_back_as_it_was_kept(desk) {
        let opening = Opening { subject: "\u{9ad}\u{9be}\u{9dc}\u{9be} \u{1f600} 'quoted' % _", ..Opening::default() };
        let mut conversation = desk.open_conversation(opening).await;
        assert_eq!(desk.get(everything(), conversation.id).await, Some(conversation.clone()));

        let change = ConversationChange {
            status: Some(ConversationStatus::Pending),
            priority: Some(Priority::Urgent),
            assigned_admin_id: Some(Some(AdminId::parse("admin-1").unwrap())),
        };
        conversation = conversation.change(&change, desk.message_id(), at(2_000)).unwrap().conversation;
        conversation = conversation.mark_read(Side::Admin, ReadPoint { seq: 1, user_side_count: 1 }, at(3_000));
        keep(&desk, &conversation).await;
        assert_eq!(desk.get(everything(), conversation.id).await, Some(conversation));
    }

    async fn metadata_comes_back_as_it_was_kept(desk) {
        let mut conversation = desk.open_conversation(Opening::default()).await;
        let serde_json::Value::Object(object) =
            serde_json::json!({
                "kinds": [1, 2.5, null, true, "\u{9ad} \" \\ '", {}],
                "whole": [0, -1, i64::MIN, i64::MAX, u64::MAX, 9_223_372_036_854_775_808_u64],
                "parts": [0.1, -1.5e-7, 123_456_789.123_456_79],
            })
        else { unreachable!() };
        let limits = support_domain::Limits::default();
        conversation.metadata = Metadata::parse(object, &limits).unwrap();
        conversation.id = ConversationId(uuid::Uuid::from_u128(77));
        let kept = conversation.clone();
        desk.store.write::<_, StoreError, _>(move |transaction| transaction.insert_conversation(&kept)).await.unwrap();
        assert_eq!(desk.get(everything(), conversation.id).await, Some(conversation));
    }

    async fn unknown_foreign_and_out_of_country_do_not_exist(desk) {
        let id = desk.open_conversation(Opening::default()).await.id;
        let unknown = ConversationId(uuid::Uuid::from_u128(1));
        assert_eq!(desk.get(everything(), unknown).await, None);
        for visibility in [
            owned_by("driver-2", UserType::Driver),
            owned_by("driver-1", UserType::Customer),
            countries(&[CountryCode::UnitedStates]),
            countries(&[]),
            support_domain::Visibility { only: Some(unknown), ..everything() },
        ] {
            assert_eq!(desk.get(visibility.clone(), id).await, None, "{visibility:?}");
            let locked = desk
                .store
                .write::<_, StoreError, _>(move |transaction| transaction.lock_conversation(&visibility, id))
                .await
                .unwrap();
            assert_eq!(locked, None);
        }
        for visibility in [
            owned_by("driver-1", UserType::Driver),
            countries(&[CountryCode::Bangladesh]),
            support_domain::Visibility { only: Some(id), ..everything() },
        ] {
            assert!(desk.get(visibility, id).await.is_some());
        }
    }

    async fn a_conversation_that_is_gone_cannot_be_updated(desk) {
        let mut conversation = desk.open_conversation(Opening::default()).await;
        conversation.id = ConversationId(uuid::Uuid::from_u128(1));
        let result = desk
            .store
            .write::<(), StoreError, _>(move |transaction| transaction.update_conversation(&conversation))
            .await;
        assert!(matches!(result, Err(StoreError::Internal(_))), "{result:?}");
    }

    async fn unread_counts_in_the_database_are_those_of_the_entity(desk) {
        let conversation = desk.open_conversation(Opening::default()).await;
        desk.post(conversation.id, admin(), "one", at(2_000)).await.unwrap();
        let outcome = desk.post(conversation.id, driver(), "two", at(3_000)).await.unwrap();
        let now = outcome.conversation.mark_read(Side::User, ReadPoint { seq: 2, user_side_count: 1 }, at(4_000));
        keep(&desk, &now).await;
        let columns = desk.unread_columns(now.id);
        assert_eq!(columns, (now.unread_count(Side::User), now.unread_count(Side::Admin)));
        assert_eq!(columns, (0, 2));
    }

    async fn several_are_found_by_their_ids_where_they_are_visible(desk) {
        let bangla = desk.open_conversation(Opening::default()).await;
        let american = desk.open_conversation(Opening { country: CountryCode::UnitedStates, ..Opening::default() }).await;
        let ids = [bangla.id, american.id, ConversationId(uuid::Uuid::from_u128(1))];
        let found = |visibility: Visibility, ids: Vec<ConversationId>| {
            let store = desk.store.clone();
            async move {
                let read = store.read::<_, StoreError, _>(move |reader| {
                    reader.list_conversations_by_id(&visibility, &ids)
                });
                let mut found: Vec<_> = read.await.unwrap().into_iter().map(|one| one.id).collect();
                found.sort_unstable();
                found
            }
        };
        assert_eq!(found(Visibility::everything(), ids.to_vec()).await, [bangla.id, american.id]);
        let desk_of = countries(&[CountryCode::UnitedStates]);
        assert_eq!(found(desk_of, ids.to_vec()).await, [american.id]);
        assert!(found(Visibility::everything(), Vec::new()).await.is_empty());
    }
}

impl TestDesk {
    /// The derived columns, as another program reads them.
    fn unread_columns(&self, id: ConversationId) -> (i64, i64) {
        use diesel::prelude::*;
        use diesel::sql_types::BigInt;
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            unread_count_user: i64,
            #[diesel(sql_type = BigInt)]
            unread_count_admin: i64,
        }
        let columns = "SELECT unread_count_user, unread_count_admin FROM";
        let row: Row = match &self.url {
            support_store::DatabaseUrl::Sqlite(file) => {
                let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
                let id = id.0.simple();
                let query = format!("{columns} support_conversations WHERE hex(id) = upper('{id}')");
                diesel::sql_query(query).get_result(&mut conn).unwrap()
            }
            support_store::DatabaseUrl::Postgres(url) => {
                let mut conn = PgConnection::establish(url).unwrap();
                let query = format!("{columns} support_chat.support_conversations WHERE id = '{id}'");
                diesel::sql_query(query).get_result(&mut conn).unwrap()
            }
        };
        (row.unread_count_user, row.unread_count_admin)
    }
}
