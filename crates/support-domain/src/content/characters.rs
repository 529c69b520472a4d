//! Which characters text may consist of.
//!
//! Only what shows nothing, or makes text show as other than it is, may be dropped here; a letter, a sign or an emoji
//! in any script must come through unchanged.

use std::borrow::Cow;

/// Makes line ends and blanks regular and drops characters that only confuse: control characters, byte-order marks,
/// direction overrides and isolates, zero-width blanks and their invisible kin, tag characters, noncharacters. Line and
/// paragraph separators become line ends, so that no two words grow together.
///
/// Joiners stay, since Bangla and composed emoji need them, and so do the direction marks of Arabic and Hebrew.
/// A second time changes nothing.
pub fn normalize(text: &str) -> Cow<'_, str> {
    if !text.contains(irregular) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                if characters.peek() != Some(&'\n') {
                    clean.push('\n');
                }
            }
            '\u{a0}' => clean.push(' '),
            '\u{2028}' | '\u{2029}' => clean.push('\n'),
            _ if irregular(character) => {}
            _ => clean.push(character),
        }
    }
    Cow::Owned(clean)
}

/// Whether [`normalize`] drops or replaces it.
fn irregular(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        // The hard blank, and the zero-width one.
        '\u{a0}' | '\u{200b}' => true,
        // Line and paragraph separator; embeddings and overrides of the direction.
        '\u{2028}'..='\u{202e}' => true,
        // Word joiner and invisible operators; isolates of the direction, and deprecated controls of the shape.
        '\u{2060}'..='\u{206f}' => true,
        // Byte-order mark, annotations, and tags that spell words nobody sees.
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        // Noncharacters.
        '\u{fdd0}'..='\u{fdef}' => true,
        _ => character.is_control() || (u32::from(character) & 0xfffe) == 0xfffe,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn line_ends_and_blanks_become_regular() {
        assert_eq!(normalize("a\r\nb\rc\nd\u{2028}e\u{2029}f\r\r\n"), "a\nb\nc\nd\ne\nf\n\n");
        assert_eq!(normalize("a\u{a0}b\tc"), "a b\tc");
    }

    #[test]
    fn what_only_confuses_is_dropped() {
        let dropped = [
            '\u{0}'..='\u{8}',
            '\u{b}'..='\u{c}',
            '\u{e}'..='\u{1f}',
            '\u{7f}'..='\u{9f}',
            '\u{200b}'..='\u{200b}',
            '\u{202a}'..='\u{202e}',
            '\u{2060}'..='\u{206f}',
            '\u{fdd0}'..='\u{fdef}',
            '\u{feff}'..='\u{feff}',
            '\u{fff9}'..='\u{fffb}',
            '\u{fffe}'..='\u{ffff}',
            '\u{1fffe}'..='\u{1ffff}',
            '\u{e0000}'..='\u{e007f}',
            '\u{10fffe}'..='\u{10ffff}',
        ];
        for character in dropped.into_iter().flatten() {
            assert_eq!(normalize(&format!("a{character}b")), "ab", "{:x}", u32::from(character));
        }
    }

    #[test]
    fn what_writing_needs_stays() {
        let honest = [
            // Bangla with both joiners, Arabic and Hebrew with direction marks.
            "\u{09b0}\u{200d}\u{09cd}\u{09af} \u{0995}\u{09cd}\u{200c}\u{09b7} \u{09f3}\u{09e7}",
            "\u{200f}\u{0645}\u{0631}\u{061c} \u{200e}\u{05e9}\u{05dc}",
            // Emoji that are joined, coloured, varied; a flag.
            "\u{1f469}\u{200d}\u{1f467} \u{1f44d}\u{1f3fd} \u{2764}\u{fe0f} \u{1f1e7}\u{1f1e9}",
            // Blanks of other widths, a soft hyphen, the replacement character, private use.
            "\u{2003}\u{3000}\u{202f}\u{ad}\u{fffd}\u{e000}",
            "plain\n\ttext",
        ];
        for text in honest {
            assert!(matches!(normalize(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_second_time_changes_nothing(text in "[\r\n\u{0}\u{a0}\u{200b}\u{2028}\u{202e}\u{200d}\u{feff}a\u{9a6}\u{e0041}]{0,20}|\\PC*") {
            let once = normalize(&text).into_owned();
            prop_assert!(!once.contains(irregular));
            prop_assert!(matches!(normalize(&once), Cow::Borrowed(_)));
            prop_assert!(once.len() <= text.len());
        }
    }
}
