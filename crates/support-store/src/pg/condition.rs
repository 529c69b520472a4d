//! Looks at a PostgreSQL server: its settings, our role's rights, its places. Everything is read in one transaction that
//! cannot write, and nothing is asked for that an ordinary role may not read.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};
use r2d2::ManageConnection;
use support_domain::Clock;

use super::{Conn, PgManager, shape};
use crate::StoreError;
use crate::condition::{Durability, PgCondition, Places, RoleCondition};
use crate::error::Ended;
use crate::migrations::state_pg;

/// One row about the server and the connection. Whoever is not told of other roles' sessions still sees that they are there.
const SERVER: &str = "
    SELECT current_setting('server_version_num')::int AS version,
           pg_catalog.pg_encoding_to_char(d.encoding)::text AS encoding,
           NOT pg_catalog.pg_is_in_recovery() AND NOT current_setting('default_transaction_read_only')::bool AS takes_writes,
           current_setting('fsync')::bool AS syncs,
           current_setting('full_page_writes')::bool AS writes_full_pages,
           current_setting('synchronous_commit') AS synchronous_commit,
           current_setting('synchronous_standby_names') <> '' AS has_standbys,
           r.rolsuper AS is_superuser,
           CASE WHEN inet_server_addr() IS NULL OR inet_server_addr() = inet_client_addr() THEN NULL
                ELSE coalesce((SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_backend_pid()), false) END AS is_encrypted,
           current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint
             - coalesce(current_setting('reserved_connections', true)::bigint, 0) AS server_places,
           d.datconnlimit::bigint AS database_places,
           r.rolconnlimit::bigint AS role_places
      FROM pg_catalog.pg_database d, pg_catalog.pg_roles r
     WHERE d.datname = current_database() AND r.rolname = current_user";

/// The sessions of others: of the server, of this database, of this role. Ours bear the name that `url.rs` gives them.
const TAKEN: &str = "
    SELECT count(*) AS server,
           count(*) FILTER (WHERE datname = current_database()) AS database,
           count(*) FILTER (WHERE usename = current_user) AS role
      FROM pg_catalog.pg_stat_activity
     WHERE datid IS NOT NULL AND usename IS NOT NULL
       AND NOT (datname = current_database() AND usename = current_user AND application_name = 'support-desk')";

const SCHEMA: &str = "
    SELECT n.oid IS NOT NULL AS schema_exists,
           coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS may_use_schema,
           CASE WHEN n.oid IS NULL THEN has_database_privilege(current_database(), 'CREATE')
                ELSE has_schema_privilege(n.oid, 'CREATE') END AS may_migrate
      FROM (SELECT 1) one LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = 'support_chat'";

const LACKING: &str = "
    SELECT c.relname || ': ' || wanted AS lacking
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS wanted
     WHERE n.nspname = 'support_chat' AND c.relname = ANY ($1) AND NOT has_table_privilege(c.oid, wanted)
     ORDER BY 1";

#[derive(QueryableByName)]
struct ServerRow {
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Text)]
    encoding: String,
    #[diesel(sql_type = Bool)]
    takes_writes: bool,
    #[diesel(sql_type = Bool)]
    syncs: bool,
    #[diesel(sql_type = Bool)]
    writes_full_pages: bool,
    #[diesel(sql_type = Text)]
    synchronous_commit: String,
    #[diesel(sql_type = Bool)]
    has_standbys: bool,
    #[diesel(sql_type = Bool)]
    is_superuser: bool,
    #[diesel(sql_type = Nullable<Bool>)]
    is_encrypted: Option<bool>,
    #[diesel(sql_type = BigInt)]
    server_places: i64,
    #[diesel(sql_type = BigInt)]
    database_places: i64,
    #[diesel(sql_type = BigInt)]
    role_places: i64,
}

#[derive(QueryableByName)]
struct TakenRow {
    #[diesel(sql_type = BigInt)]
    server: i64,
    #[diesel(sql_type = BigInt)]
    database: i64,
    #[diesel(sql_type = BigInt)]
    role: i64,
}

#[derive(QueryableByName)]
struct SchemaRow {
    #[diesel(sql_type = Bool)]
    schema_exists: bool,
    #[diesel(sql_type = Bool)]
    may_use_schema: bool,
    #[diesel(sql_type = Bool)]
    may_migrate: bool,
}

#[derive(QueryableByName)]
struct LackingRow {
    #[diesel(sql_type = Text)]
    lacking: String,
}

/// Connects as the server would, and looks.
pub(crate) fn look(address: &str, clock: &dyn Clock, limit: Duration) -> Result<PgCondition, StoreError> {
    let connected = PgManager::new(address, limit).connect();
    let mut session = connected.map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let conn = session.connection();
    let looked = conn.build_transaction().read_only().run(|conn| look_around(conn, clock));
    looked.map_err(Ended::into_error)
}

fn look_around(conn: &mut Conn, clock: &dyn Clock) -> Result<PgCondition, Ended<StoreError>> {
    let (clock_ahead_ms, clock_doubt_ms) = compare_clocks(conn, clock)?;
    let server: ServerRow = diesel::sql_query(SERVER).get_result(conn)?;
    let taken: TakenRow = diesel::sql_query(TAKEN).get_result(conn)?;
    let schema: SchemaRow = diesel::sql_query(SCHEMA).get_result(conn)?;
    let tables: Vec<&str> = shape::needed().into_iter().map(|(table, _)| table).collect();
    let lacking: Vec<LackingRow> = diesel::sql_query(LACKING).bind::<Array<Text>, _>(tables).load(conn)?;
    let may_look = schema.may_use_schema || !schema.schema_exists;
    Ok(PgCondition {
        version: server.version,
        places: places(&server, &taken),
        encoding: server.encoding,
        takes_writes: server.takes_writes,
        clock_ahead_ms,
        clock_doubt_ms,
        durability: Durability {
            syncs: server.syncs,
            writes_full_pages: server.writes_full_pages,
            synchronous_commit: server.synchronous_commit,
            has_synchronous_standbys: server.has_standbys,
        },
        role: RoleCondition {
            is_superuser: server.is_superuser,
            schema_exists: schema.schema_exists,
            may_use_schema: schema.may_use_schema,
            may_migrate: schema.may_migrate,
            lacks: lacking.into_iter().map(|row| row.lacking).collect(),
        },
        is_encrypted: server.is_encrypted,
        migrations: may_look.then(|| state_pg(conn)).transpose()?,
    })
}

/// How far the server's clock is ahead of ours, and how far that may be off.
fn compare_clocks(conn: &mut Conn, clock: &dyn Clock) -> QueryResult<(i64, i64)> {
    let ask = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    let before = clock.now().millis();
    let theirs: i64 = diesel::select(diesel::dsl::sql::<BigInt>(ask)).get_result(conn)?;
    let after = clock.now().millis();
    Ok((theirs - i64::midpoint(before, after), (after - before).abs() / 2 + 1))
}

/// The tightest of the limits. A database or a role without a limit of its own says -1.
fn places(server: &ServerRow, taken: &TakenRow) -> Places {
    let limits = [
        (server.server_places, taken.server),
        (server.database_places, taken.database),
        (server.role_places, taken.role),
    ];
    let set = limits.into_iter().filter(|(allowed, _)| *allowed >= 0);
    let (allowed, taken_by_others) = set.min_by_key(|(allowed, taken)| allowed - taken).unwrap_or_default();
    Places { allowed, taken_by_others }
}
