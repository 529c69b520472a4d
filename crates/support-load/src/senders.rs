//! Those who send: each has one message under way, in a closed loop or at fixed moments, and writes every attempt and
//! every acknowledgement into the books.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::Stop;
use crate::dice::Dice;
use crate::follower::Follower;
use crate::line::Line;
use crate::measure::Measure;
use crate::options::{Over, Sending};
use crate::pace::{self, Pace};
use crate::process::Look;
use crate::rooms::{Room, refusal};
use crate::run::Run;
use crate::tries::Tries;

/// After a failure for which the server has named no time.
const PAUSE: Duration = Duration::from_millis(100);

/// Senders that are connected and wait for the start.
#[derive(Debug)]
pub(crate) struct Senders {
    lines: Vec<Line>,
    rooms: Arc<Vec<Room>>,
    sending: Sending,
}

/// What counts the work of senders.
#[derive(Debug, Clone)]
pub(crate) struct Counters {
    pub(crate) send: Arc<Measure>,
    /// How late this program was by itself. Only in an open loop.
    pub(crate) lateness: Arc<Measure>,
    /// Other measures that begin with the sending.
    pub(crate) others: Vec<Arc<Measure>>,
}

/// When it was measured, and how the processes were at the beginning.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) from: Duration,
    pub(crate) to: Duration,
    pub(crate) before: Look,
    /// What came at the senders' own sockets: room and follower.
    pub(crate) followers: Vec<(usize, Follower)>,
}

struct Plan {
    run: Arc<Run>,
    rooms: Arc<Vec<Room>>,
    pace: Pace,
    start: Duration,
    end: Duration,
    left: AtomicU64,
    send: Arc<Measure>,
    lateness: Arc<Measure>,
}

/// The rooms of a sender.
fn own_rooms(sender: usize, senders: usize, rooms: usize) -> Vec<usize> {
    if senders >= rooms { vec![sender % rooms.max(1)] } else { (sender..rooms).step_by(senders.max(1)).collect() }
}

impl Counters {
    pub(crate) fn new(others: Vec<Arc<Measure>>) -> Self {
        let (send, lateness) = (Arc::new(Measure::new("send")), Arc::new(Measure::new("own lateness")));
        Self { send, lateness, others }
    }
}

impl Senders {
    /// Connects them. A room's owner sends to it; further senders, and those with rooms of several owners, are staff.
    pub(crate) async fn prepare(
        run: &Arc<Run>,
        rooms: &Arc<Vec<Room>>,
        owners: usize,
        sending: &Sending,
        over: Over,
    ) -> Result<Self, Stop> {
        let mut tasks = JoinSet::new();
        for sender in 0..sending.senders {
            let own = own_rooms(sender, sending.senders, rooms.len());
            let is_owner = sender < rooms.len() && (own.len() == 1 || owners == sending.senders);
            let person = if is_owner { rooms[own[0]].owner.clone() } else { run.people.admin(sender)? };
            let (mut line, run) = (Line::new(run, rooms, person, over, &own), Arc::clone(run));
            tasks.spawn(async move {
                let mut tries = Tries::new();
                while let Err(trouble) = line.prepare().await {
                    let again = tries.again(&run, trouble).await;
                    again.map_err(|trouble| refusal("a sender could not connect", &trouble))?;
                }
                Ok((sender, line))
            });
        }
        let mut lines = Vec::with_capacity(sending.senders);
        while let Some(line) = tasks.join_next().await {
            lines.push(line.map_err(|_| Stop::new("a task of this program has failed"))??);
        }
        lines.sort_by_key(|(sender, _)| *sender);
        let lines = lines.into_iter().map(|(_, line)| line).collect();
        Ok(Self { lines, rooms: Arc::clone(rooms), sending: sending.clone() })
    }

    /// Sends until the time or the messages are over.
    pub(crate) async fn send(self, run: &Arc<Run>, counters: &Counters) -> Result<Sent, Stop> {
        let start = run.now();
        let from = start + run.warm_up();
        let end = from + Duration::from_secs_f64(self.sending.seconds);
        for measure in counters.others.iter().chain([&counters.send, &counters.lateness]) {
            measure.count_from(from);
        }
        let plan = Arc::new(Plan {
            run: Arc::clone(run),
            rooms: self.rooms,
            pace: Pace::new(self.sending.rate, self.sending.senders),
            start,
            end,
            left: AtomicU64::new(self.sending.messages.unwrap_or(u64::MAX)),
            send: Arc::clone(&counters.send),
            lateness: Arc::clone(&counters.lateness),
        });
        let mut tasks = JoinSet::new();
        for (sender, line) in self.lines.into_iter().enumerate() {
            let text = Dice::new(run.common.seed, sender).text(self.sending.chars);
            tasks.spawn(work(Arc::clone(&plan), line, sender, text));
        }
        run.sleep_until(from).await;
        let before = Look::now(&run.common);
        let mut followers = Vec::new();
        while let Some(some) = tasks.join_next().await {
            followers.extend(some.map_err(|_| Stop::new("a task of this program has failed"))?);
        }
        Ok(Sent { from, to: run.now(), before, followers })
    }
}

impl Plan {
    fn take_one(&self) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}

async fn work(plan: Arc<Plan>, mut line: Line, sender: usize, text: String) -> Vec<(usize, Follower)> {
    let own: Vec<usize> = line.followers.iter().map(|(room, _)| *room).collect();
    let mut free_at = plan.start;
    for (turn, room) in (0..).zip(own.into_iter().cycle()) {
        let intended = plan.pace.intended(sender, turn).map(|offset| plan.start.saturating_add(offset));
        if let Some(intended) = intended {
            if intended >= plan.end {
                break;
            }
            plan.run.sleep_until(intended).await;
        }
        let now = plan.run.now();
        if now >= plan.end {
            let undone = plan.pace.left_undone(sender, turn, plan.end - plan.start);
            plan.send.fail_times("not_started_in_time", undone);
            break;
        }
        if !plan.take_one() {
            break;
        }
        let begin = intended.map_or(now, |intended| {
            let begin = pace::start(intended, free_at, now);
            plan.lateness.succeed(now - begin.own_lateness.min(now), now);
            begin.at
        });
        plan.send_one(&mut line, room, begin, &text).await;
        free_at = plan.run.now();
    }
    line.close().await
}

impl Plan {
    async fn send_one(&self, line: &mut Line, room: usize, begin: Duration, text: &str) {
        let key = self.run.key(begin).to_uuid();
        self.rooms[room].ledger().send(key);
        match line.send(room, &key.to_string(), text).await {
            Ok(receipt) => {
                self.send.succeed(begin, self.run.now());
                self.rooms[room].ledger().acknowledge(key, receipt);
            }
            Err(trouble) => {
                self.send.fail(&trouble);
                let rest = self.end.saturating_sub(self.run.now());
                tokio::time::sleep(trouble.wait.unwrap_or(PAUSE).min(rest)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_room_has_a_sender_and_every_sender_a_room() {
        for (senders, rooms) in [(1, 1), (4, 4), (4, 2), (2, 5), (16, 3), (3, 16)] {
            let mut sent: Vec<usize> = (0..senders).flat_map(|sender| own_rooms(sender, senders, rooms)).collect();
            assert!((0..senders).all(|sender| !own_rooms(sender, senders, rooms).is_empty()));
            sent.sort_unstable();
            sent.dedup();
            assert_eq!(sent.len(), rooms, "{senders} {rooms}");
        }
    }
}
