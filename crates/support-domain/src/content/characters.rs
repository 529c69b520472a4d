//! Which characters text may consist of.

use std::borrow::Cow;

/// Makes line ends and blanks regular and drops characters that only confuse: control characters, byte-order marks,
/// direction overrides and isolates, line and paragraph separators, zero-width blanks, tag characters. Joiners stay,
/// since Bangla and composed emoji need them.
pub fn normalize(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|character| irregular(character)) {
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

fn irregular(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{a0}' | '\u{200b}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => true,
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        _ => character.is_control() || (u32::from(character) & 0xfffe) == 0xfffe,
    }
}
