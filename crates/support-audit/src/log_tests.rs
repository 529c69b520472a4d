//! Every event as the record that it becomes, for review.

use std::convert::Infallible;

use serde_json::json;
use support_domain::{
    AdminId, ConversationId, ConversationStatus, CountryCode, DeskSettings, MediaTypes, MessageId, Priority, Side,
    UserId, UserType,
};

use super::*;
use crate::{ActorEmail, UserAgent};

#[derive(Default)]
struct Kept(Vec<AuditLogRecord>);

impl AuditLog for Kept {
    type Error = Infallible;
    fn append(&mut self, record: AuditLogRecord) -> Result<(), Infallible> {
        self.0.push(record);
        Ok(())
    }
}

fn record(event: &AuditEvent, actor: &Actor) -> AuditLogRecord {
    let (mut log, environment) = (Kept::default(), Environment::parse("test").unwrap());
    let stamp = Stamp {
        id: "0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e".parse().unwrap(),
        at: Timestamp::from_millis(7),
        environment: &environment,
    };
    log_audit_event(&mut log, event, actor, &stamp).unwrap();
    log.0.remove(0)
}

fn conversation() -> ConversationId {
    "0190c5a4-0000-7e64-8f5e-2f5a0c6d1b2e".parse().unwrap()
}

fn admin() -> Actor {
    let email = ActorEmail::parse("kamal@example.com").unwrap();
    Actor::admin(
        &AdminId::parse("admin-1").unwrap(),
        UserType::Driver.into(),
        Some(CountryCode::Bangladesh),
        Some(email),
    )
    .at(Some("10.0.0.9".parse().unwrap()), UserAgent::reduce("curl/8"))
}

#[test]
fn a_record_has_the_hosts_shape() {
    let event = AuditEvent::StatusChanged {
        conversation: conversation(),
        from: ConversationStatus::Open,
        to: ConversationStatus::Resolved,
        by: Side::Admin,
    };
    let record = record(&event, &admin());
    assert_eq!(record.action_type, "SUPPORT_CONVERSATION_STATUS_CHANGED");
    assert_eq!(record.entity_type, "support_conversation");
    assert_eq!(record.entity_id.as_deref(), Some("0190c5a4-0000-7e64-8f5e-2f5a0c6d1b2e"));
    assert_eq!(record.actor_id.as_deref(), Some("admin-1"));
    assert_eq!(record.actor_email, "kamal@example.com");
    assert_eq!(record.ip_address.as_deref(), Some("10.0.0.9"));
    assert_eq!(record.user_agent.as_deref(), Some("curl/8"));
    assert_eq!(record.country_code.as_deref(), Some("BD"));
    assert_eq!(record.metadata, Some(json!({"oldStatus": "open", "newStatus": "resolved", "by": "admin"})));
    assert!(record.success);
    assert_eq!(record.environment, "test");
}

fn settings_updated() -> AuditEvent {
    let from = DeskSettings::default();
    let allowed_media_types = MediaTypes::parse("image/png").unwrap();
    let to = DeskSettings { max_message_chars: 500, allowed_media_types, ..from.clone() };
    AuditEvent::SettingsUpdated { from: Box::new(from), to: Box::new(to), version: 3 }
}

#[test]
fn what_the_desk_does_by_itself_is_nobodys_deed() {
    let event = AuditEvent::AssignedInTurn { conversation: conversation(), to: AdminId::parse("admin-3").unwrap() };
    let record = record(&event, &admin());
    let who = (record.actor_id.as_deref(), record.actor_email.as_str(), record.actor_role.as_str());
    assert_eq!(who, (None, "unknown", "system"));
    assert_eq!((record.ip_address, record.user_agent), (None, None));
    assert_eq!(record.country_code.as_deref(), Some("BD"));
}

#[test]
fn the_settings_are_of_no_conversation() {
    let record = record(&settings_updated(), &admin());
    assert_eq!((record.entity_type.as_str(), record.entity_id), ("support_settings", None));
    assert_eq!(record.actor_id.as_deref(), Some("admin-1"));
}

#[test]
fn a_purge_is_the_operators_and_names_what_went() {
    let kept_by = |email: Option<&str>| {
        let email = email.map(|email| ActorEmail::parse(email).unwrap());
        record(&conversations_purged(), &Actor::operator(CountryCode::Bangladesh, email))
    };
    let record = kept_by(Some("ops@example.com"));
    let who = (record.actor_id.as_deref(), record.actor_email.as_str(), record.actor_role.as_str());
    assert_eq!(who, (None, "ops@example.com", "operator"));
    assert_eq!(record.country_code.as_deref(), Some("BD"));
    assert_eq!((record.entity_type.as_str(), record.entity_id), ("support_conversation", None));
    assert_eq!(record.metadata.unwrap()["conversationIds"], json!([conversation()]));
    assert_eq!(kept_by(None).actor_email, "unknown");
}

fn conversations_purged() -> AuditEvent {
    AuditEvent::ConversationsPurged {
        conversations: vec![conversation()],
        country: CountryCode::Bangladesh,
        status: ConversationStatus::Closed,
        before: Timestamp::from_millis(86_400_000),
        messages: 12,
        files: 3,
    }
}

#[test]
fn every_event_says_what_was_done_and_not_what_was_said() {
    let (id, admin_id) = (conversation(), AdminId::parse("admin-2").unwrap());
    let message: MessageId = "0190c5a4-1111-7e64-8f5e-2f5a0c6d1b2e".parse().unwrap();
    let events = [
        AuditEvent::ConversationCreated {
            conversation: id,
            channel: UserType::Customer,
            priority: Priority::High,
            by: Side::User,
        },
        AuditEvent::StatusChanged {
            conversation: id,
            from: ConversationStatus::Resolved,
            to: ConversationStatus::Open,
            by: Side::User,
        },
        AuditEvent::PriorityChanged { conversation: id, from: Priority::Low, to: Priority::Urgent },
        AuditEvent::ConversationAssigned { conversation: id, from: None, to: Some(admin_id.clone()) },
        AuditEvent::ConversationAssigned { conversation: id, from: Some(admin_id), to: None },
        AuditEvent::AssignedInTurn { conversation: id, to: AdminId::parse("admin-3").unwrap() },
        AuditEvent::MessageSent { conversation: id, message, seq: 4, by: Side::Admin },
        AuditEvent::MessageSent { conversation: id, message, seq: 5, by: Side::User },
        settings_updated(),
        conversations_purged(),
    ];
    let said: Vec<String> = events
        .iter()
        .map(|event| record(event, &admin()))
        .map(|record| format!("{} | {} | {}", record.action_type, record.description, record.metadata.unwrap()))
        .map(|line| line.replace(&id.to_string(), "ID"))
        .collect();
    let expected = [
        r#"SUPPORT_CONVERSATION_CREATED | User opened conversation ID | {"by":"user","channel":"customer","priority":"high"}"#,
        r#"SUPPORT_CONVERSATION_STATUS_CHANGED | User's message changed status of conversation ID from resolved to open | {"by":"user","newStatus":"open","oldStatus":"resolved"}"#,
        r#"SUPPORT_CONVERSATION_PRIORITY_CHANGED | Admin changed priority of conversation ID from low to urgent | {"newPriority":"urgent","oldPriority":"low"}"#,
        r#"SUPPORT_CONVERSATION_ASSIGNED | Conversation ID assigned to admin-2 | {"newAssignedAdminId":"admin-2","oldAssignedAdminId":null}"#,
        r#"SUPPORT_CONVERSATION_ASSIGNED | Conversation ID unassigned | {"newAssignedAdminId":null,"oldAssignedAdminId":"admin-2"}"#,
        r#"SUPPORT_CONVERSATION_ASSIGNED | Conversation ID assigned to admin-3, whose turn it was | {"mode":"round_robin","newAssignedAdminId":"admin-3","oldAssignedAdminId":null}"#,
        r#"SUPPORT_MESSAGE_SENT | Admin replied to conversation ID | {"by":"admin","messageId":"0190c5a4-1111-7e64-8f5e-2f5a0c6d1b2e","seq":4}"#,
        r#"SUPPORT_MESSAGE_SENT | User wrote to conversation ID | {"by":"user","messageId":"0190c5a4-1111-7e64-8f5e-2f5a0c6d1b2e","seq":5}"#,
        concat!(
            r#"SETTINGS_UPDATED | Admin changed the support settings to version 3 | {"newSettings":"#,
            r#"{"allowedMimeTypes":["image/png"],"autoAssignMode":"manual","businessHoursEnabled":false,"#,
            r#""businessHoursEnd":"17:00","businessHoursStart":"09:00","defaultPriority":"normal","#,
            r#""maxAttachmentSizeMB":10,"maxMessageLength":500},"oldSettings":"#,
            r#"{"allowedMimeTypes":["image/jpeg","image/png","image/webp","application/pdf"],"autoAssignMode":"manual","#,
            r#""businessHoursEnabled":false,"businessHoursEnd":"17:00","businessHoursStart":"09:00","#,
            r#""defaultPriority":"normal","maxAttachmentSizeMB":10,"maxMessageLength":4000},"version":3}"#,
        ),
        concat!(
            r#"SUPPORT_CONVERSATIONS_PURGED | Operator purged closed conversations of BD: 1 | {"conversationIds":["ID"],"#,
            r#""conversations":1,"countryCode":"BD","files":3,"lastMessageBefore":"1970-01-02T00:00:00.000Z","#,
            r#""messages":12,"status":"closed"}"#,
        ),
    ];
    assert_eq!(said, expected);
}

#[test]
fn who_has_no_address_is_unknown() {
    let actor = Actor::user(&UserId::parse("driver-1").unwrap(), UserType::Driver.into(), CountryCode::UnitedStates);
    let event = AuditEvent::PriorityChanged { conversation: conversation(), from: Priority::Low, to: Priority::High };
    let record = record(&event, &actor);
    assert_eq!((record.actor_email.as_str(), record.actor_role.as_str()), ("unknown", "driver"));
}
