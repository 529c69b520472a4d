//! What stands before the parser: turns any text into HTML that holds only well-formed, balanced tags of ours, few of
//! them and not deep, and in which every other `<`, `>` and `&` is text.
//!
//! Linear in the length of the text, and never recursive. Judges no link: that is for the rules behind the parser,
//! which see it decoded.

use super::nesting::Nesting;
use super::tags::{self, Element, Kind, Tag};

/// Longest name of a character reference, such as `CounterClockwiseContourIntegral`.
const MAX_ENTITY_NAME: usize = 31;

/// The same text as HTML that the parser need not repair. A character reference that is complete (`&lt;`, `&#8211;`)
/// stays; `&` in front of anything else (`?a=1&copy=3`, `AT&T`) is itself.
pub(super) fn guard(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut nesting = Nesting::default();
    let mut rest = text;
    while let Some(position) = rest.find(['<', '>', '&']) {
        let (before, found) = rest.split_at(position);
        out.push_str(before);
        rest = match found.as_bytes()[0] {
            b'<' => after_less_than(found, &mut nesting, &mut out),
            b'>' => {
                out.push_str("&gt;");
                &found[1..]
            }
            _ => after_ampersand(found, &mut out),
        };
    }
    out.push_str(rest);
    nesting.finish(&mut out);
    out
}

/// Writes what begins with `<`, and returns what follows it.
fn after_less_than<'t>(found: &'t str, nesting: &mut Nesting, out: &mut String) -> &'t str {
    let Some(tag) = tags::read(found) else {
        out.push_str("&lt;");
        return &found[1..];
    };
    let rest = &found[tag.length..];
    if !write_tag(&tag, nesting, out) {
        super::push_escaped(out, &found[..tag.length]);
        return rest;
    }
    match tag {
        // A parser takes the first line end in it for none. With all of them gone, there is no first one.
        Tag { element: Element::Pre, kind: Kind::Open, .. } => rest.trim_start_matches('\n'),
        _ => rest,
    }
}

/// `false` when the tag is refused, and so is text.
fn write_tag(tag: &Tag<'_>, nesting: &mut Nesting, out: &mut String) -> bool {
    let element = tag.element;
    // Browsers read </br> as <br>.
    if tag.kind == Kind::Close && element != Element::Br {
        return nesting.close(element, out);
    }
    if !nesting.open(element, out) {
        return false;
    }
    out.push('<');
    out.push_str(element.name());
    if let Some(href) = tag.href {
        out.push_str(" href=\"");
        write_value(href, out);
        out.push('"');
    }
    out.push('>');
    tag.kind != Kind::Empty || element == Element::Br || nesting.close(element, out)
}

/// An attribute's value, for double quotes.
fn write_value(value: &str, out: &mut String) {
    let mut rest = value;
    while let Some(position) = rest.find(['"', '&']) {
        let (before, found) = rest.split_at(position);
        out.push_str(before);
        rest = if let Some(after) = found.strip_prefix('"') {
            out.push_str("&quot;");
            after
        } else {
            after_ampersand(found, out)
        };
    }
    out.push_str(rest);
}

/// Writes what begins with `&`, and returns what follows it.
fn after_ampersand<'t>(found: &'t str, out: &mut String) -> &'t str {
    match entity_length(found) {
        Some(length) => {
            out.push_str(&found[..length]);
            &found[length..]
        }
        None => {
            out.push_str("&amp;");
            &found[1..]
        }
    }
}

/// How many bytes the character reference at the beginning of `text` takes, from `&` to `;`.
fn entity_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes().get(1..)?;
    let run = |from: usize, most: usize, is_part: fn(&u8) -> bool| {
        bytes.get(from..).map_or(0, |bytes| bytes.iter().take(most + 1).take_while(|byte| is_part(byte)).count())
    };
    let (prefix, most, length) = match bytes {
        [b'#', b'x' | b'X', ..] => (2, 6, run(2, 6, u8::is_ascii_hexdigit)),
        [b'#', ..] => (1, 7, run(1, 7, u8::is_ascii_digit)),
        [first, ..] if first.is_ascii_alphabetic() => {
            (0, MAX_ENTITY_NAME, run(0, MAX_ENTITY_NAME, u8::is_ascii_alphanumeric))
        }
        _ => return None,
    };
    let end = prefix + length;
    ((1..=most).contains(&length) && bytes.get(end) == Some(&b';')).then_some(end + 2)
}

#[cfg(test)]
mod tests {
    use super::super::nesting::{MAX_DEPTH, MAX_ELEMENTS};
    use super::*;

    #[test]
    fn complete_references_stay_and_every_other_ampersand_is_text() {
        assert_eq!(guard("&lt; &#8211; &#x1f600; &eacute;"), "&lt; &#8211; &#x1f600; &eacute;");
        assert_eq!(guard("&amp;amp;"), "&amp;amp;");
        for honest in ["&", "&&", "& c", "&copy=3", "&T", "&;", "&#;", "&#x;", "&#12345678;", "&#xg;", "&2x;", "&lt"] {
            assert_eq!(guard(honest), honest.replacen('&', "&amp;", usize::MAX), "{honest}");
        }
        assert_eq!(guard(&format!("&{};", "a".repeat(31))), format!("&{};", "a".repeat(31)));
        assert_eq!(guard(&format!("&{};", "a".repeat(32))), format!("&amp;{};", "a".repeat(32)));
    }

    #[test]
    fn what_opens_is_closed_in_order() {
        assert_eq!(guard("<b><i>x</b>y</i>z"), "<b><i>x</i></b>yz");
        assert_eq!(guard("x</b></p></ul>"), "x");
        assert_eq!(guard("<ul><li>a<li>b"), "<ul><li>a</li><li>b</li></ul>");
        assert_eq!(guard("<ul><li>a<ol><li>b</ul>c"), "<ul><li>a<ol><li>b</li></ol></li></ul>c");
        assert_eq!(guard("<p>a<p><b>b<pre>c"), "<p>a</p><p><b>b</b></p><pre>c</pre>");
        assert_eq!(guard("<p>a<li>b"), "<p>a</p><li>b</li>");
        assert_eq!(guard("<li><pre><li>b"), "<li><pre><li>b</li></pre></li>");
        assert_eq!(guard("<a href='x'>a<a href='y'>b"), "<a href=\"x\">a</a><a href=\"y\">b</a>");
        assert_eq!(guard("a<br/>b</br>c<b/>d<p/>"), "a<br>b<br>c<b></b>d<p></p>");
    }

    #[test]
    fn line_ends_at_the_beginning_of_pre_are_gone() {
        assert_eq!(guard("<pre>\n\n  x\n</pre>"), "<pre>  x\n</pre>");
    }

    #[test]
    fn a_value_keeps_to_its_quotes() {
        assert_eq!(
            guard("<a href='\" onclick=\"x&copy=1&amp;'>"),
            "<a href=\"&quot; onclick=&quot;x&amp;copy=1&amp;\"></a>"
        );
    }

    #[test]
    fn excess_tags_are_text_with_their_closing_tags() {
        let deep = guard(&format!("{}x{}", "<b>".repeat(MAX_DEPTH + 2), "</b>".repeat(MAX_DEPTH + 2)));
        let (inside, outside) = ("&lt;b&gt;&lt;b&gt;x&lt;/b&gt;&lt;/b&gt;", MAX_DEPTH);
        assert_eq!(deep, format!("{}{inside}{}", "<b>".repeat(outside), "</b>".repeat(outside)));

        let many = guard(&"<i>x</i>".repeat(MAX_ELEMENTS + 1));
        assert_eq!(many, format!("{}&lt;i&gt;x&lt;/i&gt;", "<i>x</i>".repeat(MAX_ELEMENTS)));
        assert_eq!(guard(&"<br>".repeat(MAX_ELEMENTS + 1)).matches("<br>").count(), MAX_ELEMENTS);
    }
}
