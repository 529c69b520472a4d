//! The host that the desk stands beside: what is configured of it, and how its people, settings and audit log are plugged
//! in. Knows no table and no claim; `support-safego` does. With nothing configured nothing here does anything.

use std::sync::Arc;
use std::time::Duration;

use support_domain::Clock;
use support_rbac::{Authenticator, StandingAuthenticator};
use support_safego::{
    ByShape, HostAuditLog, HostAuthenticator, HostConfig, HostDatabase, HostDirectory, HostProblem, HostSecret,
    HostSettings, HostStanding, People, SchemaName,
};
use support_service::Ports;
use support_store::DatabaseUrl;

use crate::config::{InvalidConfig, Variables, whole};

pub(crate) const HOST: &str = "SUPPORT_HOST";
pub(crate) const HOST_DATABASE_URL: &str = "SUPPORT_HOST_DATABASE_URL";
pub(crate) const JWT_SECRET: &str = "SUPPORT_JWT_SECRET";

/// What is configured of the host. Does not print its secret or its address.
#[derive(Debug, Clone, Default)]
pub struct HostOptions {
    /// What its tokens are signed with; none when they are not taken.
    pub secret: Option<HostSecret>,
    /// Where its tables are; none when they are left alone.
    pub tables: Option<HostConfig>,
}

impl HostOptions {
    /// Reads the variables.
    ///
    /// # Errors
    /// The first one that cannot be used, or that is missing beside another.
    pub(crate) fn from_variables(variables: Variables, database: &DatabaseUrl) -> Result<Self, InvalidConfig> {
        let secret = variables.get_verbatim(JWT_SECRET)?.map(|secret| HostSecret::new(&secret)).transpose();
        let secret = secret.map_err(|error| InvalidConfig::new(JWT_SECRET, error))?;
        let address = variables.get(HOST_DATABASE_URL)?;
        let schema: SchemaName = variables
            .get("SUPPORT_HOST_SCHEMA")?
            .map(|name| name.parse())
            .transpose()
            .map_err(|error| InvalidConfig::new("SUPPORT_HOST_SCHEMA", error))?
            .unwrap_or_default();
        let pool_size = whole(variables, "SUPPORT_HOST_POOL_SIZE", 4, 1..=100)?;
        match variables.get(HOST)?.as_deref() {
            None => return Ok(Self { secret, tables: None }),
            Some("safego") => {}
            Some(_) => return Err(InvalidConfig::new(HOST, "must be safego, or not be set")),
        }
        let DatabaseUrl::Postgres(own) = database else {
            return Err(InvalidConfig::new(HOST, "safego needs PostgreSQL in DATABASE_URL"));
        };
        if secret.is_none() {
            return Err(InvalidConfig::new(JWT_SECRET, "must be set where SUPPORT_HOST is safego"));
        }
        let address = match address {
            None => own.clone(),
            Some(text) => match text.parse() {
                Ok(DatabaseUrl::Postgres(address)) => address,
                _ => return Err(InvalidConfig::new(HOST_DATABASE_URL, "must be postgres://...")),
            },
        };
        let tables = HostConfig { address, schema, pool_size, time_limit: Duration::from_secs(2) };
        Ok(Self { secret, tables: Some(tables) })
    }
}

/// Looks whether the host's tables are as the desk needs them, and whether its audit log takes records: what was asked, and
/// what came of it. Nothing where they are left alone.
pub(crate) async fn examine(options: &HostOptions) -> Vec<(&'static str, Result<(), HostProblem>)> {
    let Some(config) = &options.tables else { return Vec::new() };
    let database = HostDatabase::new(config);
    let tables = database.probe().await;
    vec![("its tables can be read", tables), ("its audit log takes records", database.probe_audit_log().await)]
}

/// The host, as far as it is configured.
#[derive(Debug, Default)]
pub(crate) struct Host {
    secret: Option<HostSecret>,
    tables: Option<Tables>,
}

#[derive(Debug)]
struct Tables {
    database: Arc<HostDatabase>,
    people: Arc<People>,
}

impl Host {
    /// The host that these options name. Connects to nothing yet.
    pub(crate) fn new(options: &HostOptions, clock: &Arc<dyn Clock>) -> Self {
        let tables = options.tables.as_ref().map(|config| {
            let database = Arc::new(HostDatabase::new(config));
            let people = Arc::new(People::new(Arc::clone(&database), Arc::clone(clock)));
            Tables { database, people }
        });
        Self { secret: options.secret.clone(), tables }
    }

    /// Plugs its people, settings and audit log in.
    pub(crate) fn plug_into(&self, ports: Ports) -> Ports {
        let Some(Tables { database, people }) = &self.tables else { return ports };
        let directory = HostDirectory::new(Arc::clone(database), Arc::clone(people), Arc::clone(&ports.clock));
        Ports {
            audit_sink: Some(Arc::new(HostAuditLog::new(Arc::clone(database)))),
            directory: Some(Arc::new(directory)),
            standing: Some(Arc::new(HostStanding::new(Arc::clone(people)))),
            settings_source: Some(Arc::new(HostSettings::new(Arc::clone(database)))),
            ..ports
        }
    }

    /// Those whom `ours` knows, less those whom the host does not want any more, and those who come with the host's tokens.
    pub(crate) fn authenticator(&self, ours: Arc<dyn Authenticator>, clock: &Arc<dyn Clock>) -> Arc<dyn Authenticator> {
        let people = self.tables.as_ref().map(|tables| Arc::clone(&tables.people));
        let ours = match &people {
            Some(people) => {
                let standing = Arc::new(HostStanding::new(Arc::clone(people)));
                Arc::new(StandingAuthenticator::new(ours, standing, Arc::clone(clock)))
            }
            None => ours,
        };
        match self.secret.clone() {
            Some(secret) => {
                let hosts = Arc::new(HostAuthenticator::new(secret, Arc::clone(clock), people));
                Arc::new(ByShape { hosts, ours })
            }
            None => ours,
        }
    }

    /// Looks whether its tables are as the desk needs them. A database that is away may come back, and is no reason not to
    /// start.
    pub(crate) async fn probe(&self) -> Result<(), String> {
        let Some(tables) = &self.tables else { return Ok(()) };
        match tables.database.probe().await {
            Ok(()) => Ok(()),
            Err(HostProblem::Away(error)) => {
                tracing::warn!(error, "the host's database is away; nobody can come in until it is back");
                Ok(())
            }
            Err(HostProblem::Refused(error)) => Err(format!("{HOST}: the host's tables cannot be read: {error}")),
        }
    }
}
