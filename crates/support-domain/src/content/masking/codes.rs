//! Short numbers that open something: the code on a card, a PIN, a one-time code. They are secrets only by their label.

use std::ops::Range;

use super::Find;
use super::labels::Label;
use super::numbers::{Candidate, Joined, Part};
use super::reading::{Bond, Labelled, Reading};
use super::words::{self, List};

const REDACTED: &str = "[redacted]";

/// What is counted or measured is no code.
static UNITS: List = List::of(
    "|m|meter|meters|metre|metres|km|kms|kilometer|kilometers|mile|miles|min|mins|minute|minutes|\
    hour|hours|hr|hrs|sec|secs|second|seconds|day|days|week|weeks|month|months|year|years|time|times|taka|tk|bdt|usd|\
    dollar|dollars|rs|percent|kg|gm|g|ml|mm|cm|ft|feet|people|person|persons|message|messages|character|characters|\
    chars|digit|digits|letter|letters|attempt|attempts|try|tries|x|am|pm|th|st|nd|rd|bar|ta|jon|din|ghonta|items|\
    orders|trips|pcs|টাকা|মিনিট|ঘণ্টা|ঘন্টা|দিন|বার|কিমি|মিটার|টা|টি|জন|সেকেন্ড|মাস|বছর|সংখ্যার|",
);

/// Behind these a short number is a time, a year or a place.
static PLACING: List =
    List::of("|at|since|in|on|after|before|by|till|until|around|from|within|about|room|year|top|first|last|for|");

/// What says that there is no code.
static DENYING: List = List::of(
    "|not|never|didn|doesn|don|isn|wasn|won|cannot|can|without|failed|asheni|aseni|ashe|asche|pai|\
    paini|আসেনি|পাইনি|আসে|পাই|যায়নি|আসছে|পাচ্ছি|না|নি|",
);

/// The code on a card: three or four digits.
pub(super) fn cvv(reading: &Reading, finds: &mut Vec<Find>) {
    each(reading, finds, Label::Cvv, 3..=4, |_, candidate, found| {
        found.label == Label::Cvv
            && (found.bond == Bond::Tight || found.distance <= 20)
            && !candidate.has(Part::MaybePhone)
    });
}

/// A PIN: three to eight digits, with nothing but connecting words between it and its label.
pub(super) fn pin(reading: &Reading, finds: &mut Vec<Find>) {
    each(reading, finds, Label::Pin, 3..=8, |reading, candidate, found| {
        found.label == Label::Pin
            && found.bond == Bond::Tight
            && (candidate.digits.len() > 3 || is_said(reading, candidate, found))
            && !is_destination(reading, candidate, found)
    });
}

/// A one-time code: four to eight digits. Far from its label it must not look like a year, a time or a count.
pub(super) fn otp(reading: &Reading, finds: &mut Vec<Find>) {
    each(reading, finds, Label::Otp, 3..=8, |reading, candidate, found| match (found.label, found.bond) {
        (Label::Otp, Bond::Tight) => candidate.digits.len() > 3 || is_said(reading, candidate, found),
        (Label::Otp, Bond::Loose) => candidate.digits.len() > 3 && is_meant(reading, candidate, found),
        // "482913 is your SafeGo code"
        (Label::Code, Bond::Loose) if !found.on_left => {
            candidate.digits.len() == 6 && gap(reading, candidate, found).starts_with(" is your ")
        }
        (Label::Code, Bond::Tight) => candidate.digits.len() == 6 && is_bare_code(reading, candidate, found),
        _ => false,
    });
}

/// Offers every short number and its label to `is_one`.
fn each(
    reading: &Reading,
    finds: &mut Vec<Find>,
    wanted: Label,
    lengths: std::ops::RangeInclusive<usize>,
    is_one: impl Fn(&Reading, &Candidate<'_>, &Labelled) -> bool,
) {
    for number in &reading.numbers {
        number.candidates(
            reading,
            |digits| lengths.contains(&digits),
            |candidate| {
                let fits = is_grouped(candidate)
                    && !candidate.has(Part::Phone)
                    && !candidate.has(Part::Date)
                    && !is_counted(reading, &candidate.range);
                let found = reading.label_for(&candidate.range, wanted).filter(|_| fits);
                // `G-482913` is how some one-time codes are written, and nothing else here.
                let joined =
                    candidate.joined_before == Joined::No || found.is_some_and(|found| found.label == Label::Otp);
                let start = candidate.range.start - if candidate.joined_before == Joined::Letter { 2 } else { 0 };
                let label = found.filter(|found| {
                    joined && is_one(reading, candidate, found) && is_stated(reading, candidate, found)
                });
                if label.is_some() {
                    finds.push(Find::new(start..candidate.range.end, REDACTED.to_owned()));
                }
                label.is_some()
            },
        );
    }
}

/// In one, in two equal groups, or digit by digit.
fn is_grouped(candidate: &Candidate<'_>) -> bool {
    match candidate.lengths()[..] {
        [_] => true,
        [first, second] => first == second && candidate.is_whole,
        ref all => candidate.is_whole && all.iter().all(|length| *length == all[0] && *length <= 2),
    }
}

fn is_counted(reading: &Reading, range: &Range<usize>) -> bool {
    let after = reading.lower(range.end..reading.view.lower.len());
    let next = after.trim_start_matches([' ', '-']).split(|c: char| !words::is_letter(c)).next().unwrap_or_default();
    UNITS.has(next) && !next.is_empty()
}

/// On the right, a label needs a word that connects: `4321 is my pin`. It may belong to what follows it.
fn is_stated(reading: &Reading, candidate: &Candidate<'_>, found: &Labelled) -> bool {
    let judged = found.bond == Bond::Loose && found.label != Label::Cvv;
    found.on_left || judged || is_said(reading, candidate, found)
}

/// "move the pin to 1600 Broadway", but not "changed my pin to 4321".
fn is_destination(reading: &Reading, candidate: &Candidate<'_>, found: &Labelled) -> bool {
    let gap = gap(reading, candidate, found);
    let changed = |word: &str| matches!(word, "changed" | "change" | "set" | "reset" | "updated" | "update");
    found.on_left
        && words::words_of(gap).any(|word| word == "to")
        && !words::words_of(reading.lower(0..candidate.range.start)).rev().take(5).any(changed)
}

/// Whether the gap to the label says "is" or "as".
fn is_said(reading: &Reading, candidate: &Candidate<'_>, found: &Labelled) -> bool {
    let gap = gap(reading, candidate, found);
    let is_mine = !found.on_left && words::words_of(gap).all(|word| matches!(word, "my" | "amar" | "আমার"));
    (is_mine && words::words_of(gap).count() == 1)
        || words::asserts(gap)
        || gap.starts_with(['(', ' ']) && words::words_of(gap).next().is_some_and(|word| word == "as")
}

/// Whether a number at some distance from its label is still meant by it.
fn is_meant(reading: &Reading, candidate: &Candidate<'_>, found: &Labelled) -> bool {
    let gap = gap(reading, candidate, found);
    if !found.on_left {
        let before = words::words_of(reading.lower(0..candidate.range.start)).next_back().unwrap_or_default();
        let first = words::words_of(gap).next().unwrap_or_default();
        let used = first == "to" && matches!(before, "use" | "enter" | "type" | "with" | "code");
        return !gap.contains(['.', '?', '!', ';']) && (matches!(first, "is" | "was" | "as") || used);
    }
    let placed = words::words_of(gap).next_back().is_some_and(|word| PLACING.has(word));
    let denied = words::words_of(gap).any(|word| DENYING.has(word));
    !placed && (!denied || candidate.digits.len() == 6)
}

/// "the code is 482913", but not "the gate code 482913".
fn is_bare_code(reading: &Reading, candidate: &Candidate<'_>, found: &Labelled) -> bool {
    static BEFORE: List =
        List::of("|the|my|your|this|that|a|got|get|sms|text|here|enter|entered|is|ei|amar|আমার|received|");
    let labels = reading.labels.partition_point(|label| label.range.end <= candidate.range.start);
    let Some(label) = reading.labels[..labels].last().filter(|_| found.on_left) else { return false };
    let before = reading.lower(0..label.range.start);
    let ends_sentence = before.trim_end().is_empty() || before.trim_end().ends_with(['.', ',', ':', '!', '?']);
    let word = before.trim_end().rsplit(|c: char| !words::is_letter(c)).next().unwrap_or_default();
    // A name of somebody: "SafeGo code: 482913".
    let start = before.trim_end().len() - word.len();
    let is_name = reading.view.at(start).is_some_and(|first| first.is_ascii_uppercase());
    ends_sentence || BEFORE.has(word) || (is_name && is_said(reading, candidate, found))
}

/// What stands between a number and the label that decides for it.
fn gap<'r>(reading: &'r Reading, candidate: &Candidate<'_>, found: &Labelled) -> &'r str {
    let text = &reading.view.lower;
    if found.on_left {
        let before = &text[..candidate.range.start];
        let start = before.char_indices().rev().nth(found.distance.saturating_sub(1)).map_or(0, |(at, _)| at);
        &before[if found.distance == 0 { before.len() } else { start }..]
    } else {
        let after = &text[candidate.range.end..];
        &after[..after.char_indices().nth(found.distance).map_or(after.len(), |(at, _)| at)]
    }
}
