//! SQLite: its sessions, its one writer, and the SQL that only it has.

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
