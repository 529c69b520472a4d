//! The service: what all use cases share.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use support_attachments::Files;
use support_audit::{AuditSink, Delivery, Environment, deliver_pending};
use support_domain::{Clock, IdSource, Limits, SystemClock, SystemIds};
use support_rbac::{Caller, RevocationId, SharedRevocationList, Standing};
use support_realtime::Hub;
use support_realtime::fan_out::FanOut;
use support_store::{Store, StoreError};
use tokio::sync::watch;

use crate::audit::PendingLogs;
use crate::directory::AskedDirectory;
use crate::metrics::{LimitKind, SERVICE};
use crate::rate_limit::PersonLimiter;
use crate::settings::KnownSettings;
use crate::staff::{SeenStaff, StaffDirectory, remembered_since};
use crate::standing::Watchlist;
use crate::upload_slots::UploadSlots;
use crate::{Directory, Realtime, ServiceError, SettingsInForce, SettingsSource};

/// What the service is told at its start.
#[derive(Debug, Clone)]
pub struct ServiceConfig {
    /// How long and how deep things may be, as long as no setting says otherwise.
    pub limits: Limits,
    /// How much one person may send.
    pub sends_per_minute: NonZeroU32,
    /// How many files one person may upload.
    pub uploads_per_minute: NonZeroU32,
    /// How long an upload is kept that is on no message.
    pub unsent_life: Duration,
    /// How many tickets for sockets one person may ask for.
    pub tickets_per_minute: NonZeroU32,
    /// What records of the audit log name as their installation.
    pub environment: Environment,
}

impl Default for ServiceConfig {
    /// The defaults of the configuration.
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            sends_per_minute: NonZeroU32::MIN.saturating_add(59),
            uploads_per_minute: NonZeroU32::MIN.saturating_add(29),
            unsent_life: Duration::from_secs(24 * 3_600),
            tickets_per_minute: NonZeroU32::MIN.saturating_add(599),
            environment: Environment::default(),
        }
    }
}

/// By what the service reaches the world around it. Only the database is not among them, without which there is no desk.
#[derive(Debug, Clone)]
pub struct Ports {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where new ids come from.
    pub ids: Arc<dyn IdSource>,
    /// How those who follow conversations live are told.
    pub realtime: Realtime,
    /// The host's own audit log, to which records are delivered as well.
    pub audit_sink: Option<Arc<dyn AuditSink>>,
    /// Who knows the people, if anybody does.
    pub directory: Option<Arc<dyn Directory>>,
    /// Who knows whether people may still come, if anybody does.
    pub standing: Option<Arc<dyn Standing>>,
    /// The host's own settings, which count when they were changed after the desk's.
    pub settings_source: Option<Arc<dyn SettingsSource>>,
    /// Where files are kept; without it nobody can upload any.
    pub files: Option<Files>,
}

impl Default for Ports {
    /// The system's clock and ids, and nothing else.
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock::new()),
            ids: Arc::new(SystemIds::new()),
            realtime: Realtime::none(),
            audit_sink: None,
            directory: None,
            standing: None,
            settings_source: None,
            files: None,
        }
    }
}

/// The support desk. Cheap to clone; all clones are the same desk.
#[derive(Debug, Clone)]
pub struct SupportService {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    config: ServiceConfig,
    ports: Ports,
    sends: PersonLimiter,
    tickets: PersonLimiter,
    directory: AskedDirectory,
    settings: KnownSettings,
    staff: SeenStaff,
    watchlist: Arc<Watchlist>,
    uploads: PersonLimiter,
    upload_slots: UploadSlots,
    revocations: Arc<SharedRevocationList>,
    /// Says that a token was revoked, or that somebody may no longer come.
    revoked: watch::Sender<()>,
}

impl SupportService {
    /// A desk on that store, which is up to date.
    pub fn new(store: Store, config: ServiceConfig, ports: Ports) -> Self {
        let sends = PersonLimiter::new(LimitKind::Sends, config.sends_per_minute, Arc::clone(&ports.clock));
        let tickets = PersonLimiter::new(LimitKind::Tickets, config.tickets_per_minute, Arc::clone(&ports.clock));
        let uploads = PersonLimiter::new(LimitKind::Uploads, config.uploads_per_minute, Arc::clone(&ports.clock));
        let upload_slots = UploadSlots::default();
        let (revocations, revoked) = (Arc::new(SharedRevocationList::new()), watch::Sender::new(()));
        let own = StaffDirectory { store: store.clone(), clock: Arc::clone(&ports.clock) };
        let directory = AskedDirectory::new(ports.directory.clone(), own);
        let (settings, staff) = (KnownSettings::new(config.limits.clone()), SeenStaff::default());
        Self {
            inner: Arc::new(Inner {
                store,
                config,
                ports,
                sends,
                tickets,
                uploads,
                upload_slots,
                directory,
                settings,
                staff,
                watchlist: Arc::default(),
                revocations,
                revoked,
            }),
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn sends(&self) -> &PersonLimiter {
        &self.inner.sends
    }

    pub(crate) fn tickets(&self) -> &PersonLimiter {
        &self.inner.tickets
    }

    pub(crate) fn directory(&self) -> &AskedDirectory {
        &self.inner.directory
    }

    pub(crate) fn standing(&self) -> Option<&dyn Standing> {
        self.inner.ports.standing.as_deref()
    }

    pub(crate) fn watchlist(&self) -> &Arc<Watchlist> {
        &self.inner.watchlist
    }

    /// Whether somebody knows if people may still come; see [`check_live_standing`](Self::check_live_standing).
    pub fn has_standing(&self) -> bool {
        self.standing().is_some()
    }

    /// Has every live socket look whether its access still stands.
    pub(crate) fn wake_sockets(&self) {
        self.inner.revoked.send_replace(());
    }

    pub(crate) fn uploads(&self) -> &PersonLimiter {
        &self.inner.uploads
    }

    pub(crate) fn upload_slots(&self) -> &UploadSlots {
        &self.inner.upload_slots
    }

    pub(crate) fn files(&self) -> Option<&Files> {
        self.inner.ports.files.as_ref()
    }

    /// Whether files can be uploaded at all.
    pub fn keeps_files(&self) -> bool {
        self.files().is_some()
    }

    pub(crate) fn unsent_life(&self) -> Duration {
        self.inner.config.unsent_life
    }

    pub(crate) fn fan_out(&self) -> &dyn FanOut {
        self.inner.ports.realtime.fan_out.as_ref()
    }

    /// Whether this node's hints reach other nodes at the moment; without other nodes they do.
    pub fn reaches_other_nodes(&self) -> bool {
        self.fan_out().is_connected()
    }

    /// Where sockets of this node come to be told what happens.
    pub fn hub(&self) -> &Hub {
        &self.inner.ports.realtime.hub
    }

    pub(crate) fn delivers_audit(&self) -> bool {
        self.inner.ports.audit_sink.is_some()
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.inner.config.environment
    }

    /// The limits on what people may write and upload, as they are in force. To be asked for at the time of use: they may change
    /// while the desk runs.
    pub fn limits(&self) -> Arc<Limits> {
        self.settings().limits()
    }

    /// The settings in force on this node; see [`refresh_settings`](Self::refresh_settings).
    pub(crate) fn settings_in_force(&self) -> Arc<SettingsInForce> {
        self.settings().in_force()
    }

    pub(crate) fn settings(&self) -> &KnownSettings {
        &self.inner.settings
    }

    pub(crate) fn settings_source(&self) -> Option<&dyn SettingsSource> {
        self.inner.ports.settings_source.as_deref()
    }

    pub(crate) fn staff(&self) -> &SeenStaff {
        &self.inner.staff
    }

    /// The clock that all of the desk goes by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.ports.clock
    }

    /// Where the desk's new ids come from.
    pub fn ids(&self) -> &Arc<dyn IdSource> {
        &self.inner.ports.ids
    }

    /// The revoked tokens as far as this node knows; see [`refresh_revocations`](Self::refresh_revocations).
    pub fn revocations(&self) -> &Arc<SharedRevocationList> {
        &self.inner.revocations
    }

    /// Says in the metrics how the pool of connections and the rooms stand. To be called before somebody reads them, and
    /// every few seconds where nobody says when they do.
    pub fn observe(&self) {
        self.store().observe();
        self.hub().observe();
    }

    /// Says in the metrics how much waits for the host's audit log. To be called every few seconds.
    ///
    /// # Errors
    /// The database's.
    pub async fn observe_audit(&self) -> Result<(), ServiceError> {
        if !self.delivers_audit() {
            return Ok(());
        }
        let read = self.store().read(|reader| Ok::<_, ServiceError>(reader.count_pending_audit_logs()?));
        let backlog = read.await?;
        let waited = backlog.oldest.map(|at| self.clock().now().since(at)).unwrap_or_default();
        SERVICE.audit_waiting.set(u32::try_from(backlog.waiting).unwrap_or(u32::MAX));
        SERVICE.audit_oldest.set(waited.as_secs_f64());
        Ok(())
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn check_ready(&self) -> Result<(), ServiceError> {
        self.store().read(|reader| Ok(reader.ping()?)).await
    }

    /// Reads the revoked tokens anew. To be called every second or so.
    ///
    /// # Errors
    /// The database's; the tokens known before stay revoked.
    pub async fn refresh_revocations(&self) -> Result<(), ServiceError> {
        let now = self.clock().now();
        let ids: Vec<String> = self.store().read(move |reader| reader.list_revoked_tokens(now)).await?;
        let known: HashSet<RevocationId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
        if self.revocations().replace(known) {
            self.wake_sockets();
        }
        Ok(())
    }

    /// Changes whenever a token was revoked or somebody may no longer come: a live socket then looks whether that was its
    /// own.
    pub fn watch_revocations(&self) -> watch::Receiver<()> {
        self.inner.revoked.subscribe()
    }

    /// Revokes the token that this caller came with, and all that were made from it. Other nodes learn of it when they
    /// next refresh.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a token that has no revocation id, and the database's.
    pub async fn revoke_token(&self, caller: &Caller) -> Result<(), ServiceError> {
        let last = caller.revocation_ids.last().ok_or(ServiceError::NotFound)?.clone();
        let (id, now, expires_at) = (last.to_string(), self.clock().now(), caller.expires_at);
        self.store()
            .write::<_, StoreError, _>(move |transaction| transaction.insert_revoked_token(&id, now, expires_at))
            .await?;
        self.revocations().insert(last);
        self.wake_sockets();
        Ok(())
    }

    /// Tells the host's audit log what waits to be told, up to one batch.
    ///
    /// # Errors
    /// The database's; what was told but could not be marked is told again.
    pub async fn deliver_audit(&self) -> Result<Delivery, ServiceError> {
        match &self.inner.ports.audit_sink {
            Some(sink) => {
                let delivery = deliver_pending(&PendingLogs(self.store()), sink.as_ref()).await?;
                SERVICE.audit_delivered.increment(u64::try_from(delivery.delivered).unwrap_or_default());
                Ok(delivery)
            }
            None => Ok(Delivery::default()),
        }
    }

    /// Gives back what is kept for people who have long gone, and for tokens and tickets that have ended. To be called
    /// every minute or so.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_idle(&self) -> Result<(), ServiceError> {
        self.sends().forget_idle();
        self.tickets().forget_idle();
        self.staff().forget_idle(self.clock().monotonic());
        self.uploads().forget_idle();
        let now = self.clock().now();
        self.store()
            .write(move |transaction| {
                transaction.delete_ended_revocations(now)?;
                transaction.delete_admins_unseen(remembered_since(now))?;
                Ok(transaction.delete_ended_socket_tickets(now)?)
            })
            .await
    }
}
