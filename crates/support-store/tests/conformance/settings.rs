//! Saved settings: one row that comes back as it was kept, and is changed by one transaction at a time.

#![expect(clippy::redundant_closure_for_method_calls, reason = "a method of one lifetime is no closure of every one")]

use serde_json::{Map, Value, json};
use support_domain::AdminId;
use support_store::{Store, StoreError, StoredSettings};

use crate::harness::at;
use crate::on_both;

fn settings(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else { panic!("a test gives an object") };
    object
}

async fn get(store: &Store) -> Option<StoredSettings> {
    store.read::<_, StoreError, _>(|reader| reader.get_settings()).await.unwrap()
}

/// Adds one to the version, under the lock, as the service does.
async fn bump(store: &Store, name: &'static str) -> i64 {
    store
        .write::<_, StoreError, _>(move |transaction| {
            let version = transaction.lock_settings()?.map_or(0, |stored| stored.version) + 1;
            transaction.update_settings(&StoredSettings {
                settings: settings(json!({"by": name})),
                version,
                updated_at: at(version),
                updated_by: Some(AdminId::parse(name).unwrap()),
            })?;
            Ok(version)
        })
        .await
        .unwrap()
}

on_both! {
    async fn what_was_saved_comes_back(desk) {
        assert_eq!(get(&desk.store).await, None);
        let saved = StoredSettings {
            settings: settings(json!({"maxMessageLength": 500, "allowedMimeTypes": ["image/png"], "later": {"x": 1.5}})),
            version: 1,
            updated_at: at(7),
            updated_by: Some(AdminId::parse("boss-1").unwrap()),
        };
        let kept = saved.clone();
        let write = desk.store.write::<_, StoreError, _>(move |transaction| {
            assert_eq!(transaction.lock_settings()?, None, "a lock saves nothing");
            transaction.update_settings(&kept)
        });
        write.await.unwrap();
        assert_eq!(get(&desk.store).await, Some(saved.clone()));
        let locked = desk.store.write::<_, StoreError, _>(|transaction| transaction.lock_settings()).await.unwrap();
        assert_eq!(locked, Some(saved));
        let nobody = StoredSettings { settings: Map::new(), version: 2, updated_at: at(8), updated_by: None };
        let kept = nobody.clone();
        let write = desk.store.write::<_, StoreError, _>(move |transaction| transaction.update_settings(&kept));
        write.await.unwrap();
        assert_eq!(get(&desk.store).await, Some(nobody));
    }

    async fn a_lock_without_a_change_saves_nothing(desk) {
        desk.store.write::<_, StoreError, _>(|transaction| transaction.lock_settings()).await.unwrap();
        assert_eq!(get(&desk.store).await, None);
    }

    async fn changes_at_once_are_made_one_after_the_other(desk) {
        let changes = (0..12).map(|_| {
            let store = desk.store.clone();
            tokio::spawn(async move { bump(&store, "admin-1").await })
        });
        let mut versions = Vec::new();
        for change in changes.collect::<Vec<_>>() {
            versions.push(change.await.unwrap());
        }
        versions.sort_unstable();
        assert_eq!(versions, (1..=12).collect::<Vec<_>>());
        assert_eq!(get(&desk.store).await.map(|stored| stored.version), Some(12));
    }
}
