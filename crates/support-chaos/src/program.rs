//! Programs that were started here: waited for, signalled, ended. By their own handle or a number that their own file
//! names, never by a name.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use support_domain::{Clock, SystemClock};
use support_load::Stop;

const LOOK: Duration = Duration::from_millis(20);
/// Far beyond what anything here takes; whoever waits that long waits in vain.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// Asks until there is something.
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> Result<T, Stop> {
    let mut found = None;
    wait_until(what, PATIENCE, || {
        found = ask();
        found.is_some()
    })?;
    found.ok_or_else(|| Stop::new(format!("waited in vain: {what}")))
}

/// Waits for something that takes long, for at most so long.
pub(crate) fn wait_until(what: &str, longest: Duration, mut ask: impl FnMut() -> bool) -> Result<(), Stop> {
    let clock = SystemClock::new();
    let began = clock.monotonic();
    while !ask() {
        if clock.monotonic() - began > longest {
            return Err(Stop::new(format!("waited in vain: {what}")));
        }
        thread::sleep(LOOK);
    }
    Ok(())
}

/// A running child.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
}

impl Program {
    /// Starts it with all that it says going to the end of `log`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Self, Stop> {
        let said = |error: std::io::Error| Stop::new(format!("{}: {error}", command_name(command)));
        let open = || OpenOptions::new().create(true).append(true).open(log);
        let (out, err) = (open().map_err(said)?, open().map_err(said)?);
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
        let child = child.map_err(|error| Stop::new(format!("{}: {error}", command_name(command))))?;
        Ok(Self { child })
    }

    /// Whether it has not ended.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), Stop> {
        send(self.child.id(), signal)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

fn pid(number: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(number).ok()?)
}

/// Sends a signal to a process that was started here.
pub(crate) fn send(number: u32, signal: Signal) -> Result<(), Stop> {
    let pid = pid(number).ok_or_else(|| Stop::new(format!("{number} is no process")))?;
    kill_process(pid, signal).map_err(|error| Stop::new(format!("process {number}: {error}")))
}

/// Whether there is a process of that number.
pub(crate) fn is_there(number: u32) -> bool {
    pid(number).is_some_and(|pid| test_kill_process(pid).is_ok())
}

fn command_name(command: &Command) -> String {
    Path::new(command.get_program()).display().to_string()
}

/// Runs a command to its end and returns what it printed. A failure tells the last of what it said.
pub(crate) fn output(command: &mut Command) -> Result<String, Stop> {
    let name = command_name(command);
    let output = command.stdin(Stdio::null()).output().map_err(|error| Stop::new(format!("{name}: {error}")))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let said = format!("{}\n{}", text(&output.stdout), text(&output.stderr));
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(Stop::new(format!("{name} ended with {}: {last}", output.status)))
}

/// A program of that name where programs are found, or in one of the other folders.
pub(crate) fn find(name: &str, elsewhere: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(elsewhere.iter().cloned());
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// Whether this process is root's: some servers refuse to be.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_ended_with_its_handle_and_its_words_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut program = Program::start(Command::new("sh").args(["-c", "echo here; exec sleep 60"]), &log).unwrap();
        wait_for("its words", || std::fs::read_to_string(&log).ok().filter(|said| said == "here\n")).unwrap();
        let number = program.child.id();
        assert!(program.is_running() && is_there(number));
        drop(program);
        assert!(!is_there(number));
    }

    #[test]
    fn a_command_that_fails_says_why() {
        assert_eq!(output(Command::new("sh").args(["-c", "echo yes"])).unwrap(), "yes");
        let stop = output(Command::new("sh").args(["-c", "echo one >&2; echo two >&2; exit 3"])).unwrap_err();
        assert!(stop.to_string().contains("exit status: 3") && stop.to_string().ends_with("two"), "{stop}");
        assert!(output(&mut Command::new("/nowhere/at-all")).is_err());
    }
}
