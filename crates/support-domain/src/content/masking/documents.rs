//! Numbers of passports and driving licences: letters and digits that only a label makes a document.

use std::ops::Range;

use super::Find;
use super::identity::tail;
use super::labels::Label;
use super::numbers::Part;
use super::reading::{Bond, Reading};

/// Shortest and longest number, hyphens aside.
const LENGTHS: std::ops::RangeInclusive<usize> = 6..=18;
/// Fewest digits in it.
const FEWEST_DIGITS: usize = 5;

/// The numbers of passports.
pub(super) fn passport(reading: &Reading, finds: &mut Vec<Find>) {
    find(reading, finds, Label::Passport);
}

/// The numbers of driving licences.
pub(super) fn licence(reading: &Reading, finds: &mut Vec<Find>) {
    find(reading, finds, Label::Licence);
}

fn find(reading: &Reading, finds: &mut Vec<Find>, label: Label) {
    if !reading.labels.iter().any(|found| found.label == label) {
        return;
    }
    for range in runs(&reading.view.lower).map(|range| with_letters(reading, range)) {
        let known = reading.label_for(&range, label).filter(|found| found.label == label);
        let text = reading.lower(range.clone()).replace(' ', "");
        if known.is_some_and(|found| is_number(&text) && (found.bond == Bond::Tight || is_typical(&text)))
            && !reading.in_link(range.start)
            && !is_elsewise(reading, &range)
        {
            let compact: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
            let last = tail(&compact, 3).to_ascii_uppercase();
            finds.push(Find::new(range, format!("******{last}")));
        }
    }
    // Groups of digits with blanks between.
    for number in reading.numbers.iter().filter(|number| number.groups.len() > 1) {
        number.candidates(
            reading,
            |digits| (7..=13).contains(&digits),
            |candidate| {
                let known = reading
                    .label_for(&candidate.range, label)
                    .is_some_and(|f| f.label == label && f.bond == Bond::Tight);
                let is_one = known && !candidate.has(Part::Phone) && candidate.is_whole;
                if is_one {
                    finds.push(Find::new(candidate.range.clone(), format!("******{}", tail(&candidate.digits, 3))));
                }
                is_one
            },
        );
    }
}

/// Runs of ASCII letters, digits and hyphens that begin and end with neither hyphen nor mask.
fn runs(lower: &str) -> impl Iterator<Item = Range<usize>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut place = 0;
    std::iter::from_fn(move || {
        let start = place + lower[place..].find(is_part)?;
        let end = lower[start..].find(|c| !is_part(c)).map_or(lower.len(), |length| start + length);
        place = end;
        let trimmed = lower[start..end].trim_matches('-');
        let start = start + (end - start - lower[start..end].trim_start_matches('-').len());
        Some(start..start + trimmed.len())
    })
    .filter(move |range| !range.is_empty() && !lower[..range.start].ends_with(['*', '@', '/']))
}

/// A run of digits with the one or two capital letters that stand before it: `AB 9876543`.
fn with_letters(reading: &Reading, range: Range<usize>) -> Range<usize> {
    let text = &reading.view.text;
    let before = text[..range.start].strip_suffix(' ').unwrap_or_default();
    let letters = before.bytes().rev().take(3).take_while(u8::is_ascii_uppercase).count();
    let start = before.len() - letters;
    let alone = before[..start].chars().next_back().is_none_or(|c| matches!(c, ' ' | ':' | '#' | '(' | '\n'));
    let is_one = (1..=2).contains(&letters) && alone && text[range.clone()].bytes().all(|b| b.is_ascii_digit());
    if is_one && range.len() >= 6 { start..range.end } else { range }
}

fn is_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    digits >= FEWEST_DIGITS && letters <= digits && LENGTHS.contains(&(digits + letters))
}

/// One or two letters and seven or eight digits, as passports have it nearly everywhere.
fn is_typical(text: &str) -> bool {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    matches!(text.len() - digits.len(), 1 | 2)
        && (7..=8).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a run is a date or a telephone number.
fn is_elsewise(reading: &Reading, range: &Range<usize>) -> bool {
    let index = reading.numbers.partition_point(|number| number.groups[0].range.start < range.start);
    let Some(number) = reading.numbers.get(index).filter(|number| number.groups[0].range.start < range.end) else {
        return false;
    };
    number.groups.iter().any(|group| group.range.start < range.end && matches!(group.part, Part::Date | Part::Phone))
}
