//! What Linux says of processes: how much CPU they have used and how much memory they have; and how many files this one
//! may open. Elsewhere nothing is known, and nothing is invented.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::Serialize;

/// A look at one process or several, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Usage {
    /// CPU since their start, in user and kernel mode.
    pub cpu_seconds: f64,
    /// Resident memory.
    pub rss_bytes: u64,
}

impl Usage {
    /// Of those processes together. `None` if one cannot be looked at, or if there is none.
    pub(crate) fn of(pids: &[u32]) -> Option<Self> {
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
    pub(crate) fn of_self() -> Option<Self> {
        Self::of_process("self")
    }

    fn of_process(name: &str) -> Option<Self> {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{name}/{file}")).ok();
        let ticks = rustix::param::clock_ticks_per_second();
        Some(Self { cpu_seconds: cpu_seconds(&read("stat")?, ticks)?, rss_bytes: rss_bytes(&read("status")?)? })
    }
}

/// `utime` and `stime` of `/proc/PID/stat` (proc(5)). The second field, in parentheses, may hold anything.
fn cpu_seconds(stat: &str, ticks_per_second: u64) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some((next()? + next()?) as f64 / ticks_per_second as f64)
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
    fn as_many_files_may_be_opened_as_can_be_had() {
        assert_eq!(raise_descriptors(), getrlimit(Resource::Nofile).maximum);
    }
}
