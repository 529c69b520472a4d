//! Plain text that is shown in lists and titles.

/// One line of at most `max_chars` characters: line ends and tabs become blanks, runs of blanks one; what is cut ends in
/// an ellipsis.
pub fn one_line(text: &str, max_chars: usize) -> String {
    let mut line = String::with_capacity(text.len().min(max_chars.saturating_mul(4)));
    for (position, word) in text.split_whitespace().enumerate() {
        if position > 0 {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > max_chars.saturating_mul(4) {
            break;
        }
    }
    match line.char_indices().nth(max_chars) {
        None => line,
        Some(_) => {
            let mut cut: String = line.chars().take(max_chars.saturating_sub(1)).collect();
            cut.push('\u{2026}');
            cut
        }
    }
}

/// Text that opens no markup even where a client inserts it as HTML: a `<` that could begin a tag, a comment or a
/// declaration becomes a single angle quotation mark. All else, such as `I <3 it` or `AT&T`, stays as it is: a
/// character reference can only become text.
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
    use super::*;

    #[test]
    fn lines_become_one_and_are_cut_by_characters() {
        assert_eq!(one_line(" a\n\n b\tc ", 99), "a b c");
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcde\u{2026}");
        assert_eq!(one_line("\u{9a6}\u{9be}\u{9a6}\u{9be}", 3), "\u{9a6}\u{9be}\u{2026}");
    }

    #[test]
    fn what_opens_markup_is_changed_and_nothing_else() {
        assert_eq!(harmless("<b>x</b> <!-- <?x <"), "\u{2039}b>x\u{2039}/b> \u{2039}!-- \u{2039}?x \u{2039}");
        let honest = "I <3 it, a < b && c > d, AT&T, 5 > 3, &lt;b&gt;";
        assert_eq!(harmless(honest), honest);
    }
}
