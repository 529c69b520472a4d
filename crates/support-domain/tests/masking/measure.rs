//! Measures the masking on labelled messages: how many secrets it finds, and that it leaves honest messages alone. For
//! the tests and for the example `masking_report`, which prints it.
//!
//! In the samples `{+}` stands for nothing; it keeps the invented tokens from looking like real ones. Each line of a
//! sensitive file is a kind, the parts that must not survive (with a broken bar between), and the message.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    reason = "samples that cannot be read must fail whoever measures"
)]

use std::collections::BTreeMap;

use support_domain::content::masking::{MaskedKind, mask};

/// Messages with secrets, and messages without, and what the rules have to do with them.
pub(crate) struct Samples {
    pub(crate) name: &'static str,
    pub(crate) origin: &'static str,
    sensitive: &'static str,
    honest: &'static str,
}

/// Every set. A message that is masked wrongly belongs into one of the first two before a rule is changed; no rule may
/// be changed for the third, or it measures nothing any more.
pub(crate) const SAMPLES: [Samples; 3] = [
    Samples {
        name: "first",
        origin: "what the rules were written against",
        sensitive: include_str!("../samples/sensitive.tsv"),
        honest: include_str!("../samples/honest.txt"),
    },
    Samples {
        name: "second",
        origin: "written afterwards; the rules were mended where they failed on it",
        sensitive: include_str!("../samples/sensitive-2.tsv"),
        honest: include_str!("../samples/honest-2.txt"),
    },
    Samples {
        name: "third",
        origin: "written last; no rule was changed for it",
        sensitive: include_str!("../samples/sensitive-3.tsv"),
        honest: include_str!("../samples/honest-3.txt"),
    },
];

/// A message with secrets.
pub(crate) struct Sensitive {
    pub(crate) label: String,
    pub(crate) parts: Vec<String>,
    pub(crate) message: String,
}

/// What became of a set.
#[derive(Default)]
pub(crate) struct Measured {
    /// By label: found, and all.
    pub(crate) by_label: BTreeMap<String, (usize, usize)>,
    /// Messages whose secrets were not all found.
    pub(crate) missed: Vec<String>,
    /// Honest messages that did not stay as they are.
    pub(crate) changed: Vec<String>,
    /// All honest messages.
    pub(crate) honest: usize,
}

impl Measured {
    pub(crate) fn found(&self) -> usize {
        self.by_label.values().map(|(found, _)| found).sum()
    }

    pub(crate) fn sensitive(&self) -> usize {
        self.by_label.values().map(|(_, all)| all).sum()
    }

    /// Of the secrets, the part that was found.
    pub(crate) fn recall(&self) -> f64 {
        part(self.found(), self.sensitive())
    }

    /// Of the messages that were masked, the part in which there was a secret.
    pub(crate) fn precision(&self) -> f64 {
        part(self.found(), self.found() + self.changed.len())
    }
}

#[expect(clippy::cast_precision_loss, reason = "some hundred messages")]
fn part(some: usize, all: usize) -> f64 {
    some as f64 / all as f64
}

impl Samples {
    pub(crate) fn sensitive(&self) -> impl Iterator<Item = Sensitive> {
        self.sensitive.lines().map(|line| {
            let whole = line.replace("{+}", "").replace("\\n", "\n");
            let mut fields = whole.splitn(3, '\t');
            let mut next = || fields.next().expect("three fields").to_owned();
            let (label, parts, message) = (next(), next(), next());
            Sensitive { label, parts: parts.split('\u{a6}').map(str::to_owned).collect(), message }
        })
    }

    pub(crate) fn honest(&self) -> impl Iterator<Item = String> {
        self.honest.lines().map(|line| line.replace("{+}", ""))
    }

    pub(crate) fn measure(&self) -> Measured {
        let mut measured = Measured::default();
        for Sensitive { label, parts, message } in self.sensitive() {
            let masked = mask(&message);
            let gone = parts.iter().all(|part| !masked.text.contains(part.as_str()));
            let kinds = kinds_of(&label);
            let named = kinds.is_empty() || masked.kinds.iter().any(|found| kinds.contains(found));
            let (found, all) = measured.by_label.entry(label.clone()).or_default();
            *all += 1;
            *found += usize::from(gone && named);
            if !(gone && named) {
                measured.missed.push(format!("{label}: {message}"));
            }
        }
        for message in self.honest() {
            measured.honest += 1;
            let masked = mask(&message).text;
            if masked != message {
                measured.changed.push(format!("{message} -> {masked}"));
            }
        }
        measured
    }
}

fn kinds_of(label: &str) -> &'static [MaskedKind] {
    match label {
        "ssn" => &[MaskedKind::Ssn],
        "nid" => &[MaskedKind::Nid],
        "card" => &[MaskedKind::Card],
        "cvv" => &[MaskedKind::Cvv],
        "password" => &[MaskedKind::Password],
        "pin" => &[MaskedKind::Pin],
        "otp" => &[MaskedKind::Otp],
        "token" => &[MaskedKind::Token, MaskedKind::PrivateKey, MaskedKind::UrlSecret, MaskedKind::Password],
        "iddoc" => &[MaskedKind::Passport, MaskedKind::Licence],
        "mixed" => &[],
        _ => panic!("a label that nobody knows: {label}"),
    }
}
