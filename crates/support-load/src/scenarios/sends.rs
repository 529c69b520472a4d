//! `sends` and `socket-sends`: how many messages a server takes, and how long each takes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Findings;
use crate::Stop;
use crate::options::{Over, Sends};
use crate::process::Look;
use crate::progress::Progress;
use crate::report::Check;
use crate::rooms::{Room, open_rooms, verify};
use crate::run::Run;
use crate::senders::{Counters, Senders, Sent};

pub(super) async fn play(run: &Arc<Run>, options: &Sends, over: Over) -> Result<Findings, Stop> {
    let sending = &options.sending;
    let count = options.conversations.unwrap_or(sending.senders);
    let owners = count.min(sending.senders);
    let rooms = open_rooms(run, count, owners).await?;
    let senders = Senders::prepare(run, &rooms, owners, sending, over).await?;
    let counters = Counters::new(Vec::new());
    let sent = {
        let send = Arc::clone(&counters.send);
        let _progress = Progress::show(run.common.quiet, "sending", sending.messages, move || send.done());
        senders.send(run, &counters).await?
    };
    let after = Look::now(&run.common);
    let mut checks = Vec::new();
    if over == Over::Socket {
        checks.push(heard_in_order(&rooms, &sent));
    }
    if run.common.verify {
        checks.push(verify(run, &rooms).await?);
    }
    let mut measures = vec![counters.send];
    measures.extend(sending.rate.map(|_| counters.lateness));
    Ok(Findings {
        measures,
        numbers: BTreeMap::new(),
        checks,
        from: sent.from,
        to: sent.to,
        before: sent.before,
        after,
    })
}

/// Whether the senders' own sockets were told everything in order, up to the last thing that they were told.
fn heard_in_order(rooms: &[Room], sent: &Sent) -> Check {
    let mut faults = Vec::new();
    for (room, follower) in &sent.followers {
        let found = follower.faults(0);
        if !found.is_none() {
            faults.push(format!(
                "conversation {}: {} lost, {} doubled, {} reordered",
                rooms[*room].id, found.lost, found.doubled, found.reordered
            ));
        }
    }
    let sentence = "acks and messages of others came to the senders' sockets once and in order".to_owned();
    Check::new("delivered", sentence, faults)
}
