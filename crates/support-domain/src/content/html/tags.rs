//! Which tags there are, and what a well-formed one looks like.
//!
//! Stricter than a browser on purpose: what a browser would still take for a tag, but nobody writes as one
//! (`a<b && c>d`, `x <i think> y`), is text. Nothing here looks further than the next `<`, so that reading all the tags
//! of a text takes time in proportion to its length.

/// An element that may stand in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// A link.
    A,
    B,
    Br,
    Code,
    Em,
    I,
    Li,
    Ol,
    P,
    Pre,
    Strong,
    Ul,
}

impl Element {
    /// Every element.
    pub(super) const ALL: [Self; 12] = [
        Self::A,
        Self::B,
        Self::Br,
        Self::Code,
        Self::Em,
        Self::I,
        Self::Li,
        Self::Ol,
        Self::P,
        Self::Pre,
        Self::Strong,
        Self::Ul,
    ];

    /// The name in a tag.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::Br => "br",
            Self::Code => "code",
            Self::Em => "em",
            Self::I => "i",
            Self::Li => "li",
            Self::Ol => "ol",
            Self::P => "p",
            Self::Pre => "pre",
            Self::Strong => "strong",
            Self::Ul => "ul",
        }
    }

    /// Whether it begins and ends a line of its own.
    pub(super) const fn is_block(self) -> bool {
        matches!(self, Self::Li | Self::Ol | Self::P | Self::Pre | Self::Ul)
    }

    /// The element of that name, in letters of either case. ASCII only: a Unicode lower case would let the Kelvin sign
    /// and its like stand for letters.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|element| element.name().eq_ignore_ascii_case(name))
    }
}

/// A well-formed tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tag<'t> {
    pub(super) element: Element,
    pub(super) kind: Kind,
    /// The value of the first `href` of a link, as written between the quotes. No other attribute is kept.
    pub(super) href: Option<&'t str>,
    /// How many bytes it takes, angle brackets included.
    pub(super) length: usize,
}

/// What a tag does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    /// `<b/>`: opens and closes.
    Empty,
}

/// The tag at the very beginning of `text`, if one stands there.
pub(super) fn read(text: &str) -> Option<Tag<'_>> {
    let inside = text.strip_prefix('<')?;
    let (closes, inside) = match inside.strip_prefix('/') {
        Some(inside) => (true, inside),
        None => (false, inside),
    };
    let name_length = inside.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let element = Element::named(&inside[..name_length])?;
    let (href, rest) = read_attributes(&inside[name_length..])?;
    let (kind, rest) = match rest.strip_prefix('/') {
        Some(rest) if !closes => (Kind::Empty, rest),
        Some(_) => return None,
        None if closes => (Kind::Close, rest),
        None => (Kind::Open, rest),
    };
    let rest = rest.strip_prefix('>')?;
    let href = href.filter(|_| element == Element::A && !closes);
    Some(Tag { element, kind, href, length: text.len() - rest.len() })
}

/// Reads `blank name = value` as often as it stands there. Returns the first `href`, and what follows the attributes
/// and their blanks.
fn read_attributes(text: &str) -> Option<(Option<&str>, &str)> {
    let mut href = None;
    let mut rest = text;
    loop {
        let trimmed = skip_blanks(rest);
        if trimmed.starts_with(['>', '/']) {
            return Some((href, trimmed));
        }
        if trimmed.len() == rest.len() {
            return None;
        }
        let (name, value, after) = read_attribute(trimmed)?;
        if name.eq_ignore_ascii_case("href") {
            href = href.or(Some(value));
        }
        rest = after;
    }
}

/// Reads `name = value`. A name without a value is no attribute here: it is how words behind a `<` look.
fn read_attribute(text: &str) -> Option<(&str, &str, &str)> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'.');
    let (name, rest) = text.split_at(text.bytes().take_while(is_name).count());
    if name.is_empty() {
        return None;
    }
    let rest = skip_blanks(skip_blanks(rest).strip_prefix('=')?);
    let quote = rest.chars().next().filter(|character| matches!(character, '"' | '\''));
    match quote {
        Some(quote) => {
            let value = &rest[1..];
            let end = value.find([quote, '<'])?;
            value[end..].starts_with(quote).then(|| (name, &value[..end], &value[end + 1..]))
        }
        None => {
            let end = rest.find(|c: char| is_blank(c) || matches!(c, '>' | '<' | '"' | '\'' | '`'))?;
            (end > 0).then(|| (name, &rest[..end], &rest[end..]))
        }
    }
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches(is_blank)
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Option<(Element, Kind)> {
        read(text).map(|tag| (tag.element, tag.kind))
    }

    fn href(text: &str) -> Option<&str> {
        read(text).and_then(|tag| tag.href)
    }

    #[test]
    fn tags_are_read_as_people_write_them() {
        assert_eq!(kind("<b>"), Some((Element::B, Kind::Open)));
        assert_eq!(kind("</STRONG >x"), Some((Element::Strong, Kind::Close)));
        assert_eq!(kind("<br/>"), Some((Element::Br, Kind::Empty)));
        assert_eq!(kind("<Br />"), Some((Element::Br, Kind::Empty)));
        assert_eq!(kind("<p class=\"x\" style='y' dir=auto>"), Some((Element::P, Kind::Open)));
        assert_eq!(read("<b>x</b>").map(|tag| tag.length), Some(3));
        for element in Element::ALL {
            assert_eq!(kind(&format!("<{}>", element.name())), Some((element, Kind::Open)));
        }
    }

    #[test]
    fn what_is_not_quite_a_tag_is_none() {
        let none = [
            "<",
            "<>",
            "< b>",
            "<b",
            "<b ",
            "<bold>",
            "<b1>",
            "<b&&c>",
            "<b and c>",
            "<b1=2>",
            "</b/>",
            "<b//>",
            "<b class>",
            "<b class=>",
            "<b class=\"x>",
            "<b class=\"x\"y='z'>",
            "<b class='a<b'>",
            "<i\u{a0}x=1>",
            "<script>",
            "<\u{212a}>",
            "<!--",
            "<?",
            "</",
        ];
        for text in none {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_href_of_a_link_is_kept() {
        assert_eq!(href("<a href=\"https://x.example/?a=1&b\">"), Some("https://x.example/?a=1&b"));
        assert_eq!(href("<a rel=me HREF = 'x' href='y'>"), Some("x"));
        assert_eq!(href("<a href=https://x.example/>"), Some("https://x.example/"));
        assert_eq!(href("<a data-href='x'>"), None);
        assert_eq!(href("<b href='x'>"), None);
        assert_eq!(href("</a href='x'>"), None);
    }
}
