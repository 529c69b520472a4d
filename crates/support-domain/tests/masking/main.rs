//! Holds the masking to what it promises on labelled messages, and docs/masking.md to what is measured.

mod measure;
mod report;

use support_domain::content::masking::mask;

use measure::{SAMPLES, Sensitive};

/// Of the secrets in the samples that the rules were written and mended for, the part that must be found.
const RECALL: f64 = 0.97;

const PAGE: &str = include_str!("../../../../docs/masking.md");
const BEGIN: &str = "<!-- printed by: cargo run -p support-domain --example masking_report -->\n";
const END: &str = "<!-- end of what is printed -->";

#[test]
fn secrets_are_found() {
    for samples in &SAMPLES[..2] {
        let measured = samples.measure();
        assert!(measured.recall() >= RECALL, "{}: {:.3}: {:#?}", samples.name, measured.recall(), measured.missed);
    }
}

#[test]
fn honest_messages_stay_as_they_are() {
    for samples in &SAMPLES[..2] {
        let changed = samples.measure().changed;
        assert!(changed.is_empty(), "{}: {changed:#?}", samples.name);
    }
}

#[test]
fn a_mask_survives_a_second_run() {
    for Sensitive { message, .. } in SAMPLES.iter().flat_map(measure::Samples::sensitive) {
        let once = mask(&message).text.into_owned();
        let twice = mask(&once);
        assert_eq!(twice.text, once);
        assert!(twice.kinds.is_empty(), "{once}");
    }
}

#[test]
fn the_page_says_what_is_measured() {
    let printed = PAGE.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map(|(printed, _)| printed.trim());
    assert_eq!(printed, Some(report::report().trim()), "docs/masking.md is out of date; run\n{BEGIN}");
}
