//! What the store keeps of the staff that was seen here, of the settings that were saved, and of what waits for the host. Knows neither roles nor
//! ranges: words and values are kept as they are given.

use serde_json::{Map, Value};
use support_domain::{AdminId, CountryCode, Timestamp};

/// A member of the staff, as they last came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAdmin {
    /// Who.
    pub id: AdminId,
    /// In which role, as the policy calls it.
    pub role: String,
    /// With which country.
    pub country: Option<CountryCode>,
    /// Whether they could reply.
    pub may_reply: bool,
}

/// What waits to be told to the host's audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditBacklog {
    /// How many records, counted up to 10,000.
    pub waiting: usize,
    /// Since when the oldest one waits.
    pub oldest: Option<Timestamp>,
}

/// The settings that were saved, in the form in which they were.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSettings {
    /// By their names on the wire.
    pub settings: Map<String, Value>,
    /// Grows by one with every change, from 1.
    pub version: i64,
    /// When they were last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: Option<AdminId>,
}
