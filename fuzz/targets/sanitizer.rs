//! Any text as HTML: an answer of bounded size, nothing in it but the tags that are allowed, the same a second time.

#![no_main]

use libfuzzer_sys::fuzz_target;
use support_domain::content::html::{sanitize, to_text};
use support_domain::content::plain::harmless;
use support_domain::{ContentFormat, Limits, MessageContent};

const TAGS: [&str; 26] = [
    "<b>",
    "</b>",
    "<i>",
    "</i>",
    "<em>",
    "</em>",
    "<strong>",
    "</strong>",
    "<br>",
    "<p>",
    "</p>",
    "<ul>",
    "</ul>",
    "<ol>",
    "</ol>",
    "<li>",
    "</li>",
    "<code>",
    "</code>",
    "<pre>",
    "</pre>",
    "</a>",
    "&lt;",
    "&gt;",
    "&amp;",
    "<a rel=\"noopener noreferrer nofollow\">",
];

fn is_known(html: &str) -> bool {
    let mut rest = html;
    while let Some(at) = rest.find(['<', '>', '&']) {
        let found = &rest[at..];
        let link = || {
            let value = found.strip_prefix("<a href=\"")?;
            let (href, after) = value.split_once('"')?;
            let lower = href.to_ascii_lowercase();
            let leads_out = ["http://", "https://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
            let plain = !href.contains(|c: char| c.is_whitespace() || c.is_control() || "<>'\\`".contains(c));
            let after = after.strip_prefix(" rel=\"noopener noreferrer nofollow\">")?;
            (leads_out && plain).then_some(after)
        };
        rest = match TAGS.iter().find(|tag| found.starts_with(**tag)) {
            Some(tag) => &found[tag.len()..],
            None => match link() {
                Some(after) => after,
                None => return false,
            },
        };
    }
    true
}

fn opens_markup(text: &str) -> bool {
    let opens = |pair: &[u8]| pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || b"/!?".contains(&pair[1]));
    text.as_bytes().windows(2).any(opens) || text.ends_with('<')
}

fuzz_target!(|text: &str| {
    let html = sanitize(text);
    assert!(is_known(&html), "{html:?}");
    assert!(html.len() <= text.len() * 8 + 8 * 1024);
    assert_eq!(sanitize(&html), html);
    let _ = to_text(&html);
    assert!(!opens_markup(&harmless(text)));
    for format in [ContentFormat::Html, ContentFormat::Text] {
        if let Ok(content) = MessageContent::parse(text, format, &Limits::default()) {
            assert!(is_known(content.html()));
            assert!(!opens_markup(content.preview().as_str()));
            let limits = Limits { max_message_chars: usize::MAX, ..Limits::default() };
            let again = MessageContent::parse(content.html(), ContentFormat::Html, &limits);
            assert!(again.is_ok_and(|again| again == content));
        }
    }
});
