//! The queries, one file an entity. Compiled twice: as `pg::queries` and as `sqlite::queries`, where `super` differs.

use super::{Conn, Db, claiming, insert_search, locking, qualified, schema, subject_contains};

pub(crate) mod admins;
pub(crate) mod attachments;
pub(crate) mod audit_logs;
pub(crate) mod conversations;
pub(crate) mod conversations_list;
pub(crate) mod conversations_old;
pub(crate) mod health;
pub(crate) mod messages;
pub(crate) mod revoked_tokens;
mod rows;
pub(crate) mod settings;
pub(crate) mod socket_tickets;

use crate::StoreError;

type Found<T> = Result<T, StoreError>;
