//! Rights as the service holds them, whatever door a request came through.

use support_domain::conversation::ConversationChange;
use support_domain::{AdminId, ConversationStatus, CountryCode};
use support_rbac::{AdminRole, authorize, policy::action};
use support_service::{Ports, ServiceError, UpdateConversation};

use crate::harness::{Desk, admin, driver, granted, message};

#[tokio::test]
async fn a_stranger_and_another_country_find_nothing() {
    let desk = Desk::start(Ports::default());
    let id = desk.open(&driver("driver-1")).await.conversation.id;
    let abroad = admin(AdminRole::SupportAdmin, Some(CountryCode::UnitedStates));
    let nowhere = admin(AdminRole::SupportAdmin, None);
    for caller in [driver("driver-2"), abroad, nowhere] {
        let view = desk.service.get_conversation(&granted::<action::ViewConversation>(&caller), id).await;
        assert!(matches!(view, Err(ServiceError::NotFound)));
        let sent = desk.service.send_message(&granted::<action::SendMessage>(&caller), message(id)).await;
        assert!(matches!(sent, Err(ServiceError::NotFound)));
        let read = desk.service.mark_read(&granted::<action::MarkRead>(&caller), id, 1).await;
        assert!(matches!(read, Err(ServiceError::NotFound)));
    }
}

#[tokio::test]
async fn a_change_that_is_partly_forbidden_changes_nothing() {
    let desk = Desk::start(Ports::default());
    let id = desk.open(&driver("driver-1")).await.conversation.id;
    // ADMIN may reply but not assign.
    let caller = admin(AdminRole::Admin, None);
    let change = ConversationChange {
        status: Some(ConversationStatus::Closed),
        assigned_admin_id: Some(Some(AdminId::parse("admin-1").unwrap())),
        ..ConversationChange::default()
    };
    let command = UpdateConversation { conversation_id: id, change, version: None };
    let result = desk.service.update_conversation(&granted::<action::UpdateConversation>(&caller), command).await;
    assert!(matches!(result, Err(ServiceError::Forbidden)));
    let now = desk.service.get_conversation(&granted::<action::ViewConversation>(&caller), id).await.unwrap();
    assert_eq!((now.status, now.version), (ConversationStatus::Open, 1));
}

#[tokio::test]
async fn no_grant_no_use_case() {
    let readonly = admin(AdminRole::ReadonlyAdmin, Some(CountryCode::Bangladesh));
    assert!(authorize::<action::SendMessage>(&readonly).is_err());
    assert!(authorize::<action::ListConversations>(&admin(AdminRole::FinanceAdmin, None)).is_err());
    assert!(authorize::<action::OpenConversation>(&admin(AdminRole::SuperAdmin, None)).is_err());
    assert!(authorize::<action::UpdateConversation>(&driver("driver-1")).is_err());
}
