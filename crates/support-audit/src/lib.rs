//! What may be recorded of an action, and how the record reaches the host.
//!
//! [`log_audit_event`] is the one door: it takes a typed [`AuditEvent`] and a typed [`Actor`], in which there is no room
//! for a subject, a preview, content, a file name or a link, and appends the record in the transaction of the change
//! itself. A host that has an audit log of its own plugs in an [`AuditSink`], which is fed from the table at least
//! once.
//!
//! Nothing here may see a message's content, open a database or know HTTP.
//!
//! # By example
//! A log is whatever appends a record, mostly a transaction. What is recorded says who did what, never what was said:
//! ```
//! use support_audit::*;
//! use support_domain::*;
//!
//! struct Log(Vec<AuditLogRecord>);
//!
//! impl AuditLog for Log {
//!     type Error = std::convert::Infallible;
//!
//!     fn append(&mut self, record: AuditLogRecord) -> Result<(), Self::Error> {
//!         self.0.push(record);
//!         Ok(())
//!     }
//! }
//!
//! let (at, ids) = (SystemClock::new().now(), SystemIds::new());
//! let conversation = ConversationId(ids.next(at));
//! let event = AuditEvent::PriorityChanged { conversation, from: Priority::Normal, to: Priority::Urgent };
//! let actor = Actor::admin(&AdminId::parse("admin-1")?, Side::Admin.into(), Some(CountryCode::Bangladesh), None);
//! let (mut log, environment) = (Log(Vec::new()), Environment::parse("staging")?);
//! log_audit_event(&mut log, &event, &actor, &Stamp { id: AuditLogId(ids.next(at)), at, environment: &environment })?;
//! assert_eq!(log.0[0].action_type, "SUPPORT_CONVERSATION_PRIORITY_CHANGED");
//! assert_eq!(log.0[0].entity_id, Some(conversation.to_string()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How to add
//! - **an action**: a variant of [`AuditEvent`] made of ids, numbers and enums only, and its row in each `match` of
//!   `event.rs`; the test there prints all of them for review.
//! - **another receiver**: an [`AuditSink`]; it may be told of a record twice, never not at all.

mod actor;
mod delivery;
mod event;
mod log;

pub use actor::{Actor, ActorEmail, ActorRole, UserAgent};
pub use delivery::{AuditSink, AuditSource, BoxFuture, Delivery, SinkError, deliver_pending};
pub use event::AuditEvent;
pub use log::{AuditLog, Environment, Stamp, log_audit_event};
