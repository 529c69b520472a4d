//! The server as a process: started, waited for, asked to stop, killed. Always through its own handle.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use super::command::bare_command;
use super::patience::wait_for;

/// A server that runs, or did.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    port_file: PathBuf,
    log: PathBuf,
}

impl Server {
    /// Starts `support-http COMMAND` and does not wait. `name` keeps the files of several in one folder apart.
    #[track_caller]
    pub(crate) fn start(command: &str, name: &str, folder: &Path, environment: &BTreeMap<String, String>) -> Self {
        let port_file = folder.join(format!("{name}.port"));
        let log = folder.join(format!("{name}.log"));
        // A port from an earlier life of the server would be taken for the present one.
        let _ = fs::remove_file(&port_file);
        let stderr = OpenOptions::new().create(true).append(true).open(&log).expect("the log");
        let stdout = File::create(folder.join(format!("{name}.out"))).expect("the output");
        let child = bare_command(folder)
            .arg(command)
            .env("SUPPORT_BIND", "127.0.0.1:0")
            .env("SUPPORT_PORT_FILE", &port_file)
            .envs(environment)
            .stdout(Stdio::from(stdout))
            .stderr(Stdio::from(stderr))
            .spawn()
            .expect("the server starts");
        Self { child, port_file, log }
    }

    /// Waits until it has written where it listens, and returns the port.
    #[track_caller]
    pub(crate) fn port(&mut self) -> u16 {
        wait_for("the server writes its port file", || {
            if let Some(status) = self.child.try_wait().expect("the server can be asked") {
                panic!("the server ended with {status}: {}", self.log());
            }
            fs::read_to_string(&self.port_file).ok()?.trim().parse().ok()
        })
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All that it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// All that it has printed.
    pub(crate) fn printed(&self) -> String {
        fs::read_to_string(self.log.with_extension("out")).unwrap_or_default()
    }

    /// How much memory it has at the moment, in KiB.
    #[track_caller]
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the server runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        line.trim().trim_end_matches("kB").trim().parse().expect("a number of KiB")
    }

    /// How many files and connections it has open.
    #[track_caller]
    pub(crate) fn open_files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("the server runs").count()
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to stop, and does not wait.
    #[track_caller]
    pub(crate) fn ask_to_stop(&self) {
        let status = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        assert!(status.is_ok_and(|status| status.success()), "the signal could not be sent");
    }

    /// Waits until it has ended by itself.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> ExitStatus {
        wait_for("the server ends", || self.child.try_wait().expect("the server can be asked"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("the end of the server's log:\n{}", lines[lines.len().saturating_sub(15)..].join("\n"));
        }
    }
}
