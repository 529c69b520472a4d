//! docs/performance.md: a text in which every number is a name, filled with what a run has measured. A name that means
//! nothing, or was not measured, leaves no page.

use serde::{Deserialize, Serialize};

use crate::Stop;
use crate::figures::Book;
use crate::machine::Facts;
use crate::targets;

/// The text. `{{name}}` is a fact or the median of a figure, `{{one / other}}` of a ratio; ` range` behind it adds the range
/// of the rounds.
pub const TEMPLATE: &str = include_str!("page.md");

/// Fills the text.
///
/// # Errors
/// When it names what is not there.
pub fn fill(template: &str, facts: &Facts, book: &Book) -> Result<String, Stop> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once("{{") {
        let (name, after) = behind.split_once("}}").ok_or_else(|| Stop::new("the page has a name without an end"))?;
        text.push_str(before);
        let value =
            value(name, facts, book).ok_or_else(|| Stop::new(format!("the page names {name}: not measured")))?;
        text.push_str(&value);
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

fn value(name: &str, facts: &Facts, book: &Book) -> Option<String> {
    if name == "targets" {
        return Some(targets::table(book).trim_end().to_owned());
    }
    if let Some(fact) = facts.get(name) {
        return Some(fact.clone());
    }
    match name.strip_suffix(" range") {
        Some(expression) => book.outcome(expression).map(|outcome| outcome.to_text_with_range()),
        None => book.outcome(name).map(|outcome| outcome.to_text()),
    }
}

/// All that a run leaves.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Raw {
    pub(crate) facts: Facts,
    pub(crate) figures: Book,
}

impl Raw {
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    pub(crate) fn read(text: &str) -> Result<Self, Stop> {
        serde_json::from_str(text).map_err(Stop::when("the raw figures"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Unit;

    fn book() -> Book {
        let mut book = Book::default();
        for (one, other) in [(10.0, 20.0), (30.0, 30.0), (20.0, 10.0)] {
            book.note("one", Unit::PerSecond, one);
            book.note("other", Unit::PerSecond, other);
        }
        book
    }

    #[test]
    fn every_name_becomes_what_was_measured() {
        let facts = Facts::from([("machine.cores".to_owned(), "2".to_owned())]);
        let text = fill("On {{machine.cores}}: {{one}}, {{one / other}}, {{one range}}.", &facts, &book()).unwrap();
        assert_eq!(text, "On 2: 20, 1.00, 20 (10 to 30).");
    }

    #[test]
    fn a_page_can_be_written_anew_from_what_a_run_has_left() {
        let facts = Facts::from([("machine.cores".to_owned(), "2".to_owned())]);
        let left = Raw { facts, figures: book() }.to_json();
        let raw = Raw::read(&left).unwrap();
        assert_eq!(raw.figures.outcome("one / other"), book().outcome("one / other"));
        assert_eq!(fill("{{machine.cores}} {{other range}}", &raw.facts, &raw.figures).unwrap(), "2 20 (10 to 30)");
        assert!(Raw::read("{}").is_err());
    }

    #[test]
    fn what_was_not_measured_leaves_no_page() {
        for template in ["{{two}}", "{{one / two}}", "{{one"] {
            assert!(fill(template, &Facts::new(), &book()).is_err(), "{template}");
        }
    }
}
