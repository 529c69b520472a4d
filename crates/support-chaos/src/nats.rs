//! NATS servers of our own, each always on the same ports, in a cluster.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use support_load::Stop;

use crate::ports::free_port;
use crate::program::{Program, find, wait_for};

/// Servers that know each other.
#[derive(Debug)]
pub(crate) struct Cluster {
    program: PathBuf,
    folder: PathBuf,
    servers: Vec<Server>,
}

#[derive(Debug)]
struct Server {
    port: u16,
    /// Where the others of the cluster find it.
    route: u16,
    running: Option<Program>,
}

impl Cluster {
    /// Starts so many.
    pub(crate) fn start(folder: &Path, size: usize) -> Result<Self, Stop> {
        let named = std::env::var_os("SUPPORT_TEST_NATS_BIN").filter(|named| !named.is_empty()).map(PathBuf::from);
        let program = named.or_else(|| find("nats-server", &[PathBuf::from("/usr/sbin")]));
        let program = program.ok_or_else(|| Stop::new("nats-server is neither on PATH nor in /usr/sbin"))?;
        let server = |_| Ok(Server { port: free_port()?, route: free_port()?, running: None });
        let servers = (0..size).map(server).collect::<Result<_, Stop>>()?;
        let mut cluster = Self { program, folder: folder.to_owned(), servers };
        cluster.start_all()?;
        Ok(cluster)
    }

    /// What nodes are given.
    pub(crate) fn url(&self) -> String {
        self.servers.iter().map(|server| format!("nats://127.0.0.1:{}", server.port)).collect::<Vec<_>>().join(",")
    }

    /// How many there are.
    pub(crate) fn size(&self) -> usize {
        self.servers.len()
    }

    /// Ends one as `kill -9` does.
    pub(crate) fn kill(&mut self, number: usize) {
        if let Some(server) = self.servers.get_mut(number) {
            server.running = None;
        }
    }

    /// Starts all that do not run, and waits until they listen.
    pub(crate) fn start_all(&mut self) -> Result<(), Stop> {
        let routes: Vec<String> =
            self.servers.iter().map(|server| format!("nats://127.0.0.1:{}", server.route)).collect();
        let routes = routes.join(",");
        for (number, server) in self.servers.iter_mut().enumerate().filter(|(_, server)| server.running.is_none()) {
            let mut command = Command::new(&self.program);
            command.args(["--addr", "127.0.0.1", "--port", &server.port.to_string(), "--cluster_name", "chaos"]);
            command.args(["--cluster", &format!("nats://127.0.0.1:{}", server.route), "--routes", &routes]);
            command.current_dir(&self.folder);
            server.running = Some(Program::start(&mut command, &self.folder.join(format!("nats-{number}.log")))?);
        }
        for server in &self.servers {
            wait_for("a NATS server listens", || TcpStream::connect(("127.0.0.1", server.port)).ok().map(drop))?;
        }
        Ok(())
    }
}
