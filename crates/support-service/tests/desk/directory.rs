//! A directory of people: what it says is shown, and what it cannot say breaks no page.

use std::sync::{Arc, Mutex};

use support_domain::conversation::ConversationChange;
use support_domain::{AdminId, CountryCode, UserId, UserRef, UserType};
use support_rbac::{AdminRole, BoxFuture, policy::action};
use support_service::{
    AssignableAdmin, Directory, DirectoryError, OpenConversationForUser, Ports, ServiceError, UpdateConversation,
    UserCard,
};

use crate::harness::{Desk, admin, driver, granted, opening};

/// Knows one user and one admin, who is of Bangladesh.
#[derive(Debug, Default)]
struct Host {
    is_away: Mutex<bool>,
}

impl Host {
    fn answer<T>(&self, value: T) -> Result<T, DirectoryError> {
        if *self.is_away.lock().unwrap() { Err(DirectoryError("away".to_owned())) } else { Ok(value) }
    }
}

impl Directory for Host {
    fn get_user_card<'a>(&'a self, user: &'a UserRef) -> BoxFuture<'a, Result<Option<UserCard>, DirectoryError>> {
        let card = UserCard { display_name: Some("Rahim".to_owned()), ..UserCard::default() };
        let known = (user.id.as_str() == "driver-1").then_some(card);
        Box::pin(std::future::ready(self.answer(known)))
    }

    fn list_assignable_admins<'a>(
        &'a self,
        countries: &'a [CountryCode],
    ) -> BoxFuture<'a, Result<Vec<AssignableAdmin>, DirectoryError>> {
        let known = AssignableAdmin {
            id: AdminId::parse("agent-1").unwrap(),
            role: AdminRole::SupportAdmin,
            country: Some(CountryCode::Bangladesh),
            display_name: None,
            masked_email: None,
        };
        let found = countries.contains(&CountryCode::Bangladesh).then_some(known);
        Box::pin(std::future::ready(self.answer(found.into_iter().collect())))
    }
}

fn desk() -> (Desk, Arc<Host>) {
    let host = Arc::new(Host::default());
    (Desk::start(Ports { directory: Some(host.clone()), ..Ports::default() }), host)
}

async fn assign(desk: &Desk, opened: &support_service::Opened, to: &str) -> Result<(), ServiceError> {
    let context = granted::<action::UpdateConversation>(&admin(AdminRole::SuperAdmin, None));
    let assigned_admin_id = Some(Some(AdminId::parse(to).unwrap()));
    let change = ConversationChange { assigned_admin_id, ..ConversationChange::default() };
    let command = UpdateConversation { conversation_id: opened.conversation.id, change, version: None };
    desk.service.update_conversation(&context, command).await.map(drop)
}

#[tokio::test]
async fn a_card_is_shown_where_there_is_one_and_nothing_where_nobody_can_say() {
    let (desk, host) = desk();
    let context = granted::<action::ViewConversation>(&admin(AdminRole::SuperAdmin, None));
    let known = desk.open(&driver("driver-1")).await.conversation;
    let unknown = desk.open(&driver("driver-2")).await.conversation;
    let card = desk.service.get_user_card(&context, &known).await.unwrap();
    assert_eq!(card.display_name.as_deref(), Some("Rahim"));
    assert!(!format!("{card:?}").contains("Rahim"), "a card does not print");
    assert_eq!(desk.service.get_user_card(&context, &unknown).await, None);
    *host.is_away.lock().unwrap() = true;
    assert_eq!(desk.service.get_user_card(&context, &known).await, None);
}

#[tokio::test]
async fn a_conversation_goes_only_to_whom_the_directory_knows_for_its_country() {
    let (desk, host) = desk();
    let opened = desk.open(&driver("driver-1")).await;
    assert!(matches!(assign(&desk, &opened, "agent-2").await, Err(ServiceError::NotAssignable)));
    assign(&desk, &opened, "agent-1").await.unwrap();
    *host.is_away.lock().unwrap() = true;
    assert!(matches!(assign(&desk, &opened, "agent-2").await, Err(ServiceError::Store(_))), "nobody can say");
    assign(&desk, &opened, "agent-1").await.unwrap();
    assign(&Desk::start(Ports::default()), &opened, "agent-2").await.expect_err("another desk");
}

async fn write_to(desk: &Desk, id: &str) -> Result<(), ServiceError> {
    let context = granted::<action::OpenConversationForUser>(&admin(AdminRole::SuperAdmin, None));
    let user =
        UserRef { id: UserId::parse(id).unwrap(), user_type: UserType::Driver, country: CountryCode::Bangladesh };
    let command = OpenConversationForUser { user, opening: opening() };
    desk.service.open_conversation_for_user(&context, command).await.map(drop)
}

#[tokio::test]
async fn the_desk_writes_only_to_whom_the_directory_knows() {
    let (desk, host) = desk();
    write_to(&desk, "driver-1").await.unwrap();
    assert!(matches!(write_to(&desk, "driver-2").await, Err(ServiceError::NoSuchUser)));
    *host.is_away.lock().unwrap() = true;
    assert!(matches!(write_to(&desk, "driver-1").await, Err(ServiceError::Store(_))), "nobody can say");
    write_to(&Desk::start(Ports::default()), "driver-2").await.expect("without a directory everybody is known");
}
