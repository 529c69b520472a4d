//! Conversations given in turn, with a host's directory and without one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use support_domain::{AdminId, AutoAssignMode, CountryCode, SettingsChange, SettingsPatch, UserRef};
use support_rbac::{AdminRole, BoxFuture, policy::action};
use support_service::{AssignableAdmin, Directory, DirectoryError, Ports, ServiceError, UpdateSettings, UserCard};

use crate::harness::{Desk, admin, driver, granted};

/// A host that knows two admins of Bangladesh, one of them twice, as long as it is there.
#[derive(Debug, Default)]
struct Host {
    is_away: AtomicBool,
}

impl Directory for Host {
    fn get_user_card<'a>(&'a self, _: &'a UserRef) -> BoxFuture<'a, Result<Option<UserCard>, DirectoryError>> {
        Box::pin(async { Ok(None) })
    }

    fn list_assignable_admins<'a>(
        &'a self,
        countries: &'a [CountryCode],
    ) -> BoxFuture<'a, Result<Vec<AssignableAdmin>, DirectoryError>> {
        let known = |id: &str| AssignableAdmin {
            id: AdminId::parse(id).unwrap(),
            role: AdminRole::SupportAdmin,
            country: Some(CountryCode::Bangladesh),
            display_name: None,
            masked_email: None,
        };
        let is_there = countries.contains(&CountryCode::Bangladesh);
        let admins = if is_there { vec![known("second"), known("first"), known("second")] } else { Vec::new() };
        let away = self.is_away.load(Ordering::Relaxed);
        Box::pin(async move { if away { Err(DirectoryError("no connection".to_owned())) } else { Ok(admins) } })
    }
}

async fn in_turn(desk: &Desk) {
    let set = SettingsPatch { auto_assign_mode: Some(AutoAssignMode::RoundRobin), ..SettingsPatch::default() };
    let command = UpdateSettings { change: SettingsChange { set, reset: Vec::new() }, version: None };
    let boss = admin(AdminRole::SuperAdmin, None);
    desk.service.update_settings(&granted::<action::ManageSettings>(&boss), command).await.unwrap();
}

async fn given(desk: &Desk) -> Option<String> {
    desk.open(&driver("driver-1")).await.conversation.assigned_admin_id.map(|admin| admin.to_string())
}

#[tokio::test]
async fn turns_go_round_among_those_whom_the_host_knows() {
    let host = Arc::new(Host::default());
    let desk = Desk::start(Ports { directory: Some(host.clone()), ..Ports::default() });
    // Whoever comes is not noted where the host knows who works there.
    desk.service.note_caller(&admin(AdminRole::SuperAdmin, None));
    desk.service.keep_noted_staff().await.unwrap();
    in_turn(&desk).await;
    let turns = [given(&desk).await, given(&desk).await, given(&desk).await];
    assert_eq!(turns.each_ref().map(Option::as_deref), [Some("first"), Some("second"), Some("first")]);
    host.is_away.store(true, Ordering::Relaxed);
    assert_eq!(given(&desk).await, None, "better without an admin than not at all");
    let assigner = granted::<action::ListAdmins>(&admin(AdminRole::SuperAdmin, None));
    let error = desk.service.list_admins(&assigner, None).await.unwrap_err();
    assert!(matches!(error, ServiceError::Store(_)), "{error}");
    host.is_away.store(false, Ordering::Relaxed);
    assert_eq!(given(&desk).await.as_deref(), Some("second"), "nobody's turn was lost");
}

#[tokio::test]
async fn without_a_host_turns_go_round_among_those_who_came() {
    let desk = Desk::start(Ports::default());
    in_turn(&desk).await;
    assert_eq!(given(&desk).await, None);
    desk.service.note_caller(&admin(AdminRole::SupportAdmin, Some(CountryCode::Bangladesh)));
    assert_eq!(given(&desk).await, None, "it is kept behind the request");
    desk.service.keep_noted_staff().await.unwrap();
    assert_eq!(given(&desk).await.as_deref(), Some("admin-1"));
}
