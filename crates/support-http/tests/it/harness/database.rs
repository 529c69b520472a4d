//! A database of a test's own, and a look into it past the server: what was kept, and what must not have been.

use std::env;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{PgConnection, SqliteConnection, sql_query};
use serde_json::Value;
use tempfile::TempDir;

/// The variable that names the PostgreSQL server of the tests, as a superuser reaches it.
const POSTGRES_URL: &str = "SUPPORT_TEST_POSTGRES_URL";
/// The server's own role: it may do nothing that an ordinary owner of a database may not.
pub(crate) const ROLE: &str = "support_desk_it";

/// Which database a scenario runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    /// Runs a scenario, unless there is no server for it.
    pub(crate) fn run(self, scenario: fn(Self)) {
        if self == Self::Postgres && env::var_os(POSTGRES_URL).is_none() {
            eprintln!("skipped: {POSTGRES_URL} is not set");
            return;
        }
        scenario(self);
    }

    /// The folder of its migrations.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A folder that is gone after the test.
pub(crate) fn scratch_folder() -> TempDir {
    TempDir::with_prefix("support-it-").expect("a temporary folder")
}

/// The parts of a PostgreSQL URL that tests exchange.
#[derive(Debug, Clone)]
struct PostgresUrl {
    credentials: String,
    address: String,
    parameters: String,
}

impl PostgresUrl {
    /// The server of the tests. Host and port must be written out: a forwarder has to stand in for them.
    fn of_tests() -> Self {
        let url = env::var(POSTGRES_URL).expect("asked for before");
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
        let (before, parameters) = rest.map(|rest| rest.split_once('?').unwrap_or((rest, ""))).expect("a URL");
        let (authority, _) = before.split_once('/').unwrap_or((before, ""));
        let (credentials, address) = authority.rsplit_once('@').expect("postgres://USER@HOST:PORT/DATABASE");
        let address = if address.contains(':') { address.to_owned() } else { format!("{address}:5432") };
        Self { credentials: credentials.to_owned(), address, parameters: parameters.to_owned() }
    }

    fn to_database(&self, name: &str) -> String {
        let mut url = format!("postgres://{}@{}/{name}", self.credentials, self.address);
        if !self.parameters.is_empty() {
            url = format!("{url}?{}", self.parameters);
        }
        url
    }
}

/// A database of a test's own; gone with it.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) backend: Backend,
    /// PostgreSQL: the database's name.
    name: String,
    /// SQLite: where the file is.
    folder: TempDir,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// A connection to the database, past the server.
pub(crate) enum Past {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Past {
    /// Runs a statement.
    #[track_caller]
    pub(crate) fn execute(&mut self, sql: &str) {
        let done = match self {
            Self::Sqlite(conn) => sql_query(sql).execute(conn),
            Self::Postgres(conn) => sql_query(sql).execute(conn),
        };
        done.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    /// Runs many statements, which return nothing.
    #[track_caller]
    pub(crate) fn batch(&mut self, sql: &str) {
        let done = match self {
            Self::Sqlite(conn) => conn.batch_execute(sql),
            Self::Postgres(conn) => conn.batch_execute(sql),
        };
        done.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    /// The one text column `line` of a query.
    #[track_caller]
    pub(crate) fn lines(&mut self, sql: &str) -> Vec<String> {
        let found = match self {
            Self::Sqlite(conn) => sql_query(sql).load::<Line>(conn),
            Self::Postgres(conn) => sql_query(sql).load::<Line>(conn),
        };
        found.unwrap_or_else(|error| panic!("{error}: {sql}")).into_iter().map(|line| line.line).collect()
    }
}

impl Database {
    /// An empty database.
    #[track_caller]
    pub(crate) fn create(backend: Backend) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("support_it_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let database = Self { backend, name, folder: scratch_folder() };
        if backend == Backend::Postgres {
            let mut conn = server();
            conn.execute(&format!(
                "DO $$ BEGIN CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'; \
                 EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            ));
            conn.execute(&format!("CREATE DATABASE {} OWNER {ROLE} TEMPLATE template0", database.name));
        }
        database
    }

    /// The server's `DATABASE_URL`.
    pub(crate) fn url(&self) -> String {
        match self.backend {
            Backend::Sqlite => format!("sqlite:{}", self.file()),
            Backend::Postgres => self.url_through(&PostgresUrl::of_tests().address),
        }
    }

    /// The `DATABASE_URL` of PostgreSQL by way of another address.
    pub(crate) fn url_through(&self, address: &str) -> String {
        let credentials = format!("{ROLE}:{ROLE}");
        PostgresUrl { credentials, address: address.to_owned(), ..PostgresUrl::of_tests() }.to_database(&self.name)
    }

    /// The `DATABASE_URL` of PostgreSQL as another role, whose password is its name.
    pub(crate) fn url_as(&self, role: &str) -> String {
        let credentials = format!("{role}:{role}");
        PostgresUrl { credentials, ..PostgresUrl::of_tests() }.to_database(&self.name)
    }

    /// The `DATABASE_URL` of PostgreSQL as the server's superuser.
    pub(crate) fn url_of_superuser(&self) -> String {
        PostgresUrl::of_tests().to_database(&self.name)
    }

    /// Host and port of PostgreSQL.
    pub(crate) fn address(&self) -> String {
        PostgresUrl::of_tests().address
    }

    fn file(&self) -> String {
        self.folder.path().join("desk.db").to_str().expect("a path in UTF-8").to_owned()
    }

    /// The folder of the embedded database.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The folder of the files, beside the embedded database.
    pub(crate) fn files(&self) -> std::path::PathBuf {
        self.folder.path().join("desk.db.attachments")
    }

    /// The bytes of every file that is kept.
    #[track_caller]
    pub(crate) fn kept_files(&self) -> Vec<Vec<u8>> {
        let mut folders = vec![self.files()];
        let mut kept = Vec::new();
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(folder) else { continue };
            for entry in entries.flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    // Perhaps it was removed meanwhile.
                    _ => kept.extend(std::fs::read(entry.path())),
                }
            }
        }
        kept
    }

    /// A connection past the server, with every right.
    #[track_caller]
    pub(crate) fn connect(&self) -> Past {
        match self.backend {
            Backend::Sqlite => {
                let mut conn = SqliteConnection::establish(&self.file()).expect("the file opens");
                sql_query("PRAGMA busy_timeout = 10000").execute(&mut conn).expect("a pragma");
                Past::Sqlite(conn)
            }
            Backend::Postgres => connect_to(&self.name),
        }
    }

    /// A connection to the PostgreSQL server, but not to this database.
    #[track_caller]
    pub(crate) fn server(&self) -> Past {
        server()
    }

    /// The database's name on its server.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A table's name in SQL.
    pub(crate) fn table(&self, table: &str) -> String {
        match self.backend {
            Backend::Sqlite => table.to_owned(),
            Backend::Postgres => format!("support_chat.{table}"),
        }
    }

    /// How many rows a table has.
    #[track_caller]
    pub(crate) fn count(&self, table: &str) -> usize {
        let sql = format!("SELECT CAST(count(*) AS text) AS line FROM {}", self.table(table));
        self.connect().lines(&sql)[0].parse().expect("a number")
    }

    /// Every row of the desk's tables as text, in a fixed order: to see that nothing was written, or that something was
    /// not.
    #[track_caller]
    pub(crate) fn snapshot(&self) -> Vec<String> {
        let tables = ["support_conversations", "support_messages", "support_attachments", "support_audit_logs"];
        let mut conn = self.connect();
        let mut rows = Vec::new();
        for table in tables {
            let sql = match self.backend {
                Backend::Postgres => format!("SELECT row_to_json(t)::text AS line FROM {} t", self.table(table)),
                Backend::Sqlite => {
                    let names = conn.lines(&format!("SELECT name AS line FROM pragma_table_xinfo('{table}')"));
                    let shown: Vec<String> = names.iter().map(|name| sqlite_as_text(name)).collect();
                    format!("SELECT {} AS line FROM {table}", shown.join(" || ' ' || "))
                }
            };
            rows.extend(conn.lines(&sql).into_iter().map(|row| format!("{table} {row}")));
        }
        rows.sort();
        rows
    }

    /// The audit log, oldest first, under the names of the host's own columns.
    #[track_caller]
    pub(crate) fn audit_logs(&self) -> Vec<Value> {
        let columns = "'actorId', actor_id, 'actorEmail', actor_email, 'actorRole', actor_role, \
             'countryCode', country_code, 'actionType', action_type, 'entityType', entity_type, \
             'entityId', entity_id, 'description', description, 'environment', environment";
        let object = match self.backend {
            Backend::Sqlite => {
                format!(
                    "json_object({columns}, 'metadata', json(metadata), 'success', json(iif(success, 'true', 'false')))"
                )
            }
            Backend::Postgres => {
                format!("json_build_object({columns}, 'metadata', metadata, 'success', success)::text")
            }
        };
        let sql = format!("SELECT {object} AS line FROM {} ORDER BY id", self.table("support_audit_logs"));
        let rows = self.connect().lines(&sql);
        rows.iter().map(|row| serde_json::from_str(row).expect("JSON")).collect()
    }
}

/// Text as it is and the binary form of JSON as JSON, so that words can be looked for in both.
fn sqlite_as_text(column: &str) -> String {
    match column {
        "metadata" => format!("coalesce(json({column}), 'null')"),
        _ => format!("quote({column})"),
    }
}

fn server() -> Past {
    connect_to("postgres")
}

#[track_caller]
fn connect_to(name: &str) -> Past {
    let conn = PgConnection::establish(&PostgresUrl::of_tests().to_database(name));
    Past::Postgres(conn.unwrap_or_else(|error| panic!("{POSTGRES_URL} is of no use: {error}")))
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.backend == Backend::Postgres {
            // Never panics: it may run while a test fails.
            let url = PostgresUrl::of_tests().to_database("postgres");
            if let Ok(mut conn) = PgConnection::establish(&url) {
                let _ = sql_query(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).execute(&mut conn);
            }
        }
    }
}
