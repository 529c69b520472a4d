//! A PostgreSQL of our own: killed and started again on the same port, followed by a standby, promoted. Everybody on this
//! machine may log in to it, so nothing but what is written here belongs there.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use rustix::process::Signal;
use support_load::Stop;

use crate::ports::free_port;
use crate::program::{is_root, is_there, output, send, wait_for};

/// The database of the desk, and the role that owns it.
const NAME: &str = "desk";
/// The user of the system that runs it where this process is root's, which PostgreSQL refuses.
const SYSTEM_USER: &str = "postgres";

/// The programs of it that are used here.
const NEEDED: [&str; 4] = ["initdb", "pg_ctl", "postgres", "pg_basebackup"];

/// One server with its data.
#[derive(Debug)]
pub(crate) struct Postgres {
    bin: PathBuf,
    data: PathBuf,
    log: PathBuf,
    pub(crate) port: u16,
}

/// The folder of the server's programs: that of `PATH`, else Debian's newest.
fn programs() -> Result<PathBuf, Stop> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).chain(versions.into_iter().rev().map(|(_, folder)| folder));
    let folder = folders.find(|folder| NEEDED.iter().all(|name| folder.join(name).is_file()));
    folder.ok_or_else(|| Stop::new("PostgreSQL's server programs are neither on PATH nor in /usr/lib/postgresql"))
}

impl Postgres {
    /// A new server in a folder of that name, with its log in another one. It is started, and has the desk's database.
    pub(crate) fn create(folder: &Path, logs: &Path, name: &str) -> Result<Self, Stop> {
        let server = Self::place(folder, logs, name)?;
        let mut initdb = server.command("initdb");
        initdb.args([
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--wal-segsize=1",
        ]);
        output(initdb.arg("-D").arg(&server.data))?;
        let own = "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 120\n\
            min_wal_size = 8MB\nmax_wal_size = 48MB\nwal_keep_size = 32MB\nlogging_collector = off\n";
        server.configure(own)?;
        server.start()?;
        server.execute(
            "postgres",
            &[&format!("CREATE ROLE {NAME} LOGIN"), &format!("CREATE DATABASE {NAME} OWNER {NAME}")],
        )?;
        Ok(server)
    }

    fn place(folder: &Path, logs: &Path, name: &str) -> Result<Self, Stop> {
        let (data, log) = (folder.join(name), logs.join(format!("{name}.log")));
        let said = |error: std::io::Error| Stop::new(format!("{}: {error}", data.display()));
        fs::create_dir(&data).map_err(said)?;
        fs::set_permissions(&data, Permissions::from_mode(0o700)).map_err(said)?;
        fs::write(&log, "").map_err(said)?;
        if is_root() {
            output(Command::new("chown").arg(format!("{SYSTEM_USER}:")).arg(&data).arg(&log))?;
        }
        Ok(Self { bin: programs()?, data, log, port: free_port()? })
    }

    /// Another server that follows this one from now on, in a folder of that name. The port may be that of one that
    /// is gone for good.
    pub(crate) fn standby(&self, folder: &Path, name: &str, port: Option<u16>) -> Result<Self, Stop> {
        let mut standby = Self::place(folder, folder, name)?;
        standby.port = port.unwrap_or(standby.port);
        let from = format!("host=127.0.0.1 port={} user=postgres", self.port);
        let mut backup = self.command("pg_basebackup");
        backup.args(["-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", &from]).arg("-D").arg(&standby.data);
        output(&mut backup)?;
        standby.start()?;
        Ok(standby)
    }

    /// Lets commits wait from now on until a standby has them, when one is there.
    pub(crate) fn wait_for_standby(&self) -> Result<(), Stop> {
        self.execute("postgres", &["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"])?;
        let is_synchronous = "SELECT 1 / count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        wait_for("the standby is synchronous", || self.execute("postgres", &[is_synchronous]).ok())
    }

    /// Makes a standby the one that takes writes.
    pub(crate) fn promote(&self) -> Result<(), Stop> {
        output(self.command("pg_ctl").args(["promote", "-w", "-t", "60", "-D"]).arg(&self.data)).map(drop)
    }

    /// Starts it on its port, and waits until it takes connections. One that was killed a moment ago may still have
    /// processes that end; it is tried until they have.
    pub(crate) fn start(&self) -> Result<(), Stop> {
        let mut last = String::new();
        let started = wait_for("PostgreSQL starts", || {
            let mut start = self.command("pg_ctl");
            start.args(["start", "-w", "-t", "60", "-o"]).arg(format!("-p {}", self.port));
            let done = output(start.arg("-l").arg(&self.log).arg("-D").arg(&self.data));
            done.map_err(|stop| last = stop.to_string()).ok().map(drop)
        });
        started.map_err(|stop| Stop::new(format!("{stop}: {last}")))
    }

    /// Whether its first process runs.
    pub(crate) fn is_running(&self) -> bool {
        self.pid().is_some_and(is_there)
    }

    fn pid(&self) -> Option<u32> {
        fs::read_to_string(self.data.join("postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
    }

    /// Ends its first process as `kill -9` does, and waits until the others, which miss it, have ended by themselves: until
    /// then they still commit.
    pub(crate) fn kill(&self) -> Result<(), Stop> {
        let pid = self.pid().ok_or_else(|| Stop::new("PostgreSQL does not run"))?;
        let others = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let all: Vec<u32> = others.split_whitespace().filter_map(|pid| pid.parse().ok()).chain([pid]).collect();
        send(pid, Signal::KILL)?;
        wait_for("PostgreSQL has ended", || (!all.iter().any(|pid| is_there(*pid))).then_some(()))
    }

    /// Stops it without a checkpoint, as a machine that fails does.
    pub(crate) fn stop_at_once(&self) -> Result<(), Stop> {
        output(self.command("pg_ctl").args(["stop", "-m", "immediate", "-w", "-D"]).arg(&self.data)).map(drop)
    }

    /// What nodes are given: this server, and others behind it.
    pub(crate) fn url(&self, others: &[&Self]) -> String {
        let hosts = [self].into_iter().chain(others.iter().copied()).map(|server| format!("127.0.0.1:{}", server.port));
        Self::url_of(&hosts.collect::<Vec<_>>().join(","), NAME)
    }

    /// The desk's database by way of these hosts and ports.
    pub(crate) fn url_through(addresses: &str) -> String {
        Self::url_of(addresses, NAME)
    }

    fn url_of(addresses: &str, role: &str) -> String {
        format!("postgres://{role}@{addresses}/{NAME}")
    }

    /// The address of the desk's database for whoever looks into it with every right.
    pub(crate) fn own_url(&self) -> String {
        Self::url_of(&format!("127.0.0.1:{}", self.port), "postgres")
    }

    /// Runs statements, each for itself, as the superuser.
    pub(crate) fn execute(&self, database: &str, statements: &[&str]) -> Result<(), Stop> {
        let url = format!("postgres://postgres@127.0.0.1:{}/{database}", self.port);
        let failed = |error: &dyn std::fmt::Display| Stop::new(format!("PostgreSQL: {error}"));
        let mut conn = PgConnection::establish(&url).map_err(|error| failed(&error))?;
        statements.iter().try_for_each(|sql| conn.batch_execute(sql).map_err(|error| failed(&error)))
    }

    fn configure(&self, lines: &str) -> Result<(), Stop> {
        let file = self.data.join("postgresql.auto.conf");
        let said = |error: std::io::Error| Stop::new(format!("{}: {error}", file.display()));
        let before = fs::read_to_string(&file).map_err(said)?;
        fs::write(&file, before + lines).map_err(said)
    }

    /// One of its programs, as the user that it runs as, with no settings of whoever runs this.
    fn command(&self, name: &str) -> Command {
        let program = self.bin.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", SYSTEM_USER, "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/").env("LC_ALL", "C");
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(|name| name.starts_with("PG")))
        {
            command.env_remove(name);
        }
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.is_running() {
            // One that cannot be stopped is told of by the folder that stays.
            let _ = self.stop_at_once();
        }
    }
}
