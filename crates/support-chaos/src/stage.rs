//! What a scenario plays on: a folder, threads for those who use the desk, the key, chance, and the way to a node.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use support_domain::{Clock, SystemClock};
use support_load::Stop;
use support_load::dice::Dice;
use support_load::people::People;
use support_rbac::SigningKey;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::node::{Environment, Node};
use crate::postgres::Postgres;

/// One stage, for one scenario.
#[derive(Debug)]
pub(crate) struct Stage {
    // In this order, since fields are dropped from the top: nobody works any more when the folder goes.
    pub(crate) runtime: Runtime,
    pub(crate) folder: TempDir,
    pub(crate) is_short: bool,
    pub(crate) seed: u64,
    /// A number of this run, so that its keys are its own.
    pub(crate) run: u32,
    /// A folder that may be filled up.
    pub(crate) small_disk: Option<PathBuf>,
    program: PathBuf,
    key: String,
}

impl Stage {
    /// An empty one.
    pub(crate) fn set(program: &Path, small_disk: Option<&Path>, is_short: bool, seed: u64) -> Result<Self, Stop> {
        let failed = |error: std::io::Error| Stop::new(format!("no stage: {error}"));
        let program = std::path::absolute(program).map_err(failed)?;
        if !program.is_file() {
            return Err(Stop::usage(format!("{}: no such program; --server names support-http", program.display())));
        }
        let folder = TempDir::with_prefix("support-chaos-").map_err(failed)?;
        // The user that runs PostgreSQL has to get in.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).map_err(failed)?;
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(failed)?;
        let (key, run) = (SigningKey::generate().to_hex(), Dice::new(seed, 0).roll() as u32);
        let small_disk = small_disk.map(Path::to_owned);
        Ok(Self { runtime, folder, is_short, seed, run, small_disk, program, key })
    }

    /// Leaves the folder where it is when this is gone, and says where.
    pub(crate) fn keep(&mut self) -> &Path {
        self.folder.disable_cleanup(true);
        self.folder.path()
    }

    /// A number of the short form or of the full one.
    pub(crate) fn pick<T>(&self, short: T, full: T) -> T {
        if self.is_short { short } else { full }
    }

    /// Chance for the scenario itself.
    pub(crate) fn dice(&self) -> Dice {
        Dice::new(self.seed, usize::MAX)
    }

    /// Those who use the desk.
    pub(crate) fn people(&self) -> Result<People, Stop> {
        People::minted(&self.key, SystemClock::new().now(), self.run)
    }

    /// A program that stands beside the server's.
    pub(crate) fn program_beside(&self, name: &str) -> PathBuf {
        self.program.with_file_name(name)
    }

    /// The key of the desk.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// A PostgreSQL in the stage's folder.
    pub(crate) fn postgres(&self) -> Result<Postgres, Stop> {
        Postgres::create(self.folder.path(), self.folder.path(), "postgres")
    }

    /// A node that does not run yet, with the limits out of the way that protect a desk from one person.
    pub(crate) fn node(&self, name: &str, database: &str, more: &[(&str, &str)]) -> Result<Node, Stop> {
        let files = format!("file://{}", self.folder.path().join("files").display());
        let usual = [
            ("DATABASE_URL", database),
            ("SUPPORT_BISCUIT_PRIVATE_KEY", self.key.as_str()),
            ("SUPPORT_ATTACHMENTS_URL", &files),
            ("SUPPORT_SENDS_PER_MINUTE", "1000000"),
            ("SUPPORT_WS_FRAMES_PER_SECOND", "1000"),
            ("SUPPORT_MAX_SOCKETS_PER_PRINCIPAL", "100"),
            ("SUPPORT_MAX_SOCKETS", "30000"),
            ("SUPPORT_SYNC_SECONDS", "1"),
            ("SUPPORT_WS_HEARTBEAT_SECONDS", "5"),
        ];
        let environment: Environment = usual
            .into_iter()
            .chain(more.iter().copied())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Node::new(&self.program, self.folder.path(), name, environment)
    }
}

/// Waits, without anything to wait for.
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}
