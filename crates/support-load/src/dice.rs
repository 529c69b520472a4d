//! Chance that is the same for the same seed: what messages say, and how long is waited before connecting again. Nothing
//! that has to be secret.

use std::time::Duration;

/// A source of numbers.
#[derive(Debug, Clone)]
pub struct Dice(u64);

const WORDS: &[&str] = &[
    "the",
    "driver",
    "waited",
    "at",
    "gate",
    "two",
    "and",
    "my",
    "order",
    "was",
    "late",
    "again",
    "please",
    "look",
    "into",
    "this",
    "trip",
    "thank",
    "you",
    "where",
    "is",
    "it",
    "now",
    "\u{9a7}\u{9a8}\u{9cd}\u{9af}\u{9ac}\u{9be}\u{9a6}",
];

impl Dice {
    /// The `number`th of those that a seed makes.
    pub fn new(seed: u64, number: usize) -> Self {
        let mut dice = Self(seed ^ (number as u64).wrapping_mul(0xA076_1D64_78BD_642F));
        dice.roll();
        dice
    }

    /// The next number: SplitMix64, of which any seed is a good one.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A duration below `longest`, all equally likely.
    pub fn below(&mut self, longest: Duration) -> Duration {
        longest.mul_f64((self.roll() >> 11) as f64 / (1_u64 << 53) as f64)
    }

    /// Words of so many characters in all.
    pub fn text(&mut self, chars: usize) -> String {
        let (mut text, mut length) = (String::new(), 0);
        while length < chars {
            let index = self.roll() % WORDS.len() as u64;
            let word = WORDS[usize::try_from(index).unwrap_or(0)];
            for letter in word.chars().chain([' ']).take(chars - length) {
                text.push(letter);
                length += 1;
            }
        }
        // White space at the end would be cut off by the server.
        if text.ends_with(' ') {
            text.pop();
            text.push('.');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_says_the_same_and_another_sender_something_else() {
        let text = |seed, number| Dice::new(seed, number).text(80);
        assert_eq!(text(1, 0), text(1, 0));
        assert_ne!(text(1, 0), text(1, 1));
        assert_ne!(text(1, 0), text(2, 0));
    }

    #[test]
    fn texts_are_as_long_as_asked_and_waits_not_longer() {
        let mut dice = Dice::new(1, 0);
        for chars in 1..100 {
            let text = dice.text(chars);
            assert_eq!((text.chars().count(), text.trim()), (chars, text.as_str()));
            assert!(dice.below(Duration::from_secs(2)) < Duration::from_secs(2));
        }
    }
}
