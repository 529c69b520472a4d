//! NATS between the nodes: the server that the tests were given, or one of a test's own that it may end.

use std::env;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use tempfile::TempDir;

use super::database::scratch_folder;
use super::patience::wait_for;

/// The variable that names a NATS server that may be used freely.
const URL: &str = "SUPPORT_TEST_NATS_URL";
/// The variable that names the program of a private one.
const PROGRAM: &str = "SUPPORT_TEST_NATS_BIN";

/// A NATS server of a test's own, always on the same port.
#[derive(Debug)]
pub(crate) struct Nats {
    program: PathBuf,
    port: u16,
    folder: TempDir,
    child: Option<Child>,
}

impl Nats {
    /// The URL of the server that the tests were given. Without one, says so, and the test is to be left out.
    pub(crate) fn given() -> Option<String> {
        let url = env::var(URL).ok().filter(|url| !url.is_empty());
        if url.is_none() {
            eprintln!("skipped: {URL} is not set");
        }
        url
    }

    /// A private server. Where the program is missing, says so, and the test is to be left out.
    #[track_caller]
    pub(crate) fn private() -> Option<Self> {
        let Some(program) = program() else {
            eprintln!("skipped: there is no nats-server, and {PROGRAM} is not set");
            return None;
        };
        // Somebody else may take the port before the server does.
        let mut nats = Self { program, port: 0, folder: scratch_folder(), child: None };
        for _ in 0..20 {
            nats.port = free_port();
            if nats.try_start() {
                return Some(nats);
            }
        }
        panic!("no port for a NATS server")
    }

    /// What nodes are given.
    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it again on the same port.
    #[track_caller]
    pub(crate) fn start_again(&mut self) {
        self.kill();
        assert!(self.try_start(), "the NATS server does not start again on port {}", self.port);
    }

    fn try_start(&mut self) -> bool {
        let mut command = Command::new(&self.program);
        command.args(["-a", "127.0.0.1", "-p", &self.port.to_string()]).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the NATS server can be started");
        let port = self.port;
        let is_up = wait_for("the NATS server listens or ends", || {
            if child.try_wait().expect("it can be asked").is_some() {
                return Some(false);
            }
            TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(true)
        });
        self.child = Some(child);
        is_up
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.kill();
    }
}

fn program() -> Option<PathBuf> {
    if let Some(named) = env::var_os(PROGRAM).filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("nats-server")).find(|program| program.is_file())
}

/// A port below those that systems give to outgoing connections: it must still be free after a while without a server.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 9_000).expect("below 9000");
    let ports = (0..9_000).map(|_| 12_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed) % 9_000) % 9_000);
    ports.into_iter().find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

#[test]
fn a_private_nats_server_comes_back_on_its_port() {
    let Some(mut nats) = Nats::private() else { return };
    let url = nats.url();
    for _ in 0..2 {
        nats.kill();
        assert!(TcpStream::connect(("127.0.0.1", nats.port)).is_err());
        nats.start_again();
        assert!(TcpStream::connect(("127.0.0.1", nats.port)).is_ok());
    }
    assert_eq!(nats.url(), url);
}
