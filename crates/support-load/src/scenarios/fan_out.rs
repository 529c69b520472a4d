//! `fan-out`: what it costs to bring each message to many sockets, and how long it takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Findings, members, stayed};
use crate::Stop;
use crate::crowd::Crowd;
use crate::options::FanOut;
use crate::process::Look;
use crate::progress::Progress;
use crate::rooms::{open_rooms, verify};
use crate::run::Run;
use crate::senders::{Counters, Senders};

pub(super) async fn play(run: &Arc<Run>, options: &FanOut) -> Result<Findings, Stop> {
    let sending = &options.sending;
    let rooms = open_rooms(run, options.rooms, options.rooms).await?;
    let sockets = options.rooms * options.subscribers;
    let members = members(run, &rooms, sockets, options.crowd.sockets_per_person)?;
    let crowd = Crowd::gather(run, &rooms, members, &options.crowd, Duration::from_secs(1)).await?;
    let senders = Senders::prepare(run, &rooms, options.rooms, sending, options.over).await?;
    let counters = Counters::new(vec![Arc::clone(&crowd.counters().delivery)]);
    let sent = {
        let delivery = Arc::clone(&crowd.counters().delivery);
        let _progress = Progress::show(run.common.quiet, "delivering", None, move || delivery.done());
        let sent = senders.send(run, &counters).await?;
        crowd.wait_until_delivered().await;
        sent
    };
    let after = Look::now(&run.common);
    let crowds = crowd.counters().clone();
    let mut checks = vec![crowd.disperse().await];
    checks.extend(stayed(&crowds.loss, &options.crowd));
    if run.common.verify {
        checks.push(verify(run, &rooms).await?);
    }
    let numbers = BTreeMap::from([("sockets", sockets as f64), ("rooms", options.rooms as f64)]);
    let mut measures = vec![crowds.delivery, counters.send, crowds.connect, crowds.join, crowds.resume, crowds.loss];
    measures.extend(sending.rate.map(|_| counters.lateness));
    Ok(Findings { measures, numbers, checks, from: sent.from, to: sent.to, before: sent.before, after })
}
