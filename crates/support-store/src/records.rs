//! Records of the audit log, as the store keeps them. What may stand in one is decided by `support-audit`.

use support_domain::{AuditLogId, Timestamp};

/// A record to keep. The columns are those of the host's `audit_logs`.
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

