//! What was measured, round by round, and what comes out of it: medians, and ratios within the same round. Nothing is
//! averaged, and no number comes into being here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
    /// Pieces.
    Count,
    /// Pieces a second.
    PerSecond,
    /// Microseconds.
    Micros,
    /// Milliseconds.
    Millis,
    /// Nanoseconds.
    Nanos,
    /// 1,024 bytes.
    Kibibytes,
    /// One number for each one of another.
    Ratio,
}

/// A figure of every round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it counts.
    pub unit: Unit,
    /// Its value in each round.
    pub rounds: Vec<f64>,
}

/// What came out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// What it counts.
    pub unit: Unit,
    /// The median of the rounds.
    pub median: f64,
    /// The least of the rounds.
    pub least: f64,
    /// The most of the rounds.
    pub most: f64,
}

/// All figures, by name: what was measured, of whom, under which circumstance, with dots between.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Book(BTreeMap<String, Figure>);

impl Book {
    /// Notes the figure of another round.
    pub fn note(&mut self, name: impl Into<String>, unit: Unit, value: f64) {
        let figure = self.0.entry(name.into()).or_insert_with(|| Figure { unit, rounds: Vec::new() });
        figure.rounds.push(value);
    }

    /// What came out of a figure, `name`, or of one for each of another, `name / name`. `None` if it was not measured.
    pub fn outcome(&self, expression: &str) -> Option<Outcome> {
        let figure = match expression.split_once(" / ") {
            Some((one, other)) => &ratio(self.0.get(one)?, self.0.get(other)?)?,
            None => self.0.get(expression)?,
        };
        figure.outcome()
    }

    /// The median of a figure or ratio.
    pub fn median(&self, expression: &str) -> Option<f64> {
        self.outcome(expression).map(|outcome| outcome.median)
    }
}

/// Round by round: both have met the same weather then.
fn ratio(one: &Figure, other: &Figure) -> Option<Figure> {
    if one.rounds.len() != other.rounds.len() || other.rounds.contains(&0.0) {
        return None;
    }
    let rounds = one.rounds.iter().zip(&other.rounds).map(|(one, other)| one / other).collect();
    Some(Figure { unit: Unit::Ratio, rounds })
}

impl Figure {
    fn outcome(&self) -> Option<Outcome> {
        let median = median(&self.rounds)?;
        let least = self.rounds.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.rounds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Some(Outcome { unit: self.unit, median, least, most })
    }
}

/// The middle one, or the mean of the two in the middle. `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let upper = *sorted.get(half)?;
    Some(if sorted.len() % 2 == 1 { upper } else { f64::midpoint(sorted[half - 1], upper) })
}

/// So many of a hundred are at most as large as what is returned. `None` of nothing.
pub fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

impl Outcome {
    /// As a reader wants it, the unit left to the head of the table.
    pub fn to_text(&self) -> String {
        number(self.unit, self.median)
    }

    /// The median, and the range of the rounds.
    pub fn to_text_with_range(&self) -> String {
        let (least, most) = (number(self.unit, self.least), number(self.unit, self.most));
        if least == most { self.to_text() } else { format!("{} ({least} to {most})", self.to_text()) }
    }
}

fn number(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Count | Unit::PerSecond => with_commas(value),
        Unit::Micros if value >= 100.0 => with_commas(value),
        Unit::Micros | Unit::Kibibytes => format!("{value:.1}"),
        Unit::Millis if value >= 100.0 => with_commas(value),
        Unit::Millis | Unit::Ratio => format!("{value:.2}"),
        Unit::Nanos if value >= 1_000_000.0 => format!("{:.2} ms", value / 1_000_000.0),
        Unit::Nanos if value >= 1_000.0 => format!("{:.2} us", value / 1_000.0),
        Unit::Nanos => format!("{value:.0} ns"),
    }
}

fn with_commas(value: f64) -> String {
    let digits = format!("{:.0}", value.max(0.0));
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_of_the_rounds_whatever_their_order() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 100.0]), Some(3.0));
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<u64> = (1..=200).collect();
        assert_eq!((percentile(&values, 50), percentile(&values, 99)), (Some(100), Some(198)));
        assert_eq!((percentile(&[7], 1), percentile(&[7], 99), percentile(&[], 50)), (Some(7), Some(7), None));
    }

    #[test]
    fn a_ratio_is_taken_within_each_round() {
        let mut book = Book::default();
        for (desk, other) in [(30.0, 10.0), (2.0, 1.0), (50.0, 50.0)] {
            book.note("desk", Unit::PerSecond, desk);
            book.note("other", Unit::PerSecond, other);
        }
        // The ratio of the medians would be 3.
        let outcome = book.outcome("desk / other").unwrap();
        assert_eq!((outcome.median, outcome.least, outcome.most, outcome.unit), (2.0, 1.0, 3.0, Unit::Ratio));
        assert_eq!(outcome.to_text_with_range(), "2.00 (1.00 to 3.00)");
        assert_eq!(book.median("desk"), Some(30.0));
    }

    #[test]
    fn what_was_not_measured_has_no_outcome() {
        let mut book = Book::default();
        book.note("one", Unit::Count, 1.0);
        book.note("none", Unit::Count, 0.0);
        assert_eq!(book.outcome("two"), None);
        assert_eq!(book.outcome("one / two"), None);
        assert_eq!(book.outcome("one / none"), None);
        book.note("one", Unit::Count, 2.0);
        assert_eq!(book.outcome("one / none"), None, "rounds that do not match");
    }

    #[test]
    fn numbers_are_written_for_readers() {
        assert_eq!(number(Unit::PerSecond, 1_234_567.4), "1,234,567");
        assert_eq!(number(Unit::Count, 999.0), "999");
        assert_eq!(number(Unit::Micros, 6.84), "6.8");
        assert_eq!(number(Unit::Micros, 1_182.6), "1,183");
        assert_eq!(number(Unit::Millis, 0.478), "0.48");
        assert_eq!(number(Unit::Nanos, 830.0), "830 ns");
        assert_eq!(number(Unit::Nanos, 1_830.0), "1.83 us");
    }
}
