//! Settings that a host keeps, beside the desk's own: what was changed last is in force, and a host that is away changes
//! nothing.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use support_domain::settings::Setting;
use support_domain::{Clock, Priority, SettingsChange, SettingsPatch, SystemClock, Timestamp};
use support_rbac::{AdminRole, BoxFuture, policy::action};
use support_service::{Ports, SavedSettings, ServiceError, SettingsSource, SettingsSourceError, UpdateSettings};

use crate::harness::{Desk, admin, driver, granted};

/// What the host has saved, or why it cannot be read.
#[derive(Debug, Clone)]
struct Host(Arc<Mutex<Result<Option<SavedSettings>, SettingsSourceError>>>);

impl Host {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Ok(None))))
    }

    fn saves(&self, priority: Priority, updated_at: Timestamp) {
        let patch = SettingsPatch { default_priority: Some(priority), ..SettingsPatch::default() };
        *self.0.lock().unwrap() = Ok(Some(SavedSettings { patch, updated_at }));
    }

    fn goes_away(&self) {
        *self.0.lock().unwrap() = Err(SettingsSourceError("no connection".to_owned()));
    }
}

impl SettingsSource for Host {
    fn read(&self) -> BoxFuture<'_, Result<Option<SavedSettings>, SettingsSourceError>> {
        let saved = self.0.lock().unwrap().clone();
        Box::pin(async move { saved })
    }
}

fn desk_with(host: &Host) -> Desk {
    Desk::start(Ports { settings_source: Some(Arc::new(host.clone())), ..Ports::default() })
}

fn longest(chars: usize) -> UpdateSettings {
    let set = SettingsPatch { max_message_chars: Some(chars), ..SettingsPatch::default() };
    UpdateSettings { change: SettingsChange { set, reset: Vec::new() }, version: None }
}

async fn update(desk: &Desk, command: UpdateSettings) -> Arc<support_service::SettingsInForce> {
    let boss = admin(AdminRole::SuperAdmin, None);
    desk.service.update_settings(&granted::<action::ManageSettings>(&boss), command).await.unwrap()
}

async fn priority_of_an_opening(desk: &Desk) -> Priority {
    desk.open(&driver("driver-1")).await.conversation.priority
}

#[tokio::test]
async fn what_the_host_saves_is_in_force_when_it_was_read() {
    let host = Host::new();
    let desk = desk_with(&host);
    desk.service.refresh_settings().await.unwrap();
    assert_eq!(priority_of_an_opening(&desk).await, Priority::Normal);
    host.saves(Priority::High, SystemClock::new().now());
    assert_eq!(priority_of_an_opening(&desk).await, Priority::Normal, "no request asks the host");
    desk.service.refresh_settings().await.unwrap();
    assert_eq!(priority_of_an_opening(&desk).await, Priority::High);
}

#[tokio::test]
async fn a_change_at_the_desk_is_the_last_one_even_if_the_hosts_clock_is_ahead() {
    let (host, ahead) = (Host::new(), SystemClock::new().now().plus(Duration::from_secs(3_600)));
    let desk = desk_with(&host);
    host.saves(Priority::High, ahead);
    desk.service.refresh_settings().await.unwrap();
    let changed = update(&desk, longest(300)).await;
    assert_eq!((changed.settings.max_message_chars, changed.version), (300, 1));
    assert_eq!(changed.settings.default_priority, Priority::High, "what is left out stays as it was in force");
    assert!(changed.updated_at > Some(ahead) && changed.updated_by.is_some());
    // And then the host's again, all of it.
    host.saves(Priority::Low, ahead.plus(Duration::from_secs(1)));
    desk.service.refresh_settings().await.unwrap();
    assert_eq!((desk.service.limits().max_message_chars, priority_of_an_opening(&desk).await), (4_000, Priority::Low));
    let viewer = granted::<action::ViewSettings>(&admin(AdminRole::SuperAdmin, None));
    let shown = desk.service.get_settings(&viewer).await.unwrap();
    assert_eq!((shown.version, &shown.updated_by), (1, &None));
    let back = SettingsChange { set: SettingsPatch::default(), reset: vec![Setting::DefaultPriority] };
    let changed = update(&desk, UpdateSettings { change: back, version: Some(1) }).await;
    assert_eq!((changed.version, changed.settings.default_priority), (2, Priority::Normal));
}

#[tokio::test]
async fn a_host_that_is_away_changes_nothing_and_hinders_nobody() {
    let host = Host::new();
    let desk = desk_with(&host);
    host.saves(Priority::High, SystemClock::new().now());
    desk.service.refresh_settings().await.unwrap();
    host.goes_away();
    let error = desk.service.refresh_settings().await.unwrap_err();
    assert!(matches!(error, ServiceError::Store(_)), "{error}");
    assert_eq!(priority_of_an_opening(&desk).await, Priority::High);
    assert_eq!(update(&desk, longest(300)).await.settings.max_message_chars, 300);
    assert_eq!(priority_of_an_opening(&desk).await, Priority::High);
    // The desk's own is read though the host is away.
    let node = desk.another_node(Ports { settings_source: Some(Arc::new(host.clone())), ..Ports::default() });
    assert!(node.service.refresh_settings().await.is_err());
    assert_eq!(node.service.limits().max_message_chars, 300);
}
