//! Plain text that is shown in lists and titles.
//!
//! The text that goes in has regular characters already. What comes out is text, not HTML: it may not rely on being
//! escaped, and never holds the beginning of a tag.

/// One line of at most `max_chars` characters: line ends and tabs become blanks, runs of blanks one; what is cut ends
/// in an ellipsis.
pub fn one_line(text: &str, max_chars: usize) -> String {
    // A scalar value has at most four bytes: more than this is cut anyway.
    let enough = max_chars.saturating_mul(4);
    let mut line = String::with_capacity(text.len().min(enough));
    for (position, word) in text.split_whitespace().enumerate() {
        if position > 0 {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > enough {
            break;
        }
    }
    if line.chars().nth(max_chars).is_none() {
        return line;
    }
    let Some(kept) = max_chars.checked_sub(1) else { return String::new() };
    let end = line.char_indices().nth(kept).map_or(line.len(), |(position, _)| position);
    // A blank or a joiner has nothing left to part or to join.
    line.truncate(line[..end].trim_end_matches([' ', '\u{200c}', '\u{200d}']).len());
    line.push('\u{2026}');
    line
}

/// Text that opens no markup even where a client inserts it as HTML: a `<` that could begin a tag, a comment or a
/// declaration becomes a single angle quotation mark. All else, such as `I <3 it` or `AT&T`, stays as it is: a
/// character reference can only become text. As many characters come out as went in.
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let next = rest.peek().copied();
        out.push(match (character, next) {
            ('<', Some(next)) if next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?') => '\u{2039}',
            // At the end, since whatever is put behind it could complete a tag.
            ('<', None) => '\u{2039}',
            _ => character,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_become_one_and_are_cut_by_characters() {
        assert_eq!(one_line(" a\n\n b\tc ", 99), "a b c");
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcde\u{2026}");
        assert_eq!(one_line("\u{9a6}\u{9be}\u{9a6}\u{9be}", 3), "\u{9a6}\u{9be}\u{2026}");
        assert_eq!(one_line("abc def", 5), "abc\u{2026}");
        assert_eq!(one_line("ab\u{200d}cd", 4), "ab\u{2026}");
        assert_eq!(one_line("ab", 1), "\u{2026}");
        assert_eq!((one_line("ab", 0), one_line("", 0)), (String::new(), String::new()));
    }

    #[test]
    fn what_opens_markup_is_changed_and_nothing_else() {
        assert_eq!(harmless("<b>x</b> <!-- <?x <"), "\u{2039}b>x\u{2039}/b> \u{2039}!-- \u{2039}?x \u{2039}");
        let honest = "I <3 it, a < b && c > d, AT&T, 5 > 3, &lt;b&gt;";
        assert_eq!(harmless(honest), honest);
    }

    proptest! {
        #[test]
        fn a_line_is_one_line_and_short(text in "([a\u{9a6}\u{200d}\u{1f600}] ?|[ \n\t]){0,40}", most in 0_usize..30) {
            let line = one_line(&text, most);
            prop_assert!(line.chars().count() <= most);
            prop_assert!(!line.contains(['\n', '\t']) && !line.contains("  "));
            prop_assert_eq!(one_line(&line, most), line);
        }

        #[test]
        fn no_markup_opens_whatever_follows(text in "[<a-c/!?3 &;>]{0,30}", after in "[a-z/!?]?") {
            let shown = harmless(&text);
            let inserted = format!("{shown}{after}");
            let opens = |pair: &[u8]| pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || b"/!?".contains(&pair[1]));
            prop_assert!(!inserted.as_bytes().windows(2).any(opens), "{}", inserted);
            prop_assert_eq!(shown.chars().count(), text.chars().count());
            prop_assert_eq!(harmless(&shown), shown);
        }
    }
}
