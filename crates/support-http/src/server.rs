//! Assembles the desk, serves it, and stops it.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::{App, HttpServer};
use support_rbac::{BiscuitAuthenticator, RevocationList};
use support_service::{Ports, ServiceConfig, SupportService};
use support_store::{Store, StoreConfig, StoreError};
use tokio::signal::unix::{SignalKind, signal};

use crate::Desk;
use crate::background::{Background, Signals, background};
use crate::config::Config;
use crate::host::Host;
use crate::routes::{configure, configure_binary};
use crate::ws::{Sockets, tcp};

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
    host: Host,
    signals: Signals,
    config: Config,
    listening: Listening,
) -> Result<(), ServeError> {
    let revocations: Arc<dyn RevocationList> = service.revocations().clone();
    let biscuits = BiscuitAuthenticator::new(config.trusted_keys, Arc::clone(service.clock()), revocations);
    let authenticator = host.authenticator(Arc::new(biscuits), service.clock());
    let sockets = Sockets::new(config.sockets);
    let desk = Desk { service, authenticator, web: Arc::new(config.web), sockets: sockets.clone() };
    let (sync_every, settings_every) = (config.sync_every, config.settings_every);
    let files_every = config.files.tidied_every;
    let tasks = background(&desk, Background { signals, sync_every, settings_every, files_every }).await?;
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
    let stop = tokio::spawn(async move {
        wait_for_stop().await;
        tracing::info!("stopping");
        // Sockets first: an open one would hold the stop for the whole time, and end without a word.
        sockets.drain(for_sockets).await;
        handle.stop(true).await;
    });
    let result = server.await;
    stop.abort();
    tasks.stop().await;
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
