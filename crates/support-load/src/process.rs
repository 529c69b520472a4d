//! What Linux says of processes: how much CPU they have used and how much memory they have; and how many files this one
//! may open. Elsewhere nothing is known, and nothing is invented.

use std::collections::BTreeMap;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::Serialize;

use crate::options::Common;

/// A look at one process or several, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// CPU since their start, in user and kernel mode.
    pub cpu_seconds: f64,
    /// Resident memory.
    pub rss_bytes: u64,
}

impl Usage {
    /// Of those processes together. `None` if one cannot be looked at, or if there is none.
    pub fn of(pids: &[u32]) -> Option<Self> {
        let mut total = None;
        for pid in pids {
            let one = Self::of_process(&pid.to_string())?;
            let sum: &mut Self = total.get_or_insert_default();
            sum.cpu_seconds += one.cpu_seconds;
            sum.rss_bytes += one.rss_bytes;
        }
        total
    }

    /// Of this process.
    pub fn of_self() -> Option<Self> {
        Self::of_process("self")
    }

    fn of_process(name: &str) -> Option<Self> {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{name}/{file}")).ok();
        let ticks = rustix::param::clock_ticks_per_second();
        Some(Self { cpu_seconds: cpu_seconds(&read("stat")?, ticks)?, rss_bytes: rss_bytes(&read("status")?)? })
    }
}

/// All that a run looks at, at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Look {
    pub(crate) server: Option<Usage>,
    pub(crate) database_cpu: Option<f64>,
    pub(crate) client: Option<Usage>,
}

impl Look {
    /// At the processes that were named, and at this one.
    pub(crate) fn now(common: &Common) -> Self {
        Self {
            server: Usage::of(&common.server_pid),
            database_cpu: cpu_seconds_of_trees(&common.database_pid),
            client: Usage::of_self(),
        }
    }
}

/// CPU in seconds that those processes and all below them have used since their start, the ended ones among them included
/// (as far as they were waited for). `None` if one is not there, or if none is named.
pub fn cpu_seconds_of_trees(roots: &[u32]) -> Option<f64> {
    if roots.is_empty() {
        return None;
    }
    let mut ticks = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // One that has ended since the list was read is counted by the one that waited for it.
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        ticks.extend(Ticks::read(&stat).map(|read| (pid, read)));
    }
    let mut total = 0;
    let mut left = roots.to_vec();
    while let Some(pid) = left.pop() {
        match ticks.remove(&pid) {
            Some(of_it) => total += of_it.own + of_it.of_ended_children,
            None if roots.contains(&pid) => return None,
            None => {}
        }
        left.extend(ticks.iter().filter(|(_, other)| other.parent == pid).map(|(child, _)| child));
    }
    Some(total as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// What `/proc/PID/stat` (proc(5)) says of CPU, in ticks of the kernel's clock.
#[derive(Debug, PartialEq, Eq)]
struct Ticks {
    /// The process that started it.
    parent: u32,
    /// `utime` and `stime`.
    own: u64,
    /// `cutime` and `cstime`.
    of_ended_children: u64,
}

impl Ticks {
    fn read(stat: &str) -> Option<Self> {
        // The second field, in parentheses, may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own: number(11)? + number(12)?,
            of_ended_children: number(13)? + number(14)?,
        })
    }
}

fn cpu_seconds(stat: &str, ticks_per_second: u64) -> Option<f64> {
    Some(Ticks::read(stat)?.own as f64 / ticks_per_second as f64)
}

/// `VmRSS` of `/proc/PID/status`.
fn rss_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1_024)
}

/// Raises the limit of open files as far as may be, and says what it is then; `None` is no limit.
pub fn raise_descriptors() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    // A refusal leaves the limit as it was, which is what the next look finds.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    getrlimit(Resource::Nofile).current
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes_is_read() {
        let stat = "4242 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 150 50 13 14 15";
        assert_eq!(cpu_seconds(stat, 100), Some(2.0));
        assert_eq!(cpu_seconds("4242", 100), None);
        assert_eq!(rss_bytes("Name:\tx\nVmRSS:\t   2048 kB\nVmData:\t1 kB\n"), Some(2_097_152));
        assert_eq!(rss_bytes("Name:\tx\n"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_is_known_and_one_that_is_not_there_is_not() {
        let own = Usage::of_self().unwrap();
        assert!(own.rss_bytes > 100_000);
        assert_eq!(Usage::of(&[std::process::id()]).unwrap().rss_bytes / 100_000_000, own.rss_bytes / 100_000_000);
        assert_eq!(Usage::of(&[u32::MAX]), None);
        assert_eq!(Usage::of(&[]), None);
    }

    #[test]
    fn a_parent_and_what_its_children_used_are_read() {
        let stat = "4242 (postgres) S 77 2 3 4 5 6 7 8 9 10 150 50 1000 200 15";
        assert_eq!(Ticks::read(stat), Some(Ticks { parent: 77, own: 200, of_ended_children: 1_200 }));
        assert_eq!(Ticks::read("4242 (postgres) S 77 2"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_a_child_uses_counts_while_it_runs_and_when_it_has_ended() {
        let own = || cpu_seconds_of_trees(&[std::process::id()]).unwrap();
        let before = own();
        // Counts far enough to use some ticks, then waits for its input to end.
        let count = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo done; read line";
        let mut child = std::process::Command::new("sh")
            .args(["-c", count])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0; 5];
        std::io::Read::read_exact(&mut child.stdout.take().unwrap(), &mut said).unwrap();
        let of_child = cpu_seconds_of_trees(&[child.id()]).unwrap();
        assert!(of_child > 0.0 && own() >= before + of_child);
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(own() >= before + of_child);
        assert_eq!(cpu_seconds_of_trees(&[u32::MAX]), None);
        assert_eq!(cpu_seconds_of_trees(&[]), None);
    }

    #[test]
    fn as_many_files_may_be_opened_as_can_be_had() {
        assert_eq!(raise_descriptors(), getrlimit(Resource::Nofile).maximum);
    }
}
