//! The export of spans over OTLP: HTTP with JSON, in batches, from a thread of its own. A collector that is away costs the
//! spans and nothing else. Speaks no TLS.

use std::time::Duration;

use actix_web::http::header::HeaderMap;
use async_trait::async_trait;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt};
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use super::{ENDPOINT, Export, Traces};
use crate::config::InvalidConfig;

/// How long the collector may take for a batch, and what is left for a stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// What exports.
#[derive(Debug)]
pub(super) struct Provider(SdkTracerProvider);

impl Provider {
    pub(super) fn finish(&self) {
        if let Err(error) = self.0.shutdown_with_timeout(PATIENCE) {
            tracing::warn!(error = %error, "the last spans could not be exported");
        }
    }
}

/// Starts a log and beside it the export.
pub(crate) fn start<L, S>(subscriber: S, log: L, export: &Export) -> Result<Traces, InvalidConfig>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync + 'static,
    L: Layer<S> + Send + Sync + 'static,
{
    let provider = provider(export)?;
    let tracer = provider.tracer("support-desk");
    // Our own spans down to the statement, whatever the log shows.
    let ours = filter_fn(|metadata: &Metadata<'_>| metadata.target().starts_with("support_"));
    let layer = OpenTelemetryLayer::new(tracer).with_threads(false).with_location(false);
    let layer = layer.with_filter(ours.and(LevelFilter::from_level(Level::DEBUG)));
    // A second start in one process keeps the first log.
    let _ = subscriber.with(log).with(layer).try_init();
    Ok(Traces { provider: Some(Provider(provider)) })
}

fn provider(export: &Export) -> Result<SdkTracerProvider, InvalidConfig> {
    let path = export.endpoint.strip_prefix("http://").is_some_and(|rest| rest.trim_end_matches('/').contains('/'));
    let endpoint = export.endpoint.trim_end_matches('/').to_owned() + if path { "" } else { "/v1/traces" };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Collector::new())
        .with_protocol(Protocol::HttpJson)
        .with_endpoint(endpoint)
        .with_timeout(PATIENCE)
        .build()
        .map_err(|_| InvalidConfig::new(ENDPOINT, "must be the address of a collector, http://HOST:PORT"))?;
    let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_service_name("support-desk").with_attribute(version).build();
    Ok(SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(export.sampled))))
        .with_resource(resource)
        .with_batch_exporter(exporter)
        .build())
}

/// The way to the collector. Blocks, which it may: batches have a thread of their own.
#[derive(Debug)]
struct Collector(ureq::Agent);

impl Collector {
    fn new() -> Self {
        // To the collector that was named and to nobody else, whatever the environment or an answer says.
        let config = ureq::Agent::config_builder().proxy(None).max_redirects(0);
        let config = config.timeout_global(Some(PATIENCE)).http_status_as_error(false);
        Self(config.build().into())
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let (parts, mut body) = self.0.run(Request::from_parts(parts, body.to_vec()))?.into_parts();
        Ok(Response::from_parts(parts, body.read_to_vec()?.into()))
    }
}

/// The headers of a request, for the library.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    /// Numbers only: what else may come with them is whatever somebody wrote.
    fn get(&self, key: &str) -> Option<&str> {
        if key == "traceparent" { self.0.get(key)?.to_str().ok() } else { None }
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(actix_web::http::header::HeaderName::as_str).collect()
    }
}

pub(super) fn continue_trace(span: &Span, headers: &HeaderMap) {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
    // Fails only where nothing is exported.
    let _ = span.set_parent(context);
}
