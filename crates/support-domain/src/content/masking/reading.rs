//! A text, read once for all rules: its words, its labels, its numbers, and what stands around a place.
//!
//! Every look to the left or the right is bounded, so that no text makes reading slower than in proportion to its
//! length.

use std::ops::Range;

use super::labels::{self, Found, Label};
use super::numbers::{self, Number};
use super::view::View;
use super::words;

/// How far to the left of something its label may stand, in characters.
const LEFT: usize = 40;
/// How far to the right.
const RIGHT: usize = 24;
/// How near a benign label must stand to something that has no other label.
pub(super) const NEAR: usize = 16;
/// How many labels on the left are looked at.
const MOST_LABELS: usize = 4;

/// What the masks look like; what is inside them is never read again.
pub(super) const PLACEHOLDERS: [&str; 3] = ["[redacted]", "[redacted token]", "[redacted private key]"];

/// How a label and what it labels hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bond {
    /// Other words stand between.
    Loose,
    /// Nothing but words and signs that connect: "is", "number", ":".
    Tight,
}

/// The label that decides for a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Labelled {
    pub(super) label: Label,
    pub(super) bond: Bond,
    /// In characters.
    pub(super) distance: usize,
    pub(super) on_left: bool,
}

/// A text and everything that was found out about it.
pub(super) struct Reading {
    pub(super) view: View,
    pub(super) words: Vec<Range<usize>>,
    pub(super) labels: Vec<Found>,
    pub(super) numbers: Vec<Number>,
    /// Links, which hold numbers of all kinds.
    links: Vec<Range<usize>>,
}

impl Reading {
    pub(super) fn of(original: &str) -> Self {
        let view = View::of(original);
        let (words, digits) = words::split(&view.text);
        let placeholders = placeholders(&view.lower);
        let inside = |range: &Range<usize>| within(&placeholders, range.start);
        let labels = labels::find(&view.lower, &words).into_iter().filter(|found| !inside(&found.range)).collect();
        let links = links(&view.lower);
        let mut reading = Self { view, words, labels, numbers: Vec::new(), links };
        reading.numbers = numbers::find(&reading, &digits);
        reading
    }

    /// Part of the view in small letters.
    pub(super) fn lower(&self, range: Range<usize>) -> &str {
        self.view.lower.get(range).unwrap_or_default()
    }

    /// Whether a place is inside a link.
    pub(super) fn in_link(&self, place: usize) -> bool {
        within(&self.links, place)
    }

    /// The label that ends where a place begins, with no character between: `otp482913`.
    pub(super) fn label_ending_at(&self, place: usize) -> Option<Label> {
        let index = self.labels.partition_point(|found| found.range.end < place);
        self.labels.get(index).filter(|found| found.range.end == place).map(|found| found.label)
    }

    /// Whether a label ends there that is a word of its own, as in `pin1234` and `2fa123456`, and no part of an id, as in
    /// `01d763fa3501`.
    pub(super) fn is_word_of_label_before(&self, place: usize) -> bool {
        let index = self.labels.partition_point(|found| found.range.end < place);
        let label = self.labels.get(index).filter(|found| found.range.end == place);
        label.is_some_and(|found| {
            let before = self.view.text[..found.range.start].chars().rev();
            before.take_while(|c| c.is_ascii_alphanumeric() || *c == '_').take(2).count() < 2
        })
    }

    /// The label that decides for what stands at `range`: a tight one before a loose one, the left before the right,
    /// the near before the far. A label that cannot be meant here does not stand in the way of the `wanted` one.
    pub(super) fn label_for(&self, range: &Range<usize>, wanted: Label) -> Option<Labelled> {
        let left = self.left_label(range.start, wanted);
        let right = self.right_label(range.end);
        match (left, right) {
            (Some(left), Some(right)) => Some(if right.bond > left.bond { right } else { left }),
            (left, right) => left.or(right),
        }
    }

    fn left_label(&self, place: usize, wanted: Label) -> Option<Labelled> {
        let end = self.labels.partition_point(|found| found.range.end <= place);
        let nearest = &self.labels[end.saturating_sub(MOST_LABELS)..end];
        for (index, found) in nearest.iter().enumerate().rev() {
            let gap = found.range.end..place;
            let distance = self.distance(&gap).filter(|distance| *distance <= LEFT)?;
            // "order 77812 was paid by 5105...": the order has its number.
            if found.label.is_benign() && self.is_taken(&gap) {
                continue;
            }
            let mut label = found.label;
            if matches!(label, Label::Code | Label::Account) {
                // "wallet pin code", "nid, id number": it is what the label before it says.
                let head = index.checked_sub(1).map(|index| &nearest[index]);
                let joined = head.filter(|head| words::connects(self.lower(head.range.end..found.range.start)));
                label = joined.map_or(label, |head| head.label);
            }
            if label.is_benign() && words::asserts(self.lower(gap.clone())) {
                // "the password for my account is ...": the account only says whose it is.
                let head = index.checked_sub(1).map(|index| &nearest[index]);
                label = head.filter(|head| self.belongs(head, found)).map_or(label, |head| head.label);
            }
            let bond = if words::connects(self.lower(gap)) { Bond::Tight } else { Bond::Loose };
            // "my voter id, as printed on the card, is ...": a card is no number of ten digits.
            let other = label != wanted && !label.is_benign() && index > 0;
            if other && (bond == Bond::Loose || (label == Label::Card && wanted == Label::Nid)) {
                continue;
            }
            return Some(Labelled { label, bond, distance, on_left: true });
        }
        None
    }

    fn right_label(&self, place: usize) -> Option<Labelled> {
        let index = self.labels.partition_point(|found| found.range.start < place);
        let found = self.labels.get(index)?;
        let gap = place..found.range.start;
        let distance = self.distance(&gap).filter(|distance| *distance <= RIGHT)?;
        let bond = if words::connects(self.lower(gap)) { Bond::Tight } else { Bond::Loose };
        Some(Labelled { label: found.label, bond, distance, on_left: false })
    }

    /// Whether a gap between a label and a place holds a number that the label rather belongs to.
    fn is_taken(&self, gap: &Range<usize>) -> bool {
        let gap = self.lower(gap.clone());
        let digits = gap.bytes().filter(u8::is_ascii_digit).count();
        let after = gap.rfind(|c: char| c.is_ascii_digit()).map_or(gap, |last| &gap[last + 1..]);
        digits >= 2 && !words::lists(after)
    }

    /// "<head> for my <found>".
    fn belongs(&self, head: &Found, found: &Found) -> bool {
        let gap = head.range.end..found.range.start;
        !head.label.is_benign() && self.distance(&gap).is_some_and(|far| far <= NEAR) && words::owns(self.lower(gap))
    }

    /// How many characters a part holds, `None` when it is out of every label's reach.
    fn distance(&self, gap: &Range<usize>) -> Option<usize> {
        (gap.len() <= LEFT * 4).then(|| self.lower(gap.clone()).chars().count())
    }
}

fn within(ranges: &[Range<usize>], place: usize) -> bool {
    let index = ranges.partition_point(|range| range.end <= place);
    ranges.get(index).is_some_and(|range| range.start <= place)
}

/// Where masks of an earlier run stand.
fn placeholders(lower: &str) -> Vec<Range<usize>> {
    lower
        .match_indices('[')
        .filter_map(|(start, _)| {
            let length = PLACEHOLDERS.iter().find(|mask| lower[start..].starts_with(**mask))?.len();
            Some(start..start + length)
        })
        .collect()
}

/// Where links stand: runs without blanks that name a scheme or begin like a host.
fn links(lower: &str) -> Vec<Range<usize>> {
    words::chunks(lower)
        .filter(|chunk| lower[chunk.clone()].contains("://") || lower[chunk.clone()].contains("www."))
        .collect()
}
