//! The log on stderr: text on a terminal, JSON elsewhere; and beside it the export of spans, where one is configured.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{InvalidConfig, Variables};
use crate::traces::{Export, Traces};

/// Starts the log with the filter in `SUPPORT_LOG`, and the export.
///
/// # Errors
/// When the filter cannot be read, or spans cannot be exported as it is asked for.
pub(crate) fn start(default: &str) -> Result<Traces, InvalidConfig> {
    let filter = std::env::var("SUPPORT_LOG").ok().filter(|filter| !filter.trim().is_empty());
    let filter = EnvFilter::try_new(filter.as_deref().unwrap_or(default))
        .map_err(|_| InvalidConfig::new("SUPPORT_LOG", "must be a filter like info or support_http=debug"))?;
    let export = Export::from_variables(Variables::of_process())?;
    #[cfg(feature = "otlp")]
    if let Some(export) = export {
        use tracing_subscriber::layer::Layer;

        let (log, registry) =
            (tracing_subscriber::fmt::layer().with_writer(std::io::stderr), tracing_subscriber::registry());
        return if std::io::stderr().is_terminal() {
            crate::traces::start(registry, log.with_filter(filter), &export)
        } else {
            crate::traces::start(registry, log.json().flatten_event(true).with_ansi(false).with_filter(filter), &export)
        };
    }
    drop(export);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process keeps the first log.
    let _ = if std::io::stderr().is_terminal() {
        builder.try_init()
    } else {
        builder.json().flatten_event(true).with_ansi(false).try_init()
    };
    Ok(Traces::default())
}
