//! The policy under test: its printed table, and what must hold for every caller there could be.

use std::sync::Arc;

use proptest::prelude::*;
use support_domain::visibility::Scope;
use support_domain::{CountryCode, TextEnum, UserType};

use super::action::{
    self, AssignConversation, ChangeStatus, ListAdmins, ListConversations, ManageSettings, OpenConversation,
    OpenConversationForUser, SendMessage, UpdateConversation, ViewConversation, ViewSettings,
};
use super::*;
use crate::permission::Permission;
use crate::role::AdminRole;
use crate::testing::{admin, any_caller, caller, conversation, user};

#[test]
fn the_policy_is_as_reviewed() {
    insta::assert_snapshot!("policy", table());
}

#[test]
fn a_user_gets_a_grant_for_their_own_conversations() {
    let driver = caller(user("driver-1", UserType::Driver, CountryCode::Bangladesh));
    let grant = authorize::<ViewConversation>(&driver).unwrap();
    assert!(matches!(&grant.visibility().scope, Scope::Owner(id, UserType::Driver) if id.as_str() == "driver-1"));
    assert_eq!(grant.principal().key(), driver.principal.key());
    assert_eq!(grant.side(), Side::User);
    let refusal = authorize::<AssignConversation>(&driver).unwrap_err();
    assert_eq!(refusal, Denied::Forbidden { action: "AssignConversation" });
}

#[test]
fn a_part_of_a_change_asks_for_its_own_permission() {
    let replier = caller(admin("admin-1", AdminRole::CityAdmin, Some(CountryCode::UnitedStates)));
    let grant = authorize::<UpdateConversation>(&replier).unwrap();
    assert!(grant.require::<ChangeStatus>().is_ok());
    assert!(grant.require::<AssignConversation>().is_err());
}

#[test]
fn the_desk_opens_conversations_only_in_countries_that_it_sees() {
    let american = caller(admin("admin-1", AdminRole::SupportAdmin, Some(CountryCode::UnitedStates)));
    let grant = authorize::<OpenConversationForUser>(&american).unwrap();
    assert!(grant.admits_country(CountryCode::UnitedStates));
    assert!(!grant.admits_country(CountryCode::Bangladesh));
    let nowhere = caller(admin("admin-2", AdminRole::SupportAdmin, None));
    let grant = authorize::<OpenConversationForUser>(&nowhere).unwrap();
    assert!(CountryCode::ALL.iter().all(|country| !grant.admits_country(*country)));
}

#[test]
fn a_country_in_the_token_does_not_narrow_a_global_role() {
    let anywhere = caller(admin("admin-1", AdminRole::SuperAdmin, Some(CountryCode::UnitedStates)));
    let grant = authorize::<ListConversations>(&anywhere).unwrap();
    assert_eq!(grant.visibility().scope, Scope::Countries(CountryCode::ALL.to_vec()));
}

#[test]
fn a_narrowed_token_opens_nothing_and_configures_nothing() {
    let mut narrowed = Caller::clone(&caller(user("driver-1", UserType::Driver, CountryCode::Bangladesh)));
    narrowed.restrictions = narrowed.restrictions.and_only(conversation(1));
    let narrowed = Arc::new(narrowed);
    assert!(authorize::<OpenConversation>(&narrowed).is_err());
    let grant = authorize::<SendMessage>(&narrowed).unwrap();
    assert_eq!(grant.visibility().only, Some(conversation(1)));

    let mut narrowed = Caller::clone(&caller(admin("admin-1", AdminRole::SuperAdmin, None)));
    narrowed.restrictions = narrowed.restrictions.and_only(conversation(1));
    let narrowed = Arc::new(narrowed);
    assert!(authorize::<ManageSettings>(&narrowed).is_err());
    assert!(authorize::<ViewSettings>(&narrowed).is_err() && authorize::<ListAdmins>(&narrowed).is_err());
}

#[test]
fn a_grant_prints_who_and_what_and_no_email() {
    let grant = authorize::<ListConversations>(&caller(admin("admin-1", AdminRole::Admin, None))).unwrap();
    let printed = format!("{grant:?}");
    assert!(printed.contains("ListConversations") && printed.contains("admin-1"), "{printed}");
    assert!(!printed.contains("example.com"), "{printed}");
}

/// The answers to every action, in the order of the table.
pub(crate) fn answers(caller: &Caller) -> Vec<bool> {
    let asker = match &caller.principal {
        Principal::User(_) => Asker::User,
        Principal::Admin(admin) => Asker::Admin(admin.permissions),
    };
    action::ALL.iter().map(|(_, rule)| permits(*rule, asker, caller.restrictions)).collect()
}

proptest! {
    #[test]
    fn no_permission_implies_no_grant(caller in any_caller()) {
        if caller.principal.as_admin().is_some_and(|admin| admin.permissions.is_empty()) {
            prop_assert!(answers(&caller).iter().all(|granted| !granted));
        }
    }

    #[test]
    fn a_read_only_token_never_changes_anything(mut caller in any_caller()) {
        caller.restrictions.read_only = true;
        for (granted, (name, rule)) in answers(&caller).into_iter().zip(action::ALL) {
            prop_assert!(!granted || matches!(rule.effect, Effect::Reads | Effect::Surveys), "{name}");
        }
    }

    #[test]
    fn a_restriction_never_grants_more(caller in any_caller()) {
        let free = Caller { restrictions: Restrictions::default(), ..caller.clone() };
        for (restricted, unrestricted) in answers(&caller).into_iter().zip(answers(&free)) {
            prop_assert!(!restricted || unrestricted);
        }
    }

    #[test]
    fn nobody_sees_a_country_outside_their_scope(caller in any_caller()) {
        let caller = Arc::new(caller);
        let Ok(grant) = authorize::<ListConversations>(&caller) else { return Ok(()) };
        prop_assert_eq!(grant.visibility().only, caller.restrictions.only_conversation);
        match (&caller.principal, &grant.visibility().scope) {
            (Principal::User(user), Scope::Owner(id, user_type)) => {
                prop_assert!(user.user.id == *id && user.user.user_type == *user_type);
            }
            (Principal::Admin(admin), Scope::Countries(countries)) => {
                prop_assert!(admin.permissions.contains(Permission::View));
                match admin.role.declared_scope() {
                    crate::DeclaredScope::Global => {}
                    crate::DeclaredScope::Country => {
                        prop_assert!(countries.iter().all(|country| Some(*country) == admin.country));
                    }
                    crate::DeclaredScope::None => prop_assert!(countries.is_empty()),
                }
            }
            (principal, scope) => prop_assert!(false, "{principal:?} sees {scope:?}"),
        }
    }
}
