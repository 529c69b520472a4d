//! The report that stands in docs/masking.md: the table of rules, and what was measured.

use std::fmt::Write;

use support_domain::TextEnum;
use support_domain::content::masking::RULES;

use crate::measure::SAMPLES;

/// As Markdown.
pub(crate) fn report() -> String {
    let mut out =
        String::from("| kind | what is looked for | mask | before | after |\n| --- | --- | --- | --- | --- |\n");
    for rule in &RULES {
        let code = |text: &str| format!("`{}`", text.replace('\n', " ").replace('|', "\\|"));
        let (mask, before, after) = (code(rule.mask), code(rule.before), code(rule.after));
        let _ = writeln!(out, "| `{}` | {} | {mask} | {before} | {after} |", rule.kind.as_str(), rule.what);
    }
    out.push_str("\n| samples | | secrets found | recall | honest messages left alone | precision |\n");
    out.push_str("| --- | --- | --- | --- | --- | --- |\n");
    let measured = SAMPLES.map(|samples| (samples.measure(), samples));
    for (measured, samples) in &measured {
        let _ = writeln!(
            out,
            "| {} | {} | {} of {} | {:.3} | {} of {} | {:.3} |",
            samples.name,
            samples.origin,
            measured.found(),
            measured.sensitive(),
            measured.recall(),
            measured.honest - measured.changed.len(),
            measured.honest,
            measured.precision(),
        );
    }
    out.push_str("\n| found, of all | first | second | third |\n| --- | --- | --- | --- |\n");
    for label in measured[0].0.by_label.keys() {
        let cell = |at: usize| {
            let (found, all) = measured[at].0.by_label.get(label).copied().unwrap_or_default();
            if all == 0 { "none there".to_owned() } else { format!("{found} of {all}") }
        };
        let _ = writeln!(out, "| {label} | {} | {} | {} |", cell(0), cell(1), cell(2));
    }
    out
}
