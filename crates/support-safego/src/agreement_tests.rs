//! Every way in which a caller and a row can agree or not.

use std::sync::Arc;

use support_domain::{CountryCode, Timestamp};
use support_rbac::{AdminRole, PermissionSet, Restrictions, RevocationId};

use super::*;
use crate::people::AdminProfile;

fn driver() -> Person {
    Person {
        id: "person-1".to_owned(),
        role: "driver".to_owned(),
        country: Some(CountryCode::Bangladesh),
        is_blocked: false,
        is_locked: false,
        email: Some("person-1@example.com".to_owned()),
        admin: None,
    }
}

fn agent() -> Person {
    let profile =
        AdminProfile { role: Some(AdminRole::SupportAdmin), country: Some(CountryCode::Bangladesh), is_active: true };
    Person { role: "admin".to_owned(), admin: Some(profile), ..driver() }
}

fn with_profile(change: impl FnOnce(&mut AdminProfile)) -> Person {
    let mut person = agent();
    change(person.admin.as_mut().unwrap());
    person
}

/// With a token of the host, and with one of ours.
fn callers(person: &Person) -> [Arc<Caller>; 2] {
    let principal = person.principal().unwrap();
    let caller = |revocation_ids| {
        let (principal, restrictions) = (principal.clone(), Restrictions::default());
        Arc::new(Caller { principal, restrictions, expires_at: Timestamp::from_millis(i64::MAX), revocation_ids })
    };
    [caller(Vec::new()), caller(vec![RevocationId(vec![1])])]
}

#[test]
fn whoever_is_as_before_stands() {
    for person in [driver(), agent()] {
        for caller in callers(&person) {
            assert_eq!(verdict(&caller, Some(&person)), Verdict::Stands);
        }
    }
}

#[test]
fn whatever_the_host_has_changed_ends_the_access_with_either_token() {
    let as_driver = |change: fn(&mut Person)| {
        let mut person = driver();
        change(&mut person);
        (driver(), person)
    };
    let as_agent = |change: fn(&mut AdminProfile)| (agent(), with_profile(change));
    let changes = [
        as_driver(|person| person.is_blocked = true),
        as_driver(|person| person.is_locked = true),
        as_driver(|person| person.role = "customer".to_owned()),
        as_driver(|person| person.role = "pending_driver".to_owned()),
        as_driver(|person| person.role = "admin".to_owned()),
        as_driver(|person| person.country = Some(CountryCode::UnitedStates)),
        as_driver(|person| person.country = None),
        as_agent(|profile| profile.is_active = false),
        as_agent(|profile| profile.role = Some(AdminRole::ReadonlyAdmin)),
        as_agent(|profile| profile.role = Some(AdminRole::SuperAdmin)),
        as_agent(|profile| profile.role = None),
        as_agent(|profile| profile.country = Some(CountryCode::UnitedStates)),
        as_agent(|profile| profile.country = None),
        (agent(), Person { admin: None, ..agent() }),
        (agent(), Person { is_blocked: true, ..agent() }),
        (agent(), Person { is_locked: true, ..agent() }),
        (agent(), driver()),
    ];
    for (before, now) in changes {
        for caller in callers(&before) {
            assert!(matches!(verdict(&caller, Some(&now)), Verdict::Fallen(_)), "{now:?}");
        }
    }
}

#[test]
fn whom_the_host_does_not_know_only_a_token_of_ours_can_vouch_for() {
    let [hosts, ours] = callers(&driver());
    assert!(matches!(verdict(&hosts, None), Verdict::Fallen(_)));
    assert_eq!(verdict(&ours, None), Verdict::Stands);
}

#[test]
fn a_token_of_ours_may_permit_less_than_the_role_and_name_no_country_for_a_global_one() {
    let everywhere = with_profile(|profile| profile.role = Some(AdminRole::SuperAdmin));
    let [hosts, ours] = callers(&everywhere);
    let weaker = |caller: &Caller| {
        let mut caller = caller.clone();
        if let Principal::Admin(admin) = &mut caller.principal {
            (admin.permissions, admin.country) = (PermissionSet::EMPTY, None);
        }
        caller
    };
    assert_eq!(verdict(&weaker(&ours), Some(&everywhere)), Verdict::Stands);
    assert!(matches!(verdict(&weaker(&hosts), Some(&everywhere)), Verdict::Fallen(_)));
}
