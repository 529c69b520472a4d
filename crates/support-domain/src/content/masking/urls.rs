//! Secrets inside links: a name and password before the host, and the values of parameters that grant something.

use super::Find;
use super::reading::Reading;
use super::values;
use super::words::{self, List};

const REDACTED: &str = "[redacted]";

/// Parameters whose values are secrets however short they are.
static SECRET: List = List::of(
    "|token|access_token|accesstoken|id_token|refresh_token|auth_token|auth|authorization|apikey|\
    api_key|api-key|secret|client_secret|app_secret|signature|sig|sign|x-amz-signature|x-amz-security-token|\
    x-amz-credential|x-goog-signature|x-goog-credential|password|passwd|pwd|pass|otp|pin|ticket|jwt|assertion|\
    session|sessionid|session_id|sid|phpsessid|jsessionid|access_key|accesskey|private_token|bearer|credential|",
);

/// Parameters whose values are secrets when they are long.
static SECRET_WHEN_LONG: List = List::of("|key|code|hash|state|t|k|s|magic|invite|nonce|policy|");
const LONG: usize = 16;
/// Longest value that is looked at.
const MOST_BYTES: usize = 4_096;

/// The name and password before a host.
pub(super) fn userinfo(reading: &Reading, finds: &mut Vec<Find>) {
    let lower = &reading.view.lower;
    for (at, _) in lower.match_indices("://") {
        let start = at + 3;
        let rest = &lower[start..];
        let authority = &rest[..rest.find([' ', '\n', '\t', '/', '?', '#', '"', '<', '>']).unwrap_or(rest.len())];
        let Some(end) = authority.rfind('@') else { continue };
        let info = &authority[..end];
        let is_secret = info.contains(':') || info.len() >= 20;
        if is_secret && !info.contains(REDACTED) {
            finds.push(Find::new(start..start + end, REDACTED.to_owned()));
        }
    }
}

/// The values of parameters that grant something.
pub(super) fn parameters(reading: &Reading, finds: &mut Vec<Find>) {
    let lower = &reading.view.lower;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    for (at, _) in lower.match_indices(['?', '&', ';', '#']) {
        // Links that were escaped as HTML have `&amp;`, which ends in `;`.
        let rest = &lower[at + 1..];
        let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
        let Some(value) = rest[name.len()..].strip_prefix('=') else { continue };
        let value = values::bounded(value, MOST_BYTES);
        let value = &value[..value.find([' ', '\n', '\t', '&', '#', ';', '"', '\'', '<', '>']).unwrap_or(value.len())];
        let value = value.trim_end_matches(['.', ',', ')', '!', '?']);
        let is_secret = SECRET.has(name) || (SECRET_WHEN_LONG.has(name) && value.len() >= LONG);
        if !name.is_empty() && is_secret && !value.is_empty() && !value.starts_with(REDACTED) {
            let start = at + 1 + name.len() + 1;
            finds.push(Find::new(start..start + value.len(), REDACTED.to_owned()));
        }
    }
}

/// What percent-encoding hides: `?q=my%20pin%20is%204321`. All of what holds it goes, since a mask inside would not be
/// in the same writing.
pub(super) fn encoded(reading: &Reading, finds: &mut Vec<Find>) {
    let text = &reading.view.text;
    if !text.contains('%') {
        return;
    }
    for range in words::chunks(text) {
        let chunk = &text[range.clone()];
        let Some(decoded) = decoded(chunk) else { continue };
        // Those who encode twice are read twice; what is encoded more often is no link that anybody follows.
        let again = self::decoded(&decoded);
        // Once as a link and once as words: numbers in a link are mostly ids, but those that were encoded with it are not.
        let hides = |text: &str| super::is_secret(text) || super::is_secret(&text.replace("://", " "));
        if hides(&decoded) || again.is_some_and(|again| hides(&again)) {
            finds.push(Find::new(range, REDACTED.to_owned()));
        }
    }
}

/// `None` when nothing is encoded.
fn decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let pair = if bytes[at] == b'%' { digit(at + 1).zip(digit(at + 2)) } else { None };
        let byte = pair.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    (out.len() < bytes.len()).then(|| String::from_utf8_lossy(&out).into_owned())
}
