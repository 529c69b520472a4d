//! Every way in which a server can break its word is found, and no honest one is accused.

use proptest::prelude::*;

use super::*;

fn id(seq: u64) -> Uuid {
    Uuid::from_u128(u128::from(seq) + 1_000_000)
}

fn key(seq: u64) -> Uuid {
    Uuid::from_u128(u128::from(seq))
}

/// A conversation of so many messages. Those whose number is among `unacknowledged` were sent, but nobody heard back.
fn conversation(length: u64, unacknowledged: &[u64]) -> (Ledger, Vec<Found>) {
    let mut ledger = Ledger::default();
    for seq in 1..=length {
        ledger.send(key(seq));
        if !unacknowledged.contains(&seq) {
            ledger.acknowledge(key(seq), Receipt { seq, id: id(seq) });
        }
    }
    (ledger, (1..=length).map(|seq| Found { seq, id: id(seq), key: Some(key(seq)) }).collect())
}

#[test]
fn a_lost_message_is_found_within_and_at_the_end() {
    let (ledger, mut found) = conversation(5, &[]);
    found.pop();
    assert_eq!(ledger.check(&found), [Fault::Lost { seq: 5 }]);
    found.remove(1);
    let faults = ledger.check(&found);
    assert!(faults.contains(&Fault::Lost { seq: 2 }) && faults.contains(&Fault::Gap { from: 2, to: 2 }), "{faults:?}");
}

#[test]
fn a_lost_message_whose_number_another_has_is_found() {
    let (ledger, mut found) = conversation(3, &[]);
    found.remove(1);
    found[1].seq = 2;
    let faults = ledger.check(&found);
    assert!(faults.contains(&Fault::Lost { seq: 2 }), "{faults:?}");
    assert!(faults.contains(&Fault::Moved { acknowledged: 3, found: 2 }), "{faults:?}");
}

#[test]
fn a_doubled_message_is_found_by_its_id_and_by_its_key() {
    let (ledger, mut found) = conversation(3, &[3]);
    found.push(found[1]);
    assert_eq!(ledger.check(&found), [Fault::Doubled { seq: 2 }]);
    // The unacknowledged one was kept twice, as two messages.
    found[3] = Found { seq: 4, id: id(4), key: Some(key(3)) };
    assert_eq!(ledger.check(&found), [Fault::Doubled { seq: 4 }]);
}

#[test]
fn a_reordered_message_is_found() {
    let (ledger, mut found) = conversation(4, &[]);
    found.swap(1, 2);
    assert!(ledger.check(&found).contains(&Fault::Reordered { seq: 2, after: 3 }));
}

#[test]
fn two_messages_of_one_number_are_found() {
    let (ledger, mut found) = conversation(3, &[]);
    found.push(Found { seq: 3, id: id(4), key: None });
    assert_eq!(ledger.check(&found), [Fault::Reordered { seq: 3, after: 3 }]);
}

#[test]
fn a_repetition_that_became_another_message_is_found() {
    let (mut ledger, mut found) = conversation(3, &[]);
    ledger.acknowledge(key(3), Receipt { seq: 3, id: id(3) });
    assert!(ledger.check(&found).is_empty());
    assert_eq!(ledger.acknowledged(), 3);
    ledger.acknowledge(key(3), Receipt { seq: 4, id: id(4) });
    found.push(Found { seq: 4, id: id(4), key: None });
    assert_eq!(ledger.check(&found), [Fault::Changed { seq: 3 }]);
}

#[test]
fn what_others_wrote_is_no_fault() {
    let (ledger, mut found) = conversation(3, &[]);
    found.push(Found { seq: 4, id: id(4), key: None });
    found.push(Found { seq: 5, id: id(5), key: None });
    assert!(ledger.check(&found).is_empty());
}

proptest! {
    #[test]
    fn an_unacknowledged_message_may_be_there_or_not(
        length in 1_u64..30, unheard in prop::collection::vec(1_u64..30, 0..8), kept: bool,
    ) {
        let (ledger, mut found) = conversation(length, &unheard);
        prop_assert_eq!(ledger.sent(), length);
        prop_assert!(ledger.acknowledged() <= length);
        if !kept {
            // Those that were not kept have no number, so only those behind the last acknowledged one can be left out.
            found.retain(|message| message.seq <= ledger.last_seq());
        }
        prop_assert_eq!(ledger.check(&found), []);
    }

    #[test]
    fn no_change_to_an_acknowledged_conversation_stays_unseen(
        length in 2_u64..30, one in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(), change in 0..3,
    ) {
        let (ledger, mut found) = conversation(length, &[]);
        let (one, other) = (one.index(found.len()), other.index(found.len()));
        match change {
            0 => drop(found.remove(one)),
            1 => found.insert(other, found[one]),
            _ => {
                prop_assume!(one != other);
                found.swap(one, other);
            }
        }
        prop_assert!(!ledger.check(&found).is_empty());
    }
}
