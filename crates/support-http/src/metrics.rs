//! What is counted at the front doors, all that the desk counts together, and the recorder of the binary. Never a path, an
//! id or a word of a client: routes are counted by their pattern, and everything else by a word of a table.

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use support_domain::TextEnum;
use support_metrics::{
    Both, ByPattern, Counter, Counters, Gauge, Histogram, Histograms, Kind, Metric, label_values, table,
};

use crate::error::ErrorCode;
use crate::ws::SocketEvent;

label_values! {
    /// What a client's frame was answered.
    pub(crate) enum FrameAnswer {
        /// What it asked for.
        Done = "done",
        /// That it may not, or that something is wrong with it.
        Refused = "refused",
        /// That it was one too many.
        Limited = "limited",
        /// That it cannot be done now.
        Failed = "failed",
    }
}

label_values! {
    /// How a socket ended.
    pub(crate) enum ClosedWith {
        /// Against the protocol.
        Protocol = "1002",
        /// Text that is none.
        NoText = "1007",
        /// Not used as agreed.
        Policy = "1008",
        /// A frame or message too large.
        TooLarge = "1009",
        /// This node stops, or nobody could say for too long whether its person may stay.
        Restart = "1012",
        /// The token is over.
        TokenOver = "4001",
        /// The access was withdrawn.
        Withdrawn = "4003",
        /// It did not keep up, or gave no sign of life.
        TooSlow = "4008",
        /// Too many sockets or frames.
        TooMany = "4029",
        /// The client closed it.
        Client = "client",
        /// The connection was gone.
        Gone = "gone",
        /// Nothing that was written was taken.
        Stuck = "stuck",
    }
}

label_values! {
    /// Whether it is known who asks.
    pub(crate) enum Authenticated {
        /// It is.
        Accepted = "accepted",
        /// What was shown is not good.
        Refused = "refused",
        /// Nobody can say at the moment.
        Unavailable = "unavailable",
        /// Nothing was shown.
        Missing = "missing",
    }
}

label_values! {
    /// What works behind the requests.
    pub(crate) enum Task {
        /// Reading which tokens are revoked.
        Revocations = "revocations",
        /// Reading the settings.
        Settings = "settings",
        /// Delivering audit records.
        Audit = "audit",
        /// Asking who may still come.
        Standing = "standing",
        /// Forgetting what has ended.
        Forget = "forget",
        /// Showing files to the scanner.
        Scan = "scan",
        /// Removing files.
        Remove = "remove",
    }
}

table! {
    /// What is counted of requests, and of the process.
    pub(crate) static HTTP: HttpMetrics {
        /// The version that runs; always 1.
        build_info: ByPattern<Gauge> = "support_build_info" by ["version"] in Flag;
        /// Requests that were answered, by the pattern of their route and by status.
        requests: ByPattern<Counter> = "support_http_requests_total" by ["method", "route", "status"] in Count;
        /// How long an answer took to begin, by the pattern of the route.
        request_duration: ByPattern<Histogram> = "support_http_request_duration_seconds" by ["method", "route"] in Seconds;
        /// Requests that are being answered.
        requests_in_flight: Gauge = "support_http_requests_in_flight" in Count;
        /// Errors that clients were told of, over HTTP and over sockets, by their code.
        errors: Counters<ErrorCode> = "support_http_errors_total" by ["code"] in Count;
        /// Requests that needed to know who asks, by whether that is known.
        authentications: Counters<Authenticated> = "support_http_authentications_total" by ["outcome"] in Count;
        /// Whether the database answered when it was last asked, which is every 5 seconds.
        ready: Gauge = "support_http_ready" in Flag;
        /// Whether hints reach other nodes. Where there are none, always 1.
        reaches_other_nodes: Gauge = "support_http_reaches_other_nodes" in Flag;
        /// Rounds of the work behind the requests that failed, by which work.
        task_failures: Counters<Task> = "support_http_task_failures_total" by ["task"] in Count;
    }
}

table! {
    /// What is counted of sockets.
    pub(crate) static SOCKETS: SocketMetrics {
        /// Sockets that are open.
        open: Gauge = "support_http_sockets" in Count;
        /// Most sockets that this node takes.
        open_max: Gauge = "support_http_sockets_max" in Count;
        /// Sockets that were opened.
        opened: Counter = "support_http_sockets_opened_total" in Count;
        /// Sockets that ended, by close code, or because the client closed, was gone, or took nothing.
        closed: Counters<ClosedWith> = "support_http_sockets_closed_total" by ["code"] in Count;
        /// Sockets that lost their queue because they read too slowly.
        lagged: Counter = "support_http_sockets_lagged_total" in Count;
        /// Frames of clients, by type and by what they were answered.
        frames: Counters<Both<SocketEvent, FrameAnswer>> = "support_http_socket_frames_total" by ["event", "answer"] in Count;
        /// How long a client's frame waited for its answer, by type.
        frame_duration: Histograms<SocketEvent> = "support_http_socket_frame_duration_seconds" by ["event"] in Seconds;
        /// Frames of text that were written to clients: answers and events.
        frames_sent: Counter = "support_http_socket_frames_sent_total" in Count;
    }
}

/// All that the desk counts, crate by crate. What docs/metrics.md, the dashboard and the alert rules say is held to it.
pub const TABLES: [&[Metric]; 7] = [
    HttpMetrics::TABLE,
    SocketMetrics::TABLE,
    support_service::METRICS,
    support_realtime::METRICS[0],
    support_realtime::METRICS[1],
    support_store::METRICS,
    support_rbac::METRICS,
];

/// Has a recorder count the desk's durations and sizes in buckets; without it they come as summaries, of which no quantile
/// over several nodes can be had. For a backend that links the desk and collects with Prometheus.
///
/// # Errors
/// None that the desk's own tables can cause.
pub fn with_buckets(builder: PrometheusBuilder) -> Result<PrometheusBuilder, BuildError> {
    let histograms = TABLES.into_iter().flatten().filter(|metric| metric.kind == Kind::Histogram);
    histograms.into_iter().try_fold(builder, |builder, metric| {
        builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), metric.buckets())
    })
}

/// Starts to collect for the whole process. Before anything is made that counts: handles are made for the recorder that
/// there is then.
pub(crate) fn collect() -> Option<PrometheusHandle> {
    let recorder = with_buckets(PrometheusBuilder::new()).and_then(PrometheusBuilder::install_recorder);
    recorder.inspect_err(|error| tracing::warn!(error = %error, "no metrics are collected")).ok()
}

/// Tells the recorder what there is, so that whoever reads it finds every metric from the start.
pub(crate) fn describe() {
    TABLES.into_iter().flatten().for_each(Metric::describe);
    HTTP.build_info.of([env!("CARGO_PKG_VERSION").into()]).set(1.0);
}

/// A count as a gauge takes it.
#[expect(clippy::cast_precision_loss, reason = "counts of this process are far below 2^52")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}

/// A request on its way; counted until it is dropped.
pub(crate) struct InFlight(());

impl InFlight {
    pub(crate) fn begin() -> Self {
        HTTP.requests_in_flight.increment(1.0);
        Self(())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        HTTP.requests_in_flight.decrement(1.0);
    }
}

impl FrameAnswer {
    /// What the client was told: an error, or none.
    pub(crate) fn of(error: Option<ErrorCode>) -> Self {
        match error {
            None => Self::Done,
            Some(ErrorCode::RateLimited) => Self::Limited,
            Some(code) if code.status().is_server_error() => Self::Failed,
            Some(_) => Self::Refused,
        }
    }
}

impl ClosedWith {
    /// By the code in the close frame.
    pub(crate) fn code(code: u16) -> Self {
        Self::parse(&code.to_string()).unwrap_or(Self::Policy)
    }
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
