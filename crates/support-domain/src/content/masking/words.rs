//! Words: where they begin and end, and the small ones that connect a label with what it labels.
//!
//! Knows no label and no rule.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

/// A list of words, written as `|one|two|` and looked up as a set.
pub(super) struct List {
    text: &'static str,
    words: OnceLock<HashSet<&'static str>>,
}

impl List {
    pub(super) const fn of(text: &'static str) -> Self {
        Self { text, words: OnceLock::new() }
    }

    /// Whether a word is one of them, to the letter.
    pub(super) fn has(&self, word: &str) -> bool {
        let words = || self.text.split('|').filter(|word| !word.is_empty()).collect();
        self.words.get_or_init(words).contains(word)
    }
}

/// Words that may stand between a label and its value without saying anything else.
static CONNECTING: List = List::of(
    "|is|was|are|were|be|being|my|the|your|our|a|an|its|it|this|that|no|num|nr|number|numbers|\
    nos|now|of|here|as|er|ta|tar|ti|te|holo|hoilo|holow|hocche|hochhe|hochche|hosse|hobe|chilo|silo|dilam|dichi|\
    diyechi|amar|amr|amader|ei|eta|nomber|nombor|nambar|nmbr|namber|value|given|below|follows|following|equals|equal|\
    to|changed|set|updated|new|old|current|correct|actual|real|temporary|temp|just|still|full|complete|code|card|\
    ending|i|use|used|have|gave|sent|হলো|হল|হচ্ছে|হইলো|হবে|ছিল|ছিলো|নম্বর|নাম্বার|নং|টা|টি|আমার|আমাদের|কার্ড|এর|র|\
    কোড|দিলাম|দিয়েছি|এই|এটা|এটি|নতুন|",
);

/// Words and signs that say "is".
static ASSERTING: List = List::of("|is|was|are|be|holo|hoilo|hocche|hochhe|hochche|hobe|equals|হলো|হল|হচ্ছে|হবে|ছিল|");

/// The runs of letters, and the runs of digits.
pub(super) fn split(text: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let (mut words, mut digits) = (Vec::new(), Vec::new());
    let mut open: Option<(usize, bool)> = None;
    for (place, character) in text.char_indices().chain([(text.len(), ' ')]) {
        let is_digit = character.is_ascii_digit();
        let is_part = is_digit || is_letter(character);
        if let Some((start, was_digit)) = open
            && (!is_part || was_digit != is_digit)
        {
            if was_digit { &mut digits } else { &mut words }.push(start..place);
            open = None;
        }
        if is_part && open.is_none() {
            open = Some((place, is_digit));
        }
    }
    (words, digits)
}

/// Whether a character is part of a word: letters, and the vowel signs and dots that Indic scripts write as marks.
pub(super) fn is_letter(character: char) -> bool {
    character.is_ascii_alphabetic()
        || (!character.is_ascii()
            // The marks first: the tables behind the other question are slow to ask.
            && (matches!(character, '\u{900}'..='\u{9f1}' | '\u{300}'..='\u{36f}') || character.is_alphabetic()))
}

/// The runs without blanks.
pub(super) fn chunks(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_blank = |character: char| matches!(character, ' ' | '\n' | '\t');
    let mut place = 0;
    std::iter::from_fn(move || {
        let start = place + text[place..].find(|c: char| !is_blank(c))?;
        let end = text[start..].find(is_blank).map_or(text.len(), |length| start + length);
        place = end;
        Some(start..end)
    })
}

/// Whether a gap holds only what connects a label with its value.
pub(super) fn connects(gap: &str) -> bool {
    let signs = |c: char| {
        is_letter(c)
            || matches!(
                c,
                ' ' | '\n' | '\t' | ':' | '=' | '#' | '-' | '>' | '"' | '\'' | '(' | '[' | ')' | ',' | '/' | '.' | '_'
            )
    };
    gap.chars().all(signs)
        && words_of(gap).all(|word| CONNECTING.has(word))
        // A sentence may end in between only behind an abbreviation: "no."
        && gap.match_indices('.').all(|(at, _)| words_of(&gap[..at]).last().is_none_or(|word| matches!(word, "no" | "num" | "nr" | "নং")))
}

/// Whether a gap says that what follows is what was named.
pub(super) fn asserts(gap: &str) -> bool {
    gap.contains([':', '=']) || words_of(gap).any(|word| ASSERTING.has(word))
}

/// Whether a gap only goes on with a list: ", ", " and ".
pub(super) fn lists(gap: &str) -> bool {
    gap.chars().all(|c| is_letter(c) || matches!(c, ' ' | ',' | '&' | '/' | '-' | '.'))
        && words_of(gap).all(|word| matches!(word, "and" | "or" | "o" | "ar" | "এবং" | "ও" | "আর"))
}

/// Whether a gap says whose something is: " for my ".
pub(super) fn owns(gap: &str) -> bool {
    let mut words = words_of(gap);
    words.next().is_some_and(|word| matches!(word, "for" | "of" | "to" | "on" | "in" | "from" | "with"))
        && words
            .all(|word| matches!(word, "my" | "the" | "your" | "our" | "a" | "an" | "this" | "that" | "new" | "old"))
        && gap.chars().all(|c| c == ' ' || is_letter(c))
}

/// The words of a text, in order.
pub(super) fn words_of(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !is_letter(c)).filter(|word| !word.is_empty())
}
