//! The one door into the audit log.

use support_domain::{AuditLogId, AuditLogRecord, InvalidValue, TextEnum, Timestamp};

use crate::{Actor, AuditEvent};

/// Which installation a record is of: `production`, `staging`, `development`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment(String);

impl Default for Environment {
    /// `development`, as with the host.
    fn default() -> Self {
        Self("development".to_owned())
    }
}

impl Environment {
    /// Reads a name: 1 to 32 lower-case letters, digits and hyphens.
    ///
    /// # Errors
    /// When it has other characters.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=32).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue::new("must be 1 to 32 lower-case letters, digits and hyphens"))
        }
    }
}

/// Where records are appended: the transaction of the change that they record.
pub trait AuditLog {
    /// Why a record could not be appended.
    type Error;
    /// Appends a record.
    ///
    /// # Errors
    /// When it cannot; the change must then not be kept either.
    fn append(&mut self, record: AuditLogRecord) -> Result<(), Self::Error>;
}

/// What a record needs besides the event and the actor.
#[derive(Debug, Clone)]
pub struct Stamp<'a> {
    /// Its id to be.
    pub id: AuditLogId,
    /// The moment of the change.
    pub at: Timestamp,
    /// The installation.
    pub environment: &'a Environment,
}

/// Records something that was done, by the actor, or by the desk itself on the actor's occasion.
///
/// # Errors
/// When the log cannot take it; the change must then not be kept either.
pub fn log_audit_event<L: AuditLog>(
    log: &mut L,
    event: &AuditEvent,
    actor: &Actor,
    stamp: &Stamp<'_>,
) -> Result<(), L::Error> {
    let by_itself = Actor::system(actor.country());
    let actor = if event.is_automatic() { &by_itself } else { actor };
    log.append(AuditLogRecord {
        id: stamp.id,
        created_at: stamp.at,
        actor_id: actor.id().map(ToOwned::to_owned),
        actor_email: actor.email().to_owned(),
        actor_role: actor.role().as_str().to_owned(),
        ip_address: actor.ip_address().map(|address| address.to_string()),
        user_agent: actor.user_agent().map(|agent| agent.as_str().to_owned()),
        country_code: actor.country().map(|country| country.as_str().to_owned()),
        action_type: event.action_type().to_owned(),
        entity_type: event.entity_type().to_owned(),
        entity_id: event.conversation().map(|id| id.to_string()),
        description: event.description(),
        metadata: Some(event.metadata()),
        success: true,
        environment: stamp.environment.0.clone(),
    })
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
