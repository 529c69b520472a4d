//! The log on stderr: text on a terminal, JSON elsewhere.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::InvalidConfig;

/// Starts the log with the filter in `SUPPORT_LOG`.
///
/// # Errors
/// When the filter cannot be read.
pub(crate) fn start(default: &str) -> Result<(), InvalidConfig> {
    let filter = std::env::var("SUPPORT_LOG").ok().filter(|filter| !filter.trim().is_empty());
    let filter = EnvFilter::try_new(filter.as_deref().unwrap_or(default))
        .map_err(|_| InvalidConfig::new("SUPPORT_LOG", "must be a filter like info or support_http=debug"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process keeps the first log.
    let _ = if std::io::stderr().is_terminal() {
        builder.try_init()
    } else {
        builder.json().flatten_event(true).with_ansi(false).try_init()
    };
    Ok(())
}
