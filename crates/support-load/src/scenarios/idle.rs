//! `idle`: what sockets cost that do nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Findings, members, rooms_for, stayed};
use crate::Stop;
use crate::crowd::Crowd;
use crate::options::Idle;
use crate::process::{Look, Usage};
use crate::progress::Progress;
use crate::rooms::{open_rooms, verify};
use crate::run::Run;

pub(super) async fn play(run: &Arc<Run>, options: &Idle) -> Result<Findings, Stop> {
    let per_person = options.crowd.sockets_per_person;
    let count = options.conversations.unwrap_or_else(|| rooms_for(options.sockets, per_person));
    let rooms = open_rooms(run, count, count).await?;
    let members = members(run, &rooms, options.sockets, per_person)?;
    let (from, before) = (run.now(), Look::now(&run.common));
    let crowd = Crowd::gather(run, &rooms, members, &options.crowd, Duration::from_secs(1)).await?;
    for measure in [&crowd.counters().join, &crowd.counters().connect] {
        measure.count_from(Duration::ZERO);
    }
    let (held_from, joined) = (run.now(), Look::now(&run.common));
    {
        let _progress = Progress::show(run.common.quiet, "holding", None, || 0);
        tokio::time::sleep(Duration::from_secs_f64(options.seconds)).await;
    }
    let (held, after) = (run.now() - held_from, Look::now(&run.common));
    let mut numbers = BTreeMap::from([("sockets", options.sockets as f64), ("stillJoined", crowd.joined() as f64)]);
    let grown = |before: Usage, after: Usage| after.rss_bytes as f64 - before.rss_bytes as f64;
    let per_socket = |before, after| (grown(before, after) / options.sockets as f64).round();
    if let (Some(before), Some(joined), Some(after)) = (before.server, joined.server, after.server) {
        numbers.insert("serverRssBytesPerSocket", per_socket(before, after));
        let cpu = (after.cpu_seconds - joined.cpu_seconds) * 1e6 / held.as_secs_f64().max(0.001);
        numbers.insert("serverCpuMicrosPerSecondWhileHeld", cpu.round());
    }
    if let (Some(before), Some(joined)) = (before.client, joined.client) {
        numbers.insert("clientRssBytesPerSocket", per_socket(before, joined));
    }
    let crowds = crowd.counters().clone();
    let mut checks = vec![crowd.disperse().await];
    checks.extend(stayed(&crowds.loss, &options.crowd));
    if run.common.verify {
        checks.push(verify(run, &rooms).await?);
    }
    Ok(Findings {
        measures: vec![crowds.join, crowds.connect, crowds.resume, crowds.loss],
        numbers,
        checks,
        from,
        to: held_from,
        before,
        after,
    })
}
