//! Where a request's time goes: spans from the request, or the frame of a socket, through its use case to the statement. The
//! log shows in which of them a line was written. In a build with the feature `otlp` they are also exported to a collector.
//!
//! A span has names of the program's own, and numbers of requests and sockets. No path, no query, no id of a person or a
//! conversation, no value of a statement ever gets into one.

#[cfg(feature = "otlp")]
mod otlp;

use actix_web::http::header::HeaderMap;
use tracing::Span;

use crate::config::{InvalidConfig, Variables};

const ENDPOINT: &str = "SUPPORT_OTLP_ENDPOINT";
const SAMPLED: &str = "SUPPORT_OTLP_SAMPLED";

/// Where spans are exported to, and how many.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Export {
    /// `http://HOST:PORT`, with or without a path.
    endpoint: String,
    /// The share of traces that is exported, from 0 to 1.
    sampled: f64,
}

impl Export {
    /// What is configured; none when spans stay here.
    pub(crate) fn from_variables(variables: Variables) -> Result<Option<Self>, InvalidConfig> {
        let must = "must be a share from 0 to 1, like 0.05";
        let sampled: f64 = variables.parse(SAMPLED, must, 1.0)?;
        if !(0.0..=1.0).contains(&sampled) {
            return Err(InvalidConfig::new(SAMPLED, must));
        }
        let Some(endpoint) = variables.get(ENDPOINT)? else { return Ok(None) };
        if !cfg!(feature = "otlp") {
            return Err(InvalidConfig::new(ENDPOINT, "needs a build with the feature otlp"));
        }
        // What is on its way there is about people, if only in numbers: TLS is for the collector beside this process.
        if !endpoint.starts_with("http://") {
            return Err(InvalidConfig::new(ENDPOINT, "must be http://HOST:PORT of a collector that is near"));
        }
        Ok(Some(Self { endpoint, sampled }))
    }
}

/// The export; ends with the process, which has to say so.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    #[cfg(feature = "otlp")]
    provider: Option<otlp::Provider>,
}

impl Traces {
    /// Sends what was not sent yet.
    pub(crate) fn finish(self) {
        #[cfg(feature = "otlp")]
        if let Some(provider) = self.provider {
            provider.finish();
        }
    }
}

/// Writes the log and exports spans.
#[cfg(feature = "otlp")]
pub(crate) use otlp::start;

/// Makes a request part of the trace that its `traceparent` names. To be asked only where a proxy of ours puts it there: it
/// also says whether the trace is kept.
#[cfg(feature = "otlp")]
pub(crate) fn continue_trace(span: &Span, headers: &HeaderMap) {
    otlp::continue_trace(span, headers);
}

/// Makes a request part of the trace that its `traceparent` names; nothing without an export.
#[cfg(not(feature = "otlp"))]
pub(crate) fn continue_trace(_: &Span, _: &HeaderMap) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_one_and_an_endpoint_has_to_be_near() {
        let refusal = |get: fn(&str) -> Option<std::ffi::OsString>| {
            Export::from_variables(Variables::of(&get)).map_err(|error| error.to_string())
        };
        assert_eq!(refusal(|_| None), Ok(None));
        let share = refusal(|name| (name == SAMPLED).then(|| "1.5".into())).unwrap_err();
        assert!(share.starts_with("SUPPORT_OTLP_SAMPLED: must be a share"), "{share}");
        let secure = refusal(|name| (name == ENDPOINT).then(|| "https://collector.example:4318".into())).unwrap_err();
        assert!(secure.starts_with("SUPPORT_OTLP_ENDPOINT: "), "{secure}");
    }

    #[test]
    fn every_variable_stands_in_the_documents() {
        let documents = include_str!("../../../docs/configuration.md");
        assert!([ENDPOINT, SAMPLED].iter().all(|name| documents.contains(&format!("`{name}`"))));
    }
}
