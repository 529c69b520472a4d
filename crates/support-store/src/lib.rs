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
//! # By example
//! ```
//! use support_domain::conversation::ConversationDraft;
//! use support_domain::visibility::{Scope, Visibility};
//! use support_domain::*;
//! use support_store::{DatabaseUrl, Store, StoreConfig, StoreError};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let url = DatabaseUrl::Sqlite(folder.path().join("desk.db"));
//! Store::migrate(&url, false)?;
//! let store = Store::open(&StoreConfig::new(url))?;
//!
//! let (at, limits) = (SystemClock::new().now(), Limits::default());
//! let user = UserRef { id: UserId::parse("driver-1")?, user_type: UserType::Driver, country: CountryCode::Bangladesh };
//! let conversation = SupportConversation::open(
//!     ConversationDraft {
//!         id: ConversationId(SystemIds::new().next(at)),
//!         user,
//!         subject: Subject::parse("Trip fare is missing", &limits)?,
//!         priority: Priority::High,
//!         metadata: Metadata::default(),
//!     },
//!     at,
//! );
//! let id = conversation.id;
//! store.write(move |transaction| transaction.insert_conversation(&conversation)).await?;
//!
//! // What is looked for is only found by who may see it.
//! let seen_from = |country| {
//!     let visibility = Visibility::of(Scope::Countries(vec![country]));
//!     store.read::<_, StoreError, _>(move |reader| reader.get_conversation(&visibility, id))
//! };
//! assert!(seen_from(CountryCode::Bangladesh).await?.is_some());
//! assert!(seen_from(CountryCode::UnitedStates).await?.is_none());
//! # Ok(())
//! # }
//! ```
//!
//! # Layout
//! `queries/` one file an entity, `rows.rs` the rows; `schema.rs` the tables; `operations.rs` what a reader and a
//! transaction can do; `pg/` and `sqlite/` sessions, locks and the SQL of one backend; `migrations.rs`, `url.rs`;
//! `condition.rs` how a database stands, for whoever operates it; `metrics.rs` what is counted.
//!
//! # How to add
//! - **a query**: a function in `queries/<entity>.rs`; a line in `operations.rs`; a test in `tests/conformance.rs`, which
//!   runs on both backends.
//! - **a column or table**: a new folder in both `migrations/` (only additions), `schema.rs`, `rows.rs`.
//!
//! Verbs are fixed: `get` (an `Option`), `list`, `lock`, `insert`, `update`, `delete`.

mod cached;
pub mod condition;
mod error;
mod given_up;
mod heads;
mod held;
mod metrics;
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

pub use condition::Condition;
/// What is counted here.
pub const METRICS: &[support_metrics::Metric] = metrics::StoreMetrics::TABLE;

pub use error::{StoreError, WorkError};
pub use migrations::{Migrated, MigrationState, Reverted, Undelivered, newest_migration};
pub use operations::{Reader, Transaction};
pub use page::{
    AssignedTo, ConversationFilter, ConversationsPage, Counted, MessagesPage, OldConversation, OldConversations,
    PageRequest, PageStart, Position, UploadPlace, UploadsPage,
};
pub use pg::{PgManager, Session as PgSession};
pub use post::{Post, PostAddress};
pub use staff::{AuditBacklog, SeenAdmin, StoredSettings};
pub use store::{Store, StoreConfig};
pub use url::{DatabaseUrl, InvalidDatabaseUrl};
