//! Configuration from the environment. What is wrong is said in one line that names the variable, never its value: it
//! may be a secret.

mod files;
mod variables;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use support_audit::Environment;
use support_domain::Limits;
use support_domain::settings::MESSAGE_CHARS;
use support_rbac::{SigningKey, TrustedKeys, VerifyingKey};
use support_realtime::queue::QueueLimits;
use support_service::{Realtime, ServiceConfig};
use support_store::{DatabaseUrl, StoreConfig};

use crate::background::{Signals, start_realtime};
use crate::extract::UploadPatience;
use crate::host::HostOptions;
use crate::state::{Console, WebConfig};
use crate::ws::{SocketLimits, tcp::TcpOptions};

pub use self::files::FilesConfig;
pub(crate) use self::variables::IN_FILES;
pub use self::variables::{InvalidConfig, Variables};

pub(crate) const DATABASE_URL: &str = "DATABASE_URL";
pub(crate) const PRIVATE_KEY: &str = "SUPPORT_BISCUIT_PRIVATE_KEY";
pub(crate) const PUBLIC_KEYS: &str = "SUPPORT_BISCUIT_PUBLIC_KEYS";
const NATS_URL: &str = "SUPPORT_NATS_URL";

/// Where the database is.
///
/// # Errors
/// When `DATABASE_URL` names neither SQLite nor PostgreSQL.
pub fn database_url(variables: Variables) -> Result<DatabaseUrl, InvalidConfig> {
    let text = variables.get(DATABASE_URL)?.unwrap_or_else(|| "sqlite:support.db".to_owned());
    text.parse().map_err(|error| InvalidConfig::new(DATABASE_URL, error))
}

/// Where to listen.
///
/// # Errors
/// When `SUPPORT_BIND` is no address with a port.
pub(crate) fn bind(variables: Variables) -> Result<SocketAddr, InvalidConfig> {
    let usual = SocketAddr::from(([127, 0, 0, 1], 8080));
    variables.parse("SUPPORT_BIND", "must be an address and a port, like 127.0.0.1:8080", usual)
}

/// The key that signs tokens: configured, or made once and kept beside an embedded database.
///
/// # Errors
/// When the variable holds no key, is missing on PostgreSQL, or the file beside the database cannot be used.
pub fn signing_key(variables: Variables, database: &DatabaseUrl) -> Result<SigningKey, InvalidConfig> {
    if let Some(text) = variables.get(PRIVATE_KEY)? {
        return SigningKey::from_hex(&text).map_err(|error| InvalidConfig::new(PRIVATE_KEY, error));
    }
    let Some(file) = database.embedded_file() else {
        let sentence = "must be set on PostgreSQL; `support-http keys` prints one";
        return Err(InvalidConfig::new(PRIVATE_KEY, sentence));
    };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) {
        return Err(InvalidConfig::new(DATABASE_URL, "names a file in a folder that does not exist"));
    }
    crate::keys::load_or_make(&key_file(file)).map_err(|error| {
        InvalidConfig::new(PRIVATE_KEY, format!("the key beside the database cannot be used: {error}"))
    })
}

/// Where the key is kept beside an embedded database.
pub(crate) fn key_file(database: &Path) -> PathBuf {
    let mut file = database.as_os_str().to_owned();
    file.push(".key");
    PathBuf::from(file)
}

/// The keys whose tokens are accepted.
///
/// # Errors
/// When the list holds what is no key.
pub fn trusted_keys(variables: Variables, own: VerifyingKey) -> Result<TrustedKeys, InvalidConfig> {
    let list = variables.get(PUBLIC_KEYS)?.unwrap_or_default();
    TrustedKeys::new(own).with_list(&list).map_err(|error| InvalidConfig::new(PUBLIC_KEYS, error))
}

/// The longest message that the settings may allow.
const LONGEST_MESSAGE_THAT_CAN_BE_SET: usize = *MESSAGE_CHARS.end() as usize;

/// Everything that `serve` needs.
#[derive(Debug)]
pub struct Config {
    /// Where to listen.
    pub bind: SocketAddr,
    /// Where to write the port that was taken.
    pub port_file: Option<PathBuf>,
    /// The keys whose tokens are accepted.
    pub trusted_keys: TrustedKeys,
    /// The database.
    pub store: StoreConfig,
    /// The host beside which the desk stands.
    pub host: HostOptions,
    /// What the service allows.
    pub service: ServiceConfig,
    /// Where files are kept.
    pub files: FilesConfig,
    /// How it is reached.
    pub web: WebConfig,
    /// What sockets may do.
    pub sockets: SocketLimits,
    /// What the kernel is told about connections.
    pub tcp: TcpOptions,
    /// How much may wait for one socket.
    pub queue: QueueLimits,
    /// The server over which nodes tell each other that something happened.
    pub nats_url: Option<String>,
    /// How often all that is followed is compared with the database.
    pub sync_every: Duration,
    /// How often the settings are read anew.
    pub settings_every: Duration,
    /// How long a stop waits for what is in flight.
    pub shutdown_timeout: Duration,
}

impl Config {
    /// Reads the variables.
    ///
    /// # Errors
    /// The first one that cannot be used.
    pub fn from_variables(variables: Variables) -> Result<Self, InvalidConfig> {
        let url = database_url(variables)?;
        let bind = bind(variables)?;
        let service = service(variables)?;
        // Settings may raise the limit while the desk runs; what is sized by it is sized once.
        let max_message_chars = service.limits.max_message_chars.max(LONGEST_MESSAGE_THAT_CAN_BE_SET);
        let web = web(variables, max_message_chars)?;
        let pool_size = whole(variables, "SUPPORT_DB_POOL_SIZE", 16, 1..=1_000)?;
        let milliseconds = whole(variables, "SUPPORT_DB_TIMEOUT_MS", 2_500, 100..=60_000)?;
        let writers = whole(variables, "SUPPORT_DB_WRITERS", 2, 1..=64)?;
        let time_limit = Duration::from_millis(milliseconds.into());
        let store = StoreConfig { pool_size, time_limit, writers, ..StoreConfig::new(url) };
        let shutdown_timeout = whole(variables, "SUPPORT_SHUTDOWN_SECONDS", 30, 0..=600)?;
        let sync_every = whole(variables, "SUPPORT_SYNC_SECONDS", 2, 1..=60)?;
        let settings_every = whole(variables, "SUPPORT_SETTINGS_SECONDS", 15, 1..=60)?;
        let signing_key = signing_key(variables, &store.url)?;
        Ok(Self {
            bind,
            port_file: variables.get("SUPPORT_PORT_FILE")?.map(PathBuf::from),
            trusted_keys: trusted_keys(variables, signing_key.public())?,
            host: HostOptions::from_variables(variables, &store.url)?,
            files: FilesConfig::from_variables(variables, &store.url)?,
            store,
            service,
            web,
            sockets: sockets(variables)?,
            tcp: tcp(variables)?,
            queue: queue(variables, max_message_chars)?,
            nats_url: variables.get(NATS_URL)?,
            sync_every: Duration::from_secs(sync_every.into()),
            settings_every: Duration::from_secs(settings_every.into()),
            shutdown_timeout: Duration::from_secs(shutdown_timeout.into()),
        })
    }
}

impl Config {
    /// The way to the sockets of this node and to other nodes, and what comes from those.
    pub(crate) fn start_realtime(&self) -> Result<(Realtime, Signals), InvalidConfig> {
        start_realtime(self.nats_url.as_deref(), self.queue).map_err(|error| InvalidConfig::new(NATS_URL, error))
    }
}

/// A character has at most 12 bytes in JSON, as two escapes; the rest of the body has room besides.
fn web(variables: Variables, max_message_chars: usize) -> Result<WebConfig, InvalidConfig> {
    let usual = u32::try_from(max_message_chars * 12 + 64 * 1024).unwrap_or(u32::MAX).max(256 * 1024);
    let allowed_origins = variables.list("SUPPORT_ALLOWED_ORIGINS")?;
    if !allowed_origins.iter().all(|origin| is_origin(origin)) {
        let sentence = "must be origins like https://desk.example, comma separated; * is not allowed";
        return Err(InvalidConfig::new("SUPPORT_ALLOWED_ORIGINS", sentence));
    }
    let max_body_bytes = whole(variables, "SUPPORT_MAX_BODY_BYTES", usual, 1_024..=64 * 1024 * 1024)?;
    let trust_proxy = variables.parse("SUPPORT_TRUST_PROXY", "must be true or false", false)?;
    let seconds = |name, usual, most| Ok(Duration::from_secs(whole(variables, name, usual, 1..=most)?.into()));
    let upload_patience = UploadPatience {
        whole: seconds("SUPPORT_UPLOAD_SECONDS", 120, 3_600)?,
        pause: seconds("SUPPORT_UPLOAD_PAUSE_SECONDS", 10, 3_600)?,
    };
    Ok(WebConfig {
        allowed_origins,
        max_body_bytes: max_body_bytes as usize,
        body_timeout: seconds("SUPPORT_BODY_SECONDS", 10, 600)?,
        upload_patience,
        trust_proxy,
        console: console(variables)?,
        metrics: None,
    })
}

fn console(variables: Variables) -> Result<Console, InvalidConfig> {
    const CONSOLE: &str = "SUPPORT_CONSOLE";
    match variables.get(CONSOLE)?.as_deref() {
        None | Some("off") => Ok(Console::Off),
        Some("on") => Ok(Console::On),
        Some(_) => Err(InvalidConfig::new(CONSOLE, "must be on or off")),
    }
}

fn sockets(variables: Variables) -> Result<SocketLimits, InvalidConfig> {
    let usual = SocketLimits::default();
    let number = |name, usual: usize, most| {
        whole(variables, name, u32::try_from(usual).unwrap_or(most), 1..=most).map(|number| number as usize)
    };
    let heartbeat = whole(variables, "SUPPORT_WS_HEARTBEAT_SECONDS", 25, 1..=3_600)?;
    let write_timeout = whole(variables, "SUPPORT_WS_WRITE_TIMEOUT_MS", 10_000, 100..=600_000)?;
    let frames = whole(variables, "SUPPORT_WS_FRAMES_PER_SECOND", usual.frames_per_second.get(), 1..=1_000_000)?;
    let max_frame_bytes = whole(variables, "SUPPORT_WS_MAX_FRAME_BYTES", 64 * 1024, 1_024..=64 * 1024 * 1024)?;
    Ok(SocketLimits {
        max_sockets: number("SUPPORT_MAX_SOCKETS", usual.max_sockets, 1_000_000)?,
        max_sockets_per_principal: number(
            "SUPPORT_MAX_SOCKETS_PER_PRINCIPAL",
            usual.max_sockets_per_principal,
            1_000_000,
        )?,
        max_rooms: number("SUPPORT_WS_MAX_ROOMS", usual.max_rooms, 100_000)?,
        max_frame_bytes: max_frame_bytes.into(),
        frames_per_second: NonZeroU32::new(frames).unwrap_or(usual.frames_per_second),
        heartbeat: Duration::from_secs(heartbeat.into()),
        write_timeout: Duration::from_millis(write_timeout.into()),
    })
}

fn tcp(variables: Variables) -> Result<TcpOptions, InvalidConfig> {
    let usual = TcpOptions::default();
    let send_buffer = whole(variables, "SUPPORT_TCP_SEND_BUFFER_BYTES", 64 * 1024, 4_096..=16 * 1024 * 1024)?;
    let seconds = u32::try_from(usual.user_timeout.as_secs()).unwrap_or(20);
    let user_timeout = whole(variables, "SUPPORT_TCP_USER_TIMEOUT_SECONDS", seconds, 1..=3_600)?;
    Ok(TcpOptions { send_buffer_bytes: send_buffer as usize, user_timeout: Duration::from_secs(user_timeout.into()) })
}

/// The longest message is in its frame twice, as HTML and as text, each character as up to 12 bytes; a queue has to hold
/// some of them, or each would make the whole room lag.
fn queue(variables: Variables, max_message_chars: usize) -> Result<QueueLimits, InvalidConfig> {
    let max_frames = whole(variables, "SUPPORT_WS_QUEUE_FRAMES", 1_024, 1..=1_000_000)?;
    let least = u32::try_from(max_message_chars * 24 * 4 + 64 * 1024).unwrap_or(u32::MAX);
    let usual = least.max(1024 * 1024);
    let max_bytes = whole(variables, "SUPPORT_WS_QUEUE_BYTES", usual, least..=1024 * 1024 * 1024)?;
    Ok(QueueLimits { max_frames: max_frames as usize, max_bytes: max_bytes as usize })
}

pub(crate) fn service(variables: Variables) -> Result<ServiceConfig, InvalidConfig> {
    let usual = Limits::default();
    let limit = |name, usual: usize, most: u32| {
        let usual = u32::try_from(usual).unwrap_or(most);
        whole(variables, name, usual, 1..=most).map(|number| number as usize)
    };
    let limits = Limits {
        max_message_chars: limit("SUPPORT_MAX_MESSAGE_CHARS", usual.max_message_chars, 100_000)?,
        max_subject_chars: limit("SUPPORT_MAX_SUBJECT_CHARS", usual.max_subject_chars, 1_000)?,
        max_metadata_bytes: limit("SUPPORT_MAX_METADATA_BYTES", usual.max_metadata_bytes, 65_536)?,
        max_metadata_depth: limit("SUPPORT_MAX_METADATA_DEPTH", usual.max_metadata_depth, 32)?,
        ..usual
    };
    let limits = files::limits(variables, limits)?;
    let sends = whole(variables, "SUPPORT_SENDS_PER_MINUTE", 60, 1..=u32::MAX)?;
    let uploads = whole(variables, "SUPPORT_UPLOADS_PER_MINUTE", 30, 1..=u32::MAX)?;
    let unsent_hours = whole(variables, "SUPPORT_ATTACHMENT_HOURS_UNSENT", 24, 1..=24 * 365)?;
    let tickets = whole(variables, "SUPPORT_TICKETS_PER_MINUTE", 600, 1..=u32::MAX)?;
    let environment = variables.get("SUPPORT_ENVIRONMENT")?.map(|name| Environment::parse(&name)).transpose();
    Ok(ServiceConfig {
        limits,
        sends_per_minute: NonZeroU32::new(sends).unwrap_or(NonZeroU32::MIN),
        uploads_per_minute: NonZeroU32::new(uploads).unwrap_or(NonZeroU32::MIN),
        unsent_life: Duration::from_secs(u64::from(unsent_hours) * 3_600),
        tickets_per_minute: NonZeroU32::new(tickets).unwrap_or(NonZeroU32::MIN),
        environment: environment.map_err(|error| InvalidConfig::new("SUPPORT_ENVIRONMENT", error))?.unwrap_or_default(),
    })
}

pub(crate) fn whole(
    variables: Variables,
    name: &'static str,
    default: u32,
    allowed: std::ops::RangeInclusive<u32>,
) -> Result<u32, InvalidConfig> {
    let must = format!("must be a whole number from {} to {}", allowed.start(), allowed.end());
    let number: u32 = variables.parse(name, &must, default)?;
    if allowed.contains(&number) { Ok(number) } else { Err(InvalidConfig::new(name, must)) }
}

/// A scheme and a host, perhaps a port; no path.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(allowed))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn refusal(get: fn(&str) -> Option<OsString>) -> String {
        Config::from_variables(Variables::of(&get)).unwrap_err().to_string()
    }

    #[test]
    fn the_variable_is_named_and_its_value_is_not_shown() {
        let key = refusal(|name| match name {
            "DATABASE_URL" => Some("postgres://desk@db/desk".into()),
            "SUPPORT_BISCUIT_PRIVATE_KEY" => Some("hunter2".into()),
            _ => None,
        });
        assert!(key.starts_with("SUPPORT_BISCUIT_PRIVATE_KEY: ") && !key.contains("hunter2"), "{key}");
        let url = refusal(|name| (name == "DATABASE_URL").then(|| "mysql://u:hunter2@db".into()));
        assert_eq!(url, "DATABASE_URL: must be sqlite:PATH or postgres://...");
        let missing = refusal(|name| (name == "DATABASE_URL").then(|| "postgres://db/desk".into()));
        assert!(missing.starts_with("SUPPORT_BISCUIT_PRIVATE_KEY: must be set on PostgreSQL"), "{missing}");
    }

    #[test]
    fn numbers_have_bounds_and_origins_no_wildcard() {
        let zero = refusal(|name| (name == "SUPPORT_SENDS_PER_MINUTE").then(|| "0".into()));
        assert!(zero.starts_with("SUPPORT_SENDS_PER_MINUTE: must be a whole number from 1"), "{zero}");
        let star = refusal(|name| (name == "SUPPORT_ALLOWED_ORIGINS").then(|| "*".into()));
        assert!(star.starts_with("SUPPORT_ALLOWED_ORIGINS: "), "{star}");
        let yes = refusal(|name| (name == "SUPPORT_CONSOLE").then(|| "yes".into()));
        assert_eq!(yes, "SUPPORT_CONSOLE: must be on or off");
        assert!(is_origin("https://desk.example:8443") && !is_origin("https://desk.example/x"));
    }

    #[test]
    fn every_variable_is_documented() {
        let page = include_str!("../../../docs/configuration.md");
        let quoted = include_str!("config.rs").split('"').chain(include_str!("host.rs").split('"'));
        let is_rest =
            |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        let is_name = |text: &&str| text.strip_prefix("SUPPORT_").is_some_and(is_rest);
        for name in quoted.filter(is_name) {
            assert!(page.contains(&format!("`{name}`")), "{name} has no row in docs/configuration.md");
        }
    }
}
