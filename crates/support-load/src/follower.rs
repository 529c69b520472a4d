//! What one subscriber has of a conversation: each message once and in order, or what was wrong. Pure.

use std::collections::BTreeSet;

use serde::Serialize;

/// So many missing numbers are remembered by themselves; the rest is only counted.
const REMEMBERED: u64 = 4_096;

/// What was wrong with what a subscriber was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryFaults {
    /// Messages that did not come.
    pub lost: u64,
    /// Messages that came again.
    pub doubled: u64,
    /// Messages that came after a later one.
    pub reordered: u64,
}

impl DeliveryFaults {
    /// Whether all was well.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Counts the messages of one conversation that come to one subscriber.
#[derive(Debug, Clone, Default)]
pub struct Follower {
    last: u64,
    missing: BTreeSet<u64>,
    forgotten: u64,
    faults: DeliveryFaults,
}

impl Follower {
    /// One that has all messages up to `last`.
    pub fn having(last: u64) -> Self {
        Self { last, ..Self::default() }
    }

    /// The highest number that has come: `afterSeq` of a resume.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// A message has come. Whether it is the next one.
    pub fn take(&mut self, seq: u64) -> bool {
        if seq == self.last + 1 {
            self.last = seq;
            return true;
        }
        if seq > self.last {
            let end = seq.min(self.last + 1 + REMEMBERED);
            self.missing.extend(self.last + 1..end);
            self.forgotten += seq - end;
            self.last = seq;
        } else if self.missing.remove(&seq) {
            self.faults.reordered += 1;
        } else {
            self.faults.doubled += 1;
        }
        false
    }

    /// What was wrong, when everything up to `end` should have come.
    pub fn faults(&self, end: u64) -> DeliveryFaults {
        let lost = self.missing.len() as u64 + self.forgotten + end.saturating_sub(self.last);
        DeliveryFaults { lost, ..self.faults }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn faults(seqs: &[u64], end: u64) -> (u64, u64, u64) {
        let mut follower = Follower::default();
        for seq in seqs {
            follower.take(*seq);
        }
        let DeliveryFaults { lost, doubled, reordered } = follower.faults(end);
        (lost, doubled, reordered)
    }

    #[test]
    fn what_came_once_and_in_order_is_well() {
        assert_eq!(faults(&[1, 2, 3, 4], 4), (0, 0, 0));
        assert_eq!(faults(&[], 0), (0, 0, 0));
        assert_eq!(faults(&[1, 2, 3], 2), (0, 0, 0), "one that nobody acknowledged may come as well");
    }

    #[test]
    fn each_fault_has_its_name() {
        assert_eq!(faults(&[1, 2, 4], 4), (1, 0, 0));
        assert_eq!(faults(&[1, 2], 4), (2, 0, 0));
        assert_eq!(faults(&[1, 2, 2, 3], 3), (0, 1, 0));
        assert_eq!(faults(&[1, 3, 2], 3), (0, 0, 1));
        assert_eq!(faults(&[1, 3, 2, 2], 3), (0, 1, 1));
        assert_eq!(faults(&[1, 100_001], 100_001), (99_999, 0, 0));
    }

    #[test]
    fn one_that_resumes_begins_behind_what_it_has() {
        let mut follower = Follower::having(7);
        assert!(follower.take(8) && !follower.take(8));
        assert_eq!(follower.faults(8), DeliveryFaults { doubled: 1, ..DeliveryFaults::default() });
    }

    proptest! {
        #[test]
        fn it_is_well_exactly_if_all_came_once_and_in_order(seqs in prop::collection::vec(1_u64..8, 0..9), end in 0_u64..8) {
            let is_well = seqs.iter().copied().eq(1..=seqs.len() as u64) && seqs.len() as u64 >= end;
            prop_assert_eq!(faults(&seqs, end) == (0, 0, 0), is_well);
        }
    }
}
