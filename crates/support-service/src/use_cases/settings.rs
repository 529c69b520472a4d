//! Looking at how the desk works, and changing it.

use std::cmp::max;
use std::sync::Arc;
use std::time::Duration;

use support_audit::AuditEvent;
use support_domain::{SettingsChange, SettingsPatch, Timestamp};
use support_rbac::policy::action;

use crate::gate::Done;
use crate::settings::{OwnSettings, latest};
use crate::{Context, ServiceError, SettingsInForce, SupportService};

/// A change of the settings that the desk wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateSettings {
    /// What is to be; the rest stays as it is in force.
    pub change: SettingsChange,
    /// Only if that is still their version.
    pub version: Option<i64>,
}

impl SupportService {
    /// The settings as far as a client needs them, as they are known to this node.
    pub fn get_client_settings(&self, _: &Context<action::ViewClientSettings>) -> Arc<SettingsInForce> {
        self.settings_in_force()
    }

    /// The settings as they are now, and not some seconds ago.
    ///
    /// # Errors
    /// The database's. A host's settings that cannot be read are shown as they were last known.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn get_settings(&self, _: &Context<action::ViewSettings>) -> Result<Arc<SettingsInForce>, ServiceError> {
        self.refresh_own_settings().await?;
        self.note_hosts_settings().await;
        Ok(self.settings_in_force())
    }

    /// Changes the settings; on return the change is in force on this node, and on the others when they next look.
    ///
    /// # Errors
    /// [`ServiceError::Stale`] when `version` is out of date.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn update_settings(
        &self,
        context: &Context<action::ManageSettings>,
        command: UpdateSettings,
    ) -> Result<Arc<SettingsInForce>, ServiceError> {
        self.note_hosts_settings().await;
        let (hosts, configured) = (self.settings().hosts(), self.settings().configured());
        let updated_by = context.grant.principal().as_admin().map(|admin| admin.id.clone());
        let saved = self.change(context, move |transaction, clock| {
            let own = transaction.lock_settings()?.as_ref().map(OwnSettings::from_stored);
            let version = own.as_ref().map_or(0, |own| own.version);
            if command.version.is_some_and(|wanted| wanted != version) {
                return Err(ServiceError::Stale { field: "version", actual: version });
            }
            let nothing = SettingsPatch::default();
            let latest = latest(own.as_ref(), hosts.as_ref());
            let before = latest.as_ref().map_or(&nothing, |latest| latest.patch());
            let patch = before.clone().changed(&command.change);
            if patch == *before {
                return Ok(Done::unchanged(own));
            }
            // It is the last change, whatever the clocks of others say.
            let after = |moment: Timestamp| moment.plus(Duration::from_millis(1));
            let known = [own.as_ref().map(|own| own.updated_at), hosts.as_ref().map(|hosts| hosts.updated_at)];
            let updated_at = known.into_iter().flatten().map(after).fold(clock.now(), max);
            let event = AuditEvent::SettingsUpdated {
                from: Box::new(configured.patched(before)),
                to: Box::new(configured.patched(&patch)),
                version: version + 1,
            };
            let saved = OwnSettings { patch, version: version + 1, updated_at, updated_by: updated_by.clone() };
            transaction.update_settings(&saved.to_stored())?;
            Ok(Done { value: Some(saved), events: vec![event], happened: None })
        });
        if let Some(saved) = saved.await? {
            self.settings().take_own(saved);
        }
        Ok(self.settings_in_force())
    }

    /// A host that cannot be asked keeps nobody from the desk's own settings; the loop that reads both says so.
    async fn note_hosts_settings(&self) {
        if let Err(error) = self.refresh_hosts_settings().await {
            tracing::debug!(error = %error, "the host's settings are as they were last known");
        }
    }
}
