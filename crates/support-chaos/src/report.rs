//! What came of it: for each scenario whether all held, what was counted, and what was wrong. As text and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use serde::Serialize;

use crate::traffic::Shared;

/// The whole run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Where chance began.
    pub seed: u64,
    /// `full` or `short`.
    pub form: &'static str,
    /// When it began, RFC 3339 in UTC.
    pub started_at: String,
    /// Each scenario.
    pub scenarios: Vec<Told>,
}

/// One scenario.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub verdict: Verdict,
    /// How long it took.
    pub seconds: f64,
    /// What was counted, under names that say what and in which unit.
    pub numbers: BTreeMap<String, f64>,
    /// What did not go through while something was broken, by its kind. None of it is a fault by itself.
    pub refusals: BTreeMap<String, u64>,
    /// What must not have been.
    pub faults: Vec<String>,
}

/// How a scenario ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// All that was promised held.
    Held,
    /// Something did not, or the scenario could not be brought to its end.
    Failed,
    /// It could not be played here, for that reason.
    LeftOut(String),
}

/// The accounts of people at work.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) numbers: BTreeMap<String, f64>,
    pub(crate) refusals: BTreeMap<String, u64>,
    pub(crate) faults: Vec<String>,
}

impl Account {
    /// Of these books, when so many sockets had listened and had come back so often.
    pub(crate) fn of(shared: &Shared, sockets: u64, resumes: u64) -> Self {
        let (books, mut account) = (&shared.books, Self::default());
        let sent: u64 = shared.rooms.iter().map(|room| room.ledger().sent()).sum();
        let acknowledged: u64 = shared.rooms.iter().map(|room| room.ledger().acknowledged()).sum();
        account.count("acknowledged messages", acknowledged as f64);
        account.count("messages sent", sent as f64);
        account.count("acknowledged changes and read marks", books.changes() as f64);
        account.count("conversations", shared.rooms.len() as f64);
        account.count("sockets", sockets as f64);
        account.count("resumes of sockets", resumes as f64);
        account.count("longest wait for an acknowledgement, ms", millis(books.longest_wait()));
        account.times("from the fault to an acknowledgement", &books.recoveries());
        account.refusals = books.troubles();
        account.faults = books.faults();
        account
    }

    /// Notes a number.
    pub(crate) fn count(&mut self, name: &str, number: f64) {
        self.numbers.insert(name.to_owned(), number);
    }

    /// Adds to a number.
    pub(crate) fn add(&mut self, name: &str, number: f64) {
        *self.numbers.entry(name.to_owned()).or_default() += number;
    }

    /// Notes how often something took how long.
    pub(crate) fn times(&mut self, name: &str, times: &[Duration]) {
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        if let (Some(middle), Some(longest)) = (sorted.get(sorted.len() / 2), sorted.last()) {
            self.count(&format!("{name}, median ms"), millis(*middle));
            self.count(&format!("{name}, longest ms"), millis(*longest));
        }
    }

    /// Notes something that must not have been.
    pub(crate) fn fault(&mut self, sentence: impl Into<String>) {
        self.faults.push(sentence.into());
    }
}

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

impl Report {
    /// Whether nothing has failed. What was left out has not.
    pub fn passed(&self) -> bool {
        self.scenarios.iter().all(|told| told.verdict != Verdict::Failed)
    }

    /// The report as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The report as text.
    pub fn to_text(&self) -> String {
        let mut text = format!("{} form, seed {}, begun {}\n", self.form, self.seed, self.started_at);
        for told in &self.scenarios {
            text += &told.to_text();
        }
        text
    }
}

impl Told {
    /// One scenario as text.
    pub fn to_text(&self) -> String {
        let verdict = match &self.verdict {
            Verdict::Held => "held".to_owned(),
            Verdict::Failed => "FAILED".to_owned(),
            Verdict::LeftOut(reason) => format!("left out: {reason}"),
        };
        let mut text = format!("\n{}: {verdict} ({:.1} s)\n", self.name, self.seconds);
        // Writing to a text cannot fail.
        for (name, number) in &self.numbers {
            let _ = writeln!(text, "  {name}: {number}");
        }
        if !self.refusals.is_empty() {
            let kinds: Vec<String> = self.refusals.iter().map(|(kind, times)| format!("{kind} {times}")).collect();
            let _ = writeln!(text, "  refused or unanswered meanwhile: {}", kinds.join(", "));
        }
        for fault in &self.faults {
            let _ = writeln!(text, "  FAULT {fault}");
        }
        text
    }
}
