//! `support-http serve`.

use super::CommandError;
use crate::config::{Config, Variables};
use crate::server::{ServeError, listen, open_service, serve as run_server};

pub(super) fn serve() -> Result<(), CommandError> {
    crate::log::start("info")?;
    let config = Config::from_variables(Variables::of_process())?;
    actix_web::rt::System::new().block_on(async move {
        let service = open_service(&config.store, config.service.clone()).map_err(ServeError::from)?;
        let listening = listen(&config)?;
        Ok(run_server(service, config, listening).await?)
    })
}
