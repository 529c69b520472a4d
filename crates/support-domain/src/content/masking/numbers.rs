//! Numbers as people write them: groups of digits with blanks, hyphens or dots between, and which of them are dates,
//! times and telephone numbers.
//!
//! Says nothing of what a number is a secret of.

use std::ops::Range;

use super::reading::Reading;

/// Most digits of a number that any rule asks for.
const MOST_DIGITS: usize = 19;

/// What a group of digits is known to be part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Nothing in particular.
    Plain,
    /// A date, a time, a fraction: never anything else.
    Date,
    /// A telephone number with its prefix: never anything else.
    Phone,
    /// Three, three and four digits: a telephone number, unless a label says more.
    MaybePhone,
}

/// One group of digits.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) range: Range<usize>,
    pub(super) part: Part,
}

/// Groups that follow each other with a blank, a hyphen or a dot between.
#[derive(Debug)]
pub(super) struct Number {
    pub(super) groups: Vec<Group>,
    /// What stands right before and after belongs to it, as in `ORD-123`, `7ABC`, `1,234`, `**** 1111`.
    pub(super) joined_before: Joined,
    pub(super) joined_after: bool,
}

/// What a number is joined to on the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joined {
    No,
    /// A single letter and a hyphen: `G-482913`.
    Letter,
    Yes,
}

/// A run of groups of one number that could be a number of its own.
pub(super) struct Candidate<'n> {
    pub(super) groups: &'n [Group],
    pub(super) range: Range<usize>,
    /// Its digits alone.
    pub(super) digits: String,
    pub(super) joined_before: Joined,
    /// Whether it is all of the number.
    pub(super) is_whole: bool,
}

impl Candidate<'_> {
    /// The lengths of its groups.
    pub(super) fn lengths(&self) -> Vec<usize> {
        self.groups.iter().map(|group| group.range.len()).collect()
    }

    /// Whether a part of it is known to be something.
    pub(super) fn has(&self, part: Part) -> bool {
        self.groups.iter().any(|group| group.part == part)
    }
}

impl Number {
    /// Every run of groups with as many digits as `fits` asks for, the longest first from each place. What follows a
    /// run that `take` accepted is looked at next.
    pub(super) fn candidates(
        &self,
        reading: &Reading,
        fits: impl Fn(usize) -> bool,
        mut take: impl FnMut(&Candidate<'_>) -> bool,
    ) {
        let mut first = 0;
        while first < self.groups.len() {
            let ends = self.ends(reading, first);
            let longest_first = ends.into_iter().rev().filter(|(_, digits)| fits(*digits));
            let taken = longest_first.map(|(end, _)| end).find(|end| take(&self.candidate(reading, first, *end)));
            first = taken.unwrap_or(first + 1);
        }
    }

    /// Where runs that begin at a group may end, and how many digits they have. Empty when none may begin there.
    fn ends(&self, reading: &Reading, first: usize) -> Vec<(usize, usize)> {
        let is_edge = |at: usize| {
            let gap = self.groups[at - 1].range.end..self.groups[at].range.start;
            !reading.lower(gap).contains(['-', '.'])
        };
        let begins = if first == 0 { self.joined_before != Joined::Yes } else { is_edge(first) };
        let mut ends = Vec::new();
        let mut digits = 0;
        for end in first + 1..=self.groups.len() {
            digits += self.groups[end - 1].range.len();
            if !begins || digits > MOST_DIGITS || self.groups[end - 1].part == Part::Date {
                break;
            }
            if if end == self.groups.len() { !self.joined_after } else { is_edge(end) } {
                ends.push((end, digits));
            }
        }
        ends
    }

    fn candidate(&self, reading: &Reading, first: usize, end: usize) -> Candidate<'_> {
        let groups = &self.groups[first..end];
        let range = groups[0].range.start..groups[groups.len() - 1].range.end;
        let digits = reading.lower(range.clone()).chars().filter(char::is_ascii_digit).collect();
        let joined_before = if first == 0 { self.joined_before } else { Joined::No };
        Candidate { groups, range, digits, joined_before, is_whole: groups.len() == self.groups.len() }
    }
}

/// Every number of a text, from its runs of digits.
pub(super) fn find(reading: &Reading, digits: &[Range<usize>]) -> Vec<Number> {
    let mut numbers: Vec<Number> = Vec::new();
    for range in digits {
        let group = Group { range: range.clone(), part: Part::Plain };
        let follows = numbers
            .last()
            .and_then(|number| number.groups.last())
            .is_some_and(|last| separates(reading.lower(last.range.end..range.start)));
        match numbers.last_mut().filter(|_| follows) {
            Some(number) => number.groups.push(group),
            None => numbers.push(Number { groups: vec![group], joined_before: Joined::No, joined_after: false }),
        }
    }
    for number in &mut numbers {
        let (start, end) = (number.groups[0].range.start, number.groups[number.groups.len() - 1].range.end);
        number.joined_before = joined_before(reading, start);
        number.joined_after = joined_after(reading, end);
        mark(reading, number);
    }
    numbers
}

/// Whether a gap between two groups may be inside a number: one sign, with blanks beside it or not.
fn separates(gap: &str) -> bool {
    gap.len() <= 3 && gap.chars().all(|c| matches!(c, ' ' | '-' | '.')) && gap.trim_matches(' ').len() <= 1
}

fn joined_before(reading: &Reading, start: usize) -> Joined {
    let text = &reading.view.text;
    let Some(before) = reading.view.before(start) else { return Joined::No };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let past = |count: usize| text[..start].chars().rev().nth(count);
    if is_word(before) {
        let label_ends = start - usize::from(before == '_');
        return if reading.is_word_of_label_before(label_ends) { Joined::No } else { Joined::Yes };
    }
    match before {
        '*' | '+' | '$' | '\u{9f3}' | '\u{20ac}' | '\u{a3}' | '\u{20b9}' | '@' | '\u{2022}' => Joined::Yes,
        ' ' if matches!(past(1), Some('*' | '\u{2022}')) => Joined::Yes,
        ' ' if matches!(past(1), Some('$' | '\u{9f3}')) => Joined::Yes,
        // The decimals or the thousands of something, or the tail of what is masked already.
        ',' | '.' | ':' | '/' if past(1).is_some_and(|c| c.is_ascii_digit()) => Joined::Yes,
        '-' | '/' if past(1) == Some('*') => Joined::Yes,
        '-' if past(1).is_some_and(is_word) => {
            let single = past(2).is_none_or(|c| !is_word(c)) && past(1).is_some_and(|c| c.is_ascii_alphabetic());
            match reading.label_ending_at(start - 1) {
                Some(_) => Joined::No,
                None if single => Joined::Letter,
                None => Joined::Yes,
            }
        }
        _ => Joined::No,
    }
}

fn joined_after(reading: &Reading, end: usize) -> bool {
    let Some(after) = reading.view.at(end) else { return false };
    let next = reading.view.text[end..].chars().nth(1);
    match after {
        '_' | '@' | '%' | '*' => true,
        ',' | ':' | '/' => next.is_some_and(|c| c.is_ascii_digit()),
        '-' | '.' => next.is_some_and(|c| c.is_ascii_alphanumeric()),
        _ => after.is_ascii_alphanumeric(),
    }
}

/// Says which groups are dates, times and telephone numbers.
fn mark(reading: &Reading, number: &mut Number) {
    let lower = |range: Range<usize>| reading.lower(range);
    let whole = number.groups[0].range.start..number.groups[number.groups.len() - 1].range.end;
    if lower(whole.start.saturating_sub(1)..whole.start) == "+" {
        set(&mut number.groups, Part::Phone);
        return;
    }
    let mut first = 0;
    while first < number.groups.len() {
        let rest = &number.groups[first..];
        let texts: Vec<&str> = rest.iter().take(5).map(|group| lower(group.range.clone())).collect();
        let gaps: Vec<&str> =
            rest.windows(2).take(4).map(|pair| lower(pair[0].range.end..pair[1].range.start)).collect();
        let found = if is_date(&texts, &gaps) {
            Some((3, Part::Date))
        } else if let Some(groups) = local_phone(&texts) {
            Some((groups, Part::Phone))
        } else {
            american_phone(reading, rest[0].range.start, &texts)
        };
        let (groups, part) = found.unwrap_or((1, Part::Plain));
        if found.is_some() {
            set(&mut number.groups[first..first + groups], part);
        }
        first += groups;
    }
}

fn set(groups: &mut [Group], part: Part) {
    for group in groups {
        group.part = part;
    }
}

/// Year, month and day, or the other way round.
fn is_date(texts: &[&str], gaps: &[&str]) -> bool {
    let [first, second, third, ..] = texts else { return false };
    let in_range = |text: &str, most: u32| text.len() <= 2 && text.parse().is_ok_and(|n: u32| (1..=most).contains(&n));
    let is_year = |text: &str| text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
    let same = gaps.len() >= 2 && gaps[0] == gaps[1] && matches!(gaps[0], "-" | "." | " ");
    let ends_in_year = is_year(third) && in_range(first, 31) && in_range(second, 31);
    same && (ends_in_year || (is_year(first) && in_range(second, 12) && in_range(third, 31)))
}

/// A mobile number of Bangladesh, with or without the country, or any number with an international prefix.
fn local_phone(texts: &[&str]) -> Option<usize> {
    let mut digits = String::new();
    for (count, text) in texts.iter().enumerate() {
        digits.push_str(text);
        let national = digits.strip_prefix("880").filter(|rest| rest.starts_with('1')).unwrap_or(&digits);
        let mobile = national.strip_prefix("01").or_else(|| national.strip_prefix('1').filter(|_| digits.len() == 13));
        let is_mobile = mobile.is_some_and(|rest| rest.len() == 9 && rest.starts_with(|c| ('3'..='9').contains(&c)));
        if is_mobile || (digits.starts_with("00") && (11..=16).contains(&digits.len()) && !digits.starts_with("000")) {
            return Some(count + 1);
        }
        if digits.len() > 16 {
            break;
        }
    }
    None
}

/// An American number: 3-3-4, with a 1 before it or parentheses round its first group.
fn american_phone(reading: &Reading, start: usize, texts: &[&str]) -> Option<(usize, Part)> {
    let lengths: Vec<usize> = texts.iter().map(|text| text.len()).collect();
    match lengths.as_slice() {
        [1, 3, 3, 4, ..] if texts[0] == "1" => Some((4, Part::Phone)),
        [3, 3, 4, ..] => Some((3, Part::MaybePhone)),
        [3, 4, ..] if reading.lower(0..start).trim_end_matches([' ', '-']).ends_with(')') => Some((2, Part::Phone)),
        _ => None,
    }
}
