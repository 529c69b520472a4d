//! SQLite: its sessions, its one writer, and the SQL that only it has.

pub(crate) mod condition;
mod manager;
mod writer;

#[path = "../queries/mod.rs"]
#[allow(clippy::duplicate_mod, reason = "one set of queries, compiled once for each backend")]
pub(crate) mod queries;

use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

pub(crate) use manager::{SqliteManager, establish};
pub(crate) use writer::Writer;

use crate::search;

pub(crate) type Conn = SqliteConnection;
type Db = diesel::sqlite::Sqlite;

pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// The tables, in a file of their own.
pub(crate) mod schema {
    crate::schema::tables!();

    diesel::table! {
        use diesel::sql_types::Text;
        use crate::sql_types::sql::Id;

        support_conversation_search (conversation_id) {
            conversation_id -> Id,
            subject_folded -> Text,
        }
    }
}

/// What stands before a table's name in raw SQL: nothing.
macro_rules! qualified {
    ($before:literal, $table:literal, $after:literal) => {
        concat!($before, " ", $table, $after)
    };
}
use qualified;

use schema::support_conversation_search as s;

/// Conversations whose subject contains `folded`.
fn subject_contains<'a>(folded: &str) -> s::BoxedQuery<'a, Db> {
    s::table.filter(s::subject_folded.like(search::like_pattern(folded)).escape('!')).into_boxed()
}

fn insert_search(conn: &mut Conn, conversation: crate::sql_types::Id, folded: &str) -> QueryResult<usize> {
    let values = (s::conversation_id.eq(conversation), s::subject_folded.eq(folded));
    diesel::insert_into(s::table).values(values).execute(conn)
}

/// Reads a row. The one writer holds everything already.
macro_rules! locking {
    ($query:expr) => {
        $query
    };
}
use locking;

/// The same: there is nobody else.
macro_rules! claiming {
    ($query:expr) => {
        $query
    };
}
use claiming;

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use diesel::connection::InstrumentationEvent;
    use diesel::sql_types::Text;
    use support_domain::UploadState;

    use super::*;
    use crate::{DatabaseUrl, Store, UploadPlace};

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    #[test]
    fn waiting_uploads_are_listed_by_their_index() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("desk.db");
        Store::migrate(&DatabaseUrl::Sqlite(file.clone()), false).unwrap();
        let mut conn = establish(&file).unwrap();
        let place = UploadPlace {
            created_at: support_domain::Timestamp::from_millis(1),
            id: support_domain::AttachmentId(uuid::Uuid::from_u128(1)),
        };
        for behind in [None, Some(place)] {
            let asked = Arc::new(Mutex::new(String::new()));
            let heard = Arc::clone(&asked);
            conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                if let InstrumentationEvent::StartQuery { query, .. } = event {
                    *heard.lock().unwrap() = query.to_string();
                }
            });
            queries::attachments::list_uploads(&mut conn, UploadState::Pending, behind, 10).unwrap();
            let explain = format!("EXPLAIN QUERY PLAN {}", asked.lock().unwrap());
            let plan: Vec<Step> = diesel::sql_query(explain).load(&mut conn).unwrap();
            let steps: Vec<String> = plan.into_iter().map(|step| step.detail).collect();
            assert!(steps.iter().any(|step| step.contains("support_attachments_waiting")), "{steps:?}");
        }
    }
}
