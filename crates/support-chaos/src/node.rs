//! A node of the desk: always on the same port, killed and started again.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use support_load::Stop;

use crate::ports::free_port;
use crate::program::{Program, output, wait_for};

/// What a node is given besides its port.
pub(crate) type Environment = BTreeMap<String, String>;

const SOON: Duration = Duration::from_secs(4);

/// One node.
#[derive(Debug)]
pub(crate) struct Node {
    program: PathBuf,
    folder: PathBuf,
    log: PathBuf,
    port: u16,
    environment: Environment,
    running: Option<Program>,
}

impl Node {
    /// One that does not run yet.
    pub(crate) fn new(program: &Path, folder: &Path, name: &str, environment: Environment) -> Result<Self, Stop> {
        Ok(Self {
            program: program.to_owned(),
            folder: folder.to_owned(),
            log: folder.join(format!("{name}.log")),
            port: free_port()?,
            environment,
            running: None,
        })
    }

    /// Host and port.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Where clients find it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Starts it, and does not wait.
    pub(crate) fn start(&mut self) -> Result<(), Stop> {
        let mut command = self.command();
        command.arg("serve").env("SUPPORT_BIND", self.address());
        self.running = Some(Program::start(&mut command, &self.log)?);
        Ok(())
    }

    /// Waits until it says that it is ready.
    pub(crate) fn wait_until_ready(&mut self) -> Result<(), Stop> {
        let address = self.address();
        let running = self.running.as_mut().ok_or_else(|| Stop::new("a node was never started"))?;
        let ready = wait_for("a node is ready", || {
            if !running.is_running() {
                return Some(false);
            }
            (status(&address, "/readyz") == Some(200)).then_some(true)
        })?;
        let end = || std::fs::read_to_string(&self.log).unwrap_or_default().lines().last().unwrap_or("").to_owned();
        if ready { Ok(()) } else { Err(Stop::new(format!("a node has ended: {}", end()))) }
    }

    /// Starts it and waits until it is ready.
    pub(crate) fn open(&mut self) -> Result<(), Stop> {
        self.start()?;
        self.wait_until_ready()
    }

    /// Whether its process still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        self.running.as_mut().is_some_and(Program::is_running)
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.running = None;
    }

    /// Has it stand still.
    pub(crate) fn pause(&self) -> Result<(), Stop> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) -> Result<(), Stop> {
        self.signal(Signal::CONT)
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(&mut self) -> Result<(), Stop> {
        self.signal(Signal::TERM)?;
        wait_for("a node stops", || (!self.is_running()).then_some(()))?;
        self.running = None;
        Ok(())
    }

    fn signal(&self, signal: Signal) -> Result<(), Stop> {
        self.running.as_ref().map_or_else(|| Err(Stop::new("a node does not run")), |running| running.signal(signal))
    }

    /// Runs the program's command `migrate` on the node's database, and returns what it printed.
    pub(crate) fn migrate(&self) -> Result<String, Stop> {
        output(self.command().arg("migrate"))
    }

    /// What it has logged that no node should: that something panicked.
    pub(crate) fn panics(&self) -> Vec<String> {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        log.lines().filter(|line| line.contains("panicked")).map(str::to_owned).collect()
    }

    /// The program with nothing of this process's own environment but where programs are found.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().current_dir(&self.folder).env("TMPDIR", &self.folder);
        for name in ["PATH", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(&self.environment);
        command
    }
}

/// The status of an answer to a GET, if there is one.
pub(crate) fn status(address: &str, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect_timeout(&address.parse().ok()?, SOON).ok()?;
    stream.set_read_timeout(Some(SOON)).ok()?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes()).ok()?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).ok()?;
    std::str::from_utf8(&head).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}
