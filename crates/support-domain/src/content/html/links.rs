//! Where a link may lead: to the web over http or https, or to a mail address.
//!
//! A function over the decoded value, not a pattern: what it does not know is refused. It changes nothing and follows
//! nothing.

use std::borrow::Cow;

use crate::content::characters;

/// Longest link that is kept, in bytes.
const MAX_BYTES: usize = 2_048;

/// Whether `href`, with its entities decoded, may be kept.
pub(super) fn is_allowed(href: &str) -> bool {
    if href.len() > MAX_BYTES || href.contains(is_unfit) || matches!(characters::normalize(href), Cow::Owned(_)) {
        return false;
    }
    let Some((scheme, rest)) = href.split_once(':') else { return false };
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => rest.strip_prefix("//").is_some_and(names_host),
        "mailto" => names_mailbox(rest),
        _ => false,
    }
}

/// Characters that no link needs as they are, and that end a value, a tag or a line somewhere.
fn is_unfit(character: char) -> bool {
    character.is_whitespace() || character.is_control() || matches!(character, '"' | '\'' | '`' | '<' | '>' | '\\')
}

/// A host, and no name or password before it: `https://bank.example@elsewhere.example` only pretends.
fn names_host(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.starts_with(|first: char| first.is_alphanumeric() || first == '[') && !authority.contains('@')
}

/// An address, and no line end that would add a header.
fn names_mailbox(rest: &str) -> bool {
    let address = rest.split('?').next().unwrap_or_default();
    let lower = rest.to_ascii_lowercase();
    let has_ends = address.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    has_ends && !lower.contains("%0a") && !lower.contains("%0d")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_web_and_mail_are_allowed() {
        let allowed = [
            "https://example.com",
            "HTTP://example.com:8080/a?b=c&d=e#f",
            "http://[2001:db8::1]/",
            "https://\u{9ac}\u{9be}\u{982}\u{9b2}\u{9be}.example/\u{9a2}",
            "https://example.com/@person",
            "mailto:rahim@example.com",
            "mailto:rahim@example.com?subject=late%20order",
        ];
        for href in allowed {
            assert!(is_allowed(href), "{href}");
        }
    }

    #[test]
    fn all_else_is_refused() {
        let refused = [
            "",
            "x",
            "/path",
            "//evil.example",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            "javascript://example.com/%0aalert(1)",
            "file://example.com/x",
            " https://example.com",
            "https://exam ple.com",
            "https:example.com",
            "https:/example.com",
            "https:///example.com",
            "https://",
            "https://?x",
            "https:\\\\example.com",
            "https://example.com\\@evil.example",
            "https://bank.example@evil.example/",
            "https://example.com/\"onclick=x",
            "https://example.com/'",
            "https://example.com/<b>",
            "https://example.com/\u{202e}gpj.exe",
            "https://example.com/\u{200b}",
            "https://example.com/\u{3000}",
            "data:text/html,x",
            "vbscript:x",
            "ftp://example.com",
            "tel:01712345678",
            "mailto:",
            "mailto:rahim",
            "mailto:@example.com",
            "mailto:a@example.com?cc=%0D%0Abcc:b@example.com",
        ];
        for href in refused {
            assert!(!is_allowed(href), "{href}");
        }
        assert!(!is_allowed(&format!("https://example.com/{}", "x".repeat(MAX_BYTES))));
    }
}
