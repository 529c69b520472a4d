//! What the backend keeps: accounts, sessions, and what its services are about. All of it was there before the desk.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_query;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use serde_json::Value;
use sha2::{Digest, Sha256};
use support_domain::{Clock, SystemClock};

use super::HostError;

/// How long a session is good.
const SESSION_LIFE: Duration = Duration::from_secs(3_600);

const TABLES: &str = "
    PRAGMA busy_timeout = 10000;
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS accounts (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, role TEXT, country TEXT NOT NULL, name TEXT NOT NULL,
        email TEXT NOT NULL, active INTEGER NOT NULL DEFAULT 1);
    CREATE TABLE IF NOT EXISTS sessions (
        token_hash TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts (id), ends_at INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS login_codes (code_hash TEXT PRIMARY KEY, account_id TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS rides (
        id INTEGER PRIMARY KEY, driver_id TEXT NOT NULL, customer_id TEXT NOT NULL, destination TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS food_orders (
        id INTEGER PRIMARY KEY, customer_id TEXT NOT NULL, restaurant_id TEXT NOT NULL, total INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS parcels (
        id INTEGER PRIMARY KEY, customer_id TEXT NOT NULL, weight_grams INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS wallet_entries (
        id INTEGER PRIMARY KEY, account_id TEXT NOT NULL, amount INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS kyc_files (account_id TEXT PRIMARY KEY, status TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS audit_log (
        id TEXT PRIMARY KEY, at TEXT NOT NULL, actor TEXT, action TEXT NOT NULL, entity TEXT, description TEXT NOT NULL);
    INSERT OR IGNORE INTO accounts (id, kind, role, country, name, email) VALUES
        ('driver-7', 'driver', NULL, 'BD', 'Rahim', 'rahim@example.com'),
        ('customer-3', 'customer', NULL, 'BD', 'Nadia', 'nadia@example.com'),
        ('restaurant-2', 'restaurant', NULL, 'US', 'Blue Door', 'door@example.com'),
        ('agent-1', 'admin', 'SUPPORT_ADMIN', 'BD', 'Kamal', 'kamal@example.com'),
        ('agent-2', 'admin', 'SUPPORT_ADMIN', 'US', 'Maria', 'maria@example.com'),
        ('boss-1', 'admin', 'SUPER_ADMIN', 'BD', 'Shirin', 'shirin@example.com');
    INSERT OR IGNORE INTO rides VALUES (1, 'driver-7', 'customer-3', 'Uttara'), (2, 'driver-7', 'customer-3', 'Banani');
    INSERT OR IGNORE INTO food_orders VALUES (1, 'customer-3', 'restaurant-2', 1250);
    INSERT OR IGNORE INTO parcels VALUES (1, 'customer-3', 800);
    INSERT OR IGNORE INTO wallet_entries VALUES (1, 'driver-7', 450), (2, 'driver-7', -100);
    INSERT OR IGNORE INTO kyc_files VALUES ('driver-7', 'verified'), ('restaurant-2', 'waiting');
";

/// The backend's tables. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub(crate) struct Tables {
    file: Arc<PathBuf>,
    conn: Arc<Mutex<SqliteConnection>>,
    clock: SystemClock,
}

impl std::fmt::Debug for Tables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tables")
    }
}

/// A statement with its values.
type Query = BoxedSqlQuery<'static, Sqlite, SqlQuery>;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    json: String,
}

/// Somebody who is logged in.
#[derive(Clone, serde::Deserialize)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) role: Option<String>,
    pub(crate) country: String,
    pub(crate) email: String,
    /// When the session ends, in milliseconds since 1970.
    pub(crate) ends_at: i64,
}

impl Tables {
    /// Opens the file, and makes what is missing in it.
    pub(crate) fn open(file: &Path) -> Result<Self, HostError> {
        let mut conn = SqliteConnection::establish(file.to_str().ok_or("the path is not UTF-8")?)?;
        conn.batch_execute(TABLES)?;
        let (file, conn) = (Arc::new(file.to_owned()), Arc::new(Mutex::new(conn)));
        Ok(Self { file, conn, clock: SystemClock::new() })
    }

    /// Where they are kept.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The rows of a query, each of which is one column `json`.
    pub(crate) async fn rows(&self, sql: &'static str, values: &[&str]) -> Result<Vec<Value>, HostError> {
        let found = self.run(sql, values, RunQueryDsl::load::<Row>).await?;
        Ok(found.iter().map(|row| serde_json::from_str(&row.json)).collect::<Result<_, _>>()?)
    }

    /// Does something; how many rows it was done to.
    pub(crate) async fn execute(&self, sql: &'static str, values: &[&str]) -> Result<usize, HostError> {
        self.run(sql, values, RunQueryDsl::execute).await
    }

    async fn run<T: Send + 'static>(
        &self,
        sql: &'static str,
        values: &[&str],
        work: impl FnOnce(Query, &mut SqliteConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, HostError> {
        let conn = Arc::clone(&self.conn);
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let done = tokio::task::spawn_blocking(move || {
            let query = values.into_iter().fold(sql_query(sql).into_boxed(), Query::bind::<Text, _>);
            work(query, &mut conn.lock().unwrap_or_else(PoisonError::into_inner))
        });
        Ok(done.await??)
    }

    /// Logs somebody in, and returns what they show from then on. Only its hash is kept.
    pub(crate) async fn start_session(&self, account: &str) -> Result<String, HostError> {
        let token = secret()?;
        let ends_at = self.clock.now().plus(SESSION_LIFE).millis().to_string();
        self.execute("INSERT INTO sessions VALUES (?, ?, ?)", &[&hash(&token), account, &ends_at]).await?;
        Ok(token)
    }

    /// A code with which an admin can log in once.
    pub(crate) async fn make_login_code(&self, account: &str) -> Result<String, HostError> {
        let code = secret()?;
        self.execute("INSERT INTO login_codes VALUES (?, ?)", &[&hash(&code), account]).await?;
        Ok(code)
    }

    /// Uses a code up: a session of its admin, if it was good.
    pub(crate) async fn log_in(&self, account: &str, code: &str) -> Result<Option<String>, HostError> {
        let sql = "DELETE FROM login_codes WHERE code_hash = ? AND account_id = ?";
        match self.execute(sql, &[&hash(code), account]).await? {
            0 => Ok(None),
            _ => self.start_session(account).await.map(Some),
        }
    }

    /// Whom a session is of, if it is good now and the account still is.
    pub(crate) async fn account_of(&self, token: &str) -> Result<Option<Account>, HostError> {
        let sql = "SELECT json_object('id', a.id, 'kind', a.kind, 'role', a.role, 'country', a.country, \
                   'email', a.email, 'ends_at', s.ends_at) AS json \
                   FROM sessions s JOIN accounts a ON a.id = s.account_id \
                   WHERE s.token_hash = ? AND s.ends_at > ? AND a.active = 1";
        let now = self.clock.now().millis().to_string();
        let found = self.rows(sql, &[&hash(token), &now]).await?.pop();
        Ok(found.map(serde_json::from_value).transpose()?)
    }
}

fn secret() -> Result<String, HostError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(hex(&bytes))
}

fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
