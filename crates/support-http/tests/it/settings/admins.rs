//! Who can be given a conversation, at a desk that has no host to ask: whoever came and could reply.

use serde_json::{Value, json};

use super::ADMINS;
use crate::harness::{Backend, DESK, Desk, Person, column, eventually, keys};

on_both_backends!(
    whoever_came_and_may_reply_is_listed,
    a_country_admin_sees_those_who_cover_the_country,
    whoever_loses_the_right_to_reply_leaves_the_list,
    whoever_has_not_come_for_a_month_is_not_listed,
    anybody_can_still_be_assigned,
    a_list_of_the_staff_takes_only_a_country,
);

#[track_caller]
fn listed(person: &Person, query: &str) -> Vec<String> {
    column(&person.get(&format!("{ADMINS}{query}")).expect(200)["admins"], "id")
}

/// Staff of both countries and of none comes and looks around.
fn staff_comes(desk: &Desk) {
    for (id, role, country) in [
        ("kamal", "SUPPORT_ADMIN", Some("BD")),
        ("maria", "SUPPORT_ADMIN", Some("US")),
        ("boss", "SUPER_ADMIN", None),
        ("lost", "SUPPORT_ADMIN", None),
        ("reader", "READONLY_ADMIN", Some("BD")),
        ("clerk", "FINANCE_ADMIN", Some("BD")),
    ] {
        desk.admin_with(id, role, country, &[]).get(DESK);
    }
    desk.driver("driver-1", "BD").get("/api/support/conversations").expect(200);
}

fn whoever_came_and_may_reply_is_listed(backend: Backend) {
    let mut desk = Desk::start(backend);
    let boss = desk.admin_with("boss", "SUPER_ADMIN", None, &[]);
    staff_comes(&desk);
    eventually("the staff is noted", || listed(&boss, "") == ["boss", "kamal", "maria"]);
    let answer = boss.get(ADMINS).expect(200);
    assert_eq!(keys(&answer.json), ["admins"]);
    let (first, second) = (&answer["admins"][0], &answer["admins"][1]);
    assert_eq!(*first, json!({"id": "boss", "role": "SUPER_ADMIN", "countryCode": null}));
    assert_eq!(*second, json!({"id": "kamal", "role": "SUPPORT_ADMIN", "countryCode": "BD"}));
    desk.restart();
    assert_eq!(listed(&boss, ""), ["boss", "kamal", "maria"]);
    // Another node knows them too.
    let node = desk.another_node();
    assert_eq!(listed(&boss.at(&node.address), ""), ["boss", "kamal", "maria"]);
}

fn a_country_admin_sees_those_who_cover_the_country(backend: Backend) {
    let desk = Desk::start(backend);
    staff_comes(&desk);
    let boss = desk.admin_with("boss", "SUPER_ADMIN", None, &[]);
    eventually("the staff is noted", || listed(&boss, "").len() == 3);
    assert_eq!(listed(&boss, "?countryCode=BD"), ["boss", "kamal"]);
    assert_eq!(listed(&boss, "?countryCode=US"), ["boss", "maria"]);
    let kamal = desk.admin_with("kamal", "SUPPORT_ADMIN", Some("BD"), &[]);
    assert_eq!(listed(&kamal, ""), ["boss", "kamal"]);
    assert_eq!(listed(&kamal, "?countryCode=BD"), ["boss", "kamal"]);
    assert_eq!(listed(&kamal, "?countryCode=US"), [""; 0], "what is of another country does not exist");
    assert_eq!(listed(&desk.admin_with("lost", "SUPPORT_ADMIN", None, &[]), ""), [""; 0]);
}

fn whoever_loses_the_right_to_reply_leaves_the_list(backend: Backend) {
    let desk = Desk::start(backend);
    let boss = desk.admin_with("boss", "SUPER_ADMIN", None, &[]);
    desk.admin_with("kamal", "SUPPORT_ADMIN", Some("BD"), &[]).get(DESK).expect(200);
    eventually("he is noted", || listed(&boss, "").contains(&"kamal".to_owned()));
    desk.admin_with("kamal", "READONLY_ADMIN", Some("BD"), &[]).get(DESK).expect(200);
    eventually("he is gone", || listed(&boss, "") == ["boss"]);
}

fn whoever_has_not_come_for_a_month_is_not_listed(backend: Backend) {
    let desk = Desk::start(backend);
    staff_comes(&desk);
    let boss = desk.admin_with("boss", "SUPER_ADMIN", None, &[]);
    eventually("the staff is noted", || listed(&boss, "").len() == 3);
    let table = desk.database.table("support_admins");
    let long_ago = match backend {
        Backend::Sqlite => "last_seen_at - 2592000000000",
        Backend::Postgres => "last_seen_at - interval '30 days'",
    };
    desk.database.connect().execute(&format!("UPDATE {table} SET last_seen_at = {long_ago} WHERE id = 'kamal'"));
    assert_eq!(listed(&boss, ""), ["boss", "maria"]);
}

fn anybody_can_still_be_assigned(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("To a stranger", "Hello");
    let admin = desk.admin("SUPPORT_ADMIN", Some("BD"));
    let changed = admin.change(&opened, &json!({"assignedAdminId": "nobody-has-seen-me"}));
    assert_eq!(changed["assignedAdminId"], "nobody-has-seen-me");
}

fn a_list_of_the_staff_takes_only_a_country(backend: Backend) {
    let desk = Desk::start(backend);
    let boss = desk.admin("SUPER_ADMIN", None);
    for (query, field) in [("countryCode=FR", "countryCode"), ("countryCode=", "countryCode"), ("limit=1", "limit")] {
        boss.get(&format!("{ADMINS}?{query}")).refused_field(field);
    }
    assert_eq!(boss.post(ADMINS, &Value::Null).refused(405, "method_not_allowed").header("allow"), "GET");
}
