//! Assembles the desk, serves it, and stops it.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpServer};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use support_rbac::{BiscuitAuthenticator, RevocationList};
use support_realtime::Hub;
use support_realtime::fan_out::{FanOut, InProcess, Nats, Signal};
use support_service::{Ports, Realtime, ServiceConfig, SupportService};
use support_store::{Store, StoreConfig, StoreError};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::Desk;
use crate::config::{Config, InvalidConfig, NATS_URL};
use crate::routes::{configure, configure_binary};
use crate::state::WebConfig;
use crate::ws::{FrameEncoder, Sockets, tcp};

/// How often revoked tokens are read anew: a live socket is to end within a second.
const REVOCATIONS_EVERY: Duration = Duration::from_millis(500);
/// How often the audit log is looked through for what waits to be delivered.
const AUDIT_EVERY: Duration = Duration::from_secs(1);
/// How often memory kept for people who have gone is given back.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// How many signals of other nodes may wait.
const SIGNALS: usize = 4_096;

/// How often the metrics are tidied, which otherwise happens only when somebody reads them.
const METRICS_EVERY: Duration = Duration::from_secs(5);

/// Why the server could not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The service.
    #[error(transparent)]
    Service(#[from] support_service::ServiceError),
    /// The network, or the file for the port.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

fn io_error(what: &'static str) -> impl FnOnce(io::Error) -> ServeError {
    move |source| ServeError::Io { what, source }
}

/// The way to the sockets of this node and to other nodes, and what comes from those.
pub(crate) fn start_realtime(config: &Config) -> Result<(Realtime, mpsc::Receiver<Signal>), InvalidConfig> {
    let (sender, signals) = mpsc::channel(SIGNALS);
    let fan_out: Arc<dyn FanOut> = match &config.nats_url {
        Some(url) => Arc::new(Nats::start(url, sender).map_err(|error| InvalidConfig::new(NATS_URL, error))?),
        None => Arc::new(InProcess),
    };
    Ok((Realtime { hub: Hub::new(Arc::new(FrameEncoder), config.queue), fan_out }, signals))
}

/// The service on that database, which is brought up to date first.
pub(crate) fn open_service(
    store: &StoreConfig,
    config: ServiceConfig,
    ports: Ports,
) -> Result<SupportService, StoreError> {
    let migrated = Store::migrate(&store.url, false)?;
    for name in &migrated.names {
        tracing::info!(migration = %name, "applied a migration");
    }
    Ok(SupportService::new(Store::open(store)?, config, ports))
}

/// Collects metrics for the whole process.
fn start_metrics() -> Option<PrometheusHandle> {
    let buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
    let matcher = Matcher::Full("support_http_request_duration_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(matcher, &buckets).ok()?;
    builder.install_recorder().inspect_err(|error| tracing::warn!(error = %error, "no metrics are collected")).ok()
}

/// A server that listens.
pub(crate) struct Listening {
    /// Where.
    pub(crate) address: std::net::SocketAddr,
    listener: TcpListener,
}

/// Takes the address, and writes the port that was taken to the file.
pub(crate) fn listen(config: &Config) -> Result<Listening, ServeError> {
    let listener = TcpListener::bind(config.bind).map_err(io_error("SUPPORT_BIND: the address cannot be taken"))?;
    let address = listener.local_addr().map_err(io_error("the address cannot be read"))?;
    if let Some(file) = &config.port_file {
        // Under another name first, so that nobody reads half a number.
        let mut draft = file.clone().into_os_string();
        draft.push(format!(".{}.draft", std::process::id()));
        std::fs::write(&draft, format!("{}\n", address.port()))
            .and_then(|()| std::fs::rename(&draft, file))
            .map_err(io_error("SUPPORT_PORT_FILE: the file cannot be written"))?;
    }
    Ok(Listening { address, listener })
}

/// Serves until a signal says stop, then finishes what is in flight.
pub(crate) async fn serve(
    service: SupportService,
    signals: mpsc::Receiver<Signal>,
    config: Config,
    listening: Listening,
) -> Result<(), ServeError> {
    let revocations: Arc<dyn RevocationList> = service.revocations().clone();
    let authenticator = BiscuitAuthenticator::new(config.trusted_keys, Arc::clone(service.clock()), revocations);
    let metrics = start_metrics();
    let web = Arc::new(WebConfig { metrics: metrics.clone(), ..config.web });
    let sockets = Sockets::new(config.sockets);
    let desk = Desk { service: service.clone(), authenticator: Arc::new(authenticator), web, sockets: sockets.clone() };
    // Before the first request: a token that was revoked must not be good for a moment.
    service.refresh_revocations().await?;
    // Of the time for a stop a third is for sockets, and the rest for requests.
    let for_sockets = config.shutdown_timeout / 3;
    let server = HttpServer::new(move || {
        let desk = desk.clone();
        App::new().configure(|app| configure(app, &desk)).configure(|app| configure_binary(app, &desk))
    })
    .on_connect(move |io, extensions| {
        if let Some(handle) = tcp::prepare(io, &config.tcp) {
            extensions.insert(Arc::new(handle));
        }
    })
    .listen(listening.listener)
    .map_err(io_error("the address cannot be listened on"))?
    .tcp_nodelay(true)
    .disable_signals()
    .shutdown_timeout(config.shutdown_timeout.saturating_sub(for_sockets).as_secs())
    .run();
    tracing::info!(address = %listening.address, "listening");
    let handle = server.handle();
    let background = [
        tokio::spawn(keep_refreshing_revocations(service.clone())),
        tokio::spawn(keep_delivering_audit(service.clone())),
        tokio::spawn(keep_in_step(service.clone(), signals, config.sync_every)),
        tokio::spawn(keep_forgetting(service.clone())),
        tokio::spawn(keep_files_tidy(service.clone(), config.files.tidied_every)),
        tokio::spawn(keep_metrics_tidy(metrics, service)),
    ];
    let stop = tokio::spawn(async move {
        wait_for_stop().await;
        tracing::info!("stopping");
        // Sockets first: an open one would hold the stop for the whole time, and end without a word.
        sockets.drain(for_sockets).await;
        handle.stop(true).await;
    });
    let result = server.await;
    stop.abort();
    background.iter().for_each(tokio::task::JoinHandle::abort);
    tracing::info!("stopped");
    result.map_err(io_error("the server failed"))
}

async fn wait_for_stop() {
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        _ => {
            tracing::error!("signals cannot be heard; end the process to stop it");
            std::future::pending::<()>().await;
        }
    }
}

async fn keep_refreshing_revocations(service: SupportService) {
    let mut known = true;
    let mut ticks = tokio::time::interval(REVOCATIONS_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let result = service.refresh_revocations().await;
        match (&result, known) {
            (Err(error), true) => tracing::warn!(error = %error, "the revoked tokens cannot be read"),
            (Ok(()), false) => tracing::info!("the revoked tokens can be read again"),
            _ => {}
        }
        known = result.is_ok();
    }
}

async fn keep_in_step(service: SupportService, signals: mpsc::Receiver<Signal>, every: Duration) {
    service.keep_in_step(signals, every).await;
}

async fn keep_delivering_audit(service: SupportService) {
    loop {
        match service.deliver_audit().await {
            // A full batch was delivered; there may be more.
            Ok(delivered) if delivered > 0 => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = %error, "the audit log cannot be delivered"),
        }
        tokio::time::sleep(AUDIT_EVERY).await;
    }
}

async fn keep_forgetting(service: SupportService) {
    loop {
        tokio::time::sleep(FORGET_EVERY).await;
        if let Err(error) = service.forget_idle().await {
            tracing::warn!(error = %error, "the tokens that have ended could not be forgotten");
        }
    }
}

async fn keep_files_tidy(service: SupportService, every: Duration) {
    loop {
        match service.tidy_files().await {
            // There may be more.
            Ok(done) if done > 0 => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = %error, "files could not be tidied"),
        }
        tokio::time::sleep(every).await;
    }
}

async fn keep_metrics_tidy(metrics: Option<PrometheusHandle>, service: SupportService) {
    let Some(metrics) = metrics else { return };
    loop {
        metrics::gauge!("support_http_reaches_other_nodes").set(f64::from(u8::from(service.reaches_other_nodes())));
        tokio::time::sleep(METRICS_EVERY).await;
        metrics.run_upkeep();
    }
}
