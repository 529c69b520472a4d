//! What a desk needs beside its routes: the way to its sockets and to other nodes, and the loops that work behind its
//! requests. The binary and a backend that links the desk start the same ones; nothing here listens, serves or decides.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use support_realtime::Hub;
use support_realtime::fan_out::{FanOut, InProcess, InvalidNatsUrl, Nats, Signal};
use support_realtime::queue::QueueLimits;
use support_service::{Realtime, ServiceError, SupportService};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::Desk;
use crate::metrics::{HTTP, Task, describe};
use crate::ws::FrameEncoder;

/// How often revoked tokens are read anew: a live socket is to end within a second.
const REVOCATIONS_EVERY: Duration = Duration::from_millis(500);
/// How often the audit log is looked through for what waits to be delivered.
const AUDIT_EVERY: Duration = Duration::from_secs(1);
/// How often it is asked whether those with live sockets may still come.
const STANDING_EVERY: Duration = Duration::from_secs(2);
/// How long nobody may be able to say, before live sockets have to come again.
const DOUBT_AFTER: Duration = Duration::from_secs(30);
/// How often it is looked for files that nobody needs any more, or that wait to be scanned.
const FILES_EVERY: Duration = Duration::from_secs(60);
/// How often memory kept for people who have gone is given back.
const FORGET_EVERY: Duration = Duration::from_secs(60);
/// How often it is looked how the desk stands, for the metrics; and how often these are tidied, which otherwise happens
/// only when somebody reads them.
const METRICS_EVERY: Duration = Duration::from_secs(5);

/// How many signals of other nodes may wait.
const SIGNALS: usize = 4_096;

/// What comes from other nodes; nothing where there are none.
pub type Signals = mpsc::Receiver<Signal>;

/// Makes the way to the sockets of this node and to other nodes: the first belongs into
/// [`Ports::realtime`](support_service::Ports), the second into [`Background`]. Without a URL of NATS the nodes of a
/// database find out by looking into it. To be called within a tokio runtime.
///
/// # Errors
/// When the URL is none of NATS; that no server answers is no error.
pub fn start_realtime(nats_url: Option<&str>, queue: QueueLimits) -> Result<(Realtime, Signals), InvalidNatsUrl> {
    let (sender, signals) = mpsc::channel(SIGNALS);
    let fan_out: Arc<dyn FanOut> = match nats_url {
        Some(url) => Arc::new(Nats::start(url, sender)?),
        None => Arc::new(InProcess),
    };
    Ok((Realtime { hub: Hub::new(Arc::new(FrameEncoder), queue), fan_out }, signals))
}

/// How the loops work.
#[derive(Debug)]
pub struct Background {
    /// What comes from other nodes; of [`start_realtime`].
    pub signals: Signals,
    /// How often all that sockets follow is compared with the database.
    pub sync_every: Duration,
    /// How often the settings are read anew; less than a minute, after which a change is to be in force everywhere.
    pub settings_every: Duration,
    /// How often it is looked for uploads that are on no message any more, and for those that wait to be scanned.
    pub files_every: Duration,
}

impl Background {
    /// As the binary has it when nothing else is configured.
    pub fn new(signals: Signals) -> Self {
        Self {
            signals,
            sync_every: Duration::from_secs(2),
            settings_every: Duration::from_secs(15),
            files_every: FILES_EVERY,
        }
    }
}

/// The loops of a desk. They end when this is dropped.
#[derive(Debug)]
pub struct BackgroundTasks(JoinSet<()>);

impl BackgroundTasks {
    /// Ends them, and returns when they have ended.
    pub async fn stop(mut self) {
        self.0.shutdown().await;
    }
}

/// Reads what must be known before the first request (which tokens are revoked, which settings are in force), and starts
/// the loops behind the desk's requests. Once for a desk, however many workers serve it, within a tokio runtime and before
/// it is served.
///
/// # Errors
/// The database's, when it does not answer. A host's settings that cannot be read are none: they are tried again.
pub async fn background(desk: &Desk, with: Background) -> Result<BackgroundTasks, ServiceError> {
    let service = &desk.service;
    describe();
    // A token that was revoked must not be good for a moment.
    service.refresh_revocations().await?;
    if let Err(error) = service.refresh_settings().await {
        tracing::warn!(error = %error, "the settings cannot be read; those of the configuration are in force");
    }
    let mut tasks = JoinSet::new();
    tasks.spawn(keep_refreshing_revocations(service.clone()));
    tasks.spawn(keep_refreshing_settings(service.clone(), with.settings_every));
    tasks.spawn(keep_delivering_audit(service.clone()));
    tasks.spawn(keep_in_step(service.clone(), with.signals, with.sync_every));
    tasks.spawn(keep_noting_staff(service.clone()));
    if service.has_standing() {
        tasks.spawn(keep_asking_for_standing(service.clone()));
    }
    tasks.spawn(keep_forgetting(service.clone()));
    if service.keeps_files() {
        tasks.spawn(keep_scanning_files(service.clone(), with.files_every));
        tasks.spawn(keep_removing_files(service.clone(), with.files_every));
    }
    tasks.spawn(keep_observing(desk.web.metrics.clone(), service.clone()));
    Ok(BackgroundTasks(tasks))
}

/// Tries something again and again. That it fails is counted, and logged once, and once that it works again: an outage must
/// not fill the log.
async fn keep_trying<E: Display, F: Future<Output = Result<(), E>>>(
    task: Task,
    every: Duration,
    fails: &'static str,
    works_again: &'static str,
    attempt: impl Fn() -> F,
) {
    let mut worked = true;
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let result = attempt().await;
        note(task, &result);
        match (&result, worked) {
            (Err(error), true) => tracing::warn!(error = %error, "{fails}"),
            (Ok(()), false) => tracing::info!("{works_again}"),
            _ => {}
        }
        worked = result.is_ok();
    }
}

async fn keep_refreshing_revocations(service: SupportService) {
    let (fails, works_again) = ("the revoked tokens cannot be read", "the revoked tokens can be read again");
    keep_trying(Task::Revocations, REVOCATIONS_EVERY, fails, works_again, || service.refresh_revocations()).await;
}

async fn keep_refreshing_settings(service: SupportService, every: Duration) {
    let fails = "the settings cannot be read; those that are known stay in force";
    keep_trying(Task::Settings, every, fails, "the settings can be read again", || service.refresh_settings()).await;
}

async fn keep_in_step(service: SupportService, signals: Signals, every: Duration) {
    service.keep_in_step(signals, every).await;
}

async fn keep_noting_staff(service: SupportService) {
    service.keep_noting_staff().await;
}

async fn keep_delivering_audit(service: SupportService) {
    let mut flows = true;
    loop {
        let result = service.deliver_audit().await;
        let refusal = match &result {
            Ok(delivery) => delivery.refusal.as_ref().map(ToString::to_string),
            Err(error) => Some(error.to_string()),
        };
        match (&refusal, flows) {
            (Some(error), true) => tracing::warn!(error, "audit records wait to be delivered"),
            (None, false) => tracing::info!("audit records are delivered again"),
            _ => {}
        }
        flows = refusal.is_none();
        HTTP.task_failures.of(Task::Audit).increment(u64::from(!flows));
        // Where some were delivered there may be more.
        if !(flows && result.is_ok_and(|delivery| delivery.delivered > 0)) {
            tokio::time::sleep(AUDIT_EVERY).await;
        }
    }
}

async fn keep_asking_for_standing(service: SupportService) {
    let fails = "nobody can say of all who may stay; live sockets stay for a while";
    let works_again = "of all live sockets it is known again who may stay";
    let ask = async || {
        let result = service.check_live_standing().await;
        service.doubt_live_standing(DOUBT_AFTER);
        result
    };
    keep_trying(Task::Standing, STANDING_EVERY, fails, works_again, ask).await;
}

async fn keep_forgetting(service: SupportService) {
    loop {
        tokio::time::sleep(FORGET_EVERY).await;
        let result = service.forget_idle().await;
        note(Task::Forget, &result);
        if let Err(error) = result {
            tracing::warn!(error = %error, "what has ended could not be forgotten");
        }
    }
}

async fn keep_scanning_files(service: SupportService, every: Duration) {
    loop {
        let result = service.scan_waiting_files().await;
        note(Task::Scan, &result);
        if let Err(error) = result {
            tracing::warn!(error = %error, "files that wait for the scanner could not be dealt with");
        }
        tokio::time::sleep(every).await;
    }
}

async fn keep_removing_files(service: SupportService, every: Duration) {
    loop {
        let result = service.remove_unsent_files().await;
        note(Task::Remove, &result);
        if let Err(error) = result {
            tracing::warn!(error = %error, "files that nobody sent could not be removed");
        }
        tokio::time::sleep(every).await;
    }
}

async fn keep_observing(metrics: Option<PrometheusHandle>, service: SupportService) {
    let mut ticks = tokio::time::interval(METRICS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        service.observe();
        HTTP.reaches_other_nodes.set(flag(service.reaches_other_nodes()));
        HTTP.ready.set(flag(service.check_ready().await.is_ok()));
        note(Task::Audit, &service.observe_audit().await);
        if let Some(metrics) = &metrics {
            metrics.run_upkeep();
        }
    }
}

fn flag(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// Counts a round of the work that failed.
fn note<T, E>(task: Task, result: &Result<T, E>) {
    HTTP.task_failures.of(task).increment(u64::from(result.is_err()));
}
