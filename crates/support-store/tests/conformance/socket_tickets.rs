//! Tickets for sockets: used once, by whoever comes first, and not after their end.

use serde_json::{Value, json};
use support_domain::Timestamp;
use support_store::{Store, StoreError};

use crate::harness::at;
use crate::on_both;

async fn keep(store: &Store, hash: &'static str, expires_at: Timestamp) {
    let caller = json!({"id": "driver-1"});
    store
        .write::<_, StoreError, _>(move |transaction| {
            transaction.insert_socket_ticket(hash, &caller, at(0), expires_at)
        })
        .await
        .unwrap();
}

async fn take(store: &Store, hash: &'static str, now: Timestamp) -> Option<Value> {
    store.write::<_, StoreError, _>(move |transaction| transaction.take_socket_ticket(hash, now)).await.unwrap()
}

on_both! {
    async fn a_ticket_is_used_by_one_of_many_at_once(desk) {
        keep(&desk.store, "hash", at(30_000)).await;
        let tries = (0..16).map(|_| {
            let store = desk.store.clone();
            tokio::spawn(async move { take(&store, "hash", at(1)).await })
        });
        let mut winners = Vec::new();
        for one in tries.collect::<Vec<_>>() {
            winners.extend(one.await.unwrap());
        }
        assert_eq!(winners, [json!({"id": "driver-1"})]);
        assert_eq!(take(&desk.store, "unknown", at(1)).await, None);
    }

    async fn a_ticket_ends_and_is_forgotten(desk) {
        keep(&desk.store, "short", at(10)).await;
        keep(&desk.store, "long", at(20)).await;
        for (hash, now, expected) in [("short", 9, true), ("short", 10, false), ("unknown", 0, false)] {
            let read = desk.store.read::<_, StoreError, _>(move |reader| reader.get_socket_ticket(hash, at(now)));
            assert_eq!(read.await.unwrap(), expected.then(|| json!({"id": "driver-1"})), "{hash} at {now}");
        }
        assert_eq!(take(&desk.store, "short", at(10)).await, None, "its last good moment is the one before");
        desk.store
            .write::<_, StoreError, _>(|transaction| transaction.delete_ended_socket_tickets(at(19)))
            .await
            .unwrap();
        assert!(take(&desk.store, "long", at(19)).await.is_some());
        keep(&desk.store, "forgotten", at(20)).await;
        desk.store
            .write::<_, StoreError, _>(|transaction| transaction.delete_ended_socket_tickets(at(20)))
            .await
            .unwrap();
        assert_eq!(take(&desk.store, "forgotten", at(0)).await, None);
    }
}
