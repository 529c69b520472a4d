//! What people did, and what they were promised for it: the messages of each conversation, and how far its version and
//! its read marks had come when they were acknowledged.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use support_domain::{Clock, SystemClock};
use support_load::key::MessageKey;
use support_load::ledger::{Ledger, Receipt};
use support_load::people::Person;
use uuid::Uuid;

/// A conversation.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) id: String,
    pub(crate) owner: Person,
    ledger: Mutex<Ledger>,
    /// The highest version that a change was acknowledged with.
    pub(crate) version: AtomicU64,
    /// The highest number that a user was told to have read.
    pub(crate) read: AtomicU64,
}

/// The books of a scenario.
#[derive(Debug)]
pub(crate) struct Books {
    clock: SystemClock,
    run: u32,
    keys: AtomicU64,
    acknowledged: AtomicU64,
    changes: AtomicU64,
    /// Between the first try of something and its acknowledgement.
    longest_wait: AtomicU64,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Faults whose end nobody has seen yet: when they were made.
    pending: Option<Duration>,
    recoveries: Vec<Duration>,
    troubles: BTreeMap<String, u64>,
    faults: Vec<String>,
}

/// So many faults are told; the rest is counted.
const TOLD: usize = 20;

impl Room {
    pub(crate) fn new(id: String, owner: Person, key: Uuid, receipt: Receipt) -> Self {
        let mut ledger = Ledger::default();
        ledger.send(key);
        ledger.acknowledge(key, receipt);
        Self { id, owner, ledger: Mutex::new(ledger), version: AtomicU64::new(1), read: AtomicU64::new(0) }
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    pub(crate) fn new(run: u32) -> Self {
        Self {
            clock: SystemClock::new(),
            run,
            keys: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
            changes: AtomicU64::new(0),
            longest_wait: AtomicU64::new(0),
            inner: Mutex::default(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time since these books were opened.
    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// A key for a new message.
    pub(crate) fn key(&self) -> MessageKey {
        let number = self.keys.fetch_add(1, Ordering::Relaxed);
        MessageKey { run: self.run, number, intended_micros: micros(self.now()) }
    }

    /// A message was acknowledged, by a try that began at `tried`; the first one began at `first`.
    pub(crate) fn acknowledge(&self, first: Duration, tried: Duration) {
        let now = self.now();
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
        self.longest_wait.fetch_max(micros(now.saturating_sub(first)), Ordering::Relaxed);
        let mut inner = self.inner();
        if let Some(at) = inner.pending.take_if(|at| *at <= tried) {
            inner.recoveries.push(now.saturating_sub(at));
        }
    }

    /// Something else was acknowledged.
    pub(crate) fn acknowledge_change(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    /// How many messages were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// How much else was.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// The longest time that a message took from its first try on.
    pub(crate) fn longest_wait(&self) -> Duration {
        Duration::from_micros(self.longest_wait.load(Ordering::Relaxed))
    }

    /// A fault is made now. It is over with the first acknowledgement of a message that was sent after this.
    pub(crate) fn fault_begins(&self) {
        let now = self.now();
        self.inner().pending = Some(now);
    }

    /// How long after each fault a message was acknowledged that was sent after it.
    pub(crate) fn recoveries(&self) -> Vec<Duration> {
        self.inner().recoveries.clone()
    }

    /// Something did not go through, as may be while a fault lasts.
    pub(crate) fn trouble(&self, kind: &str) {
        *self.inner().troubles.entry(kind.to_owned()).or_default() += 1;
    }

    /// What did not go through, by its kind.
    pub(crate) fn troubles(&self) -> BTreeMap<String, u64> {
        self.inner().troubles.clone()
    }

    /// Something that must not be.
    pub(crate) fn fault(&self, sentence: String) {
        self.inner().faults.push(sentence);
    }

    /// All that must not have been. Of many of the same kind only the first are told.
    pub(crate) fn faults(&self) -> Vec<String> {
        let all = &self.inner().faults;
        let mut told: Vec<String> = all.iter().take(TOLD).cloned().collect();
        if all.len() > TOLD {
            told.push(format!("and {} more", all.len() - TOLD));
        }
        told
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_over_with_what_was_sent_after_it() {
        let books = Books::new(1);
        let before = books.now();
        books.fault_begins();
        books.acknowledge(before, before);
        assert!(books.recoveries().is_empty(), "that one was under way already");
        let after = books.now() + Duration::from_micros(1);
        books.acknowledge(before, after);
        books.acknowledge(before, after);
        assert_eq!((books.recoveries().len(), books.acknowledged()), (1, 3));
    }

    #[test]
    fn every_message_has_a_key_of_its_own_and_many_faults_are_counted() {
        let books = Books::new(1);
        assert_ne!(books.key().to_uuid(), books.key().to_uuid());
        (0..TOLD + 3).for_each(|number| books.fault(number.to_string()));
        assert_eq!(books.faults().last().map(String::as_str), Some("and 3 more"));
    }
}
