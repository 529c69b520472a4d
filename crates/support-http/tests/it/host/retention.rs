//! A purge beside the host: the role that serves may do it, and the host's own audit log is told of it.

use serde_json::{Value, json};

use crate::harness::{Backend, Plan, binary, eventually};

on_postgres!(the_role_that_serves_purges_and_the_host_is_told);

fn the_role_that_serves_purges_and_the_host_is_told(_: Backend) {
    let desk = Plan::beside_the_host().start();
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Old", "Hello");
    admin.change(&opened, &json!({"status": "closed"}));
    desk.host_does("UPDATE support_chat.support_conversations SET last_message_at = now() - interval '500 days'");
    let printed = binary(&["purge", "--older-than", "400d", "--country", "BD"], desk.environment()).printed();
    assert_eq!(printed, "purged BD: 1 conversations, 2 messages, 0 files\n");
    driver.get(&driver.path(&opened, "")).refused(404, "not_found");
    let sql = "SELECT row_to_json(l)::text AS line FROM public.audit_logs l WHERE \"actionType\" = 'SUPPORT_CONVERSATIONS_PURGED'";
    let told = || desk.database.connect().lines(sql);
    eventually("the host is told", || !told().is_empty());
    let record: Value = serde_json::from_str(&told()[0]).expect("JSON");
    assert_eq!((&record["actorRole"], &record["actorEmail"]), (&json!("operator"), &json!("unknown")));
    assert_eq!(record["metadata"]["conversationIds"], json!([opened.id]));
}
