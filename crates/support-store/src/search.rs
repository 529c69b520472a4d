//! How a search compares: without regard to case, character by character, no wildcards.

use std::collections::BTreeSet;

/// The form in which subjects are kept for search and search terms are compared.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// The pieces of three characters that `folded` has. A text that contains another one has all of its pieces, which is
/// what the index of PostgreSQL answers; texts of less than three characters have none.
pub(crate) fn grams(folded: &str) -> BTreeSet<String> {
    let characters: Vec<char> = folded.chars().collect();
    characters.windows(3).map(|piece| piece.iter().collect()).collect()
}

/// A LIKE pattern, with `!` as its escape, for texts that contain `folded` literally.
pub(crate) fn like_pattern(folded: &str) -> String {
    let mut pattern = String::with_capacity(folded.len() + 2);
    pattern.push('%');
    for character in folded.chars() {
        if matches!(character, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards_are_literal() {
        assert_eq!(like_pattern("50%_off!"), "%50!%!_off!!%");
    }

    proptest! {
        #[test]
        fn what_contains_a_text_has_its_pieces(before in ".{0,5}", term in ".{0,8}", after in ".{0,5}") {
            let (whole, part) = (grams(&fold(&format!("{before}{term}{after}"))), grams(&fold(&term)));
            prop_assert!(part.is_subset(&whole));
        }
    }
}
