//! Conversations and messages in a database: SQLite for one machine, PostgreSQL for many.
//!
//! One set of queries ([`queries`](self#layout)) is compiled once for each backend; the little that only one of them has
//! stands in `pg` and `sqlite`. Work is handed in as a synchronous closure: [`Store::read`] gives it a [`Reader`],
//! [`Store::write`] a [`Transaction`] that is committed before its result is returned. Nothing can be awaited,
//! called or broadcast inside one.
//!
//! The rules of the desk do not live here. A conversation is read under its lock, changed by `support-domain`, and
//! written back; the store keeps what it is given and gives back what it keeps. Whatever finds a conversation demands a
//! [`Visibility`](support_domain::Visibility).
//!
//! # Layout
//! `queries/` one file an entity, `rows.rs` the rows; `schema.rs` the tables; `operations.rs` what a reader and a
//! transaction can do; `pg/` and `sqlite/` sessions, locks and the SQL of one backend; `migrations.rs`, `url.rs`.
//!
//! # How to add
//! - **a query**: a function in `queries/<entity>.rs`; a line in `operations.rs`; a test in `tests/conformance.rs`, which
//!   runs on both backends.
//! - **a column or table**: a new folder in both `migrations/` (only additions), `schema.rs`, `rows.rs`.
//!
//! Verbs are fixed: `get` (an `Option`), `list`, `lock`, `insert`, `update`, `delete`.

mod cached;
mod error;
mod heads;
mod held;
mod migrations;
mod operations;
pub mod page;
mod pg;
mod post;
mod schema;
pub mod search;
mod sql_types;
mod sqlite;
mod staff;
mod store;
mod url;

pub use error::{StoreError, WorkError};
pub use migrations::{Migrated, Reverted, Undelivered};
pub use operations::{Reader, Transaction};
pub use page::{
    AssignedTo, ConversationFilter, ConversationsPage, Counted, MessagesPage, PageRequest, PageStart, Position,
    UploadPlace, UploadsPage,
};
pub use pg::{PgManager, Session as PgSession};
pub use post::{Post, PostAddress};
pub use staff::{SeenAdmin, StoredSettings};
pub use store::{Store, StoreConfig};
pub use url::{DatabaseUrl, InvalidDatabaseUrl};
