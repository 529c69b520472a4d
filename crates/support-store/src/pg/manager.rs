//! Makes connections for a pool, and throws away those that cannot be trusted any more. Public for crates that ask a
//! PostgreSQL of their own, so that all connections are made alike and no password is ever printed.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::url::with_defaults;

/// A pooled connection.
pub struct Session {
    pub(crate) conn: PgConnection,
    /// Set when an answer showed that the server behind it is gone or no longer takes writes.
    pub(crate) broken: bool,
}

impl Session {
    /// The connection.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.conn
    }

    /// Has the pool throw the connection away: the server behind it is gone.
    pub fn give_up(&mut self) {
        self.broken = true;
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("broken", &self.broken).finish_non_exhaustive()
    }
}

/// Connects to PostgreSQL. Does not print its address, which may hold a password.
pub struct PgManager {
    url: String,
    statement_timeout_ms: u128,
}

impl std::fmt::Debug for PgManager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgManager").field("statement_timeout_ms", &self.statement_timeout_ms).finish_non_exhaustive()
    }
}

impl PgManager {
    /// Connects to that address, in libpq's form, with what the desk needs added where it does not say; no statement may
    /// take longer than `statement_timeout`.
    pub fn new(url: &str, statement_timeout: std::time::Duration) -> Self {
        Self { url: with_defaults(url), statement_timeout_ms: statement_timeout.as_millis() }
    }

    /// A connection outside the pool.
    pub(crate) fn connect_once(&self) -> ConnectionResult<PgConnection> {
        PgConnection::establish(&self.url).map_err(|error| match error {
            // What libpq cannot read it prints, with the password in it; and its second line tells nothing new.
            ConnectionError::BadConnection(text) => {
                let unreadable = ["URI", "percent-encoded", "connection option", "connection string"];
                let told = if unreadable.iter().any(|word| text.contains(word)) {
                    "the connection string cannot be read"
                } else {
                    text.lines().next().unwrap_or_default()
                };
                ConnectionError::BadConnection(told.to_owned())
            }
            other => other,
        })
    }
}

impl r2d2::ManageConnection for PgManager {
    type Connection = Session;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Session, Self::Error> {
        let mut conn = self.connect_once().map_err(diesel::r2d2::Error::ConnectionError)?;
        // A statement that hangs would keep its thread and its locks.
        let setup = format!(
            "SET statement_timeout = {0}; SET lock_timeout = {0}; SET idle_in_transaction_session_timeout = {0}",
            self.statement_timeout_ms
        );
        conn.batch_execute(&setup).map_err(diesel::r2d2::Error::QueryError)?;
        Ok(Session { conn, broken: false })
    }

    fn is_valid(&self, session: &mut Session) -> Result<(), Self::Error> {
        session.conn.batch_execute("SELECT 1").map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, session: &mut Session) -> bool {
        session.broken || std::thread::panicking()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_makes_connections_here_has_what_the_desk_needs() {
        let manager = PgManager::new("postgres://desk:hunter2@h1/desk", std::time::Duration::from_secs(1));
        assert_eq!(manager.url, with_defaults("postgres://desk:hunter2@h1/desk"));
        for needed in ["tcp_user_timeout=", "keepalives_idle=", "connect_timeout="] {
            assert!(manager.url.contains(needed), "{needed}");
        }
        assert!(!format!("{manager:?}").contains("hunter2"));
    }
}
