//! A look into the database past the desk: what must hold of every conversation, whatever happened while it was written.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{PgConnection, SqliteConnection, sql_query};
use support_load::Stop;

use crate::books::Room;

/// Where the desk keeps its rows.
#[derive(Debug)]
pub(crate) enum Database {
    /// The address, as somebody who may read everything.
    Postgres(String),
    /// The file.
    Sqlite(PathBuf),
}

/// What both databases say in their own way.
struct Words {
    conversations: &'static str,
    messages: &'static str,
    records: &'static str,
    /// A message's id, and that of a record's message, in one form.
    message_id: &'static str,
    record_message_id: &'static str,
    /// A conversation's id, and that of a record's conversation, in one form.
    conversation_id: &'static str,
    record_conversation_id: &'static str,
}

const POSTGRES: Words = Words {
    conversations: "support_chat.support_conversations",
    messages: "support_chat.support_messages",
    records: "support_chat.support_audit_logs",
    message_id: "CAST(m.id AS text)",
    record_message_id: "(metadata ->> 'messageId')",
    conversation_id: "CAST(c.id AS text)",
    record_conversation_id: "entity_id",
};

const SQLITE: Words = Words {
    conversations: "support_conversations",
    messages: "support_messages",
    records: "support_audit_logs",
    message_id: "lower(hex(m.id))",
    record_message_id: "replace(json_extract(metadata, '$.messageId'), '-', '')",
    conversation_id: "lower(hex(c.id))",
    record_conversation_id: "replace(entity_id, '-', '')",
};

/// What must be empty, and what it would be.
fn queries(words: &Words) -> Vec<(&'static str, String)> {
    let Words { conversations, messages, records, message_id, record_message_id, .. } = words;
    let (conversation, of_record) = (words.conversation_id, words.record_conversation_id);
    let count = |table: &str, of: &str| {
        format!(
            "LEFT JOIN (SELECT {of_record} AS conversation, count(*) AS n FROM {records} WHERE {of} GROUP BY 1) {table} ON {table}.conversation = {conversation}"
        )
    };
    let created = count("created", "action_type = 'SUPPORT_CONVERSATION_CREATED'");
    let status = count("status_changes", "action_type = 'SUPPORT_CONVERSATION_STATUS_CHANGED'");
    let changes = count(
        "changes",
        "action_type IN ('SUPPORT_CONVERSATION_STATUS_CHANGED', 'SUPPORT_CONVERSATION_PRIORITY_CHANGED', 'SUPPORT_CONVERSATION_ASSIGNED')",
    );
    let sent = format!(
        "SELECT {record_message_id} AS message, count(*) AS n FROM {records} WHERE action_type = 'SUPPORT_MESSAGE_SENT' GROUP BY 1"
    );
    vec![
        (
            "a conversation whose numbers have a gap or do not end at its lastSeq",
            format!(
                "SELECT {conversation} AS line FROM {conversations} c LEFT JOIN (SELECT conversation_id, count(*) AS n, \
                 min(seq) AS first, max(seq) AS last FROM {messages} GROUP BY 1) m ON m.conversation_id = c.id \
                 WHERE m.n IS NULL OR m.n <> c.last_seq OR m.first <> 1 OR m.last <> c.last_seq"
            ),
        ),
        (
            "a message without exactly one record",
            format!(
                "SELECT {message_id} AS line FROM {messages} m LEFT JOIN ({sent}) sent ON sent.message = {message_id} \
                 WHERE m.sender_type <> 'system' AND m.seq > 1 AND coalesce(sent.n, 0) <> 1"
            ),
        ),
        (
            "a record of a message that is not there",
            format!(
                "SELECT sent.message AS line FROM ({sent}) sent LEFT JOIN {messages} m ON {message_id} = sent.message \
                 WHERE m.id IS NULL"
            ),
        ),
        (
            "a conversation without exactly one record of its opening",
            format!("SELECT {conversation} AS line FROM {conversations} c {created} WHERE coalesce(created.n, 0) <> 1"),
        ),
        (
            "a conversation with more or fewer changes than records of them",
            format!(
                "SELECT {conversation} AS line FROM {conversations} c {changes} WHERE coalesce(changes.n, 0) <> c.version - 1"
            ),
        ),
        (
            "a conversation with more or fewer system messages than changes of its status",
            format!(
                "SELECT {conversation} AS line FROM {conversations} c {status} LEFT JOIN (SELECT conversation_id, \
                 count(*) AS n FROM {messages} WHERE sender_type = 'system' GROUP BY 1) m ON m.conversation_id = c.id \
                 WHERE coalesce(status_changes.n, 0) <> coalesce(m.n, 0)"
            ),
        ),
    ]
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// A connection to it.
enum Past {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Past {
    fn lines(&mut self, sql: &str) -> Result<Vec<String>, Stop> {
        let found = match self {
            Self::Postgres(conn) => sql_query(sql).load::<Line>(conn),
            Self::Sqlite(conn) => sql_query(sql).load::<Line>(conn),
        };
        let found = found.map_err(|error| Stop::new(format!("a look into the database: {error}")))?;
        Ok(found.into_iter().map(|line| line.line).collect())
    }
}

impl Database {
    fn connect(&self) -> Result<Past, Stop> {
        let failed = |error: &dyn std::fmt::Display| Stop::new(format!("the database: {error}"));
        match self {
            Self::Postgres(url) => PgConnection::establish(url).map(Past::Postgres).map_err(|error| failed(&error)),
            Self::Sqlite(file) => {
                let file = file.to_str().ok_or_else(|| failed(&"its path is not UTF-8"))?;
                let mut conn = SqliteConnection::establish(file).map_err(|error| failed(&error))?;
                conn.batch_execute("PRAGMA busy_timeout = 10000").map_err(|error| failed(&error))?;
                Ok(Past::Sqlite(conn))
            }
        }
    }

    fn words(&self) -> &'static Words {
        match self {
            Self::Postgres(_) => &POSTGRES,
            Self::Sqlite(_) => &SQLITE,
        }
    }

    /// What does not hold of it, whoever has written there.
    pub(crate) fn faults(&self) -> Result<Vec<String>, Stop> {
        self.found(&queries(self.words()))
    }

    fn found(&self, queries: &[(&str, String)]) -> Result<Vec<String>, Stop> {
        let (mut conn, mut faults) = (self.connect()?, Vec::new());
        for (what, sql) in queries {
            let found = conn.lines(sql)?;
            if let Some(first) = found.first() {
                faults.push(format!("{what}: {first}, {} in all", found.len()));
            }
        }
        Ok(faults)
    }

    /// What does not hold of conversations in which no two messages say the same, and of what was promised about them.
    pub(crate) fn faults_of(&self, rooms: &[Room]) -> Result<Vec<String>, Stop> {
        let Words { conversations, messages, conversation_id, .. } = self.words();
        let twice = format!(
            "SELECT text AS line FROM {messages} WHERE sender_type <> 'system' AND seq > 1 GROUP BY text HAVING count(*) > 1"
        );
        let mut faults = self.faults()?;
        faults.extend(self.found(&[("a text that stands there twice", twice)])?);
        let mut conn = self.connect()?;
        for room in rooms {
            let (version, read) = (room.version.load(Ordering::Relaxed), room.read.load(Ordering::Relaxed));
            let id = if matches!(self, Self::Sqlite(_)) { room.id.replace('-', "") } else { room.id.clone() };
            let sql = format!(
                "SELECT CAST(c.version AS text) AS line FROM {conversations} c WHERE {conversation_id} = '{id}' \
                 AND c.version >= {version} AND c.user_read_seq >= {read}"
            );
            if conn.lines(&sql)?.is_empty() {
                faults.push(format!(
                    "conversation {}: a change or a read mark was acknowledged and is not there",
                    room.id
                ));
            }
        }
        Ok(faults)
    }

    /// Makes SQLite's own check of its file, or nothing where PostgreSQL checks what it reads by itself.
    pub(crate) fn is_sound(&self) -> Result<Vec<String>, Stop> {
        match self {
            Self::Postgres(_) => Ok(Vec::new()),
            Self::Sqlite(_) => {
                let told = self.connect()?.lines("SELECT integrity_check AS line FROM pragma_integrity_check")?;
                Ok(told.into_iter().filter(|line| line != "ok").collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use support_load::ledger::Receipt;
    use support_load::people::People;
    use uuid::Uuid;

    use super::*;

    /// A desk with one conversation: opened, answered once, resolved once, by the letter of the desk's own tables.
    const DESK: &str = "
        CREATE TABLE support_conversations (id blob, last_seq integer, version integer, user_read_seq integer);
        CREATE TABLE support_messages (id blob, conversation_id blob, seq integer, sender_type text, text text);
        CREATE TABLE support_audit_logs (action_type text, entity_id text, metadata text);
        INSERT INTO support_conversations VALUES (x'00000000000000000000000000000001', 3, 2, 1);
        INSERT INTO support_messages VALUES
            (x'0000000000000000000000000000000a', x'00000000000000000000000000000001', 1, 'user', 'Hello'),
            (x'0000000000000000000000000000000b', x'00000000000000000000000000000001', 2, 'admin', 'Good day'),
            (x'0000000000000000000000000000000c', x'00000000000000000000000000000001', 3, 'system', 'Resolved');
        INSERT INTO support_audit_logs VALUES
            ('SUPPORT_CONVERSATION_CREATED', '00000000-0000-0000-0000-000000000001', '{}'),
            ('SUPPORT_MESSAGE_SENT', '00000000-0000-0000-0000-000000000001',
                '{\"messageId\": \"00000000-0000-0000-0000-00000000000b\"}'),
            ('SUPPORT_CONVERSATION_STATUS_CHANGED', '00000000-0000-0000-0000-000000000001', '{}');";

    fn faults(tampered: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("desk.db");
        let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        conn.batch_execute(DESK).unwrap();
        conn.batch_execute(tampered).unwrap();
        let key = support_rbac::SigningKey::generate().to_hex();
        let owner = People::minted(&key, support_domain::Timestamp::from_millis(1), 1).unwrap().user(1).unwrap();
        let receipt = Receipt { seq: 1, id: Uuid::from_u128(10) };
        let room = Room::new(Uuid::from_u128(1).to_string(), owner, Uuid::from_u128(20), receipt);
        room.version.store(2, Ordering::Relaxed);
        room.read.store(1, Ordering::Relaxed);
        Database::Sqlite(file).faults_of(&[room]).unwrap().join("; ")
    }

    #[test]
    fn an_honest_desk_is_found_honest() {
        assert_eq!(faults(""), "");
    }

    #[test]
    fn whatever_is_missing_or_too_much_is_found() {
        for (tampered, told) in [
            ("DELETE FROM support_messages WHERE seq = 2", "numbers have a gap"),
            ("UPDATE support_conversations SET last_seq = 4", "numbers have a gap"),
            (
                "UPDATE support_messages SET sender_type = 'user', text = 'Good day' WHERE seq = 3",
                "stands there twice: Good day",
            ),
            (
                "DELETE FROM support_audit_logs WHERE action_type = 'SUPPORT_MESSAGE_SENT'",
                "a message without exactly one record",
            ),
            ("INSERT INTO support_audit_logs SELECT * FROM support_audit_logs", "a message without exactly one record"),
            ("UPDATE support_messages SET id = x'0d' WHERE seq = 2", "a record of a message that is not there"),
            ("DELETE FROM support_audit_logs WHERE action_type LIKE '%CREATED'", "exactly one record of its opening"),
            ("UPDATE support_conversations SET version = 3", "more or fewer changes than records"),
            ("UPDATE support_messages SET sender_type = 'user' WHERE seq = 3", "more or fewer system messages"),
            ("UPDATE support_conversations SET user_read_seq = 0", "acknowledged and is not there"),
            ("UPDATE support_conversations SET version = 1", "acknowledged and is not there"),
        ] {
            let found = faults(tampered);
            assert!(found.contains(told), "{tampered}: {found}");
        }
    }
}
