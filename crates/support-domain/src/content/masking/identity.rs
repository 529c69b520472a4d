//! Numbers that identify a person or a card: SSN and ITIN, the national id of Bangladesh, payment cards.

use super::Find;
use super::labels::Label;
use super::numbers::{Candidate, Joined, Part};
use super::reading::{Bond, Labelled, NEAR, Reading};

/// The districts of Bangladesh, by the two digits that follow the year of birth in a national id of 17 digits.
/// Source: the geographic codes of the Bangladesh Bureau of Statistics.
const DISTRICTS: &str = "01 03 04 06 09 10 12 13 15 18 19 22 26 27 29 30 32 33 35 36 38 39 41 42 44 46 47 48 49 50 51 52 54 \
    55 56 57 58 59 61 64 65 67 68 69 70 72 73 75 76 77 78 79 81 82 84 85 86 87 88 89 90 91 93 94";

/// SSN and ITIN: nine digits under a label, or 3-2-4 digits that could be one.
pub(super) fn ssn(reading: &Reading, finds: &mut Vec<Find>) {
    for number in &reading.numbers {
        number.candidates(
            reading,
            |digits| digits == 9,
            |candidate| {
                let label = reading.label_for(&candidate.range, Label::Ssn);
                let labelled = label.is_some_and(|found| found.label == Label::Ssn);
                let is_one =
                    candidate.joined_before == Joined::No && (labelled || is_shaped_as_ssn(reading, candidate, label));
                if is_one {
                    finds.push(Find::new(candidate.range.clone(), format!("***-**-{}", tail(&candidate.digits, 4))));
                }
                is_one
            },
        );
    }
}

fn is_shaped_as_ssn(reading: &Reading, candidate: &Candidate<'_>, label: Option<Labelled>) -> bool {
    if candidate.lengths() != [3, 2, 4] || reading.in_link(candidate.range.start) {
        return false;
    }
    let gap = |at: usize| reading.lower(candidate.groups[at].range.end..candidate.groups[at + 1].range.start).trim();
    let parts: Vec<u32> = candidate.groups.iter().filter_map(|g| reading.lower(g.range.clone()).parse().ok()).collect();
    let [area, group, serial] = parts[..] else { return false };
    let is_itin = area >= 900 && matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99);
    let is_plausible = (area < 900 || is_itin) && area != 0 && area != 666 && group != 0 && serial != 0;
    let vetoed = match label {
        // With hyphens hardly anything else is written so, but for the numbers of goods.
        Some(found) if gap(0) == "-" => found.label == Label::Item && found.bond == Bond::Tight,
        Some(found) => found.distance <= NEAR || found.bond == Bond::Tight,
        None => false,
    };
    gap(0) == gap(1) && is_plausible && !vetoed
}

/// The national id: 10, 13 or 17 digits under a label, or 17 that begin like one.
pub(super) fn nid(reading: &Reading, finds: &mut Vec<Find>) {
    for number in &reading.numbers {
        number.candidates(
            reading,
            |digits| matches!(digits, 10 | 13 | 17),
            |candidate| {
                let label = reading.label_for(&candidate.range, Label::Nid);
                let is_one = candidate.joined_before == Joined::No
                    && !candidate.has(Part::Phone)
                    && match label
                        .filter(|found| !found.label.is_benign() || found.bond == Bond::Tight || found.distance <= NEAR)
                    {
                        Some(found) if found.label == Label::Nid => {
                            found.bond == Bond::Tight || !candidate.has(Part::MaybePhone)
                        }
                        Some(found) if found.label.is_benign() && found.label != Label::Account => false,
                        _ => is_shaped_as_nid(candidate) && !reading.in_link(candidate.range.start),
                    };
                if is_one {
                    finds.push(Find::new(candidate.range.clone(), format!("******{}", tail(&candidate.digits, 4))));
                }
                is_one
            },
        );
    }
}

/// Seventeen digits that begin with a year of birth and a district.
fn is_shaped_as_nid(candidate: &Candidate<'_>) -> bool {
    let digits = &candidate.digits;
    let year = digits.get(..4).and_then(|year| year.parse().ok());
    digits.len() == 17
        && candidate.groups.len() == 1
        && year.is_some_and(|year: u32| (1900..=2012).contains(&year))
        && digits.get(4..6).is_some_and(|code| DISTRICTS.split(' ').any(|district| district == code))
}

/// Payment cards: the prefix and the length of a brand, a right check digit, groups as cards have them.
pub(super) fn card(reading: &Reading, finds: &mut Vec<Find>) {
    for number in &reading.numbers {
        number.candidates(
            reading,
            |digits| (12..=19).contains(&digits),
            |candidate| {
                let is_one = candidate.joined_before == Joined::No
                    // A group in the middle may look like the beginning of a call abroad: 4532 0092 8811 3574.
                    && candidate.groups.first().is_some_and(|first| first.part != Part::Phone)
                    && is_grouped_as_card(reading, candidate)
                    && is_card(reading, candidate);
                if is_one {
                    finds.push(Find::new(
                        candidate.range.clone(),
                        format!("**** **** **** {}", tail(&candidate.digits, 4)),
                    ));
                }
                is_one
            },
        );
    }
}

fn is_card(reading: &Reading, candidate: &Candidate<'_>) -> bool {
    let digits = &candidate.digits;
    let label = reading.label_for(&candidate.range, Label::Card);
    let named = label.is_some_and(|found| matches!(found.label, Label::Card | Label::Cvv));
    let tight = label.is_some_and(|found| found.bond == Bond::Tight);
    if named && tight && digits.len() >= 13 && matches!(digits.as_bytes()[0], b'2'..=b'6') {
        // Somebody says that it is a card: a wrong digit does not make the others harmless.
        return true;
    }
    let grouped = candidate.groups.len() > 2;
    let near = tight || label.is_some_and(|found| found.on_left && found.distance <= NEAR);
    let vetoed = label.is_some_and(|found| match found.label {
        Label::Account => !grouped && near,
        label if label.is_benign() => tight || (!grouped && near),
        Label::Nid => tight,
        _ => false,
    });
    let known = brand_length(digits, named);
    known && has_check_digit(digits) && !vetoed && !reading.in_link(candidate.range.start)
}

/// Whether a brand has numbers that begin so and are as long. The rare lengths count only where a card is named.
fn brand_length(digits: &str, named: bool) -> bool {
    let prefix = |length: usize| digits.get(..length).and_then(|prefix| prefix.parse().ok()).unwrap_or(0_u32);
    let length = digits.len();
    match (prefix(1), prefix(2), prefix(3), prefix(4)) {
        (4, ..) => length == 16 || (named && matches!(length, 13 | 19)),
        (_, 51..=55, ..) | (_, _, _, 2221..=2720) => length == 16,
        (_, 34 | 37, ..) => length == 15,
        (_, 36 | 38 | 39, ..) | (_, _, 300..=305, _) => length == 14,
        (_, _, _, 3528..=3589) => length == 16,
        (_, 65, ..) | (_, _, 644..=649, _) | (_, _, _, 6011) => length == 16 || (named && length == 19),
        (_, 62, ..) => length == 16 || (named && length >= 17),
        (_, 50 | 56..=69, ..) => named,
        _ => false,
    }
}

/// All in one, in equal groups with the rest last, or as American Express and Diners print it.
fn is_grouped_as_card(reading: &Reading, candidate: &Candidate<'_>) -> bool {
    let lengths = candidate.lengths();
    let equal = lengths.split_last().is_some_and(|(last, rest)| {
        rest.iter().all(|length| *length == rest[0]) && rest.first().is_none_or(|first| *last <= *first)
    });
    let gaps: Vec<&str> =
        candidate.groups.windows(2).map(|g| reading.lower(g[0].range.end..g[1].range.start).trim()).collect();
    let same = gaps.windows(2).all(|pair| pair[0] == pair[1]);
    same && (equal || matches!(lengths[..], [4, 6, 5] | [4, 6, 4] | [6, 13]))
}

/// The check digit of ISO/IEC 7812, after Luhn.
fn has_check_digit(digits: &str) -> bool {
    let weighted = digits.bytes().rev().enumerate().map(|(place, digit)| {
        let digit = u32::from(digit - b'0');
        match digit * (1 + place as u32 % 2) {
            doubled @ 10.. => doubled - 9,
            single => single,
        }
    });
    weighted.sum::<u32>() % 10 == 0
}

/// The last characters of some ASCII text.
pub(super) fn tail(text: &str, count: usize) -> &str {
    text.get(text.len().saturating_sub(count)..).unwrap_or_default()
}
