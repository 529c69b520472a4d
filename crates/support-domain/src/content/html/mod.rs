//! HTML that is safe as element content; not inside an attribute.
//!
//! The parser and the allow-list come from a library. Alone it recurses until the stack ends, multiplies crafted tags
//! and eats honest text, so nothing reaches it that did not pass through `guard`: text in which every tag is one of
//! ours, closed where it was opened, and in which both their number and their depth are bounded.
//!
//! To allow another element: its variant in `tags`, its place among the rules of `nesting`, and its tags in the
//! list of `tests`, which says a second time, on purpose, what may stand in the output.
//!
//! Nothing here may take a shortcut round the guard, mask anything, or print what it reads.

mod guard;
mod library;
mod links;
mod nesting;
mod tags;
mod text;

#[cfg(test)]
mod tests;

pub use text::{links, to_text};

use super::characters;

/// How often the pipeline may run until it changes nothing. Two are enough for all that is known; see [`sanitize`].
const MAX_PASSES: usize = 4;

/// Every character of `text` as itself.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    push_escaped(&mut out, text);
    out
}

/// Makes HTML that somebody wrote safe: the tags of `tags` stay, links lead to the web or to a mail address, and all
/// else is text. Blanks around it are gone.
///
/// Total: any input gives an answer, in time in proportion to its length, of at most `longest` bytes. Sanitizing the
/// answer again gives the same answer.
pub fn sanitize(text: &str) -> String {
    let text = characters::normalize(text);
    let text = text.trim();
    if !text.contains(['<', '>', '&']) {
        return text.to_owned();
    }
    // One pass can leave something for the next: a line end behind <pre> that was written as an entity is only then
    // seen to be one. What has not settled after a few passes is not understood, and what is not understood is text.
    let mut html = text.to_owned();
    for _ in 0..MAX_PASSES {
        match pass(&html) {
            Some(again) if again == html => return html,
            Some(again) if again.len() <= longest(text.len()) => html = again,
            _ => break,
        }
    }
    escape(text)
}

/// Most bytes that HTML of `length` bytes may become: a character that is escaped grows fivefold, and each of the few
/// tags that pass may gain a closing tag and a `rel`.
const fn longest(length: usize) -> usize {
    length.saturating_mul(8).saturating_add(8 * 1024)
}

/// The whole pipeline once. `None` when the library could not read what the guard let through.
fn pass(text: &str) -> Option<String> {
    let html = library::clean(&guard::guard(text))?;
    // Entities have become characters by now. A hard blank is the one that the library writes back as an entity.
    let html = html.replace("&nbsp;", " ");
    Some(characters::normalize(&html).trim().to_owned())
}

/// `text` as HTML text: safe between tags, not inside an attribute.
fn push_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(position) = rest.find(['<', '>', '&']) {
        let (before, found) = rest.split_at(position);
        out.push_str(before);
        out.push_str(match found.as_bytes()[0] {
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&amp;",
        });
        rest = &found[1..];
    }
    out.push_str(rest);
}
