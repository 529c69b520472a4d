//! A server of a test's own, that may die and come back at the same port.

use std::hash::BuildHasher;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

pub(crate) struct Server {
    port: u16,
    arguments: Vec<String>,
    folder: TempDir,
    process: Option<Child>,
}

impl Server {
    /// One that is not running yet.
    pub(crate) fn planned(arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self { port: free_port(), arguments, folder: TempDir::new().unwrap(), process: None }
    }

    pub(crate) fn running(arguments: &[&str]) -> Self {
        let mut server = Self::planned(arguments);
        server.start();
        server
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(crate) fn start(&mut self) {
        let program = std::env::var("SUPPORT_TEST_NATS_BIN").unwrap_or_else(|_| "nats-server".to_owned());
        for _ in 0..600 {
            let process = self.process.get_or_insert_with(|| {
                Command::new(&program)
                    .args(["--addr", "127.0.0.1", "--port", &self.port.to_string()])
                    .args(&self.arguments)
                    .current_dir(self.folder.path())
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .expect("nats-server to start")
            });
            if process.try_wait().unwrap().is_some() {
                // Somebody else has the port for a moment.
                self.process = None;
            } else if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            sleep(Duration::from_millis(100));
        }
        panic!("nats-server does not answer");
    }

    /// At once, without a good-bye.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port where nobody listens, below those that systems give to outgoing connections: one of these could be taken
/// while its server is dead.
pub(crate) fn free_port() -> u16 {
    loop {
        let random = std::hash::RandomState::new().hash_one(()) % 20_000;
        let port = 10_240 + u16::try_from(random).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
