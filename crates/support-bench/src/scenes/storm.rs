//! All sockets are cut at once while messages are sent, and come back and resume. Each misses nothing, which is checked.

use crate::figures::{Book, Unit};
use crate::plan::FEW_SOCKETS;
use crate::{Stage, Stop};

/// How long clients spread their coming back.
const JITTER_SECONDS: u64 = 2;

/// How long messages are sent; the cut is in the middle.
const SECONDS: u64 = 16;

pub(crate) fn play(stage: &Stage, book: &mut Book) -> Result<(), Stop> {
    let url = stage.make_database("storm")?;
    let desk = stage.start_desk(&url, "desk-storm")?;
    for round in 0..stage.plan.socket_rounds {
        stage.tell(&format!("storm, round {}: {FEW_SOCKETS} sockets", round + 1));
        let words = format!("storm --sockets {FEW_SOCKETS} --cuts 1 --seconds {SECONDS} --jitter {JITTER_SECONDS}");
        let report = stage.load(&desk, &words)?;
        book.note("storm.sockets", Unit::Count, report.measure("resume", "/count")?);
        report.note_latency(book, "storm.resume", "resume")?;
        report.note_latency(book, "storm.send", "send")?;
        let cpu = report.number("/server/cpuSeconds")?;
        book.note("storm.server_cpu", Unit::Millis, cpu * 1_000.0);
    }
    Ok(())
}
