//! A host that has an audit log of its own is told of every record, at least once and in order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use support_audit::{AuditSink, BoxFuture, SinkError};
use support_domain::AuditLogRecord;
use support_rbac::{AdminRole, policy::action};
use support_service::Ports;

use crate::harness::{Desk, admin, driver, granted, message};

/// The host's log. It fails as often as it was told to, before it takes anything.
#[derive(Debug, Default)]
struct HostLog {
    failures_left: AtomicUsize,
    taken: Mutex<Vec<AuditLogRecord>>,
}

impl AuditSink for HostLog {
    fn log_audit_event<'a>(&'a self, record: &'a AuditLogRecord) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async move {
            let failing =
                self.failures_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            if failing.is_ok() {
                return Err(SinkError("the host is busy".to_owned()));
            }
            self.taken.lock().unwrap().push(record.clone());
            Ok(())
        })
    }
}

fn actions(log: &HostLog) -> Vec<String> {
    log.taken.lock().unwrap().iter().map(|record| record.action_type.clone()).collect()
}

#[tokio::test]
async fn every_record_reaches_the_host_in_order_whatever_fails() {
    let log = Arc::new(HostLog::default());
    let desk = Desk::start(Ports { audit_sink: Some(log.clone()), ..Ports::default() });
    let driver = driver("driver-1");
    let opened = desk.open(&driver).await;
    let reply = granted::<action::SendMessage>(&admin(AdminRole::SuperAdmin, None));
    desk.service.send_message(&reply, message(opened.conversation.id)).await.unwrap();

    log.failures_left.store(2, Ordering::SeqCst);
    let waits = desk.service.deliver_audit().await.unwrap();
    assert_eq!((waits.delivered, waits.refusal), (0, Some(SinkError("the host is busy".to_owned()))));
    assert_eq!(desk.service.deliver_audit().await.unwrap().delivered, 0);
    assert_eq!(desk.service.deliver_audit().await.unwrap().delivered, 2);
    assert_eq!(desk.service.deliver_audit().await.unwrap().delivered, 0, "what was taken is not told again");
    assert_eq!(actions(&log), ["SUPPORT_CONVERSATION_CREATED", "SUPPORT_MESSAGE_SENT"]);

    let taken = log.taken.lock().unwrap().clone();
    assert_eq!(taken[1].description, format!("Admin replied to conversation {}", opened.conversation.id));
    assert_eq!(taken[1].actor_email, "kamal@example.com");
    assert_eq!(taken[1].actor_role, "SUPER_ADMIN");
    assert!(taken.iter().all(|record| !format!("{record:?}").contains("words")), "nothing that was said");
}

#[tokio::test]
async fn without_a_host_nothing_waits() {
    let desk = Desk::start(Ports::default());
    desk.open(&driver("driver-1")).await;
    assert_eq!(desk.service.deliver_audit().await.unwrap().delivered, 0);
}
