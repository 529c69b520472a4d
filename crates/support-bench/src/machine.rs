//! Where and with what it was measured: without that no figure says anything.

use std::collections::BTreeMap;
use std::io::Write;

use support_domain::Clock;

use crate::figures::{Book, Unit, percentile};
use crate::{Stage, Stop, pgbench, sqlite};

/// What the page says of the run, by the name that stands in its text.
pub(crate) type Facts = BTreeMap<String, String>;

/// Settings of PostgreSQL that decide what a commit costs, and what they have to be.
const DURABLE: &[(&str, &str)] = &[("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")];

/// Looks at the machine and the database.
///
/// # Errors
/// When a commit of that database would not survive a power cut.
pub(crate) fn facts(stage: &Stage) -> Result<Facts, Stop> {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let show = |setting: &str| stage.psql("postgres", &["-c", &format!("SHOW {setting}")]);
    for (setting, wanted) in DURABLE {
        let value = show(setting)?;
        if value != *wanted {
            return Err(Stop::new(format!("{setting} is {value}: only what is durable is measured")));
        }
    }
    let facts = [
        ("run.date", stage.clock.now().to_string().chars().take(10).collect()),
        ("run.commit", stage.options.commit.clone()),
        ("run.compiler", stage.options.compiler.clone()),
        ("run.form", if stage.options.quick { "scripts/bench --quick" } else { "scripts/bench" }.to_owned()),
        ("run.rounds", stage.plan.rounds.to_string()),
        ("run.socket_rounds", stage.plan.socket_rounds.to_string()),
        ("run.seconds", stage.plan.seconds.to_string()),
        ("machine.cores", stage.cores().to_string()),
        ("machine.processor", processor(&read("/proc/cpuinfo"))),
        ("machine.memory", memory(&read("/proc/meminfo"))),
        ("machine.kernel", read("/proc/sys/kernel/osrelease").trim().to_owned()),
        ("postgres.version", show("server_version")?),
        ("postgres.wal_sync_method", show("wal_sync_method")?),
        ("postgres.shared_buffers", show("shared_buffers")?),
        ("sqlite.version", sqlite::version()?),
        ("pgbench.statement", pgbench::statement()),
    ];
    Ok(facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect())
}

/// How often it is written to see how long a disk takes.
const WRITES: usize = 200;

/// Notes how long the disk takes to keep a block of a database.
pub(crate) fn note_disk(stage: &Stage, book: &mut Book) -> Result<(), Stop> {
    let name = stage.options.work.join("disk");
    let mut file = std::fs::File::create(&name).map_err(Stop::when("the disk"))?;
    let mut micros = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        let begin = stage.clock.monotonic();
        file.write_all(&[7; 8_192]).and_then(|()| file.sync_data()).map_err(Stop::when("the disk"))?;
        micros.push(u64::try_from((stage.clock.monotonic() - begin).as_micros()).unwrap_or(u64::MAX));
    }
    micros.sort_unstable();
    if let Some(half) = percentile(&micros, 50) {
        book.note("disk.sync", Unit::Millis, half as f64 / 1_000.0);
    }
    std::fs::remove_file(name).map_err(Stop::when("the disk"))
}

/// `model name` of `/proc/cpuinfo`, which not every kind of processor has.
fn processor(cpuinfo: &str) -> String {
    let line = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    line.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

/// `MemTotal` of `/proc/meminfo`.
fn memory(meminfo: &str) -> String {
    let kib =
        meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB")?.trim().parse().ok());
    kib.map_or_else(|| "unknown".to_owned(), |kib: f64| format!("{:.1} GiB", kib / 1_048_576.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_of_the_machine_is_read() {
        assert_eq!(processor("processor\t: 0\nmodel name\t: A Processor @ 2.00GHz\n"), "A Processor @ 2.00GHz");
        assert_eq!(processor(""), std::env::consts::ARCH);
        assert_eq!(memory("MemTotal:        8388608 kB\nMemFree: 1 kB\n"), "8.0 GiB");
        assert_eq!(memory(""), "unknown");
    }
}
