//! PostgreSQL: its sessions, its locks, and the SQL that only it has.

pub(crate) mod condition;
mod manager;
mod pools;
mod posts;
pub(crate) mod shape;

#[path = "../queries/mod.rs"]
#[allow(clippy::duplicate_mod, reason = "one set of queries, compiled once for each backend")]
pub(crate) mod queries;

use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

pub use manager::{PgManager, Session};
pub(crate) use pools::{Pools, Used};
pub(crate) use posts::Posts;

use crate::search;

pub(crate) type Conn = PgConnection;
type Db = diesel::pg::Pg;

pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The tables in our schema.
pub(crate) mod schema {
    crate::schema::tables!(support_chat.);

    diesel::table! {
        use diesel::sql_types::{Array, Text};
        use crate::sql_types::sql::Id;

        support_chat.support_conversation_search (conversation_id) {
            conversation_id -> Id,
            subject_folded -> Text,
            subject_grams -> Array<Text>,
        }
    }
}

/// What stands before a table's name in raw SQL.
macro_rules! qualified {
    ($before:literal, $table:literal, $after:literal) => {
        concat!($before, " support_chat.", $table, $after)
    };
}
use qualified;

use schema::support_conversation_search as s;

/// Conversations whose subject contains `folded`: the index finds those that have all of its pieces, the pattern decides.
fn subject_contains<'a>(folded: &str) -> s::BoxedQuery<'a, Db> {
    let grams: Vec<String> = search::grams(folded).into_iter().collect();
    let matching = s::table.filter(s::subject_folded.like(search::like_pattern(folded)).escape('!')).into_boxed();
    if grams.is_empty() { matching } else { matching.filter(s::subject_grams.contains(grams)) }
}

fn insert_search(conn: &mut Conn, conversation: crate::sql_types::Id, folded: &str) -> QueryResult<usize> {
    let grams: Vec<String> = search::grams(folded).into_iter().collect();
    let values = (s::conversation_id.eq(conversation), s::subject_folded.eq(folded), s::subject_grams.eq(grams));
    diesel::insert_into(s::table).values(values).execute(conn)
}

/// Reads a row and holds it until the transaction ends.
macro_rules! locking {
    ($query:expr) => {
        $query.for_update()
    };
}
use locking;

/// The same, but passes over rows that somebody else holds.
macro_rules! claiming {
    ($query:expr) => {
        $query.for_update().skip_locked()
    };
}
use claiming;
