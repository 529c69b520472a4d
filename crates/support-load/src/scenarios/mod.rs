//! The scenarios: each opens its conversations, does its work, checks what was promised, and reports. To add one: its
//! options and its help in `options.rs`, a file here, a line in [`play`], a brief run of it in the acceptance suite.

mod fan_out;
mod idle;
mod lists;
mod sends;
mod storm;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::Stop;
use crate::crowd::listener;
use crate::measure::Measure;
use crate::options::{Crowding, Over, Scenario};
use crate::people::Person;
use crate::process::{Look, Usage, cpu_seconds_of_trees};
use crate::report::{Check, Report, Spent, SpentCpu};
use crate::rooms::Room;
use crate::run::Run;

/// What a scenario has found.
struct Findings {
    measures: Vec<Arc<Measure>>,
    numbers: BTreeMap<&'static str, f64>,
    checks: Vec<Check>,
    from: Duration,
    to: Duration,
    before: Look,
    after: Look,
}

/// Does what was asked for.
pub(crate) async fn play(scenario: &Scenario) -> Result<Report, Stop> {
    let run = Run::new(scenario.common())?;
    let started_at = run.started_at();
    for (option, pids, is_known) in [
        ("--server-pid", &run.common.server_pid, Usage::of(&run.common.server_pid).is_some()),
        ("--database-pid", &run.common.database_pid, cpu_seconds_of_trees(&run.common.database_pid).is_some()),
    ] {
        if !pids.is_empty() && !is_known {
            return Err(Stop::usage(format!("{option}: there is no such process, or this system does not tell of it")));
        }
    }
    let findings = match scenario {
        Scenario::Sends(options) => sends::play(&run, options, Over::Rest).await?,
        Scenario::SocketSends(options) => sends::play(&run, options, Over::Socket).await?,
        Scenario::FanOut(options) => fan_out::play(&run, options).await?,
        Scenario::Idle(options) => idle::play(&run, options).await?,
        Scenario::Lists(options) => lists::play(&run, options).await?,
        Scenario::Storm(options) => storm::play(&run, options).await?,
    };
    let during = findings.to.saturating_sub(findings.from);
    let measures: Vec<_> = findings.measures.iter().map(|measure| measure.report(during)).collect();
    let operations = measures.first().map_or(0, |measure| measure.count);
    let mut checks = findings.checks;
    checks.push(worked(findings.measures.first()));
    let mut report = Report {
        scenario: scenario.name(),
        version: env!("CARGO_PKG_VERSION"),
        started_at,
        options: scenario.to_json(),
        measured_seconds: (during.as_secs_f64() * 1_000.0).round() / 1_000.0,
        measures,
        numbers: findings.numbers,
        server: Spent::between(findings.before.server, findings.after.server, operations),
        database: SpentCpu::between(findings.before.database_cpu, findings.after.database_cpu, operations),
        client: Spent::between(findings.before.client, findings.after.client, operations),
        checks,
        advice: Vec::new(),
    };
    report.advise(f64::from(run.common.threads));
    Ok(report)
}

/// A run in which nothing went well proves nothing.
fn worked(measure: Option<&Arc<Measure>>) -> Check {
    let done = measure.map_or(0, |measure| measure.done());
    let faults = if done == 0 { vec!["nothing went well".to_owned()] } else { Vec::new() };
    Check::new("worked", "something was done at all".to_owned(), faults)
}

/// Who listens, when so many sockets are spread over the rooms in turn.
fn members(run: &Run, rooms: &[Room], sockets: usize, per_person: usize) -> Result<Vec<(usize, Person)>, Stop> {
    let member = |number: usize| {
        let (index, place) = (number % rooms.len(), number / rooms.len());
        listener(run, &rooms[index], index, place, per_person).map(|person| (index, person))
    };
    (0..sockets).map(member).collect()
}

/// How many rooms have owners enough for so many sockets.
fn rooms_for(sockets: usize, per_person: usize) -> usize {
    sockets.div_ceil((per_person - 1).max(1)).max(1)
}

/// Whether no socket was lost but by this program, if that matters.
fn stayed(loss: &Measure, crowding: &Crowding) -> Option<Check> {
    if crowding.losses_allowed {
        return None;
    }
    let lost = loss.errors();
    let faults = lost.iter().map(|(kind, times)| format!("{kind}, {times} times")).collect();
    Some(Check::new("stayed", "no socket was lost that was not cut".to_owned(), faults))
}
