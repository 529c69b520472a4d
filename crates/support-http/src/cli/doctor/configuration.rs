//! The variables: which are set, which cannot be used (all of them, not only the first), which are probably misspelt, and
//! which do nothing where they are. Shows names, never values.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::OsString;

use support_rbac::SigningKey;
use support_store::DatabaseUrl;

use super::finding::{Finding, Topic};
use crate::config::{Config, DATABASE_URL, InvalidConfig, PRIVATE_KEY, Variables, database_url};
use crate::host::{HOST, HOST_DATABASE_URL};
use crate::state::Console;

const TOPIC: Topic = Topic("configuration");

/// What is read outside of [`Config`], or printed for an env file by `keys`, or read by the scripts.
const OTHERS: &[&str] = &[
    "SUPPORT_LOG",
    "SUPPORT_OTLP_ENDPOINT",
    "SUPPORT_OTLP_SAMPLED",
    "SUPPORT_BISCUIT_PUBLIC_KEY",
    "SUPPORT_OWNER_PASSWORD",
    "SUPPORT_ROLE_PASSWORD",
];
/// Those of the project's own tests and scripts.
const OF_TESTS: &str = "SUPPORT_TEST_";
const PREFIX: &str = "SUPPORT_";
/// So many letters may be wrong in a name that is taken for another.
const MOST_SLIPS: usize = 3;

/// The configuration as it was read.
pub(super) struct Reading {
    /// None when it cannot be used.
    pub(super) config: Option<Config>,
    pub(super) findings: Vec<Finding>,
}

/// Reads the process's environment.
pub(super) fn read() -> Reading {
    let set: BTreeSet<String> = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    let known = known();
    let (config, refusals) = read_all(&|name| std::env::var_os(name));
    let is_empty = |name: &str| std::env::var_os(name).is_some_and(|value| value.to_string_lossy().trim().is_empty());
    let mut findings = vec![TOPIC.ok(summary(&set, &known, is_empty))];
    findings.extend(refusals.iter().map(|refusal| {
        TOPIC.problem(refusal.to_string(), format!("set {} as the documentation has it, or unset it", refusal.variable))
    }));
    findings.extend(slips(&set, &known));
    findings.extend(set.iter().filter(|name| known.contains(*name) && is_empty(name)).map(|name| {
        TOPIC.warning(format!("{name} is set to nothing, which counts as not set"), "give it a value, or take it out")
    }));
    if let Some(config) = &config {
        findings.extend(oddities(config, &set));
    }
    Reading { config: config.filter(|_| refusals.is_empty()), findings }
}

/// All names that the configuration asks for: asked, so that no list can become stale.
fn known() -> BTreeSet<String> {
    let asked = RefCell::new(BTreeSet::new());
    let source = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        // Or a file would be made for one.
        (name == PRIVATE_KEY).then(|| SigningKey::generate().to_hex().into())
    };
    // Every name is asked for, whatever is wrong with an earlier one: nothing is set, so nothing is wrong.
    let _ = Config::from_variables(Variables::of(&source));
    let mut known = asked.into_inner();
    known.extend(OTHERS.iter().map(|name| (*name).to_owned()));
    known
}

/// Reads the variables as the server does, and goes on as if one that cannot be used were not set. Makes no key file.
fn read_all(environment: &dyn Fn(&str) -> Option<OsString>) -> (Option<Config>, Vec<InvalidConfig>) {
    let mut refusals: Vec<InvalidConfig> = Vec::new();
    let as_it_is = Variables::of(environment);
    // Beside an embedded database the server makes one at its first start.
    let is_made = matches!(database_url(as_it_is), Ok(DatabaseUrl::Sqlite(_))) && as_it_is.get(PRIVATE_KEY) == Ok(None);
    loop {
        let source = |name: &str| {
            let of = name.strip_suffix("_FILE").unwrap_or(name);
            let is_refused = refusals.iter().any(|refusal| [name, of].contains(&refusal.variable));
            let stands_in = name == PRIVATE_KEY && (is_refused || is_made);
            let value = environment(name).filter(|_| !is_refused);
            if stands_in { Some(SigningKey::generate().to_hex().into()) } else { value }
        };
        let read = Config::from_variables(Variables::of(&source));
        match read {
            Ok(config) => return (Some(config), refusals),
            // It is missing beside another one: nothing more can be learnt.
            Err(refusal) if refusals.iter().any(|earlier| earlier.variable == refusal.variable) => {
                return (None, refusals);
            }
            Err(refusal) => refusals.push(refusal),
        }
    }
}

fn summary(set: &BTreeSet<String>, known: &BTreeSet<String>, is_empty: impl Fn(&str) -> bool) -> String {
    let names: Vec<&str> =
        set.iter().map(String::as_str).filter(|name| known.contains(*name) && !is_empty(name)).collect();
    match names.len() {
        0 => "no variable is set; the defaults hold".to_owned(),
        1 => format!("1 variable is set: {}", names[0]),
        number => format!("{number} variables are set: {}", names.join(", ")),
    }
}

/// Names that nobody reads and that look like ours.
fn slips<'a>(set: &'a BTreeSet<String>, known: &'a BTreeSet<String>) -> impl Iterator<Item = Finding> + 'a {
    let looks_like_ours = |name: &str| {
        let upper = name.to_ascii_uppercase();
        upper.starts_with(PREFIX) && !upper.starts_with(OF_TESTS)
            || !set.contains(DATABASE_URL) && distance(&upper, DATABASE_URL) <= 2
    };
    set.iter().filter(move |name| !known.contains(*name) && looks_like_ours(name)).map(|name| {
        let upper = name.to_ascii_uppercase();
        let nearest = known.iter().map(|known| (distance(&upper, known), known)).min();
        let advice = match nearest.filter(|(slips, _)| *slips <= MOST_SLIPS) {
            Some((_, meant)) => format!("was {meant} meant?"),
            None => "take it out, or look for its name in the documentation".to_owned(),
        };
        TOPIC.warning(format!("nothing reads {name}"), advice)
    })
}

/// How many letters have to be changed, put in or taken out to make one word of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (number, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = number + 1;
        for (place, expected) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *expected);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[other.len()]
}

/// What can be used, and is probably not what was meant.
fn oddities(config: &Config, set: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_postgres = matches!(config.store.url, DatabaseUrl::Postgres(_));
    if is_postgres && !set.contains("SUPPORT_ENVIRONMENT") {
        findings.push(TOPIC.warning(
            "records of the audit log name this installation `development`",
            "set SUPPORT_ENVIRONMENT, for example to production",
        ));
    }
    if !matches!(config.web.console, Console::Off) {
        findings.push(TOPIC.warning(
            "the page at /console is on",
            "leave SUPPORT_CONSOLE off where nobody tries the desk out, or let the proxy keep /console inside",
        ));
    }
    if !is_postgres && config.nats_url.is_some() {
        findings.push(TOPIC.warning(
            "SUPPORT_NATS_URL does nothing good on SQLite: no other node can share the file",
            "use PostgreSQL for several nodes, or take it out",
        ));
    }
    let for_host = [HOST_DATABASE_URL, "SUPPORT_HOST_SCHEMA", "SUPPORT_HOST_POOL_SIZE"];
    for name in for_host.into_iter().filter(|name| config.host.tables.is_none() && set.contains(*name)) {
        findings
            .push(TOPIC.warning(format!("{name} does nothing without {HOST}"), format!("set {HOST}, or take it out")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_with_what_was_meant() {
        let set =
            ["SUPPORT_BIDN", "support_bind", "SUPPORT_WINDOWS", "SUPPORT_TEST_POSTGRES_URL", "DATABASE_URI", "HOME"];
        let set: BTreeSet<String> = set.into_iter().map(ToOwned::to_owned).collect();
        let found: Vec<Finding> = slips(&set, &known()).collect();
        let told: Vec<String> =
            found.iter().map(|f| format!("{}: {}", f.what, f.advice.clone().unwrap_or_default())).collect();
        assert_eq!(told.len(), 4, "{told:?}");
        for expected in [
            "DATABASE_URI: was DATABASE_URL meant?",
            "SUPPORT_BIDN: was SUPPORT_BIND meant?",
            "SUPPORT_WINDOWS: take it out",
        ] {
            assert!(told.iter().any(|line| line.contains(expected)), "{expected} in {told:?}");
        }
    }

    #[test]
    fn every_variable_that_cannot_be_used_is_told() {
        let (_, refusals) = read_all(&|name| match name {
            "SUPPORT_BIND" | "SUPPORT_SENDS_PER_MINUTE" => Some("hunter2".into()),
            "SUPPORT_ALLOWED_ORIGINS" => Some("*".into()),
            _ => None,
        });
        let named: Vec<&str> = refusals.iter().map(|refusal| refusal.variable).collect();
        assert_eq!(named, ["SUPPORT_BIND", "SUPPORT_SENDS_PER_MINUTE", "SUPPORT_ALLOWED_ORIGINS"]);
    }

    #[test]
    fn what_is_missing_beside_another_ends_the_reading() {
        let (config, refusals) = read_all(&|name| match name {
            "DATABASE_URL" => Some("postgres://desk@db/desk".into()),
            "SUPPORT_HOST" => Some("safego".into()),
            _ => None,
        });
        let named: Vec<&str> = refusals.iter().map(|refusal| refusal.variable).collect();
        assert_eq!((config.is_none(), named), (true, vec!["SUPPORT_BISCUIT_PRIVATE_KEY", "SUPPORT_JWT_SECRET"]));
    }

    #[test]
    fn the_configuration_is_asked_for_its_names() {
        let known = known();
        for name in ["DATABASE_URL", "SUPPORT_HOST_SCHEMA", "SUPPORT_CLAMAV_ADDRESS", "SUPPORT_WS_QUEUE_BYTES"] {
            assert!(known.contains(name), "{name}");
        }
    }
}
