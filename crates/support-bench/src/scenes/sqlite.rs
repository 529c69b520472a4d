//! Messages over REST on SQLite, held against a loop that writes the same rows into a file of its own beside it.

use std::time::Duration;

use crate::figures::{Book, Unit};
use crate::plan::{CONVERSATIONS, SENDERS, WARM_UP_SECONDS};
use crate::{Stage, Stop, sqlite};

pub(crate) fn play(stage: &Stage, book: &mut Book) -> Result<(), Stop> {
    let url = |name: &str| format!("sqlite:{}", stage.options.work.join(name).display());
    let desk = stage.start_desk(&url("desk.db"), "desk-sqlite")?;
    for round in 0..stage.plan.rounds {
        stage.tell(&format!("SQLite, round {}", round + 1));
        let name = format!("loop-{round}.db");
        stage.migrate(&url(&name))?;
        let seconds = Duration::from_secs;
        let done =
            sqlite::play(&stage.options.work.join(&name), seconds(WARM_UP_SECONDS), seconds(stage.plan.seconds))?;
        book.note("sqlite.loop.rate", Unit::PerSecond, done.per_second);
        book.note("sqlite.loop.p50", Unit::Millis, done.p50_millis);
        book.note("sqlite.loop.p99", Unit::Millis, done.p99_millis);
        for senders in SENDERS {
            let words = format!(
                "sends --senders {senders} --conversations {CONVERSATIONS} --seconds {} --warm-up {WARM_UP_SECONDS}",
                stage.plan.seconds
            );
            let report = stage.load(&desk, &words)?;
            let name = format!("sqlite.desk.{senders}");
            book.note(format!("{name}.rate"), Unit::PerSecond, report.measure("send", "/perSecond")?);
            report.note_latency(book, &name, "send")?;
            let micros = report.number("/server/cpuMicrosPerOperation")?;
            book.note(format!("{name}.server_cpu"), Unit::Micros, micros);
        }
    }
    Ok(())
}
