//! HTML of ours, read as plain text.
//!
//! Made for what the sanitizer wrote; anything else gives some text too, in time in proportion to its length. The
//! result is text, never HTML: whoever shows it must escape it.

use super::tags::{self, Element, Kind};

/// The references that sanitized HTML can hold, and the character that each stands for.
const ENTITIES: [(&str, char); 5] = [("amp;", '&'), ("lt;", '<'), ("gt;", '>'), ("quot;", '"'), ("nbsp;", ' ')];

/// The plain-text reading of sanitized HTML: `<br>` and the ends of blocks are line ends, every list item has its own
/// line, references are characters, and nothing else of the markup is left.
pub fn to_text(html: &str) -> String {
    let mut text = Text { out: String::with_capacity(html.len()), at_line_start: false, open_pre: 0 };
    let mut rest = html;
    while let Some(position) = rest.find('<') {
        let (before, found) = rest.split_at(position);
        text.push(before);
        rest = match tags::read(found) {
            Some(tag) => {
                text.tag(tag.element, tag.kind);
                &found[tag.length..]
            }
            None => {
                text.push("<");
                &found[1..]
            }
        };
    }
    text.push(rest);
    text.out.truncate(text.out.trim_end().len());
    text.out
}

/// Where the links of sanitized HTML lead. Also what only looks like one in the text, for a caller who would rather see
/// too much.
pub fn links(html: &str) -> impl Iterator<Item = String> {
    html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(to_text)
}

struct Text {
    out: String,
    /// Nothing was written since a tag began a line: blanks and line ends here only lay out the markup.
    at_line_start: bool,
    open_pre: usize,
}

impl Text {
    fn tag(&mut self, element: Element, kind: Kind) {
        if element == Element::Br {
            self.out.push('\n');
            self.at_line_start = true;
        } else if element.is_block() {
            self.end_line();
            self.at_line_start = true;
        }
        if element == Element::Pre {
            match kind {
                Kind::Open => self.open_pre += 1,
                Kind::Close => self.open_pre = self.open_pre.saturating_sub(1),
                Kind::Empty => {}
            }
        }
    }

    fn end_line(&mut self) {
        self.out.truncate(self.out.trim_end_matches([' ', '\t']).len());
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn push(&mut self, html: &str) {
        let mut rest = html;
        if self.at_line_start && self.open_pre == 0 {
            rest = rest.trim_start_matches([' ', '\t', '\n']);
        }
        if rest.is_empty() {
            return;
        }
        self.at_line_start = false;
        while let Some(position) = rest.find('&') {
            let (before, found) = rest.split_at(position);
            self.out.push_str(before);
            let entity = ENTITIES.iter().find(|(name, _)| found[1..].starts_with(name));
            let (character, length) = entity.map_or(('&', 1), |(name, character)| (*character, name.len() + 1));
            self.out.push(character);
            rest = &found[length..];
        }
        self.out.push_str(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_lines() {
        assert_eq!(to_text("a<br>b<br>\n<br> c"), "a\nb\n\nc");
        assert_eq!(to_text("<p>a</p><p>b <b>c</b></p>d"), "a\nb c\nd");
        assert_eq!(to_text("x<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>y"), "x\na\nb\nc\ny");
        assert_eq!(to_text("<p>a</p>\n\n<ul>\n  <li>b</li>\n  <li>c</li>\n</ul>\n"), "a\nb\nc");
        assert_eq!(to_text("<p>a</p><pre>  b\n    c</pre>d"), "a\n  b\n    c\nd");
        assert_eq!(to_text("one\ntwo"), "one\ntwo");
        assert_eq!(to_text("a<p></p><p></p>b"), "a\nb");
    }

    #[test]
    fn references_become_characters_once() {
        assert_eq!(to_text("&lt;b&gt; &amp;lt; AT&amp;T &quot;x&quot;&nbsp;y"), "<b> &lt; AT&T \"x\" y");
        assert_eq!(to_text("<a href=\"https://x.example/?a=1&amp;b=2\" rel=\"nofollow\">here</a>"), "here");
    }

    #[test]
    fn anything_else_gives_some_text() {
        for html in ["<", "<b", "&", "&lt", "<x>", ">", "</", "<a href=\""] {
            assert_eq!(to_text(html), html, "{html}");
        }
    }
}
