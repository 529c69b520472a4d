//! Measures the masking on labelled messages: how many secrets it finds, and that it leaves honest messages alone.
//!
//! In the samples `{+}` stands for nothing; it keeps the invented tokens from looking like real ones. They are split in
//! two files each: those that the rules were written against, and those that were written afterwards. A message that is
//! masked wrongly belongs into one of them before the rule is changed.

#![expect(clippy::expect_used, clippy::panic, reason = "samples that cannot be read must fail the test")]

use support_domain::content::masking::{MaskedKind, mask};

/// Of the secrets in the samples, the part that must be found.
const RECALL: f64 = 0.97;

const SENSITIVE: [(&str, &str); 2] = [
    ("sensitive.tsv", include_str!("samples/sensitive.tsv")),
    ("sensitive-2.tsv", include_str!("samples/sensitive-2.tsv")),
];
const HONEST: [(&str, &str); 2] =
    [("honest.txt", include_str!("samples/honest.txt")), ("honest-2.txt", include_str!("samples/honest-2.txt"))];

/// A line of the samples: kind, the parts that must not survive, the message.
struct Sensitive {
    kind: String,
    parts: Vec<String>,
    message: String,
}

fn sensitive(file: &str) -> Vec<Sensitive> {
    let read = |line: &str| {
        let whole = line.replace("{+}", "").replace("\\n", "\n");
        let mut fields = whole.splitn(3, '\t');
        let mut next = || fields.next().expect("three fields").to_owned();
        let (kind, parts, message) = (next(), next(), next());
        Sensitive { kind, parts: parts.split('\u{a6}').map(str::to_owned).collect(), message }
    };
    file.lines().map(read).collect()
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
        _ => panic!("a kind that this test does not know: {label}"),
    }
}

#[test]
fn secrets_are_found() {
    for (name, file) in SENSITIVE {
        let (mut found, mut all) = (0, 0);
        for Sensitive { kind, parts, message } in sensitive(file) {
            let masked = mask(&message);
            let gone = parts.iter().all(|part| !masked.text.contains(part.as_str()));
            let named = kinds_of(&kind).is_empty() || masked.kinds.iter().any(|found| kinds_of(&kind).contains(found));
            all += 1;
            found += usize::from(gone && named);
            if !(gone && named) {
                println!("{name}: missed {kind}: {message}");
            }
        }
        let recall = f64::from(u32::try_from(found).unwrap()) / f64::from(u32::try_from(all).unwrap());
        println!("{name}: {found} of {all} found");
        assert!(recall >= RECALL, "{name}: {found} of {all}");
    }
}

#[test]
fn honest_messages_stay_as_they_are() {
    for (name, file) in HONEST {
        let changed: Vec<String> = file
            .replace("{+}", "")
            .lines()
            .filter(|line| mask(line).text != *line)
            .map(|line| format!("{line} -> {}", mask(line).text))
            .collect();
        assert!(changed.is_empty(), "{name}: {changed:#?}");
    }
}

#[test]
fn a_mask_survives_a_second_run() {
    for (_, file) in SENSITIVE {
        for Sensitive { message, .. } in sensitive(file) {
            let once = mask(&message).text.into_owned();
            let twice = mask(&once);
            assert_eq!(twice.text, once);
            assert!(twice.kinds.is_empty(), "{once}");
        }
    }
}
