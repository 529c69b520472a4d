//! A file that is made smaller in place: what is kept moves to the front, over what is dropped. Never grows, and never
//! writes over what was not read yet.

use std::ops::Range;

pub(super) struct Editor {
    bytes: Vec<u8>,
    kept: usize,
}

impl Editor {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, kept: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// What stands there in the file as it came; only for what lies behind all that was kept.
    pub(super) fn get(&self, range: Range<usize>) -> Option<&[u8]> {
        self.bytes.get(range)
    }

    /// What stands there, up to the end.
    pub(super) fn rest(&self, from: usize) -> &[u8] {
        self.bytes.get(from..).unwrap_or_default()
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    pub(super) fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    /// How much was kept until now: where the next that is kept will stand.
    pub(super) fn kept(&self) -> usize {
        self.kept
    }

    /// Keeps a part of the file; parts come in their order.
    pub(super) fn keep(&mut self, range: Range<usize>) {
        let length = range.len();
        if range.start >= self.kept && range.end <= self.bytes.len() {
            self.bytes.copy_within(range, self.kept);
            self.kept += length;
        }
    }

    /// Puts something of our own in place of what ends at `end` and is dropped, if there is room for it.
    pub(super) fn replace(&mut self, end: usize, with: &[u8]) -> bool {
        let place = self.kept..self.kept + with.len();
        if place.end > end {
            return false;
        }
        match self.bytes.get_mut(place) {
            Some(place) => {
                place.copy_from_slice(with);
                self.kept += with.len();
                true
            }
            None => false,
        }
    }

    /// Writes over something that was kept.
    pub(super) fn patch(&mut self, at: usize, with: &[u8]) {
        if at + with.len() <= self.kept
            && let Some(place) = self.bytes.get_mut(at..at + with.len())
        {
            place.copy_from_slice(with);
        }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.truncate(self.kept);
        self.bytes
    }
}
