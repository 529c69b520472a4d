//! Finds what nobody should keep in a support conversation, and puts a mask in its place: identity numbers, cards,
//! passwords, codes, tokens and keys.
//!
//! [`RULES`] is the table of everything that is looked for. Each rule reads the same `reading::Reading`: a view of the
//! text in which digits, dashes and blanks of every script are the plain ones, with its labels and its numbers. The
//! nearest label decides what a number is; a benign one ("order", "phone") keeps it.
//!
//! What it does not catch: secrets that nothing names (a password alone on its line, nine bare digits), a password in
//! words that do not say so plainly ("the one that the agent gave me: ..."), a number whose nearest label is a benign
//! one, numbers written in words, pictures, homoglyphs, bank accounts, and what is spread over several messages. What
//! it masks without need: a postal "pin code 1207", and now and then an adjective behind "password is". How much it
//! catches stands in docs/masking.md.
//!
//! To add a rule: a row in [`RULES`] with an example, and a function that pushes a `Find`. Nothing here may log, keep or
//! compare what it finds, nor take longer than in proportion to the text.

mod codes;
mod documents;
mod identity;
mod labels;
mod numbers;
mod passwords;
mod reading;
mod rules;
mod tokens;
mod urls;
mod values;
mod view;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use reading::Reading;
pub use rules::{RULES, Rule};

use crate::text_enum;

text_enum! {
    /// What kind of secret was masked.
    pub enum MaskedKind ("masked kind") {
        /// An American social security or taxpayer number.
        Ssn = "ssn",
        /// A national id or birth registration of Bangladesh.
        Nid = "nid",
        /// The number of a passport.
        Passport = "passport",
        /// The number of a driving licence.
        Licence = "licence",
        /// The number of a payment card.
        Card = "card",
        /// The security code of a payment card.
        Cvv = "cvv",
        /// A personal identification number.
        Pin = "pin",
        /// A one-time code.
        Otp = "otp",
        /// A password or a pass phrase.
        Password = "password",
        /// A token or key of a machine.
        Token = "token",
        /// A private key.
        PrivateKey = "private_key",
        /// A secret inside a link.
        UrlSecret = "url_secret",
    }
}

/// What was masked, each kind once, in the order of [`MaskedKind`].
pub type MaskedKinds = BTreeSet<MaskedKind>;

/// How often a text is read at most. A mask can bring a label nearer to something else, so one reading may leave a find
/// to the next; no text that a person wrote needs more than two.
const MAX_READINGS: usize = 4;

/// A text without its secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Masked<'t> {
    /// The text; the one that came in where nothing was found.
    pub text: Cow<'t, str>,
    /// What was found, each kind once, in the order of [`MaskedKind`].
    pub kinds: Vec<MaskedKind>,
}

impl fmt::Debug for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Masked({} bytes, {:?})", self.text.len(), self.kinds)
    }
}

/// Puts masks in the place of secrets. Everything else stays to the byte, and masking the result again changes nothing.
pub fn mask(text: &str) -> Masked<'_> {
    let mut masked = Masked { text: Cow::Borrowed(text), kinds: Vec::new() };
    for _ in 0..MAX_READINGS {
        let Some((again, kinds)) = read_once(&masked.text) else { break };
        masked.text = Cow::Owned(again);
        masked.kinds.extend(kinds);
    }
    masked.kinds.sort_unstable();
    masked.kinds.dedup();
    masked
}

/// The masked text alone; adds to `noted` what was found.
pub fn mask_noting<'t>(text: &'t str, noted: &mut MaskedKinds) -> Cow<'t, str> {
    let masked = mask(text);
    noted.extend(masked.kinds);
    masked.text
}

/// Whether a text begins with a token that says itself what it is. For who knows better than a reading where words begin.
pub(in crate::content) fn begins_with_token(text: &str) -> bool {
    tokens::begins(text)
}

/// `None` when nothing was found.
fn read_once(text: &str) -> Option<(String, Vec<MaskedKind>)> {
    let reading = Reading::of(text);
    let mut finds = Vec::new();
    for (rank, rule) in RULES.iter().enumerate() {
        let first = finds.len();
        (rule.find)(&reading, &mut finds);
        for find in &mut finds[first..] {
            find.rank = rank;
        }
    }
    let finds = merge(finds);
    if finds.is_empty() {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for find in &finds {
        let range = reading.view.original(find.range.clone());
        // Two characters of the view can be one of the original.
        let start = range.start.max(done);
        out.push_str(&text[done..start]);
        out.push_str(&find.mask);
        done = range.end.max(start);
    }
    out.push_str(&text[done..]);
    Some((out, finds.iter().map(|find| RULES[find.rank].kind).collect()))
}

/// Whether a text that was encoded holds a secret. Asks every rule but the one that asks.
fn is_secret(text: &str) -> bool {
    let reading = Reading::of(text);
    let mut finds = Vec::new();
    RULES[..RULES.len() - 1].iter().any(|rule| {
        (rule.find)(&reading, &mut finds);
        finds.iter().any(|find| !find.range.is_empty())
    })
}

/// Something that was found: where, in the view, and what to put there.
struct Find {
    range: Range<usize>,
    mask: String,
    rank: usize,
}

impl Find {
    fn new(range: Range<usize>, mask: String) -> Self {
        Self { range, mask, rank: 0 }
    }
}

/// Finds in the order of the text, none over another.
fn merge(mut finds: Vec<Find>) -> Vec<Find> {
    finds.retain(|find| !find.range.is_empty());
    finds.sort_by_key(|find| (find.range.start, find.rank));
    let mut merged: Vec<Find> = Vec::with_capacity(finds.len());
    for find in finds {
        match merged.last_mut().filter(|last| find.range.start < last.range.end) {
            Some(last) => {
                last.range.end = last.range.end.max(find.range.end);
                if find.rank < last.rank {
                    last.mask = find.mask;
                    last.rank = find.rank;
                }
            }
            None => merged.push(find),
        }
    }
    merged
}
