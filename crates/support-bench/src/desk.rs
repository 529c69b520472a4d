//! The server that is measured: the binary that everybody runs, with the limits lifted that protect a desk from one person.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use support_domain::Clock;

use crate::children::{Running, run};
use crate::plan::PATIENCE;
use crate::{Options, Stage, Stop};

/// What is lifted, and what is needed. All else is the default.
const SETTINGS: &[(&str, &str)] = &[
    ("SUPPORT_BIND", "127.0.0.1:0"),
    ("SUPPORT_SENDS_PER_MINUTE", "100000000"),
    ("SUPPORT_MAX_SOCKETS", "1000000"),
    ("SUPPORT_TICKETS_PER_MINUTE", "1000000"),
    ("SUPPORT_LOG", "warn"),
];

/// How long a server may take to begin.
const TO_START: Duration = Duration::from_secs(60);

/// The key pair of the run.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) private: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// Of nobody else.
    pub(crate) fn make(options: &Options) -> Result<Self, Stop> {
        let mut command = Command::new(options.bin.join("support-http"));
        let printed = run(command.arg("keys"), "keys", &options.work, PATIENCE)?;
        let private = printed.lines().find_map(|line| line.strip_prefix("SUPPORT_BISCUIT_PRIVATE_KEY="));
        let private = private.ok_or_else(|| Stop::new("support-http keys has printed no key"))?;
        Ok(Self { private: private.trim().to_owned() })
    }
}

/// A server that runs. It is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Desk {
    process: Running,
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
}

impl Desk {
    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }
}

impl Stage {
    /// The program, knowing the database and the key, and nothing of the settings of whoever runs this.
    fn program(&self, database_url: &str) -> Command {
        let mut command = Command::new(self.options.bin.join("support-http"));
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_none_or(|name| name.starts_with("SUPPORT_") || name.starts_with("PG")) {
                command.env_remove(name);
            }
        }
        command.env("DATABASE_URL", database_url).env("SUPPORT_BISCUIT_PRIVATE_KEY", &self.keys.private);
        command
    }

    /// Brings a database up to date.
    pub(crate) fn migrate(&self, database_url: &str) -> Result<(), Stop> {
        run(self.program(database_url).arg("migrate"), "migrate", &self.options.work, PATIENCE).map(drop)
    }

    /// A member of the staff.
    pub(crate) fn admin_token(&self, role: &str, country: Option<&str>) -> Result<String, Stop> {
        let mut command = self.program("sqlite:unused");
        command.args(["token", "admin", "--id", "bench-admin", "--role", role, "--ttl", "4h"]);
        command.args(country.into_iter().flat_map(|country| ["--country", country]));
        let printed = run(&mut command, "token", &self.options.work, PATIENCE)?;
        let token = printed.split_whitespace().last().map(str::to_owned);
        token.ok_or_else(|| Stop::new("support-http token has printed no token"))
    }

    /// Starts a server, named for its files, and waits until it takes requests.
    pub(crate) fn start_desk(&self, database_url: &str, name: &str) -> Result<Desk, Stop> {
        let file: PathBuf = self.options.work.join(format!("{name}.port"));
        let _ = std::fs::remove_file(&file);
        let mut command = self.program(database_url);
        command.arg("serve").envs(SETTINGS.iter().copied().collect::<BTreeMap<_, _>>());
        command.env("SUPPORT_PORT_FILE", &file);
        let mut process = Running::start(&mut command, name, &self.options.work)?;
        let until = self.clock.monotonic() + TO_START;
        while self.clock.monotonic() < until {
            if let Some(status) = process.ended()? {
                let said = std::fs::read_to_string(self.options.work.join(format!("{name}.err"))).unwrap_or_default();
                return Err(Stop::new(format!("the server has ended ({status}):\n{said}")));
            }
            let port = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse::<u16>().ok());
            if let Some(port) = port {
                let url = format!("http://127.0.0.1:{port}");
                if ureq::get(format!("{url}/readyz")).call().is_ok() {
                    return Ok(Desk { process, url });
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(Stop::new("the server does not begin"))
    }
}
