//! A record of the audit log: what was done, by whom, to what. Never what was said: only `support-audit` makes one, from
//! typed events that have no room for it.

use crate::{AuditLogId, Timestamp};

/// A record. Its fields are the columns of the host's `audit_logs`.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditLogRecord {
    /// Names it.
    pub id: AuditLogId,
    /// When it was done.
    pub created_at: Timestamp,
    /// Who did it.
    pub actor_id: Option<String>,
    /// Their address for mail.
    pub actor_email: String,
    /// In which role.
    pub actor_role: String,
    /// From which network address.
    pub ip_address: Option<String>,
    /// With what program.
    pub user_agent: Option<String>,
    /// In which country.
    pub country_code: Option<String>,
    /// What was done.
    pub action_type: String,
    /// To what kind of thing.
    pub entity_type: String,
    /// To which one.
    pub entity_id: Option<String>,
    /// The same as a sentence.
    pub description: String,
    /// Old and new values.
    pub metadata: Option<serde_json::Value>,
    /// Whether it was done.
    pub success: bool,
    /// Of which installation.
    pub environment: String,
}
