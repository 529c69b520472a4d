//! The settings in force on this node: the configuration, and over it what was saved last, here or with the host. Read by
//! every request without waiting; read anew every few seconds, and at once where they are changed. What cannot be read
//! stays as it was last known.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use support_domain::{AdminId, DeskSettings, Limits, SettingsPatch, Timestamp};
use support_store::{StoreError, StoredSettings};

use crate::{SavedSettings, ServiceError, SupportService};

/// How long the host's settings may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The settings in force, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsInForce {
    /// The settings.
    pub settings: DeskSettings,
    /// How often they were changed at the desk; 0 if never.
    pub version: i64,
    /// When they were changed, at the desk or with the host; none if never.
    pub updated_at: Option<Timestamp>,
    /// Who changed them, if it was at the desk.
    pub updated_by: Option<AdminId>,
}

/// What was saved at the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnSettings {
    pub(crate) patch: SettingsPatch,
    pub(crate) version: i64,
    pub(crate) updated_at: Timestamp,
    pub(crate) updated_by: Option<AdminId>,
}

impl OwnSettings {
    /// Reads what is kept. What a later version of the program may have kept in another form is left out.
    pub(crate) fn from_stored(stored: &StoredSettings) -> Self {
        let (patch, ignored) = SettingsPatch::from_saved(&stored.settings);
        for ignored in ignored {
            let (setting, reason) = (ignored.setting.to_string(), ignored.reason.sentence().to_owned());
            tracing::debug!(setting, reason, "a saved setting cannot be used");
        }
        let updated_by = stored.updated_by.clone();
        Self { patch, version: stored.version, updated_at: stored.updated_at, updated_by }
    }

    pub(crate) fn to_stored(&self) -> StoredSettings {
        StoredSettings {
            settings: self.patch.to_saved(),
            version: self.version,
            updated_at: self.updated_at,
            updated_by: self.updated_by.clone(),
        }
    }
}

/// Of both, what was changed last; the desk's own, if that was at the same moment.
pub(crate) fn latest<'a>(own: Option<&'a OwnSettings>, hosts: Option<&'a SavedSettings>) -> Option<Latest<'a>> {
    match (own, hosts) {
        (Some(own), Some(hosts)) if hosts.updated_at > own.updated_at => Some(Latest::Hosts(hosts)),
        (Some(own), _) => Some(Latest::Own(own)),
        (None, hosts) => hosts.map(Latest::Hosts),
    }
}

/// What was changed last.
pub(crate) enum Latest<'a> {
    /// The desk's own.
    Own(&'a OwnSettings),
    /// The host's.
    Hosts(&'a SavedSettings),
}

impl Latest<'_> {
    pub(crate) fn patch(&self) -> &SettingsPatch {
        match self {
            Self::Own(own) => &own.patch,
            Self::Hosts(hosts) => &hosts.patch,
        }
    }
}

/// What is known at one moment. Never changes; a new one takes its place.
#[derive(Debug)]
struct Present {
    own: Option<OwnSettings>,
    hosts: Option<SavedSettings>,
    in_force: Arc<SettingsInForce>,
    limits: Arc<Limits>,
}

impl Present {
    fn new(configured: &Limits, own: Option<OwnSettings>, hosts: Option<SavedSettings>) -> Self {
        let mut settings = DeskSettings::configured(configured);
        let (mut updated_at, mut updated_by) = (None, None);
        if let Some(latest) = latest(own.as_ref(), hosts.as_ref()) {
            settings = settings.patched(latest.patch());
            (updated_at, updated_by) = match latest {
                Latest::Own(own) => (Some(own.updated_at), own.updated_by.clone()),
                Latest::Hosts(hosts) => (Some(hosts.updated_at), None),
            };
        }
        let limits = Arc::new(settings.limits(configured));
        let version = own.as_ref().map_or(0, |own| own.version);
        let in_force = Arc::new(SettingsInForce { settings, version, updated_at, updated_by });
        Self { own, hosts, in_force, limits }
    }
}

/// What this node knows of the settings.
#[derive(Debug)]
pub(crate) struct KnownSettings {
    configured: Limits,
    present: RwLock<Arc<Present>>,
}

impl KnownSettings {
    /// Nothing was saved, as far as is known.
    pub(crate) fn new(configured: Limits) -> Self {
        let present = Present::new(&configured, None, None);
        Self { configured, present: RwLock::new(Arc::new(present)) }
    }

    fn present(&self) -> Arc<Present> {
        Arc::clone(&self.present.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What holds as long as nothing is saved.
    pub(crate) fn configured(&self) -> DeskSettings {
        DeskSettings::configured(&self.configured)
    }

    pub(crate) fn in_force(&self) -> Arc<SettingsInForce> {
        Arc::clone(&self.present().in_force)
    }

    pub(crate) fn limits(&self) -> Arc<Limits> {
        Arc::clone(&self.present().limits)
    }

    pub(crate) fn hosts(&self) -> Option<SavedSettings> {
        self.present().hosts.clone()
    }

    /// Takes what was saved at the desk, unless something newer is known: a look at the database may come back after a
    /// change that it has not seen.
    pub(crate) fn take_own(&self, own: OwnSettings) {
        let mut present = self.present.write().unwrap_or_else(PoisonError::into_inner);
        if present.own.as_ref().is_none_or(|known| known.version < own.version) {
            tracing::info!(version = own.version, "the settings have changed");
            *present = Arc::new(Present::new(&self.configured, Some(own), present.hosts.clone()));
        }
    }

    fn take_hosts(&self, hosts: Option<SavedSettings>) {
        let mut present = self.present.write().unwrap_or_else(PoisonError::into_inner);
        if present.hosts != hosts {
            tracing::info!("the host's settings have changed");
            *present = Arc::new(Present::new(&self.configured, present.own.clone(), hosts));
        }
    }
}

impl SupportService {
    /// Reads the settings anew, the desk's own and the host's. To be called every few seconds: a change is to be in force
    /// on every node within a minute.
    ///
    /// # Errors
    /// The database's or the source's; what was known of it before stays in force, and the other one is taken.
    pub async fn refresh_settings(&self) -> Result<(), ServiceError> {
        let own = self.refresh_own_settings().await;
        own.and(self.refresh_hosts_settings().await)
    }

    pub(crate) async fn refresh_own_settings(&self) -> Result<(), ServiceError> {
        let stored = self.store().read::<_, ServiceError, _>(|reader| Ok(reader.get_settings()?)).await?;
        if let Some(stored) = stored {
            self.settings().take_own(OwnSettings::from_stored(&stored));
        }
        Ok(())
    }

    pub(crate) async fn refresh_hosts_settings(&self) -> Result<(), ServiceError> {
        let Some(source) = self.settings_source() else { return Ok(()) };
        let unavailable = |text: String| ServiceError::from(StoreError::Unavailable(text));
        match tokio::time::timeout(PATIENCE, source.read()).await {
            Ok(Ok(hosts)) => {
                self.settings().take_hosts(hosts);
                Ok(())
            }
            Ok(Err(error)) => Err(unavailable(error.to_string())),
            Err(_) => Err(unavailable("the source of settings took too long".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use support_domain::Priority;

    use super::*;

    fn own(version: i64, at: i64, chars: usize) -> OwnSettings {
        let patch = SettingsPatch { max_message_chars: Some(chars), ..SettingsPatch::default() };
        OwnSettings { patch, version, updated_at: Timestamp::from_millis(at), updated_by: None }
    }

    fn hosts(at: i64, priority: Priority) -> SavedSettings {
        let patch = SettingsPatch { default_priority: Some(priority), ..SettingsPatch::default() };
        SavedSettings { patch, updated_at: Timestamp::from_millis(at) }
    }

    #[test]
    fn what_was_changed_last_is_in_force() {
        let known = KnownSettings::new(Limits { max_message_chars: 700, ..Limits::default() });
        let seen = |known: &KnownSettings| {
            let in_force = known.in_force();
            (known.limits().max_message_chars, in_force.settings.default_priority, in_force.version)
        };
        assert_eq!(seen(&known), (700, Priority::Normal, 0));
        known.take_hosts(Some(hosts(5, Priority::High)));
        assert_eq!(seen(&known), (700, Priority::High, 0));
        known.take_own(own(1, 5, 300));
        assert_eq!(seen(&known), (300, Priority::Normal, 1), "the desk's own, if at the same moment");
        known.take_hosts(Some(hosts(6, Priority::Low)));
        assert_eq!(seen(&known), (700, Priority::Low, 1));
        assert_eq!(known.in_force().updated_at, Some(Timestamp::from_millis(6)));
        known.take_own(own(2, 7, 900));
        assert_eq!(seen(&known), (900, Priority::Normal, 2));
        known.take_hosts(None);
        assert_eq!(seen(&known), (900, Priority::Normal, 2));
    }

    #[test]
    fn an_older_look_at_the_database_changes_nothing() {
        let known = KnownSettings::new(Limits::default());
        known.take_own(own(2, 9, 300));
        known.take_own(own(1, 8, 200));
        assert_eq!(known.limits().max_message_chars, 300);
    }
}
