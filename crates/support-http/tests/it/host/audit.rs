//! The desk's records in the host's own audit log: each once, in the host's form, whatever happens meanwhile.

use serde_json::{Value, json};

use crate::harness::{Backend, Desk, Plan, eventually};

on_postgres!(every_record_is_in_the_hosts_log_once, records_wait_while_the_host_takes_none);

/// The host's log without what was there before, oldest first.
fn host_log(desk: &Desk) -> Vec<Value> {
    let sql =
        "SELECT row_to_json(l)::text AS line FROM public.audit_logs l WHERE id <> 'audit-of-the-host' ORDER BY id";
    desk.database.connect().lines(sql).iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[track_caller]
fn waits_for(desk: &Desk, records: usize) {
    eventually("the records are delivered", || host_log(desk).len() >= records);
}

fn every_record_is_in_the_hosts_log_once(_: Backend) {
    let desk = Plan::beside_the_host().set("SUPPORT_ENVIRONMENT", "staging").start();
    // Two nodes deliver at once.
    let node = desk.another_node();
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("A subject that is never recorded", "words that are never recorded");
    admin.at(&node.address).send(&opened, "more words");
    admin.change(&opened, &json!({"status": "resolved", "priority": "high", "assignedAdminId": "support_admin-1"}));
    let ours = desk.database.audit_logs();
    assert_eq!(ours.len(), 5);
    waits_for(&desk, 5);
    let kept = desk.database.connect().lines(
        "SELECT (to_jsonb(o.created_at AT TIME ZONE 'UTC') = to_jsonb(l.\"createdAt\"))::text AS line \
           FROM support_chat.support_audit_logs o JOIN public.audit_logs l ON l.id = o.id::text",
    );
    assert_eq!(kept, ["true"; 5], "ids are kept, and moments are in UTC");
    let log = host_log(&desk);
    for (theirs, ours) in log.iter().zip(&ours) {
        let fields = ["actorId", "actorEmail", "actorRole", "countryCode", "actionType", "entityType", "entityId"];
        for field in fields.iter().chain(&["description", "metadata", "success", "environment"]) {
            assert_eq!(theirs[field], ours[field], "{field}");
        }
        assert!(!theirs.to_string().contains("words") && !theirs.to_string().contains("subject that"), "{theirs}");
    }
    let reply = log.iter().find(|record| record["actionType"] == "SUPPORT_MESSAGE_SENT").expect("the reply");
    assert_eq!((&reply["actorRole"], &reply["environment"]), (&json!("SUPPORT_ADMIN"), &json!("staging")));
    assert_eq!(reply["actorEmail"], "support_admin-1@example.com");
    assert_eq!(reply["description"], format!("Admin replied to conversation {}", opened.id));
    // Told again, as after a crash between the telling and the noting, it is still there once.
    desk.host_does("UPDATE support_chat.support_audit_logs SET delivery_pending = true");
    eventually("all is noted again", || {
        let sql = "SELECT count(*)::text AS line FROM support_chat.support_audit_logs WHERE delivery_pending";
        desk.database.connect().lines(sql) == ["0"]
    });
    assert_eq!(host_log(&desk), log);
}

fn records_wait_while_the_host_takes_none(_: Backend) {
    let desk = Plan::beside_the_host().start();
    let driver = desk.driver("driver-1", "BD");
    desk.host_does("ALTER TABLE public.audit_logs RENAME TO audit_logs_elsewhere");
    let opened = driver.open("Fare", "Hello");
    let told = "audit records wait to be delivered";
    eventually("the log says that records wait", || desk.server.log().contains(told));
    driver.send(&opened, "Work goes on");
    eventually("the metrics say how many wait", || {
        desk.get("/metrics").text.contains("\nsupport_service_audit_waiting 2\n")
    });
    desk.host_does("ALTER TABLE public.audit_logs_elsewhere RENAME TO audit_logs");
    waits_for(&desk, 2);
    eventually("the log says that they flow again", || desk.server.log().contains("delivered again"));
    assert_eq!(desk.server.log().matches(told).count(), 1, "said once");
    assert_eq!(host_log(&desk).len(), 2);
    eventually("the metrics say that none waits", || {
        desk.get("/metrics").text.contains("\nsupport_service_audit_waiting 0\n")
    });
}
