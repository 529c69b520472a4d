//! Where and with what it was measured: without that no figure says anything.

use std::collections::BTreeMap;

use support_domain::Clock;

use crate::{Stage, Stop, pgbench, sqlite};

/// What the page says of the run, by the name that stands in its text.
pub(crate) type Facts = BTreeMap<&'static str, String>;

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
    let mut facts = pgbench::facts();
    facts.extend([
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
    ]);
    Ok(facts)
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
