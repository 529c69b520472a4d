//! The scenarios: each sets its servers up, lets people use the desk, makes its faults, waits until all is well again, and
//! keeps the accounts. To add one: `lib.rs` says how.

mod clock;
mod databases;
mod disk_full;
mod kill_node;
mod migrate;
mod nats;
mod proxies;
mod reconnect;
mod stop_node;

use std::time::Duration;

use support_domain::{Clock, IdSource, SystemClock, SystemIds};
use support_load::Stop;
use support_load::process::raise_descriptors;

use crate::evidence::Database;
use crate::nats::Cluster;
use crate::node::Node;
use crate::options::{CommandLine, Scenario};
use crate::postgres::Postgres;
use crate::report::{Account, Report, Told, Verdict};
use crate::stage::Stage;
use crate::traffic::Traffic;

/// What came of a scenario.
enum Played {
    /// Its accounts.
    Through(Account),
    /// It cannot be played here, for that reason.
    LeftOut(String),
}

/// Plays what was asked for.
pub(crate) fn play(options: &CommandLine, tell: &dyn Fn(&str)) -> Result<Report, Stop> {
    // Nodes inherit it.
    raise_descriptors();
    let clock = SystemClock::new();
    let by_chance = || u64::from(SystemIds::new().next(clock.now()).as_u64_pair().1 as u32);
    let seed = options.seed.unwrap_or_else(by_chance);
    let form = if options.short { "short" } else { "full" };
    tell(&format!("{form} form, seed {seed}"));
    let chosen = if options.scenarios.is_empty() { Scenario::all() } else { &options.scenarios };
    let mut report = Report { seed, form, started_at: clock.now().to_string(), scenarios: Vec::new() };
    for scenario in chosen {
        let mut stage = Stage::set(&options.server, options.small_disk.as_deref(), options.short, seed)?;
        let begun = clock.monotonic();
        let played = play_one(*scenario, &stage);
        let told = told(*scenario, played, clock.monotonic().saturating_sub(begun));
        tell(&told.to_text());
        if options.keep && told.verdict == Verdict::Failed {
            tell(&format!("kept in {}", stage.keep().display()));
        }
        report.scenarios.push(told);
    }
    Ok(report)
}

fn play_one(scenario: Scenario, stage: &Stage) -> Result<Played, Stop> {
    match scenario {
        Scenario::KillNode => kill_node::on_postgres(stage),
        Scenario::KillNodeSqlite => kill_node::on_sqlite(stage),
        Scenario::KillDatabase => databases::kill(stage),
        Scenario::PromoteStandby => databases::promote(stage),
        Scenario::Nats => nats::play(stage),
        Scenario::DiskFull => disk_full::on_postgres(stage),
        Scenario::DiskFullSqlite => disk_full::on_sqlite(stage),
        Scenario::ProxyClients => proxies::before_nodes(stage),
        Scenario::ProxyDatabase => proxies::before_the_database(stage),
        Scenario::StopNode => stop_node::play(stage),
        Scenario::Clock => clock::play(stage),
        Scenario::Reconnect => reconnect::play(stage),
        Scenario::Migrate => migrate::play(stage),
    }
}

fn told(scenario: Scenario, played: Result<Played, Stop>, time: Duration) -> Told {
    let (verdict, account) = match played {
        Ok(Played::LeftOut(reason)) => (Verdict::LeftOut(reason), Account::default()),
        Ok(Played::Through(account)) if account.faults.is_empty() => (Verdict::Held, account),
        Ok(Played::Through(account)) => (Verdict::Failed, account),
        Err(stop) => (Verdict::Failed, Account { faults: vec![stop.to_string()], ..Account::default() }),
    };
    let Account { numbers, refusals, faults } = account;
    let seconds = (time.as_secs_f64() * 10.0).round() / 10.0;
    Told { name: scenario.name(), verdict, seconds, numbers, refusals, faults }
}

/// Two nodes on one PostgreSQL, with NATS between them, both ready.
fn pair(stage: &Stage, database: &str, nats: &Cluster) -> Result<Vec<Node>, Stop> {
    let nats = [("SUPPORT_NATS_URL", nats.url())];
    let more: Vec<(&str, &str)> = nats.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut nodes = vec![stage.node("one", database, &more)?, stage.node("two", database, &more)?];
    nodes.iter_mut().try_for_each(Node::open)?;
    Ok(nodes)
}

fn urls(nodes: &[Node]) -> Vec<String> {
    nodes.iter().map(Node::url).collect()
}

/// Ends the traffic and keeps the accounts, with what the nodes have logged.
fn settle(traffic: Traffic, nodes: &[Node], database: &Database) -> Result<Account, Stop> {
    let mut account = traffic.finish(database)?;
    for fault in database.is_sound()? {
        account.fault(format!("the database says of itself: {fault}"));
    }
    for panic in nodes.iter().flat_map(Node::panics) {
        account.fault(format!("a node has logged: {panic}"));
    }
    Ok(account)
}

fn evidence(postgres: &Postgres) -> Database {
    Database::Postgres(postgres.own_url())
}
