//! Puts the backend together: its own routes, and beside them the desk with its loops and its sockets.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpServer};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use support_http::ws::tcp::{self, TcpOptions};
use support_http::ws::{SocketLimits, Sockets};
use support_http::{Background, BackgroundTasks, Desk, WebConfig, background, metrics, start_realtime};
use support_realtime::queue::QueueLimits;
use support_service::{Ports, ServiceConfig as DeskConfig, SupportService};
use support_store::{DatabaseUrl, Store, StoreConfig};

use super::HostError;
use super::ports::{OwnAudit, People, Sessions};
use super::routes;
use super::tables::Tables;

/// How long open sockets are given at a stop.
const FOR_SOCKETS: Duration = Duration::from_secs(3);

/// What to serve.
pub(crate) struct Plan {
    pub(crate) tables: Tables,
    /// 0 for any.
    pub(crate) port: u16,
    /// Without it, the backend as it was before the desk came.
    pub(crate) with_support: bool,
}

/// The backend's own metrics: one recorder for the whole process, whose numbers are then those of the desk as well. The
/// desk's durations come in buckets.
fn recorder() -> Result<PrometheusHandle, HostError> {
    static RECORDER: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut recorder = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    match &*recorder {
        Some(recorder) => Ok(recorder.clone()),
        None => Ok(recorder.insert(metrics::with_buckets(PrometheusBuilder::new())?.install_recorder()?).clone()),
    }
}

/// Makes a desk out of what the backend has, and starts what works behind its requests.
async fn open_desk(tables: &Tables) -> Result<(Desk, BackgroundTasks), HostError> {
    // In the backend's own file; the desk makes its tables there (support_...) and touches no other.
    let url = DatabaseUrl::Sqlite(tables.file().to_owned());
    Store::migrate(&url, false)?;
    let (realtime, signals) = start_realtime(None, QueueLimits::default())?;
    let ports = Ports {
        realtime,
        audit_sink: Some(Arc::new(OwnAudit(tables.clone()))),
        directory: Some(Arc::new(People(tables.clone()))),
        ..Ports::default()
    };
    let service = SupportService::new(Store::open(&StoreConfig::new(url))?, DeskConfig::default(), ports);
    let desk = Desk {
        service,
        authenticator: Arc::new(Sessions(tables.clone())),
        web: Arc::new(WebConfig::default()),
        sockets: Sockets::new(SocketLimits::default()),
    };
    let tasks = background(&desk, Background::new(signals)).await?;
    Ok((desk, tasks))
}

/// The backend's own routes and state, the desk's beside them, and the backend's answer to all the rest.
fn mount(app: &mut ServiceConfig, tables: &Tables, desk: Option<&Desk>) {
    app.app_data(Data::new(tables.clone())).configure(routes::configure);
    if let Some(desk) = desk {
        support_http::configure(app, desk);
    }
    app.default_service(web::to(routes::no_such_page));
}

/// Serves until `stop` is ready; `started` is told where.
pub(crate) async fn serve(
    plan: Plan,
    stop: impl Future<Output = ()> + 'static,
    started: impl FnOnce(SocketAddr),
) -> Result<(), HostError> {
    let Plan { tables, port, with_support } = plan;
    // Before the desk: it counts with the recorder that there is when it is made.
    let recorder = recorder()?;
    let (desk, tasks) = match with_support {
        true => open_desk(&tables).await.map(|(desk, tasks)| (Some(desk), Some(tasks)))?,
        false => (None, None),
    };
    let sockets = desk.as_ref().map(|desk| desk.sockets.clone());
    let server = HttpServer::new(move || {
        let (tables, desk, recorder) = (tables.clone(), desk.clone(), recorder.clone());
        App::new()
            .app_data(Data::new(recorder))
            .wrap(from_fn(routes::sign))
            .configure(move |app| mount(app, &tables, desk.as_ref()))
    })
    // Every connection: so that the desk can cut a socket whose peer does not read.
    .on_connect(|io, extensions| {
        if let Some(handle) = tcp::prepare(io, &TcpOptions::default()) {
            extensions.insert(Arc::new(handle));
        }
    })
    .workers(2)
    .disable_signals()
    .shutdown_timeout(5)
    .bind((Ipv4Addr::LOCALHOST, port))?;
    let address = *server.addrs().first().ok_or("there is no address")?;
    let server = server.run();
    let handle = server.handle();
    started(address);
    actix_web::rt::spawn(async move {
        stop.await;
        // Sockets first: to the server an open one is a request that does not end.
        if let Some(sockets) = sockets {
            sockets.drain(FOR_SOCKETS).await;
        }
        handle.stop(true).await;
    });
    server.await?;
    if let Some(tasks) = tasks {
        tasks.stop().await;
    }
    Ok(())
}
