//! `support-http serve`.

use support_service::Ports;

use super::CommandError;
use crate::config::{Config, Variables};
use crate::server::{ServeError, listen, open_service, serve as run_server, start_realtime};

pub(super) fn serve() -> Result<(), CommandError> {
    crate::log::start("info,async_nats=warn")?;
    let config = Config::from_variables(Variables::of_process())?;
    actix_web::rt::System::new().block_on(async move {
        let (realtime, signals) = start_realtime(&config)?;
        let ports = Ports { realtime, files: config.files.open()?, ..Ports::default() };
        let service = open_service(&config.store, config.service.clone(), ports).map_err(ServeError::from)?;
        let listening = listen(&config)?;
        Ok(run_server(service, signals, config, listening).await?)
    })
}
