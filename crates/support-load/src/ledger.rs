//! The accounts of a run: what was sent, what was acknowledged, and whether a server has kept its word. Pure: it asks
//! nobody, and a program of another kind (one that kills servers, say) can keep the same books.
//!
//! The rule: what was acknowledged is there, once, under its number; numbers begin at 1 and have no gap. What was sent
//! and never acknowledged may be there or not, but not twice.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use uuid::Uuid;

use crate::scan::ScannedMessage;

/// What an acknowledgement says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The message's number in its conversation.
    pub seq: u64,
    /// The message's id.
    pub id: Uuid,
}

/// What an acknowledgement says, if it is one.
pub fn receipt(message: &ScannedMessage<'_>) -> Option<Receipt> {
    Some(Receipt { seq: message.seq, id: Uuid::try_parse(message.id).ok()? })
}

/// A message as it was read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its number.
    pub seq: u64,
    /// Its id.
    pub id: Uuid,
    /// Its `clientMessageId`, if that is a UUID.
    pub key: Option<Uuid>,
}

/// What is wrong with a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An acknowledged message is not there.
    Lost {
        /// The number that was acknowledged.
        seq: u64,
    },
    /// The same message, or two under one key, stands there again.
    Doubled {
        /// Where it stands again.
        seq: u64,
    },
    /// A message stands after one with the same or a higher number.
    Reordered {
        /// Its number.
        seq: u64,
        /// The number before it.
        after: u64,
    },
    /// Numbers are missing.
    Gap {
        /// The first that is missing.
        from: u64,
        /// The last that is missing.
        to: u64,
    },
    /// A message has another number than was acknowledged.
    Moved {
        /// The number that was acknowledged.
        acknowledged: u64,
        /// The number that it has.
        found: u64,
    },
    /// The same key was acknowledged as two different messages.
    Changed {
        /// The number that was acknowledged first.
        seq: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { seq } => write!(f, "lost: message {seq} was acknowledged and is not there"),
            Self::Doubled { seq } => write!(f, "doubled: message {seq} stands there already"),
            Self::Reordered { seq, after } => write!(f, "reordered: message {seq} stands after message {after}"),
            Self::Gap { from, to } => write!(f, "gap: there are no messages {from} to {to}"),
            Self::Moved { acknowledged, found } => {
                write!(f, "moved: message {acknowledged} was acknowledged and is message {found} now")
            }
            Self::Changed { seq } => write!(f, "changed: message {seq} was acknowledged as another one later"),
        }
    }
}

/// The books of one conversation.
#[derive(Debug, Default, Clone)]
pub struct Ledger {
    sent: HashMap<Uuid, Option<Receipt>>,
    acknowledged: u64,
    last_seq: u64,
    changed: Vec<Fault>,
}

impl Ledger {
    /// A message is about to be sent under that key, perhaps again.
    pub fn send(&mut self, key: Uuid) {
        self.sent.entry(key).or_default();
    }

    /// A message was acknowledged. A repetition is acknowledged as the first one was, or it is a fault.
    pub fn acknowledge(&mut self, key: Uuid, receipt: Receipt) {
        match self.sent.insert(key, Some(receipt)).flatten() {
            None => self.acknowledged += 1,
            Some(first) if first == receipt => {}
            Some(first) => self.changed.push(Fault::Changed { seq: first.seq }),
        }
        self.last_seq = self.last_seq.max(receipt.seq);
    }

    /// How many messages were sent, repetitions not counted.
    pub fn sent(&self) -> u64 {
        self.sent.len() as u64
    }

    /// How many of them were acknowledged.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// The highest number that was acknowledged, 0 if none was.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Compares the books with the whole conversation, as it was read back. Empty if all is well.
    pub fn check(&self, found: &[Found]) -> Vec<Fault> {
        let mut faults = self.changed.clone();
        let (mut ids, mut keys, mut before) = (HashMap::new(), HashSet::new(), 0);
        for message in found {
            let is_again = ids.contains_key(&message.id);
            ids.entry(message.id).or_insert(message.seq);
            let is_key_again = message.key.is_some_and(|key| !keys.insert(key));
            if is_again || is_key_again {
                faults.push(Fault::Doubled { seq: message.seq });
            } else if message.seq <= before {
                faults.push(Fault::Reordered { seq: message.seq, after: before });
            }
            before = before.max(message.seq);
        }
        let mut before = 0;
        for seq in found.iter().map(|message| message.seq).collect::<BTreeSet<_>>() {
            if seq > before + 1 {
                faults.push(Fault::Gap { from: before + 1, to: seq - 1 });
            }
            before = seq;
        }
        for receipt in self.sent.values().flatten() {
            match ids.get(&receipt.id) {
                None => faults.push(Fault::Lost { seq: receipt.seq }),
                Some(seq) if *seq != receipt.seq => {
                    faults.push(Fault::Moved { acknowledged: receipt.seq, found: *seq });
                }
                Some(_) => {}
            }
        }
        faults
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
