//! The host's own settings page: what it saves is in force at the desk, and of the two pages the last one counts.

use serde_json::{Value, json};

use crate::harness::{Backend, Desk, Person, Plan, eventually};

on_postgres!(
    what_the_hosts_page_saves_is_in_force,
    of_both_pages_the_last_one_counts,
    what_cannot_be_used_is_left_out_and_said_once,
    new_conversations_go_round_among_the_hosts_staff,
);

fn desk() -> Desk {
    Plan::beside_the_host().set("SUPPORT_SETTINGS_SECONDS", "1").start()
}

/// Saves the row as the host's page does, so many seconds from now.
fn host_saves(desk: &Desk, settings: &Value, seconds_from_now: i32) {
    desk.host_does(&format!(
        "INSERT INTO public.platform_settings (id, key, \"valueJson\", \"updatedAt\") \
         VALUES ('ps-2', 'supportChat', '{settings}', (now() + {seconds_from_now} * interval '1 second') AT TIME ZONE 'UTC') \
         ON CONFLICT (key) DO UPDATE SET \"valueJson\" = EXCLUDED.\"valueJson\", \"updatedAt\" = EXCLUDED.\"updatedAt\""
    ));
}

fn priority_of_next(driver: &Person) -> Value {
    driver.open("What priority?", "Hello").json["priority"].clone()
}

fn what_the_hosts_page_saves_is_in_force(_: Backend) {
    let desk = desk();
    let driver = desk.driver("driver-1", "BD");
    assert_eq!(priority_of_next(&driver), "normal");
    let posted = json!({"maxMessageLength": 100, "maxAttachmentSizeMB": 10, "defaultPriority": "high",
        "allowedMimeTypes": "image/jpeg,image/png,application/pdf", "autoAssignMode": "manual",
        "businessHoursEnabled": true, "businessHoursStart": "09:00", "businessHoursEnd": "17:00"});
    host_saves(&desk, &posted, 0);
    eventually("the host's priority is in force", || priority_of_next(&driver) == "high");
    let opened = driver.open("Long", "Hello");
    let long = json!({"content": "x".repeat(101)});
    driver.post(&driver.path(&opened, "/messages"), &long).refused_field("content");
    driver.send(&opened, &"x".repeat(100));
    desk.host_does("DELETE FROM public.platform_settings WHERE key = 'supportChat'");
    eventually("the configuration is in force again", || priority_of_next(&driver) == "normal");
}

fn of_both_pages_the_last_one_counts(_: Backend) {
    let desk = desk();
    let (driver, manager) = (desk.driver("driver-1", "BD"), desk.admin("SUPER_ADMIN", None));
    let ours = |priority: &str| {
        let path = "/api/admin/support/settings";
        manager.put(path, &json!({"defaultPriority": priority})).expect(200);
    };
    host_saves(&desk, &json!({"defaultPriority": "low"}), -60);
    eventually("the host's", || priority_of_next(&driver) == "low");
    ours("urgent");
    eventually("the desk's, which is newer", || priority_of_next(&driver) == "urgent");
    host_saves(&desk, &json!({"defaultPriority": "high"}), 1);
    eventually("the host's, which is newer", || priority_of_next(&driver) == "high");
}

fn what_cannot_be_used_is_left_out_and_said_once(_: Backend) {
    let desk = desk();
    let driver = desk.driver("driver-1", "BD");
    host_saves(&desk, &json!({"maxMessageLength": 1, "defaultPriority": "high", "theme": "dark"}), 0);
    eventually("the rest is in force", || priority_of_next(&driver) == "high");
    let opened = driver.open("Long enough", "Hello");
    driver.send(&opened, "more than one character");
    host_saves(&desk, &json!({"maxMessageLength": 1, "defaultPriority": "low"}), 1);
    eventually("the next is in force", || priority_of_next(&driver) == "low");
    let told = desk.server.log().matches("a setting of the host is not used").count();
    assert_eq!(told, 2, "once for each time that it was saved: {}", desk.server.log());
}

fn new_conversations_go_round_among_the_hosts_staff(_: Backend) {
    let desk = desk();
    let driver = desk.driver("driver-1", "BD");
    desk.host_has_admin("agent-1", "SUPPORT_ADMIN", Some("BD"));
    desk.host_has_admin("agent-idle", "SUPPORT_ADMIN", Some("BD"));
    desk.host_has_admin("agent-us", "SUPPORT_ADMIN", Some("US"));
    desk.host_does("UPDATE public.admin_profiles SET \"isActive\" = false WHERE \"userId\" = 'agent-idle'");
    desk.host_does("UPDATE public.admin_profiles SET \"adminRole\" = 'FINANCE_ADMIN' WHERE id = 'ap-1'");
    host_saves(&desk, &json!({"autoAssignMode": "round_robin"}), 0);
    let looker = desk.admin("READONLY_ADMIN", Some("BD"));
    eventually("a new conversation goes to the one who can have it", || {
        let opened = driver.open("Whose?", "Hello");
        looker.see(&opened)["assignedAdminId"] == "agent-1"
    });
    let listed = desk.admin("SUPER_ADMIN", None).get("/api/admin/support/admins").expect(200);
    let ids = crate::harness::column(&listed["admins"], "id");
    let is_listed = |id: &str| ids.iter().any(|listed| listed == id);
    assert!(is_listed("agent-1") && is_listed("agent-us") && !is_listed("agent-idle"), "{ids:?}");
    assert_eq!(
        listed["admins"][0]["maskedEmail"].as_str().map(|email| email.contains("***")),
        Some(true),
        "{}",
        listed.text
    );
}
