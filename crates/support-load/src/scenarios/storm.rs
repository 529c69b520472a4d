//! `storm`: all sockets are cut at once and come back, while messages go on. Nothing may be lost or doubled for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Findings, members, rooms_for, stayed};
use crate::Stop;
use crate::crowd::Crowd;
use crate::options::{Over, Storm};
use crate::process::Look;
use crate::progress::Progress;
use crate::rooms::{open_rooms, verify};
use crate::run::Run;
use crate::senders::{Counters, Senders};

/// Messages a second, unless told otherwise: some for each moment of the storm, without being a load of their own.
const RATE: f64 = 50.0;

pub(super) async fn play(run: &Arc<Run>, options: &Storm) -> Result<Findings, Stop> {
    let per_person = options.crowd.sockets_per_person;
    let count = options.conversations.unwrap_or_else(|| rooms_for(options.sockets, per_person));
    let rooms = open_rooms(run, count, count).await?;
    let members = members(run, &rooms, options.sockets, per_person)?;
    let jitter = Duration::from_secs_f64(options.jitter);
    let crowd = Crowd::gather(run, &rooms, members, &options.crowd, jitter).await?;
    let mut sending = options.sending.clone();
    sending.rate = sending.rate.or(Some(RATE));
    let senders = Senders::prepare(run, &rooms, count, &sending, Over::Rest).await?;
    let crowds = crowd.counters().clone();
    let counters = Counters::new(vec![Arc::clone(&crowds.delivery), Arc::clone(&crowds.resume)]);
    let step = Duration::from_secs_f64(sending.seconds) / (options.cuts + 1);
    let begin = run.now() + run.warm_up();
    let cuts = async {
        for cut in 1..=options.cuts {
            run.sleep_until(begin + step * cut).await;
            crowd.cut();
        }
    };
    let sent = {
        let resume = Arc::clone(&crowds.resume);
        let total = Some(crowd.size() * u64::from(options.cuts));
        let _progress = Progress::show(run.common.quiet, "resumed", total, move || resume.done());
        let (sent, ()) = tokio::join!(senders.send(run, &counters), cuts);
        sent?
    };
    let back = crowd.wait_until_joined().await;
    crowd.wait_until_delivered().await;
    let (to, after) = (run.now(), Look::now(&run.common));
    let numbers = BTreeMap::from([
        ("sockets", options.sockets as f64),
        ("rooms", count as f64),
        ("cuts", f64::from(options.cuts)),
        ("joinedAtTheEnd", crowd.joined() as f64),
        ("duePerSecond", sending.rate.unwrap_or(RATE)),
    ]);
    let mut checks = vec![crowd.disperse().await];
    checks.extend(stayed(&crowds.loss, &options.crowd));
    if let Err(stop) = back {
        checks.push(crate::report::Check::new("returned", "all sockets came back".to_owned(), vec![stop.to_string()]));
    }
    if run.common.verify {
        checks.push(verify(run, &rooms).await?);
    }
    Ok(Findings {
        measures: vec![
            crowds.resume,
            counters.send,
            crowds.delivery,
            crowds.connect,
            crowds.join,
            crowds.loss,
            counters.lateness,
        ],
        numbers,
        checks,
        from: sent.from,
        to,
        before: sent.before,
        after,
    })
}
