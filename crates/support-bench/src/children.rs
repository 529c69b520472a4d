//! Programs that this one starts: each has a limit of time, and none outlives it, also not when it is interrupted. They are
//! ended by their ids, and an id is only used while it is certainly theirs.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use support_domain::{Clock, SystemClock};
use tokio::signal::unix::{SignalKind, signal};

use crate::Stop;

/// Those that run and were not waited for.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Between two looks whether one has ended.
const STEP: Duration = Duration::from_millis(5);

/// How long one may take to end when it is told to.
const TO_END: Duration = Duration::from_secs(20);

fn running() -> MutexGuard<'static, BTreeSet<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn tell(pid: u32, what: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process(pid, what);
    }
}

/// From now on SIGINT, SIGTERM and SIGHUP end all children, and then this program.
///
/// # Errors
/// When the system does not let it listen.
pub fn end_on_signals() -> Result<(), Stop> {
    let failed = "signals cannot be listened to";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Stop::when(failed))?;
    let signals = runtime.block_on(async {
        let listen = |kind| signal(kind).map_err(Stop::when(failed));
        Ok::<_, Stop>((
            listen(SignalKind::interrupt())?,
            listen(SignalKind::terminate())?,
            listen(SignalKind::hangup())?,
        ))
    })?;
    std::thread::spawn(move || {
        let (mut interrupt, mut terminate, mut hangup) = signals;
        runtime.block_on(async {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {}, _ = hangup.recv() => {} }
        });
        // Whoever waits for one of them waits for this lock, too, and gets no further.
        let running = running();
        running.iter().for_each(|pid| tell(*pid, Signal::TERM));
        std::process::exit(130);
    });
    Ok(())
}

/// A program that runs. It is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    name: String,
    clock: SystemClock,
}

impl Running {
    /// Starts it, with what it says in files named after it in that folder.
    pub(crate) fn start(command: &mut Command, name: &str, folder: &Path) -> Result<Self, Stop> {
        let file = |kind: &str| File::create(folder.join(format!("{name}.{kind}"))).map_err(Stop::when(name));
        command.stdin(Stdio::null()).stdout(file("out")?).stderr(file("err")?);
        // No signal may come between its start and its being known.
        let mut running = running();
        let child = command.spawn().map_err(Stop::when(name))?;
        running.insert(child.id());
        Ok(Self { child, name: name.to_owned(), clock: SystemClock::new() })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended, and how.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>, Stop> {
        let mut running = running();
        let status = self.child.try_wait().map_err(Stop::when(&self.name))?;
        if status.is_some() {
            running.remove(&self.child.id());
        }
        Ok(status)
    }

    /// Waits for its end. What takes longer is ended, and is a failure.
    pub(crate) fn wait(&mut self, patience: Duration) -> Result<ExitStatus, Stop> {
        let until = self.clock.monotonic() + patience;
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if self.clock.monotonic() >= until {
                return Err(Stop::new(format!("{} has not ended after {} s", self.name, patience.as_secs())));
            }
            std::thread::sleep(STEP);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.ended(), Ok(Some(_))) {
            return;
        }
        tell(self.child.id(), Signal::TERM);
        if self.wait(TO_END).is_err() {
            tell(self.child.id(), Signal::KILL);
            // What cannot be waited for now is the system's.
            let _ = self.wait(TO_END);
        }
    }
}

/// Runs it to its end, and returns what it has printed.
pub(crate) fn run(command: &mut Command, name: &str, folder: &Path, patience: Duration) -> Result<String, Stop> {
    let status = Running::start(command, name, folder)?.wait(patience)?;
    let said = |kind: &str| std::fs::read_to_string(folder.join(format!("{name}.{kind}"))).unwrap_or_default();
    if status.success() {
        return Ok(said("out"));
    }
    Err(Stop::new(format!("{name} has failed ({status}):\n{}\n{}", last_lines(&said("out")), last_lines(&said("err")))))
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_a_program_prints_is_had_and_a_failure_tells_its_words() {
        let folder = tempfile::tempdir().unwrap();
        let patience = Duration::from_secs(60);
        assert_eq!(run(&mut sh("echo 7"), "seven", folder.path(), patience).unwrap(), "7\n");
        let stop = run(&mut sh("echo because >&2; exit 3"), "three", folder.path(), patience).unwrap_err();
        assert!(stop.to_string().contains("three has failed") && stop.to_string().contains("because"), "{stop}");
    }

    #[test]
    fn nothing_runs_on_that_nobody_waits_for() {
        let folder = tempfile::tempdir().unwrap();
        let stop = run(&mut sh("exec sleep 600"), "long", folder.path(), Duration::from_millis(20)).unwrap_err();
        assert!(stop.to_string().contains("long has not ended"), "{stop}");
        let left = Running::start(&mut sh("exec sleep 600"), "left", folder.path()).unwrap();
        let pid = left.pid();
        assert!(running().contains(&pid));
        drop(left);
        assert!(!running().contains(&pid));
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }
}
