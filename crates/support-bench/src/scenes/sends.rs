//! Messages over REST on PostgreSQL, held against pgbench on the same tables of the same database. Each conversation has one
//! sender on both sides, so that neither waits for a row that another one holds.

use crate::figures::{Book, Unit};
use crate::plan::{CONVERSATIONS, SENDERS, WARM_UP_SECONDS};
use crate::{Stage, Stop};

pub(crate) fn play(stage: &Stage, book: &mut Book) -> Result<(), Stop> {
    let url = stage.make_database("sends")?;
    stage.prepare_pgbench("sends")?;
    let desk = stage.start_desk(&url, "desk-sends")?;
    for round in 0..stage.plan.rounds {
        for senders in SENDERS {
            stage.tell(&format!("sends, round {}: {senders} at once", round + 1));
            let of_pgbench = format!("sends.pgbench.{senders}");
            let of_desk = format!("sends.desk.{senders}");
            if round % 2 == 0 {
                stage.pgbench("sends", senders, book, &of_pgbench)?;
            }
            let words = format!(
                "sends --senders {senders} --conversations {CONVERSATIONS} --seconds {} --warm-up {WARM_UP_SECONDS} \
                 --database-pid {}",
                stage.plan.seconds, stage.postgres.pid
            );
            let report = stage.load(&desk, &words)?;
            book.note(format!("{of_desk}.rate"), Unit::PerSecond, report.measure("send", "/perSecond")?);
            report.note_latency(book, &of_desk, "send")?;
            for (key, pointer) in [("server_cpu", "server"), ("database_cpu", "database"), ("load_cpu", "client")] {
                let micros = report.number(&format!("/{pointer}/cpuMicrosPerOperation"))?;
                book.note(format!("{of_desk}.{key}"), Unit::Micros, micros);
            }
            if round % 2 == 1 {
                stage.pgbench("sends", senders, book, &of_pgbench)?;
            }
        }
    }
    Ok(())
}
