//! What SQLite takes from a single loop that does nothing else: the statements of a message in a transaction of its own,
//! kept prepared, each commit made safe. The limit for a desk whose messages did not share commits.

use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Text};
use diesel::sqlite::Sqlite;
use support_domain::{Clock, SystemClock};

use crate::Stop;
use crate::figures::percentile;

/// As the desk opens its file.
const OPEN: &str = "PRAGMA busy_timeout = 2000; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
    PRAGMA temp_store = MEMORY; PRAGMA journal_mode = WAL;";

const CONVERSATION: &str = "INSERT INTO support_conversations (id, created_at, updated_at, status, subject, priority, \
    last_message_at, last_message_preview, user_id, user_type, country_code, last_seq, user_side_count, user_read_seq, \
    user_seen_count, admin_read_seq, admin_seen_count, version, metadata) VALUES (?, ?, ?, 'open', 'A trip', 'normal', ?, \
    '', ?, 'driver', 'BD', 0, 0, 0, 0, 0, 0, 1, '{}')";

const UPDATE: &str = "UPDATE support_conversations SET updated_at = ?, last_message_at = ?, last_message_preview = ?, \
    last_seq = last_seq + 1, user_side_count = user_side_count + 1 WHERE id = ? AND user_id = ? AND status = 'open'";

const MESSAGE: &str = "INSERT INTO support_messages (id, created_at, updated_at, conversation_id, seq, sender_type, \
    sender_id, side, content, text, message_type, client_message_id, user_side_count, metadata) VALUES (?, ?, ?, ?, ?, \
    'user', ?, 'user', ?, ?, 'text', ?, ?, '{}')";

const AUDIT: &str = "INSERT INTO support_audit_logs (id, created_at, actor_id, actor_email, actor_role, ip_address, \
    user_agent, country_code, action_type, entity_type, entity_id, description, metadata, success, environment, \
    delivery_pending) VALUES (?, ?, ?, 'unknown', 'driver', '127.0.0.1', '', 'BD', 'SUPPORT_MESSAGE_SENT', \
    'support_conversation', ?, ?, ?, 1, 'development', 0)";

const TEXT: &str = "the driver waited at the wrong gate and now the trip is gone";

/// A value that is bound.
enum Bound {
    Blob(Vec<u8>),
    Number(i64),
    Words(String),
}

/// SQL that stays prepared on its connection, which the library does for nothing that is given as a whole text.
struct Prepared<'a> {
    sql: &'static str,
    values: &'a [Bound],
}

impl QueryFragment<Sqlite> for Prepared<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let mut values = self.values.iter();
        for (place, piece) in self.sql.split('?').enumerate() {
            // Before the first piece nothing is bound.
            let bound = if place > 0 { values.next() } else { None };
            match bound {
                Some(Bound::Blob(bytes)) => out.push_bind_param::<Binary, _>(bytes)?,
                Some(Bound::Number(number)) => out.push_bind_param::<BigInt, _>(number)?,
                Some(Bound::Words(words)) => out.push_bind_param::<Text, _>(words)?,
                None => {}
            }
            out.push_sql(piece);
        }
        Ok(())
    }
}

impl QueryId for Prepared<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<SqliteConnection> for Prepared<'_> {}

/// What a loop has done.
#[derive(Debug)]
pub(crate) struct Loop {
    pub(crate) per_second: f64,
    pub(crate) p50_millis: f64,
    pub(crate) p99_millis: f64,
}

/// Writes messages into a desk's file, one after the other, for so long.
pub(crate) fn play(file: &Path, warm_up: Duration, during: Duration) -> Result<Loop, Stop> {
    let failed = "the loop on SQLite";
    let name = file.to_str().ok_or_else(|| Stop::new("a path is not UTF-8"))?;
    let mut conn = SqliteConnection::establish(name).map_err(Stop::when(failed))?;
    conn.batch_execute(OPEN).map_err(Stop::when(failed))?;
    let clock = SystemClock::new();
    let conversation = id(0, 0);
    let now = clock.now().millis() * 1_000;
    let opening =
        [Bound::Blob(conversation.clone()), Bound::Number(now), Bound::Number(now), Bound::Number(now), user()];
    Prepared { sql: CONVERSATION, values: &opening }.execute(&mut conn).map_err(Stop::when(failed))?;
    let mut micros = Vec::new();
    for seq in 1.. {
        let begin = clock.monotonic();
        if begin >= warm_up + during {
            break;
        }
        send(&mut conn, &conversation, seq, clock.now().millis() * 1_000).map_err(Stop::when(failed))?;
        if begin >= warm_up {
            micros.push(u64::try_from((clock.monotonic() - begin).as_micros()).unwrap_or(u64::MAX));
        }
    }
    let elapsed = clock.monotonic() - warm_up;
    micros.sort_unstable();
    let at = |percent| percentile(&micros, percent).map(|micros| micros as f64 / 1_000.0);
    let (Some(p50_millis), Some(p99_millis)) = (at(50), at(99)) else { return Err(Stop::new("the loop did nothing")) };
    Ok(Loop { per_second: micros.len() as f64 / elapsed.as_secs_f64(), p50_millis, p99_millis })
}

fn user() -> Bound {
    Bound::Words("bench-user-0".to_owned())
}

/// Ids that grow, as the desk's do.
fn id(kind: u8, number: i64) -> Vec<u8> {
    let mut bytes = vec![0; 7];
    bytes.extend(number.to_be_bytes());
    bytes.push(kind);
    bytes
}

fn send(conn: &mut SqliteConnection, conversation: &[u8], seq: i64, at: i64) -> QueryResult<()> {
    let words = || Bound::Words(TEXT.to_owned());
    let (at, conversation) = (|| Bound::Number(at), || Bound::Blob(conversation.to_vec()));
    let name = "00000000-0000-7000-8000-000000000000";
    let update = [at(), at(), words(), conversation(), user()];
    let key = Bound::Words(format!("00000000-0000-8000-8000-{seq:012x}"));
    let message = [
        Bound::Blob(id(1, seq)),
        at(),
        at(),
        conversation(),
        Bound::Number(seq),
        user(),
        words(),
        words(),
        key,
        Bound::Number(seq),
    ];
    let record = [
        Bound::Blob(id(2, seq)),
        at(),
        user(),
        Bound::Words(name.to_owned()),
        Bound::Words(format!("User wrote to conversation {name}")),
        Bound::Words(format!(r#"{{"by":"user","messageId":"00000000-0000-7001-8000-{seq:012x}","seq":{seq}}}"#)),
    ];
    conn.immediate_transaction(|conn| {
        for (sql, values) in [(UPDATE, &update[..]), (MESSAGE, &message), (AUDIT, &record)] {
            let statement = Prepared { sql, values };
            if statement.execute(conn)? != 1 {
                return Err(diesel::result::Error::NotFound);
            }
        }
        Ok(())
    })
}

/// Which SQLite this is.
pub(crate) fn version() -> Result<String, Stop> {
    let mut conn = SqliteConnection::establish(":memory:").map_err(Stop::when("SQLite"))?;
    let version = diesel::select(diesel::dsl::sql::<Text>("sqlite_version()"));
    version.get_result(&mut conn).map_err(Stop::when("SQLite"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_writes_messages_that_keep_the_rules_of_the_tables() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("loop.db");
        let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        // The tables of the loop have not changed since.
        let first = "../../migrations/sqlite/2026-11-22-000000-0000_create_support_desk/up.sql";
        let up = Path::new(env!("CARGO_MANIFEST_DIR")).join(first);
        conn.batch_execute(&std::fs::read_to_string(up).unwrap()).unwrap();
        let done = play(&file, Duration::ZERO, Duration::from_millis(50)).unwrap();
        assert!(done.per_second > 0.0 && done.p99_millis >= done.p50_millis);
        let count = |table: &str| -> i64 {
            let sql = format!("(SELECT count(*) FROM {table})");
            diesel::select(diesel::dsl::sql::<BigInt>(&sql)).get_result(&mut conn).unwrap()
        };
        let counts = ["support_messages", "support_audit_logs"].map(count);
        assert!(counts[0] > 0 && counts[0] == counts[1], "{counts:?}");
    }

    #[test]
    fn ids_have_sixteen_bytes_and_grow() {
        assert_eq!(id(1, 5).len(), 16);
        assert!(id(1, 255) < id(1, 256) && id(1, 7) != id(2, 7));
    }
}
