//! A text as the rules read it: digits of every script as ASCII digits, dashes, blanks and quotes of every kind as the
//! plain ones, invisible characters gone. Every byte knows which character of the original it came from.
//!
//! Only for looking: what is stored is always the original, cut at the places that a view names.

use std::ops::Range;

/// A normalised text with a map back to the original. Letters keep their case in `text`; `lower` is the same with ASCII
/// letters in lower case, byte for byte.
pub(super) struct View {
    pub(super) text: String,
    pub(super) lower: String,
    /// For each byte of `text`, where its character begins and ends in the original. `None`: at the same place.
    origins: Option<Vec<Range<usize>>>,
}

impl View {
    pub(super) fn of(original: &str) -> Self {
        if original.is_ascii() {
            return Self { text: original.to_owned(), lower: original.to_ascii_lowercase(), origins: None };
        }
        let mut text = String::with_capacity(original.len());
        let mut origins = Vec::with_capacity(original.len());
        for (start, character) in original.char_indices() {
            let origin = start..start + character.len_utf8();
            for seen in [fold(character), fold_mark(character)].into_iter().flatten() {
                text.push(seen);
                origins.extend(std::iter::repeat_n(origin.clone(), seen.len_utf8()));
            }
        }
        let lower = text.to_ascii_lowercase();
        Self { text, lower, origins: Some(origins) }
    }

    /// The part of the original that a part of the view came from.
    pub(super) fn original(&self, seen: Range<usize>) -> Range<usize> {
        let Some(origins) = &self.origins else { return seen };
        match (origins.get(seen.start), seen.end.checked_sub(1).and_then(|last| origins.get(last))) {
            (Some(first), Some(last)) if first.start < last.end => first.start..last.end,
            _ => 0..0,
        }
    }

    /// The character before a place.
    pub(super) fn before(&self, place: usize) -> Option<char> {
        self.text[..place].chars().next_back()
    }

    /// The character at a place.
    pub(super) fn at(&self, place: usize) -> Option<char> {
        self.text[place..].chars().next()
    }
}

/// A text of our own, such as a label, as a view would show it.
pub(super) fn folded(text: &str) -> String {
    text.chars().flat_map(|character| [fold(character), fold_mark(character)]).flatten().collect()
}

/// The character that is seen for one of the original. `None`: it is not seen.
fn fold(character: char) -> Option<char> {
    const DIGITS: [u32; 6] = [0x09e6, 0x0966, 0x0660, 0x06f0, 0x0ae6, 0xff10];
    if character.is_ascii() {
        return Some(character);
    }
    let code = u32::from(character);
    if let Some(zero) = DIGITS.into_iter().find(|zero| (*zero..*zero + 10).contains(&code)) {
        return char::from_digit(code - zero, 10);
    }
    Some(match character {
        // Soft hyphen, joiners, direction marks, word joiner, variation selectors: nothing that is read.
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2060}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' => {
            return None;
        }
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' | '\u{fe58}' | '\u{fe63}' => '-',
        '\u{2018}'..='\u{201b}' | '\u{2032}' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{ab}' | '\u{bb}' => '"',
        // Letters and signs of full width.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(code - 0xfee0)?,
        // Digits of the mathematical alphabets.
        '\u{1d7ce}'..='\u{1d7ff}' => char::from_digit((code - 0x1d7ce) % 10, 10)?,
        // Bangla letters that are also written as a letter and a dot; the dot follows from `fold_mark`.
        '\u{9dc}' => '\u{9a1}',
        '\u{9dd}' => '\u{9a2}',
        '\u{9df}' => '\u{9af}',
        // The danda ends a sentence.
        '\u{964}' | '\u{965}' => '.',
        _ if character.is_whitespace() => ' ',
        _ => character,
    })
}

/// The second half of a character that is seen as two.
fn fold_mark(character: char) -> Option<char> {
    matches!(character, '\u{9dc}' | '\u{9dd}' | '\u{9df}').then_some('\u{9bc}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_dashes_and_blanks_are_seen_as_the_plain_ones() {
        let seen = |text| View::of(text).text;
        assert_eq!(seen("\u{9e7}\u{9e8} \u{967} \u{661} \u{6f1} \u{ff11}\u{ff21} \u{1d7cf}"), "12 1 1 1 1A 1");
        assert_eq!(seen("1\u{2013}2\u{2011}3\u{2212}4\u{a0}5\u{202f}6"), "1-2-3-4 5 6");
        assert_eq!(seen("\u{201c}x\u{201d}\u{2019}\u{964}"), "\"x\"'.");
        assert_eq!(seen("1\u{200d}2\u{ad}3\u{fe0f}"), "123");
        assert_eq!(seen("\u{9df}"), seen("\u{9af}\u{9bc}"));
    }

    #[test]
    fn every_part_leads_back_to_the_original() {
        let original = "\u{9a8}\u{982} \u{9e7}\u{200d}\u{9e8}\u{2013}\u{9e9} \u{9df}x";
        let view = View::of(original);
        let start = view.text.find("12-3").unwrap();
        assert_eq!(&original[view.original(start..start + 4)], "\u{9e7}\u{200d}\u{9e8}\u{2013}\u{9e9}");
        assert_eq!(view.original(0..view.text.len()), 0..original.len());
        assert_eq!(view.original(0..0), 0..0);
        assert_eq!(view.text.len(), view.lower.len());
    }
}
