//! Changing the settings: what is taken, what is refused, who may, and what stays on record.

use serde_json::{Value, json};

use super::{ADMINS, FOR_DESK, FOR_USERS, change, manager, settings};
use crate::harness::{Answer, Backend, Desk, Person, all_at_once, keys, narrow};

on_both_backends!(
    without_a_change_the_defaults_hold,
    what_is_left_out_stays_and_null_goes_back_to_the_configuration,
    what_the_hosts_page_posts_is_taken,
    values_out_of_range_are_refused_and_change_nothing,
    an_out_of_date_version_is_refused,
    of_many_changes_at_once_each_is_kept_or_refused,
    only_who_manages_settings_may,
    a_narrowed_token_changes_no_settings,
    each_change_leaves_one_record,
);

fn without_a_change_the_defaults_hold(backend: Backend) {
    let desk = Desk::start(backend);
    let expected = json!({
        "maxMessageLength": 4000, "maxAttachmentSizeMB": 10,
        "allowedMimeTypes": ["image/jpeg", "image/png", "image/webp", "application/pdf"],
        "defaultPriority": "normal", "autoAssignMode": "manual", "businessHoursEnabled": false,
        "businessHoursStart": "09:00", "businessHoursEnd": "17:00", "version": 0, "updatedAt": null
    });
    let answer = manager(&desk).get(FOR_DESK).expect(200);
    assert_eq!((keys(&answer.json), &answer["settings"]), (vec!["settings".to_owned()], &expected));
    let answer = desk.driver("driver-1", "BD").get(FOR_USERS).expect(200);
    let expected = json!({
        "maxMessageLength": 4000, "maxSubjectLength": 200, "maxMetadataBytes": 4096, "maxAttachmentSizeMB": 10,
        "maxAttachmentBytes": 10_485_760, "maxAttachmentsPerMessage": 5, "defaultPriority": "normal",
        "allowedMimeTypes": ["image/jpeg", "image/png", "image/webp", "application/pdf"],
        "businessHoursEnabled": false, "businessHoursStart": "09:00", "businessHoursEnd": "17:00"
    });
    assert_eq!((keys(&answer.json), &answer["settings"]), (vec!["settings".to_owned()], &expected));
}

fn what_is_left_out_stays_and_null_goes_back_to_the_configuration(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_MAX_MESSAGE_CHARS", "700").start();
    let admin = manager(&desk);
    let first = change(&admin, &json!({"maxMessageLength": 500, "businessHoursEnabled": true}));
    assert_eq!((&first["maxMessageLength"], &first["version"]), (&json!(500), &json!(1)));
    assert_eq!(first["updatedBy"], "super_admin-1");
    let second = change(&admin, &json!({"businessHoursStart": "08:30", "businessHoursEnd": "02:00"}));
    assert_eq!((&second["maxMessageLength"], &second["businessHoursEnabled"]), (&json!(500), &json!(true)));
    assert_eq!((&second["businessHoursStart"], &second["businessHoursEnd"]), (&json!("08:30"), &json!("02:00")));
    assert!(second["updatedAt"].as_str() >= first["updatedAt"].as_str() && second["version"] == 2, "{second}");
    let third = change(&admin, &json!({"maxMessageLength": null, "allowedMimeTypes": ["image/png"], "version": 2}));
    assert_eq!((&third["maxMessageLength"], &third["allowedMimeTypes"]), (&json!(700), &json!(["image/png"])));
    assert_eq!(third["businessHoursStart"], "08:30");
    assert_eq!(settings(&admin), third);
    // What changes nothing is no change.
    assert_eq!(change(&admin, &json!({"businessHoursStart": "08:30", "maxMessageLength": null})), third);
}

fn what_the_hosts_page_posts_is_taken(backend: Backend) {
    let desk = Desk::start(backend);
    let posted = json!({"maxMessageLength": 2000, "maxAttachmentSizeMB": 5,
        "allowedMimeTypes": "image/jpeg,image/png,application/pdf", "defaultPriority": "high",
        "autoAssignMode": "round_robin", "businessHoursEnabled": true, "businessHoursStart": "09:00",
        "businessHoursEnd": "17:00"});
    let changed = change(&manager(&desk), &posted);
    assert_eq!(changed["allowedMimeTypes"], json!(["image/jpeg", "image/png", "application/pdf"]));
    for key in keys(&posted).iter().filter(|key| *key != "allowedMimeTypes") {
        assert_eq!(changed[key], posted[key], "{key}");
    }
    let client = desk.driver("driver-1", "BD").get(FOR_USERS).expect(200)["settings"].clone();
    assert_eq!((&client["maxAttachmentBytes"], &client["defaultPriority"]), (&json!(5_242_880), &json!("high")));
    assert_eq!(client["autoAssignMode"], Value::Null, "users need not know who gets what");
}

fn values_out_of_range_are_refused_and_change_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let admin = manager(&desk);
    let before = change(&admin, &json!({"maxMessageLength": 300}));
    for (field, values) in [
        ("maxMessageLength", [json!(99), json!(10_001), json!("many"), json!(200.5)].as_slice()),
        ("maxAttachmentSizeMB", &[json!(0), json!(51), json!([])]),
        ("allowedMimeTypes", &[json!([]), json!(["text/html"]), json!("image/svg+xml"), json!(7)]),
        ("defaultPriority", &[json!("extreme"), json!(1)]),
        ("autoAssignMode", &[json!("random"), json!(true)]),
        ("businessHoursEnabled", &[json!("yes")]),
        ("businessHoursStart", &[json!("24:00"), json!("9:00"), json!(9)]),
        ("businessHoursEnd", &[json!("17:60"), json!("")]),
        ("version", &[json!(-1), json!("1")]),
        ("surprise", &[json!(1)]),
    ] {
        for value in values {
            // A good one beside it is not taken either.
            admin.put(FOR_DESK, &json!({"defaultPriority": "low", field: value})).refused_field(field);
        }
    }
    let answer = admin.put(FOR_DESK, &json!({"maxMessageLength": 1, "businessHoursEnd": "noon"}));
    let answer = answer.refused_field("maxMessageLength").refused_field("businessHoursEnd");
    assert_eq!(keys(&answer["details"]).len(), 2);
    admin.put(FOR_DESK, &json!({})).refused_field("body");
    admin.put(FOR_DESK, &json!({"version": 1})).refused_field("body");
    admin.get(&format!("{FOR_DESK}?all=true")).refused_field("all");
    desk.driver("driver-1", "BD").get(&format!("{FOR_USERS}?all=true")).refused_field("all");
    assert_eq!(settings(&admin), before);
}

fn an_out_of_date_version_is_refused(backend: Backend) {
    let desk = Desk::start(backend);
    let admin = manager(&desk);
    change(&admin, &json!({"defaultPriority": "low", "version": 0}));
    let answer = admin.put(FOR_DESK, &json!({"defaultPriority": "high", "version": 0})).refused(409, "stale");
    assert!(answer["details"]["version"][0].as_str().is_some_and(|sentence| sentence.contains('1')), "{}", answer.text);
    // Even one that would change nothing.
    admin.put(FOR_DESK, &json!({"defaultPriority": "low", "version": 7})).refused(409, "stale");
    assert_eq!(change(&admin, &json!({"defaultPriority": "high", "version": 1}))["version"], 2);
}

fn of_many_changes_at_once_each_is_kept_or_refused(backend: Backend) {
    let desk = Desk::start(backend);
    let (admin, node) = (manager(&desk), desk.another_node());
    let at = |number: usize| if number.is_multiple_of(2) { admin.clone() } else { admin.at(&node.address) };
    let answers = all_at_once(8, |number| {
        at(number).put(FOR_DESK, &json!({"maxMessageLength": 1_000 + number, "version": 0})).status
    });
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| [200, 409].contains(status)), "{answers:?}");
    // Without a version each is taken, one after the other.
    let versions =
        all_at_once(6, |number| change(&at(number), &json!({"maxMessageLength": 2_000 + number}))["version"].clone());
    let mut versions: Vec<i64> = versions.iter().filter_map(Value::as_i64).collect();
    versions.sort_unstable();
    assert_eq!(settings(&admin)["version"], 7);
    assert_eq!(versions.last(), Some(&7));
}

fn only_who_manages_settings_may(backend: Backend) {
    let desk = Desk::start(backend);
    let body = json!({"defaultPriority": "low"});
    let ask =
        |person: &Person| -> [Answer; 3] { [person.get(FOR_DESK), person.put(FOR_DESK, &body), person.get(ADMINS)] };
    // Role: whether it manages settings, whether it assigns.
    for (role, manages, assigns) in [
        ("SUPER_ADMIN", true, true),
        ("ADMIN", false, false),
        ("COUNTRY_ADMIN", false, true),
        ("CITY_ADMIN", false, false),
        ("SUPPORT_ADMIN", false, true),
        ("COMPLIANCE_ADMIN", false, false),
        ("RISK_ADMIN", false, false),
        ("READONLY_ADMIN", false, false),
        ("FINANCE_ADMIN", false, false),
        ("INFRA_ADMIN", false, false),
    ] {
        let admin = desk.admin(role, Some("BD"));
        for (answer, may) in ask(&admin).into_iter().zip([manages, manages, assigns]) {
            assert_eq!(answer.status, if may { 200 } else { 403 }, "{role}: {}", answer.asked);
        }
        admin.get(FOR_USERS).refused(403, "forbidden");
    }
    let trusted = desk.admin_with("a-1", "ADMIN", None, &["--permission", "MANAGE_SUPPORT_SETTINGS"]);
    assert_eq!(change(&trusted, &json!({"defaultPriority": "high"}))["defaultPriority"], "high");
    for user in [desk.driver("u-1", "BD"), desk.customer("u-1", "US"), desk.restaurant("u-1", "US")] {
        ask(&user).into_iter().for_each(|answer| drop(answer.refused(403, "forbidden")));
        user.get(FOR_USERS).expect(200);
    }
    ask(&desk.nobody()).into_iter().for_each(|answer| drop(answer.refused(401, "unauthenticated")));
    desk.nobody().get(FOR_USERS).refused(401, "unauthenticated");
}

fn a_narrowed_token_changes_no_settings(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("One", "Hello");
    let with = |person: &Person, how: &[&str]| person.with_token(&narrow(person.token.as_ref().expect("a token"), how));
    let admin = manager(&desk);
    let (reader, narrow) = (with(&admin, &["--read-only"]), with(&admin, &["--conversation", &opened.id]));
    for person in [&reader, &narrow] {
        person.put(FOR_DESK, &json!({"defaultPriority": "low"})).refused(403, "forbidden");
    }
    reader.get(FOR_DESK).expect(200);
    reader.get(ADMINS).expect(200);
    narrow.get(FOR_DESK).refused(403, "forbidden");
    narrow.get(ADMINS).refused(403, "forbidden");
    // Whoever writes in one conversation has to know how long a message may be.
    with(&driver, &["--conversation", &opened.id]).get(FOR_USERS).expect(200);
    assert_eq!(settings(&admin)["version"], 0);
}

fn each_change_leaves_one_record(backend: Backend) {
    let desk = Desk::start(backend);
    let admin = desk.admin_with("boss-1", "SUPER_ADMIN", None, &["--email", "boss@example.com"]);
    change(&admin, &json!({"maxMessageLength": 500}));
    change(&admin, &json!({"maxMessageLength": 500}));
    admin.put(FOR_DESK, &json!({"maxMessageLength": 600, "version": 0})).refused(409, "stale");
    admin.put(FOR_DESK, &json!({"maxMessageLength": 1})).refused_field("maxMessageLength");
    change(&admin, &json!({"maxMessageLength": null, "allowedMimeTypes": ["image/png"]}));
    let records = desk.database.audit_logs();
    assert_eq!(records.len(), 2, "{records:?}");
    for record in &records {
        assert_eq!(
            (&record["actionType"], &record["entityType"]),
            (&json!("SETTINGS_UPDATED"), &json!("support_settings"))
        );
        assert_eq!((&record["actorId"], &record["actorEmail"]), (&json!("boss-1"), &json!("boss@example.com")));
        assert_eq!((&record["actorRole"], &record["success"]), (&json!("SUPER_ADMIN"), &json!(true)));
    }
    let values = |record: &Value, when: &str| {
        let settings = &record["metadata"][when];
        (settings["maxMessageLength"].clone(), settings["allowedMimeTypes"].as_array().map(Vec::len))
    };
    assert_eq!(values(&records[0], "oldSettings"), (json!(4000), Some(4)));
    assert_eq!(values(&records[0], "newSettings"), (json!(500), Some(4)));
    assert_eq!(values(&records[1], "oldSettings"), (json!(500), Some(4)));
    assert_eq!(values(&records[1], "newSettings"), (json!(4000), Some(1)));
    assert_eq!(records[1]["metadata"]["version"], 2);
}
