//! Finds what nobody should keep in a support conversation, and puts a mask in its place: identity numbers, cards,
//! passwords, codes, tokens and keys.
//!
//! `RULES` is the list of everything that is looked for. Each rule reads the same `reading::Reading`: a view of the
//! text in which digits, dashes and blanks of every script are the plain ones, with its labels and its numbers. The
//! nearest label decides what a number is; a benign one ("order", "phone") keeps it.
//!
//! What it does not catch: secrets that nothing names (a password alone on its line, nine bare digits), a password in
//! words that do not say so plainly ("the one that the agent gave me: ..."), a number whose nearest label is a benign
//! one, numbers written in words, pictures, homoglyphs, bank accounts, what markup splits, and what is spread over
//! several messages. What it masks without need: a postal "pin code 1207", and now and then an adjective behind
//! "password is".
//!
//! To add a rule: a row in `RULES` with an example, and a function that pushes a `Find`. Nothing here may log, keep
//! or compare what it finds, nor take longer than in proportion to the text.

mod codes;
mod documents;
mod identity;
mod labels;
mod numbers;
mod passwords;
mod reading;
mod tokens;
mod urls;
mod values;
mod view;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use reading::Reading;

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

/// One kind of thing that is looked for.
struct Rule {
    kind: MaskedKind,
    /// Pushes what it finds.
    find: fn(&Reading, &mut Vec<Find>),
    /// A message that holds one, and the same masked. `+` stands for nothing: it keeps the examples from looking like
    /// the real thing to whoever scans this file.
    #[cfg_attr(not(test), expect(dead_code, reason = "the examples are for the reader and for the tests"))]
    example: (&'static str, &'static str),
}

const fn rule(kind: MaskedKind, find: fn(&Reading, &mut Vec<Find>), before: &'static str, after: &'static str) -> Rule {
    Rule { kind, find, example: (before, after) }
}

/// Everything that is looked for. Where two finds overlap, the upper rule's mask is taken.
const RULES: [Rule; 15] = [
    rule(
        MaskedKind::PrivateKey,
        tokens::private_key,
        "see -----BEGIN RSA+ PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- ok",
        "see [redacted private key] ok",
    ),
    rule(MaskedKind::UrlSecret, urls::userinfo, "postgres://app:s3c+ret@db:5432", "postgres://[redacted]@db:5432"),
    rule(
        MaskedKind::UrlSecret,
        urls::parameters,
        "https://x.example/?token=9f8e&a=1",
        "https://x.example/?token=[redacted]&a=1",
    ),
    rule(MaskedKind::Token, tokens::known_token, "use gh+p_0123456789abcdefABCDEF now", "use [redacted token] now"),
    rule(
        MaskedKind::Token,
        tokens::header,
        "Authorization: Bearer abc+def123",
        "Authorization: Bearer [redacted token]",
    ),
    rule(MaskedKind::Token, tokens::labelled_token, "my api key is a1b2+c3d4e5", "my api key is [redacted token]"),
    rule(MaskedKind::Card, identity::card, "card 4111 1111 1111 1111", "card **** **** **** 1111"),
    rule(MaskedKind::Ssn, identity::ssn, "my ssn is 219-45-3301", "my ssn is ***-**-3301"),
    rule(MaskedKind::Nid, identity::nid, "NID 7345912086", "NID ******2086"),
    rule(MaskedKind::Passport, documents::passport, "passport no EF0123456", "passport no ******456"),
    rule(MaskedKind::Licence, documents::licence, "driving licence D1234567", "driving licence ******567"),
    rule(MaskedKind::Password, passwords::password, "my password is hunter2", "my password is [redacted]"),
    rule(MaskedKind::Cvv, codes::cvv, "cvv 737", "cvv [redacted]"),
    rule(MaskedKind::Pin, codes::pin, "my pin is 4321", "my pin is [redacted]"),
    rule(MaskedKind::Otp, codes::otp, "482913 is your login code", "[redacted] is your login code"),
];

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
