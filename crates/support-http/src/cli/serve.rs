//! `support-http serve`.

use support_service::Ports;

use super::CommandError;
use crate::config::{Config, Variables};
use crate::host::Host;
use crate::server::{ServeError, listen, open_service, serve as run_server};

pub(super) fn serve() -> Result<(), CommandError> {
    let traces = crate::log::start("info,async_nats=warn")?;
    let mut config = Config::from_variables(Variables::of_process())?;
    config.web.metrics = crate::metrics::collect();
    let system = actix_web::rt::System::new();
    let served = system.block_on(async move {
        let (realtime, signals) = config.start_realtime()?;
        let ports = Ports { realtime, files: config.files.open()?, ..Ports::default() };
        let host = Host::new(&config.host, &ports.clock);
        let ports = host.plug_into(ports);
        let service = open_service(&config.store, config.service.clone(), ports).map_err(ServeError::from)?;
        host.probe().await.map_err(CommandError::Other)?;
        let listening = listen(&config)?;
        Ok(run_server(service, host, signals, config, listening).await?)
    });
    traces.finish();
    // A thread of it may wait for an answer of the database that never comes, and dropping it would wait for that thread. The
    // process ends next.
    std::mem::forget(system);
    served
}
