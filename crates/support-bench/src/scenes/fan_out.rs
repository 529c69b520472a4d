//! Messages that many sockets are told of: one room with a thousand, and fifty rooms with twenty each. All of them are kept
//! in PostgreSQL first, and every socket checks that each comes once and in order.

use crate::figures::{Book, Unit};
use crate::plan::WARM_UP_SECONDS;
use crate::{Stage, Stop};

const CROWDS: [(&str, &str); 2] =
    [("one", "--rooms 1 --subscribers 1000 --senders 4"), ("many", "--rooms 50 --subscribers 20 --senders 50")];

pub(crate) fn play(stage: &Stage, book: &mut Book) -> Result<(), Stop> {
    let url = stage.make_database("fan_out")?;
    let desk = stage.start_desk(&url, "desk-fan-out")?;
    for round in 0..stage.plan.rounds {
        for (crowd, words) in CROWDS {
            stage.tell(&format!("fan-out, round {}: {words}", round + 1));
            let words = format!("fan-out {words} --seconds {} --warm-up {WARM_UP_SECONDS}", stage.plan.seconds);
            let report = stage.load(&desk, &words)?;
            let name = format!("fan_out.{crowd}");
            book.note(format!("{name}.server_cpu"), Unit::Micros, report.number("/server/cpuMicrosPerOperation")?);
            book.note(format!("{name}.load_cpu"), Unit::Micros, report.number("/client/cpuMicrosPerOperation")?);
            book.note(format!("{name}.rate"), Unit::PerSecond, report.measure("delivery", "/perSecond")?);
            book.note(format!("{name}.sends"), Unit::PerSecond, report.measure("send", "/perSecond")?);
            report.note_latency(book, &name, "delivery")?;
        }
    }
    Ok(())
}
