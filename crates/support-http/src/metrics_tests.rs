//! What is written about the metrics is what there is: the table for people, the dashboard, the alert rules and what to do
//! about each alert.

use std::collections::{BTreeMap, BTreeSet};

use support_metrics::{Kind, Metric};

use super::TABLES;

const FOR_PEOPLE: &str = include_str!("../../../docs/metrics.md");
const DASHBOARD: &str = include_str!("../../../docs/grafana/support-desk.json");
const RULES: &str = include_str!("../../../docs/prometheus/alerts.yml");
const WHAT_TO_DO: &str = include_str!("../../../docs/alerts.md");

/// Labels that Prometheus or a histogram adds.
const ADDED: &[&str] = &["instance", "job", "le"];

fn metrics() -> BTreeMap<&'static str, &'static Metric> {
    TABLES.into_iter().flatten().map(|metric| (metric.name, metric)).collect()
}

fn is_of_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// The row of the table in docs/metrics.md.
fn row(metric: &Metric) -> String {
    let values = metric.values();
    let labels = metric.labels.iter().enumerate().map(|(at, label)| match values.get(at) {
        Some(values) => format!("`{label}`: {}", values.join(", ")),
        None => format!("`{label}`"),
    });
    let labels = if metric.labels.is_empty() { "none".to_owned() } else { labels.collect::<Vec<_>>().join("; ") };
    format!(
        "| `{}` | {} | {} | {labels} | {} |",
        metric.name,
        metric.kind.as_str(),
        metric.unit.as_str(),
        metric.help()
    )
}

#[test]
fn the_table_for_people_is_the_table_of_the_program() {
    let written: BTreeSet<&str> = FOR_PEOPLE.lines().filter(|line| line.starts_with("| `support_")).collect();
    let there_is: BTreeSet<String> = metrics().into_values().map(row).collect();
    let lacking: Vec<&String> = there_is.iter().filter(|row| !written.contains(row.as_str())).collect();
    let invented: Vec<&&str> = written.iter().filter(|row| !there_is.contains(**row)).collect();
    assert!(
        lacking.is_empty() && invented.is_empty(),
        "not in docs/metrics.md:\n{lacking:#?}\nonly there:\n{invented:#?}"
    );
}

#[test]
fn names_say_what_prometheus_users_expect() {
    let all: Vec<&Metric> = TABLES.into_iter().flatten().collect();
    assert_eq!(metrics().len(), all.len(), "two metrics have one name");
    for metric in all {
        let name = metric.name;
        assert!(name.starts_with("support_") && name.chars().all(is_of_a_name), "{name}");
        assert_eq!(name.ends_with("_total"), metric.kind == Kind::Counter, "{name}");
        let is_time = metric.unit == support_metrics::Unit::Seconds;
        assert_eq!(name.ends_with("_seconds"), is_time, "{name}");
        assert!(metric.help().ends_with(|end| ".0".contains(end)), "{name}: {}", metric.help());
        let values = metric.values();
        assert!(values.is_empty() || values.len() == metric.labels.len(), "{name} has a label without a name");
        let combinations: usize = values.iter().map(Vec::len).product();
        assert!(combinations <= 40, "{name} would be {combinations} lines");
    }
}

#[test]
fn only_what_is_known_while_it_runs_has_open_labels() {
    let is_open = |metric: &&Metric| !metric.labels.is_empty() && metric.values().is_empty();
    let open: BTreeSet<&str> =
        metrics().into_values().filter(|metric| is_open(metric)).map(|metric| metric.name).collect();
    let known = ["support_build_info", "support_http_request_duration_seconds", "support_http_requests_total"];
    assert_eq!(open, BTreeSet::from(known));
}

#[test]
fn the_pages_for_people_name_no_metric_that_does_not_exist() {
    let (metrics, pages) =
        (metrics(), format!("{FOR_PEOPLE}{WHAT_TO_DO}{}", include_str!("../../../docs/realtime.md")));
    let crates = ["http", "service", "store", "realtime", "rbac", "build"];
    let is_metric = |name: &&str| {
        let rest = name.strip_prefix("support_").unwrap_or_default();
        name.chars().all(is_of_a_name) && crates.iter().any(|named| rest.starts_with(&format!("{named}_")))
    };
    let unknown: Vec<&str> = pages.split('`').filter(is_metric).filter(|name| !metrics.contains_key(name)).collect();
    assert_eq!(unknown, [] as [&str; 0]);
}

/// A metric in an expression, with what its braces ask of labels: label, comparison, value.
#[derive(Debug)]
struct Used<'a> {
    name: &'a str,
    matchers: Vec<(&'a str, &'a str, &'a str)>,
}

/// Every metric of ours that an expression names.
fn used(expression: &str) -> Vec<Used<'_>> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(start) = rest.find("support_") {
        let is_within_a_word = rest[..start].ends_with(is_of_a_name);
        let end = rest[start..].find(|c| !is_of_a_name(c)).map_or(rest.len(), |length| start + length);
        let name = &rest[start..end];
        rest = &rest[end..];
        if is_within_a_word {
            continue;
        }
        let mut matchers = Vec::new();
        if let Some(braces) = rest.strip_prefix('{') {
            let close = braces.find('}').expect("a closing brace");
            for matcher in braces[..close].split(',').map(str::trim).filter(|matcher| !matcher.is_empty()) {
                let label_end = matcher.find(|c| !is_of_a_name(c)).expect("a comparison");
                let (label, comparison) = matcher.split_at(label_end);
                let quote = comparison.find('"').expect("a value in quotes");
                matchers.push((label, &comparison[..quote], comparison[quote..].trim_matches('"')));
            }
            rest = &braces[close..];
        }
        found.push(Used { name, matchers });
    }
    found
}

/// The labels by which an expression groups.
fn grouped_by(expression: &str) -> Vec<&str> {
    let mut labels = Vec::new();
    for word in ["by (", "by(", "on (", "group_left (", "without ("] {
        for (at, _) in expression.match_indices(word) {
            let list = &expression[at + word.len()..];
            let list = &list[..list.find(')').expect("a closing parenthesis")];
            labels.extend(list.split(',').map(str::trim).filter(|label| !label.is_empty()));
        }
    }
    labels
}

/// What is wrong with the metrics and labels that an expression names.
fn mistakes(expression: &str) -> Vec<String> {
    let metrics = metrics();
    let (mut mistakes, mut labels) = (Vec::new(), ADDED.to_vec());
    for Used { name, matchers } in used(expression) {
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
        let of_histogram = base.and_then(|base| metrics.get(base)).filter(|metric| metric.kind == Kind::Histogram);
        let plain = metrics.get(name).filter(|metric| metric.kind != Kind::Histogram);
        let Some(metric) = of_histogram.or(plain) else {
            mistakes.push(format!("{name} does not exist"));
            continue;
        };
        labels.extend(metric.labels);
        for (label, comparison, value) in matchers {
            let place = metric.labels.iter().position(|known| *known == label);
            if place.is_none() && !ADDED.contains(&label) {
                mistakes.push(format!("{name} has no label {label}"));
            }
            let values = metric.values();
            let known = place.and_then(|place| values.get(place));
            let asked = if comparison.contains('~') { value.split('|').collect() } else { vec![value] };
            for value in asked.iter().filter(|value| !value.contains(['$', '.', '*', '['])) {
                if known.is_some_and(|known| !known.contains(value)) {
                    mistakes.push(format!("{label} of {name} is never {value}"));
                }
            }
        }
    }
    let unknown = grouped_by(expression).into_iter().filter(|label| !labels.contains(label));
    mistakes.extend(unknown.map(|label| format!("nothing here has a label {label}")));
    mistakes.into_iter().map(|mistake| format!("{mistake}, in {expression}")).collect()
}

#[test]
fn what_does_not_exist_is_noticed() {
    for (expression, mistake) in [
        ("support_http_sockets_opend_total", "does not exist"),
        ("rate(support_http_request_duration_seconds[5m])", "does not exist"),
        ("support_http_sockets_bucket", "does not exist"),
        ("support_store_errors_total{kind=\"x\"}", "no label kind"),
        ("support_store_errors_total{class=\"lost\"}", "never lost"),
        ("support_store_errors_total{class=~\"conflict|lost\"}", "never lost"),
        ("sum by (code) (support_store_errors_total)", "a label code"),
    ] {
        let found = mistakes(expression);
        assert!(found.len() == 1 && found[0].contains(mistake), "{expression}: {found:?}");
    }
    let good = "histogram_quantile(0.99, sum by (le, route) (rate(support_http_request_duration_seconds_bucket{method!=\"GET\"}[5m])))
        / on (instance) group_left () support_store_errors_total{class!~\"conflict|timed_out\", instance=~\"$instance\"}";
    assert_eq!(mistakes(good), [] as [String; 0]);
}

/// The strings under that key, wherever they stand.
fn strings<'a>(value: &'a serde_json::Value, key: &str, found: &mut Vec<&'a str>) {
    match value {
        serde_json::Value::Object(fields) => {
            found.extend(fields.get(key).and_then(serde_json::Value::as_str));
            fields.values().for_each(|value| strings(value, key, found));
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| strings(value, key, found)),
        _ => {}
    }
}

#[test]
fn the_dashboard_shows_what_there_is_and_all_of_it() {
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).expect("the dashboard is JSON");
    let mut expressions = Vec::new();
    strings(&dashboard, "expr", &mut expressions);
    assert!(!expressions.is_empty());
    let mistakes: Vec<String> = expressions.iter().flat_map(|expression| mistakes(expression)).collect();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    let shown = expressions.join(" ");
    let forgotten: Vec<&str> = metrics().into_keys().filter(|name| !shown.contains(name)).collect();
    assert_eq!(forgotten, [] as [&str; 0], "no panel shows them");
    let panels = dashboard["panels"].as_array().expect("panels");
    let ids: BTreeSet<i64> = panels.iter().filter_map(|panel| panel["id"].as_i64()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has an id of its own");
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let title = panel["title"].as_str().unwrap_or_default();
        assert!(panel["description"].as_str().is_some_and(|text| text.ends_with('.')), "{title} says nothing");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
    }
}

/// An alert rule: its name, its expression, and what it links to.
struct Alert<'a> {
    name: &'a str,
    text: &'a str,
}

fn alerts() -> Vec<Alert<'static>> {
    let rules = RULES.split("- alert: ").skip(1);
    rules.map(|rule| rule.split_once('\n').expect("a rule")).map(|(name, text)| Alert { name, text }).collect()
}

#[test]
fn the_rules_ask_for_what_there_is() {
    let alerts = alerts();
    assert!(!alerts.is_empty());
    for Alert { name, text } in alerts {
        let expression = text.split_once("expr:").expect("an expression").1;
        let expression = expression.split("\n        for:").next().expect("a duration behind it");
        assert_eq!(mistakes(expression), [] as [String; 0], "{name}");
        assert!(!used(expression).is_empty(), "{name}");
        assert!(text.contains("severity: page") || text.contains("severity: ticket"), "{name} has no severity");
        assert!(text.contains("summary: ") && text.contains("\n        for: "), "{name}");
    }
}

#[test]
fn of_each_alert_it_is_said_what_to_do() {
    let names: Vec<&str> = alerts().iter().map(|alert| alert.name).collect();
    let headings: Vec<&str> = WHAT_TO_DO.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(names, headings, "docs/alerts.md has a heading for each alert, in their order");
    for Alert { name, text } in alerts() {
        let link = format!("docs/alerts.md#{}\n", name.to_lowercase());
        assert!(text.lines().any(|line| format!("{line}\n").ends_with(&link)), "{name} does not link to its heading");
    }
}
