//! What is to be reached, and whether it was: each target is a figure of the run, or a ratio of two, and a limit.

use crate::figures::Book;

/// What is to be reached.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Said to readers.
    pub sentence: &'static str,
    /// A figure, or a ratio of two.
    pub expression: &'static str,
    /// Where it ends.
    pub limit: Limit,
}

/// Where a target ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// What is more has missed it.
    AtMost(f64),
    /// What is less has missed it.
    AtLeast(f64),
}

/// All targets, in the order of the page.
pub const TARGETS: &[Target] = &[
    Target {
        sentence: "Sends over REST, 64 senders: messages a second, of those of pgbench with 64 clients",
        expression: "sends.desk.64.rate / sends.pgbench.64.rate",
        limit: Limit::AtLeast(1.5),
    },
    Target {
        sentence: "Sends over REST, 64 senders: the database's CPU for a message, of that with pgbench",
        expression: "sends.desk.64.database_cpu / sends.pgbench.64.database_cpu",
        limit: Limit::AtMost(1.0 / 3.0),
    },
    Target {
        sentence: "Sends over REST, one sender: half of all within so long, of that of pgbench with one client",
        expression: "sends.desk.1.p50 / sends.pgbench.1.p50",
        limit: Limit::AtMost(1.5),
    },
    Target {
        sentence: "First page of the list, 1,000,000 conversations, of that with 10,000",
        expression: "lists.large.first.p50 / lists.small.first.p50",
        limit: Limit::AtMost(1.2),
    },
    Target {
        sentence: "First page of those that are open in one country, likewise",
        expression: "lists.large.open.p50 / lists.small.open.p50",
        limit: Limit::AtMost(1.2),
    },
    Target {
        sentence: "A page in the middle, likewise",
        expression: "lists.large.middle.p50 / lists.small.middle.p50",
        limit: Limit::AtMost(1.2),
    },
    Target {
        sentence: "First page of the rare country, likewise",
        expression: "lists.large.rare.p50 / lists.small.rare.p50",
        limit: Limit::AtMost(1.2),
    },
    Target {
        sentence: "Fan-out, 1 room of 1,000, four senders: the server's CPU for a delivery, us",
        expression: "fan_out.one.server_cpu",
        limit: Limit::AtMost(7.0),
    },
    Target {
        sentence: "Fan-out, 50 rooms of 20, at full speed: the server's CPU for a delivery, us",
        expression: "fan_out.many.server_cpu",
        limit: Limit::AtMost(15.0),
    },
    Target {
        sentence: "Idle joined sockets, 5,000: resident memory of the server for each, KiB",
        expression: "idle.few.memory",
        limit: Limit::AtMost(16.0),
    },
    Target {
        sentence: "Idle joined sockets, 20,000: resident memory of the server for each, KiB",
        expression: "idle.many.memory",
        limit: Limit::AtMost(16.0),
    },
];

impl Limit {
    /// Whether a value keeps it.
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    fn to_text(self) -> String {
        let (word, limit) = match self {
            Self::AtMost(limit) => ("at most", limit),
            Self::AtLeast(limit) => ("at least", limit),
        };
        let text = format!("{limit:.2}");
        format!("{word} {}", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// The targets as a table, with what was measured. The median decides; the range says how sure that is.
pub fn table(book: &Book) -> String {
    let mut text = "| target | measured | | |\n| --- | --- | --- | --- |\n".to_owned();
    for Target { sentence, expression, limit } in TARGETS {
        let (measured, verdict) = match book.outcome(expression) {
            None => ("not measured".to_owned(), "unknown"),
            Some(outcome) if limit.holds(outcome.median) => (outcome.to_text_with_range(), "reached"),
            Some(outcome) => (outcome.to_text_with_range(), "**not reached**"),
        };
        text.push_str(&format!("| {sentence} | {measured} | {} | {verdict} |\n", limit.to_text()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Unit;

    #[test]
    fn the_median_decides_and_what_was_missed_is_said() {
        let mut book = Book::default();
        book.note("fan_out.one.server_cpu", Unit::Micros, 7.0);
        book.note("fan_out.many.server_cpu", Unit::Micros, 15.1);
        book.note("sends.desk.64.rate", Unit::PerSecond, 300.0);
        book.note("sends.pgbench.64.rate", Unit::PerSecond, 200.0);
        let table = table(&book);
        let line = |words: &str| table.lines().find(|line| line.contains(words)).unwrap().to_owned();
        assert!(line("1 room of 1,000").ends_with("| 7.0 | at most 7 | reached |"), "{table}");
        assert!(line("50 rooms").ends_with("| 15.1 | at most 15 | **not reached** |"), "{table}");
        assert!(line("messages a second").ends_with("| 1.50 | at least 1.5 | reached |"), "{table}");
        assert!(line("5,000").ends_with("| not measured | at most 16 | unknown |"), "{table}");
        assert!(line("the database's CPU").contains("at most 0.33"), "{table}");
    }

    #[test]
    fn what_is_not_a_number_reaches_nothing() {
        assert!(!Limit::AtMost(1.0).holds(f64::NAN) && !Limit::AtLeast(1.0).holds(f64::NAN));
    }
}
