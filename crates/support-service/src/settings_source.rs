//! The way to settings that are kept somewhere else: with the host, whose own page changes them.

use support_domain::{SettingsPatch, Timestamp};
use support_rbac::BoxFuture;

/// What a source has saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedSettings {
    /// What it says; what it does not say is left to the configuration.
    pub patch: SettingsPatch,
    /// When it was last changed. Of this and the desk's own settings, those that were changed last are in force.
    pub updated_at: Timestamp,
}

/// The source could not be read. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the source of settings cannot be read: {0}")]
pub struct SettingsSourceError(pub String);

/// Where settings come from besides the desk's own. Asked every few seconds, behind the requests; what is found invalid in
/// it is left out by the source.
pub trait SettingsSource: Send + Sync + std::fmt::Debug {
    /// What is saved there; none if nothing was.
    fn read(&self) -> BoxFuture<'_, Result<Option<SavedSettings>, SettingsSourceError>>;
}
