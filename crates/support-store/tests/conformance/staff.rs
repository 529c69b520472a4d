//! The staff that was seen, and turns that one transaction takes at a time.

use support_domain::{AdminId, CountryCode, Timestamp};
use support_store::{SeenAdmin, Store, StoreError};

use crate::harness::at;
use crate::on_both;

fn seen(id: &str, country: Option<CountryCode>, may_reply: bool) -> SeenAdmin {
    SeenAdmin { id: AdminId::parse(id).unwrap(), role: "SUPPORT_ADMIN".to_owned(), country, may_reply }
}

async fn note(store: &Store, admin: SeenAdmin, when: Timestamp) {
    store.write::<_, StoreError, _>(move |transaction| transaction.upsert_admin(&admin, when)).await.unwrap();
}

async fn list(store: &Store, since: Timestamp, limit: i64) -> Vec<SeenAdmin> {
    store.read::<_, StoreError, _>(move |reader| reader.list_admins(since, limit)).await.unwrap()
}

/// Takes the country's turn, as the number of those before.
async fn take_turn(store: &Store, country: CountryCode) -> usize {
    store
        .write::<_, StoreError, _>(move |transaction| {
            let last = transaction.lock_turn(country)?;
            let number = last.map_or(0, |last| last.as_str().parse::<usize>().unwrap() + 1);
            transaction.update_turn(country, &AdminId::parse(&number.to_string()).unwrap())?;
            Ok(number)
        })
        .await
        .unwrap()
}

on_both! {
    async fn the_staff_is_listed_as_it_last_came(desk) {
        let store = &desk.store;
        note(store, seen("b", Some(CountryCode::Bangladesh), true), at(1)).await;
        note(store, seen("a", None, true), at(2)).await;
        note(store, seen("c", None, false), at(3)).await;
        let (a, b) = (seen("a", None, true), seen("b", Some(CountryCode::Bangladesh), true));
        assert_eq!(list(store, at(1), 10).await, [a.clone(), b.clone()]);
        assert_eq!(list(store, at(2), 10).await, std::slice::from_ref(&a));
        assert_eq!(list(store, at(1), 1).await, [a]);
        let moved = seen("b", Some(CountryCode::UnitedStates), true);
        note(store, moved.clone(), at(4)).await;
        assert_eq!(list(store, at(4), 10).await, [moved]);
        note(store, seen("b", None, false), at(5)).await;
        assert_eq!(list(store, at(3), 10).await, [], "who may reply no more is not listed");
    }

    async fn whoever_has_not_come_is_forgotten(desk) {
        note(&desk.store, seen("a", None, true), at(1)).await;
        note(&desk.store, seen("b", None, true), at(2)).await;
        let delete = desk.store.write::<_, StoreError, _>(|transaction| transaction.delete_admins_unseen(at(2)));
        delete.await.unwrap();
        assert_eq!(list(&desk.store, at(0), 10).await, [seen("b", None, true)]);
    }

    async fn a_turn_is_taken_by_one_of_many_at_once(desk) {
        let turns = (0..12).map(|_| {
            let store = desk.store.clone();
            tokio::spawn(async move { take_turn(&store, CountryCode::Bangladesh).await })
        });
        let mut taken = Vec::new();
        for turn in turns.collect::<Vec<_>>() {
            taken.push(turn.await.unwrap());
        }
        taken.sort_unstable();
        assert_eq!(taken, (0..12).collect::<Vec<_>>());
        assert_eq!(take_turn(&desk.store, CountryCode::UnitedStates).await, 0, "each country has its own");
    }
}
