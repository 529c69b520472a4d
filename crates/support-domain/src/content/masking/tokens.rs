//! Tokens and keys of machines: those that say themselves what they are, and those that a label or a header names.
//!
//! To add one that says itself: a row in [`KNOWN`].

use std::ops::Range;

use super::Find;
use super::labels::Label;
use super::reading::Reading;
use super::values::{self, Connector, Shape};
use super::words;

const REDACTED: &str = "[redacted token]";
const REDACTED_KEY: &str = "[redacted private key]";

/// What a token begins with, how many characters follow at least, and which, besides letters and digits.
struct Known {
    prefix: &'static str,
    least: usize,
    signs: &'static str,
}

const fn known(prefix: &'static str, least: usize, signs: &'static str) -> Known {
    Known { prefix, least, signs }
}

/// Sources: the publishers' own descriptions of their token formats.
const KNOWN: [Known; 66] = [
    // Clouds.
    known("AKIA", 12, ""),
    known("ASIA", 12, ""),
    known("ABIA", 12, ""),
    known("ACCA", 12, ""),
    known("AIza", 30, "-_"),
    known("ya29.", 20, "-_."),
    known("GOCSPX-", 20, "-_"),
    known("dop_v1_", 32, ""),
    known("doo_v1_", 32, ""),
    known("dor_v1_", 32, ""),
    known("LTAI", 16, ""),
    known("hvs.", 20, "-_"),
    known("hvb.", 20, "-_"),
    known("pscale_", 20, "-_."),
    known("dapi", 32, "-"),
    // Payments.
    known("sk_live_", 10, "_"),
    known("sk_test_", 10, "_"),
    known("rk_live_", 10, "_"),
    known("rk_test_", 10, "_"),
    known("whsec_", 16, "+/="),
    known("sq0atp-", 20, "-_"),
    known("sq0csp-", 20, "-_"),
    known("EAAA", 40, "-_"),
    known("shpat_", 20, ""),
    known("shpss_", 20, ""),
    known("shpca_", 20, ""),
    known("shppa_", 20, ""),
    known("access_token$", 20, "$-_"),
    // Forges and packages.
    known("ghp_", 20, ""),
    known("gho_", 20, ""),
    known("ghu_", 20, ""),
    known("ghs_", 20, ""),
    known("ghr_", 20, ""),
    known("github_pat_", 20, "_"),
    known("glpat-", 16, "-_."),
    known("gldt-", 16, "-_"),
    known("glrt-", 16, "-_"),
    known("glptt-", 16, "-_"),
    known("glsoat-", 16, "-_"),
    known("npm_", 30, ""),
    known("pypi-", 40, "-_"),
    known("rubygems_", 30, ""),
    known("ATATT3x", 30, "-_="),
    known("ATBB", 24, ""),
    known("dckr_pat_", 20, "-_"),
    known("hf_", 30, ""),
    known("lin_api_", 30, ""),
    known("sntrys_", 30, "-_=+/"),
    known("glsa_", 30, "_"),
    // Messages and mail.
    known("xoxb-", 10, "-"),
    known("xoxp-", 10, "-"),
    known("xoxa-", 10, "-"),
    known("xoxr-", 10, "-"),
    known("xoxs-", 10, "-"),
    known("xoxe-", 10, "-"),
    known("xoxe.xox", 10, "-"),
    known("xapp-", 10, "-"),
    known("SG.", 30, "-_."),
    known("key-", 32, ""),
    known("EAAC", 40, ""),
    // Models and the rest.
    known("sk-", 20, "-_"),
    known("gsk_", 30, ""),
    known("figd_", 20, "-_"),
    known("AGE-SECRET-KEY-1", 40, ""),
    known("NRAK-", 20, ""),
    known("secret_", 32, ""),
];

/// Fewest characters of a run that is a token by its looks alone.
const OPAQUE: usize = 40;

/// Shortest token that says itself what it is.
const SHORTEST: usize = 14;

/// Tokens that say themselves what they are.
pub(super) fn known_token(reading: &Reading, finds: &mut Vec<Find>) {
    let text = &reading.view.text;
    let mut done = 0;
    for word in reading.words.iter() {
        if word.start < done {
            continue;
        }
        let joined = reading.view.before(word.start).is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        let first = text.as_bytes()[word.start];
        if joined || !first.is_ascii_alphabetic() {
            continue;
        }
        let rest = &text[word.start..];
        // Most words end before any token could.
        if rest.as_bytes().get(..SHORTEST).is_none_or(|begin| begin.iter().any(|byte| matches!(byte, b' ' | b'\n'))) {
            continue;
        }
        let token = known_length(rest);
        // A web token has hyphens and dots inside: what follows one has been read already.
        let inside = text[..word.start].ends_with(['-', '.']);
        let web = || if inside { None } else { web_token(rest) };
        if let Some(length) = token.or_else(web) {
            done = word.start + length;
            finds.push(Find::new(word.start..done, REDACTED.to_owned()));
        }
    }
    bot_token(reading, finds);
    opaque(reading, finds);
}

/// Length of the token that says itself what it is at the beginning of a text.
fn known_length(text: &str) -> Option<usize> {
    KNOWN.iter().filter(|known| text.starts_with(known.prefix)).find_map(|known| {
        let length = run(&text[known.prefix.len()..], known.signs);
        (length >= known.least).then_some(known.prefix.len() + length)
    })
}

/// Whether a text begins with a token that says itself what it is.
pub(super) fn begins(text: &str) -> bool {
    known_length(text).or_else(|| web_token(text)).is_some()
}

/// Longest token, in bytes.
const MOST_BYTES: usize = 16 * 1024;

/// Length of the run of letters, digits and some signs at the beginning of a text.
fn run(text: &str, signs: &str) -> usize {
    text.bytes()
        .take(MOST_BYTES)
        .take_while(|byte| byte.is_ascii_alphanumeric() || signs.as_bytes().contains(byte))
        .count()
}

/// A JSON web token, signed or encrypted: parts that begin as JSON in base64 does.
fn web_token(rest: &str) -> Option<usize> {
    if !rest.starts_with("eyJ") {
        return None;
    }
    let whole = &rest[..run(rest, "-_.")];
    let parts: Vec<&str> = whole.split('.').take(6).collect();
    (parts.len() >= 2 && parts[0].len() >= 8 && parts[1].len() >= 4).then_some(whole.trim_end_matches('.').len())
}

/// The tokens of Telegram's bots: a number, a colon, and 35 characters.
fn bot_token(reading: &Reading, finds: &mut Vec<Find>) {
    for number in &reading.numbers {
        for group in number.groups.iter().filter(|group| (8..=11).contains(&group.range.len())) {
            let rest = &reading.view.text[group.range.end..];
            let length = rest.strip_prefix(':').map_or(0, |rest| run(rest, "-_"));
            if (30..=50).contains(&length) {
                finds.push(Find::new(group.range.start..group.range.end + 1 + length, REDACTED.to_owned()));
            }
        }
    }
}

/// Long runs in which capital letters, small ones and digits are mixed: nothing that a person writes.
fn opaque(reading: &Reading, finds: &mut Vec<Find>) {
    let text = &reading.view.text;
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '/' | '=');
    let mut place = 0;
    while let Some(start) = text[place..].find(is_part).map(|at| place + at) {
        let end = text[start..].find(|c| !is_part(c)).map_or(text.len(), |length| start + length);
        let value = &text[start..end];
        let shape = Shape::of(value);
        let mixed = shape.upper >= 4 && shape.letters - shape.upper >= 4 && shape.digits >= 3;
        let paths = value.matches('/').count() * 12 > value.len();
        if value.len() >= OPAQUE && mixed && !paths && !reading.in_link(start) {
            finds.push(Find::new(start..end, REDACTED.to_owned()));
        }
        place = end;
    }
}

/// Values that a label says to be a token, a key or a secret.
pub(super) fn labelled_token(reading: &Reading, finds: &mut Vec<Find>) {
    let mut done = 0;
    for found in reading.labels.iter().filter(|found| matches!(found.label, Label::Token | Label::MaybeToken)) {
        if found.range.start < done {
            continue;
        }
        let Some(value) = values::after(reading, found) else { continue };
        let text = &reading.view.text[value.range.clone()];
        let shape = Shape::of(text);
        let plain = shape.foreign == 0 && text.bytes().all(|b| b.is_ascii_graphic()) && !text.starts_with(['$', '#']);
        let mixed = shape.letters > 0 && shape.digits > 0;
        let random = mixed || (shape.upper > 1 && shape.letters - shape.upper > 1);
        let glued =
            value.connector == Connector::Sign && !reading.lower(found.range.end..value.range.start).contains(' ');
        let is_one = match (found.label, value.connector) {
            (Label::Token, Connector::Sign | Connector::Is | Connector::To) => {
                (mixed && text.len() >= 6) || (random && text.len() >= 16) || (glued && shape.letters >= 6)
            }
            (Label::Token, _) => mixed && text.len() >= 12,
            (_, Connector::Sign) => (mixed && text.len() >= 10) || (random && text.len() >= 16),
            (_, Connector::Is | Connector::To) => mixed && text.len() >= 12,
            _ => mixed && text.len() >= 16,
        };
        let is_uuid = found.label == Label::MaybeToken && text.len() == 36 && text.matches('-').count() == 4;
        if is_one && plain && !is_uuid && !value.denied && !values::is_elsewise(reading.lower(value.range.clone())) {
            let range = values::whole(&reading.view.lower, value.range);
            done = range.end;
            finds.push(Find::new(range, REDACTED.to_owned()));
        }
    }
}

/// Request headers that carry a secret.
pub(super) fn header(reading: &Reading, finds: &mut Vec<Find>) {
    let mut done = 0;
    for word in reading.words.iter() {
        if word.start < done {
            continue;
        }
        let find = match reading.lower(word.clone()) {
            "authorization" => authorization(reading, word.end),
            "bearer" => credential(reading, word.end, |value, shape| {
                value.len() >= 16 && (shape.digits > 0 || value.len() >= 24)
            }),
            "basic" => credential(reading, word.end, |value, shape| {
                let cased = shape.upper > 0 && shape.letters > shape.upper;
                cased && (value.ends_with('=') || (value.len() >= 12 && shape.digits > 0))
            }),
            "cookie" => cookie(reading, word.end),
            _ => None,
        };
        if let Some(range) = find {
            done = range.end;
            finds.push(Find::new(range, REDACTED.to_owned()));
        }
    }
}

/// The run behind a scheme's name, if it is what the scheme carries.
fn credential(reading: &Reading, place: usize, is_one: impl Fn(&str, &Shape) -> bool) -> Option<Range<usize>> {
    let text = &reading.view.text;
    let rest = text[place..].strip_prefix([' ', ':', '='])?.trim_start_matches([' ', '"', '<', ':']);
    let start = text.len() - rest.len();
    let value = &rest[..run(rest, "-._~+/=")];
    let value = value.trim_end_matches('.');
    is_one(value, &Shape::of(value)).then(|| start..start + value.len())
}

/// What follows `Authorization:` and the name of a scheme.
fn authorization(reading: &Reading, place: usize) -> Option<Range<usize>> {
    let lower = &reading.view.lower;
    let rest = lower[place..].trim_start_matches(['"', '\'', ' ']).strip_prefix([':', '='])?;
    let rest = rest.trim_start_matches([' ', '"', '\'']);
    let schemes = ["bearer ", "basic ", "token ", "digest ", "apikey ", "api-key ", "negotiate ", "jwt "];
    let named = schemes.iter().find_map(|scheme| rest.strip_prefix(scheme));
    let value = named.unwrap_or(rest).trim_start_matches(' ');
    let start = lower.len() - value.len();
    let length = value.find([' ', '\n', '"', '\'']).unwrap_or(value.len());
    let shape = Shape::of(&value[..length]);
    let least = if named.is_some() { 4 } else { 12 };
    let random = named.is_some() || (shape.letters > 0 && shape.digits > 0);
    (length >= least && random && !value.starts_with('[')).then(|| start..start + length)
}

/// How far behind `Cookie:` the first equals sign is looked for.
const MOST_NAME: usize = 256;

/// What follows `Cookie:` to the end of the line.
fn cookie(reading: &Reading, place: usize) -> Option<Range<usize>> {
    let lower = &reading.view.lower;
    let rest = lower[place..].strip_prefix(':')?.trim_start_matches(' ');
    let first = words::chunks(values::bounded(rest, MOST_NAME)).next()?;
    if !rest[first].contains('=') {
        return None;
    }
    let line = rest[..rest.find('\n').unwrap_or(rest.len())].trim_end_matches([' ', '"', '\'']);
    let start = lower.len() - rest.len();
    Some(start..start + line.len())
}

/// Private keys, from BEGIN to END, or to the end of the text.
pub(super) fn private_key(reading: &Reading, finds: &mut Vec<Find>) {
    let lower = &reading.view.lower;
    let mut place = 0;
    while let Some(begin) = lower[place..].find("begin ").map(|at| place + at) {
        place = begin + 6;
        if !lower[..begin].trim_end_matches(' ').ends_with('-') {
            continue;
        }
        let Some(name) = key_name(&lower[place..]) else { continue };
        let body = place + name;
        let start = lower[..begin].trim_end_matches(['-', ' ']).len();
        let start = start + usize::from(lower[start..].starts_with(' '));
        let end = lower[body..].find("end ").map_or(lower.len(), |at| closing(lower, body + at + 4));
        finds.push(Find::new(start..end, REDACTED_KEY.to_owned()));
        place = end;
    }
    if let Some(start) = lower.find("putty-user-key-file-") {
        finds.push(Find::new(start..lower.len(), REDACTED_KEY.to_owned()));
    }
}

/// How long `rsa private key` is, which must stand at the beginning.
fn key_name(text: &str) -> Option<usize> {
    let line = &text[..text.bytes().take(48).take_while(|b| b.is_ascii_alphanumeric() || *b == b' ').count()];
    line.find("private key").map(|at| at + "private key".len())
}

/// Where the closing line of a key ends.
fn closing(lower: &str, place: usize) -> usize {
    let name = key_name(&lower[place..]).unwrap_or_default();
    let rest = lower[place + name..].trim_start_matches(' ');
    let rest = rest.strip_prefix("block").unwrap_or(rest);
    lower.len() - rest.trim_start_matches('-').len()
}
