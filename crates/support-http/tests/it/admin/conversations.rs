//! The desk's list: each filter alone and together, totals, countries.

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, DESK, Desk, Person, all_at_once, column};

on_both_backends!(
    each_filter_shows_what_it_says_and_nothing_else,
    filters_never_widen_an_admins_country,
    a_global_role_with_a_country_is_not_narrowed_by_it,
    me_is_whoever_asks,
    totals_are_counted_when_asked_for,
    totals_are_counted_up_to_a_thousand,
    a_country_admin_without_a_country_sees_nothing,
);

/// Six conversations that differ in everything that can be filtered by, under their names.
fn six(desk: &Desk) -> Vec<Conversation> {
    let boss = desk.admin("SUPER_ADMIN", None);
    let people = [
        desk.driver("driver-1", "BD"),
        desk.driver("driver-1", "BD"),
        desk.driver("driver-2", "US"),
        desk.customer("customer-1", "BD"),
        desk.customer("driver-1", "US"),
        desk.restaurant("restaurant-1", "US"),
    ];
    let changes = [
        json!({}),
        json!({"status": "pending", "assignedAdminId": "agent-1"}),
        json!({"status": "resolved", "priority": "urgent"}),
        json!({"priority": "low", "assignedAdminId": "agent-1"}),
        json!({"status": "closed", "assignedAdminId": "super_admin-1"}),
        json!({"priority": "high", "assignedAdminId": "agent-2"}),
    ];
    let names = ["a Trip", "b Fare", "c trip", "d Food", "e TRIPS", "f Menu"];
    let open = |((person, change), name): ((&Person, &Value), &&str)| {
        let opened = person.open(name, "Hello");
        if change.as_object().is_some_and(|change| !change.is_empty()) {
            boss.change(&opened, change);
        }
        opened
    };
    people.iter().zip(&changes).zip(&names).map(open).collect()
}

/// The first letters of the subjects that a list shows, sorted.
#[track_caller]
fn letters(person: &Person, query: &str) -> String {
    let list = person.list(query);
    let mut letters: Vec<char> =
        column(&list["conversations"], "subject").iter().filter_map(|subject| subject.chars().next()).collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}

fn each_filter_shows_what_it_says_and_nothing_else(backend: Backend) {
    let desk = Desk::start(backend);
    six(&desk);
    let boss = desk.admin("SUPER_ADMIN", None);
    for (query, expected) in [
        ("", "abcdef"),
        ("?status=open", "adf"),
        ("?status=pending", "b"),
        ("?status=resolved", "c"),
        ("?status=closed", "e"),
        ("?channel=driver", "abc"),
        ("?channel=customer", "de"),
        ("?channel=restaurant", "f"),
        ("?countryCode=BD", "abd"),
        ("?countryCode=US", "cef"),
        ("?priority=low", "d"),
        ("?priority=normal", "abe"),
        ("?priority=high", "f"),
        ("?priority=urgent", "c"),
        ("?assignedAdminId=agent-1", "bd"),
        ("?assignedAdminId=agent-9", ""),
        ("?assignedAdminId=me", "e"),
        ("?assignedAdminId=none", "ac"),
        ("?userId=driver-1", "abe"),
        ("?userId=nobody", ""),
        ("?search=trip", "ace"),
        ("?search=zebra", ""),
        ("?from=2020-01-01", "abcdef"),
        ("?from=2999-01-01", ""),
        ("?to=2999-01-01", "abcdef"),
        ("?to=2020-01-01", ""),
        ("?userId=driver-1&channel=driver", "ab"),
        ("?countryCode=US&search=trip&status=closed", "e"),
        ("?status=open&assignedAdminId=none&countryCode=BD&priority=normal&channel=driver&userId=driver-1", "a"),
        ("?status=closed&priority=low", ""),
    ] {
        assert_eq!(letters(&boss, query), expected, "{query}");
    }
}

fn filters_never_widen_an_admins_country(backend: Backend) {
    let desk = Desk::start(backend);
    six(&desk);
    let agent = desk.admin("SUPPORT_ADMIN", Some("BD"));
    for (query, expected) in [
        ("", "abd"),
        ("?countryCode=US", ""),
        ("?countryCode=BD", "abd"),
        ("?userId=driver-2", ""),
        ("?search=trip", "a"),
        ("?assignedAdminId=none", "a"),
        ("?status=closed", ""),
    ] {
        assert_eq!(letters(&agent, query), expected, "{query}");
        let joint = if query.is_empty() { "?" } else { "&" };
        let total = agent.list(&format!("{query}{joint}includeTotal=true"))["pagination"]["total"].clone();
        assert_eq!(total, expected.len(), "{query}: a total must not count what is not shown");
    }
}

fn a_global_role_with_a_country_is_not_narrowed_by_it(backend: Backend) {
    let desk = Desk::start(backend);
    six(&desk);
    for role in ["SUPER_ADMIN", "ADMIN", "COMPLIANCE_ADMIN", "RISK_ADMIN"] {
        assert_eq!(letters(&desk.admin(role, Some("BD")), ""), "abcdef", "{role}");
    }
}

fn me_is_whoever_asks(backend: Backend) {
    let desk = Desk::start(backend);
    six(&desk);
    for (id, expected) in [("agent-1", "bd"), ("agent-2", "f"), ("agent-3", "")] {
        let agent = desk.admin_with(id, "SUPER_ADMIN", None, &[]);
        assert_eq!(letters(&agent, "?assignedAdminId=me"), expected, "{id}");
    }
}

fn totals_are_counted_when_asked_for(backend: Backend) {
    let desk = Desk::start(backend);
    six(&desk);
    let boss = desk.admin("SUPER_ADMIN", None);
    for (query, total) in [("", 6), ("&status=open", 3), ("&limit=2", 6), ("&search=zebra", 0)] {
        let list = boss.list(&format!("?includeTotal=true{query}"));
        assert_eq!(list["pagination"]["total"], total, "{query}");
        assert_eq!(list["pagination"]["totalCapped"], false, "{query}");
    }
    for query in ["", "?includeTotal=false"] {
        let list = boss.list(query);
        assert_eq!(list["pagination"].get("total"), None, "{query}: {}", list["pagination"]);
    }
}

fn totals_are_counted_up_to_a_thousand(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    all_at_once(16, |_| {
        for _ in 0..63 {
            driver.open("One of many", "Hello");
        }
    });
    let boss = desk.admin("SUPER_ADMIN", None);
    let pagination = boss.list("?includeTotal=true")["pagination"].clone();
    assert_eq!((&pagination["total"], &pagination["totalCapped"]), (&json!(1000), &json!(true)));
}

fn a_country_admin_without_a_country_sees_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = six(&desk);
    for role in ["COUNTRY_ADMIN", "CITY_ADMIN", "SUPPORT_ADMIN", "READONLY_ADMIN"] {
        let admin = desk.admin(role, None);
        for query in ["", "?countryCode=BD", "?search=trip"] {
            assert_eq!(letters(&admin, query), "", "{role} {query}");
        }
        assert_eq!(admin.list("?includeTotal=true")["pagination"]["total"], 0, "{role}");
        for conversation in &opened {
            admin.get(&format!("{DESK}/{}", conversation.id)).refused(404, "not_found");
        }
    }
}
