//! The audit log and the revoked tokens.

use support_domain::{AuditLogId, AuditLogRecord};
use support_store::StoreError;

use crate::harness::at;
use crate::on_both;

fn record(number: u128) -> AuditLogRecord {
    AuditLogRecord {
        id: AuditLogId(uuid::Uuid::from_u128(number)),
        created_at: at(i64::try_from(number).unwrap()),
        actor_id: Some("admin-1".to_owned()),
        actor_email: "kamal@example.com".to_owned(),
        actor_role: "SUPPORT_ADMIN".to_owned(),
        ip_address: None,
        user_agent: None,
        country_code: Some("BD".to_owned()),
        action_type: "SUPPORT_CONVERSATION_ASSIGNED".to_owned(),
        entity_type: "support_conversation".to_owned(),
        entity_id: None,
        description: "done".to_owned(),
        metadata: Some(serde_json::json!({"old": null, "new": "admin-1"})),
        success: true,
        environment: "test".to_owned(),
    }
}

on_both! {
    async fn records_wait_in_order_until_they_are_delivered(desk) {
        desk.store
            .write::<_, StoreError, _>(|transaction| {
                for number in [3, 1, 2] {
                    transaction.insert_audit_log(record(number), true)?;
                }
                transaction.insert_audit_log(record(4), false)
            })
            .await
            .unwrap();
        let pending = |limit| desk.store.read::<_, StoreError, _>(move |reader| reader.list_pending_audit_logs(limit));
        assert_eq!(pending(2).await.unwrap(), [record(1), record(2)]);
        let backlog = || desk.store.read::<_, StoreError, _>(|reader| {
            reader.count_pending_audit_logs().map(|backlog| (backlog.waiting, backlog.oldest))
        });
        assert_eq!(backlog().await.unwrap(), (3, Some(record(1).created_at)));
        desk.store
            .write::<_, StoreError, _>(|transaction| transaction.update_audit_logs_delivered(&[record(1).id, record(2).id]))
            .await
            .unwrap();
        assert_eq!(pending(10).await.unwrap(), [record(3)], "what nobody waits for is not delivered");
        assert_eq!(backlog().await.unwrap(), (1, Some(record(3).created_at)));
    }

    async fn revocations_are_forgotten_when_the_token_has_ended(desk) {
        desk.store
            .write::<_, StoreError, _>(|transaction| {
                transaction.insert_revoked_token("aa", at(0), at(1_000))?;
                transaction.insert_revoked_token("aa", at(5), at(1_000))?;
                transaction.insert_revoked_token("bb", at(0), at(2_000))
            })
            .await
            .unwrap();
        let known = |millis| desk.store.read::<_, StoreError, _>(move |reader| reader.list_revoked_tokens(at(millis)));
        let mut both = known(999).await.unwrap();
        both.sort();
        assert_eq!(both, ["aa", "bb"]);
        assert_eq!(known(1_000).await.unwrap(), ["bb"]);
        assert_eq!(known(2_000).await.unwrap(), [] as [&str; 0]);
    }
}
