//! What a label is said to be: finds the word or the quotation behind `password:`, `my api key is`, `pwd`, and says how
//! it hangs together with its label.
//!
//! Judges nothing by a list of secrets: whether a value is one is for the rules.

use std::ops::Range;

use super::labels::Found;
use super::reading::Reading;
use super::words::{self, List};

/// What stands between a label and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Connector {
    /// Nothing: `pwd hunter2`.
    Bare,
    /// A hyphen: `password - hunter2`.
    Dash,
    /// "to" or "from", as in "changed my password to".
    To,
    /// "is" and the like.
    Is,
    /// A colon or an equals sign.
    Sign,
}

/// A value, as found.
pub(super) struct Value {
    pub(super) range: Range<usize>,
    pub(super) connector: Connector,
    pub(super) quoted: bool,
    /// "is not", "should be": what follows is hardly a value, unless it looks like one.
    pub(super) denied: bool,
}

/// Longest quotation that is taken for one value.
const MOST_QUOTED: usize = 80;
/// How much of a value is looked at, in bytes. What is longer is judged by its beginning; see [`whole`].
const MOST_BYTES: usize = 1_024;
/// Most words between a label and its connector.
const MOST_STEPS: usize = 8;

static IS: List = List::of(
    "|its|is|was|are|be|holo|hoilo|hocche|hochhe|hochche|hosse|hobe|chilo|silo|means|equals|হলো|হল|হচ্ছে|হইলো|হবে|ছিল|ছিলো|",
);
static ADVERBS: List = List::of(
    "|now|still|just|actually|simply|literally|only|probably|currently|always|also|set|called|like|\
    as|follows|the|following|below|here|exactly|basically|supposed|to|be|been|my|this|one|either|maybe|changed|given|",
);
static SKIPPED: List = List::of(
    "|er|ta|tar|ti|no|number|field|i|we|you|he|she|they|use|used|using|have|had|gave|give|given|\
    sent|send|made|put|typed|type|enter|entered|chose|created|me|us|here|am|value|string|নম্বর|টা|টি|আমার|amar|dilam|\
    dichi|diyechi|দিলাম|",
);
static OWNING: List = List::of("|for|of|on|in|with|at|");

/// The value behind a label, if something stands there that could be one.
pub(super) fn after(reading: &Reading, found: &Found) -> Option<Value> {
    let text = &reading.view.lower;
    let mut walk = Walk { place: found.range.end, connector: Connector::Bare, owned: false, denied: false };
    for _ in 0..MOST_STEPS {
        walk.place = skip_blanks(text, walk.place);
        let rest = &text[walk.place..];
        if let Some(length) = sign(rest) {
            walk.place += length;
            walk.connector = Connector::Sign;
            break;
        }
        let Some(length) = walk.over_signs(rest).or_else(|| walk.over_word(rest, text, found)) else { break };
        walk.place += length;
    }
    if walk.owned && walk.connector != Connector::Sign {
        return None;
    }
    let (range, quoted) = at(text, skip_blanks(text, walk.place), walk.connector)?;
    Some(Value { range, connector: walk.connector, quoted, denied: walk.denied })
}

/// The way from a label to its value, and what was said on it.
struct Walk {
    place: usize,
    connector: Connector,
    /// Between "for" and the connector: "password for my account is".
    owned: bool,
    denied: bool,
}

impl Walk {
    /// How long a sign is that leads on.
    fn over_signs(&mut self, rest: &str) -> Option<usize> {
        if self.connector != Connector::Bare || self.owned {
            return None;
        }
        let closes = rest.starts_with([')', ']', '"', '\'']);
        if closes && rest[1..].trim_start_matches(' ').starts_with([':', '=']) {
            return Some(1);
        }
        if [", its ", ", it's ", ", it is "].iter().any(|said| rest.starts_with(said)) {
            return Some(1);
        }
        if rest.starts_with("- ") {
            self.connector = Connector::Dash;
            return Some(2);
        }
        let said = rest.starts_with("it's ");
        if said {
            self.connector = Connector::Is;
        }
        said.then_some(4)
    }

    /// How long a word is that leads on; `None` where the value begins.
    fn over_word(&mut self, rest: &str, text: &str, found: &Found) -> Option<usize> {
        let word = &rest[..rest.find(|c| !words::is_letter(c)).unwrap_or(rest.len())];
        let glued = word.is_empty() || !ends_word(&rest[word.len()..]);
        if self.owned && (glued || !IS.has(word)) {
            let chunk = bounded(rest, MOST_BYTES);
            return Some(chunk.find([' ', '\n', ':', '=']).unwrap_or(chunk.len()));
        }
        if glued {
            return None;
        }
        let bare = self.connector == Connector::Bare;
        let leads = if bare && matches!(word, "will" | "should" | "would" | "can") {
            self.denied = true;
            true
        } else if IS.has(word) {
            self.connector = Connector::Is;
            self.owned = false;
            true
        } else if self.connector == Connector::Is && matches!(word, "not" | "never") {
            self.denied = true;
            true
        } else if bare && matches!(word, "to" | "from") && follows_change(text, found) {
            self.connector = Connector::To;
            true
        } else if bare && word == "as" {
            self.connector = Connector::To;
            self.denied = true;
            true
        } else if bare && OWNING.has(word) {
            self.owned = true;
            true
        } else {
            if self.connector >= Connector::To { &ADVERBS } else { &SKIPPED }.has(word)
        };
        leads.then_some(word.len())
    }
}

/// The value at a place, and whether it stood in quotes.
pub(super) fn at(text: &str, start: usize, connector: Connector) -> Option<(Range<usize>, bool)> {
    let rest = bounded(&text[start..], MOST_BYTES);
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))
        && let Some(length) =
            rest[1..].char_indices().take(MOST_QUOTED).find(|(_, c)| *c == quote || *c == '\n').map(|(at, _)| at)
        && rest[1 + length..].starts_with(quote)
    {
        return (length > 0).then_some((start + 1..start + 1 + length, true));
    }
    let open = rest.len() - rest.trim_start_matches(['"', '\'', '(', '<', '{', '`']).len();
    let (start, rest) = (start + open, &rest[open..]);
    let mut end = rest.find([' ', '\n', '\t', '"', '`']).unwrap_or(rest.len());
    if connector == Connector::Sign {
        // A form or a cookie: the next field is none of it.
        end = rest[..end].find(['&', ';']).filter(|at| *at > 0 && rest[*at..end].contains('=')).unwrap_or(end);
    }
    let value = rest[..end].trim_end_matches(['.', ',', ';', ':', ')', ']', '}', '>', '\'', '?']);
    let value = if rest.starts_with('[') { &rest[..end] } else { value };
    (!value.is_empty()).then(|| (start..start + value.len(), false))
}

/// Where a colon or an equals sign and what belongs to it ends.
fn sign(rest: &str) -> Option<usize> {
    let signs = rest.len() - rest.trim_start_matches([':', '=', '-', '>']).len();
    rest[..signs].contains([':', '=', '>']).then_some(signs)
}

/// Whether a label is what somebody changed: "I changed my password to".
fn follows_change(text: &str, found: &Found) -> bool {
    let before = &text[..found.range.start];
    words::words_of(before).rev().take(4).any(|word| {
        matches!(word, "changed" | "change" | "set" | "reset" | "updated" | "update" | "switched" | "changing")
    })
}

fn skip_blanks(text: &str, place: usize) -> usize {
    place + (text[place..].len() - text[place..].trim_start_matches([' ', '\n', '\t']).len())
}

/// Whether a word is not the beginning of a longer run such as `rahim1990`.
fn ends_word(rest: &str) -> bool {
    let mut next = rest.chars();
    match next.next() {
        None => true,
        Some('.' | ',' | '?' | '!' | ';' | ')') => next.next().is_none_or(char::is_whitespace),
        Some(character) => matches!(character, ' ' | '\n' | '\t' | ':' | '='),
    }
}

/// All of a value: to the end of its run where it goes on behind what was looked at.
pub(super) fn whole(text: &str, range: Range<usize>) -> Range<usize> {
    if range.len() + 4 < MOST_BYTES {
        return range;
    }
    let rest = &text[range.end..];
    range.start..range.end + rest.find([' ', '\n', '\t', '"']).unwrap_or(rest.len())
}

/// At most the first `bytes` bytes of a text, so that no look ahead goes on without end.
pub(super) fn bounded(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// What a value is made of.
pub(super) struct Shape {
    pub(super) letters: usize,
    pub(super) digits: usize,
    pub(super) upper: usize,
    /// Signs that no word has inside.
    pub(super) signs: usize,
    pub(super) foreign: usize,
}

impl Shape {
    /// Counts the characters of a value.
    pub(super) fn of(value: &str) -> Self {
        let inside = value.trim_end_matches(['!', '?']).len();
        let mut shape = Self { letters: 0, digits: 0, upper: 0, signs: 0, foreign: 0 };
        for (place, character) in value.char_indices() {
            match character {
                'a'..='z' => shape.letters += 1,
                'A'..='Z' => {
                    shape.letters += 1;
                    shape.upper += 1;
                }
                '0'..='9' => shape.digits += 1,
                '-' | '/' | '\'' | '.' | ',' | '(' | ')' => {}
                _ if character.is_ascii_punctuation() => shape.signs += usize::from(place < inside),
                _ => shape.foreign += usize::from(!character.is_ascii()),
            }
        }
        shape
    }

    /// Letters with digits or signs among them: no word.
    pub(super) fn is_mixed(&self) -> bool {
        self.letters > 0 && self.foreign == 0 && (self.digits > 0 || self.signs > 0)
    }

    /// Letters and nothing else.
    pub(super) fn is_word(&self) -> bool {
        self.letters > 0 && self.digits == 0 && self.signs == 0 && self.foreign == 0
    }

    /// Digits, with hyphens at most.
    pub(super) fn is_number(&self) -> bool {
        self.digits > 0 && self.letters == 0 && self.signs == 0 && self.foreign == 0
    }
}

/// Whether a value is an address, a link or a mask, which are no secrets of their own.
pub(super) fn is_elsewise(value: &str) -> bool {
    let is_mail = value.split_once('@').is_some_and(|(name, host)| {
        let ends_well = host
            .rsplit_once('.')
            .is_some_and(|(_, end)| end.len() >= 2 && end.bytes().all(|b| b.is_ascii_alphabetic()));
        !name.is_empty() && ends_well
    });
    let masked = value.starts_with("[redacted")
        || value.contains("***")
        || value.bytes().all(|b| matches!(b, b'*' | b'x' | b'X' | b'.'));
    is_mail || masked || value.contains("://") || value.starts_with("www.")
}
