//! What the desk does to conversations, and what those see who may not.

use serde_json::json;

use super::{Console, two_at_the_console};
use crate::harness::Backend;

#[test]
fn who_may_only_read_sees_no_control_that_would_fail() {
    let Some(console) = Console::open(Backend::Sqlite) else { return };
    let driver = console.desk.driver("driver-1", "BD");
    let opened = driver.open("Trip fare is missing", "Where is it?");
    console.sign_in("desk", &console.desk.admin("READONLY_ADMIN", Some("BD")));
    console.choose("desk", &opened);
    console.shows("desk", &["Where is it?"]);
    console.browser.wait_until("document.querySelector('#desk .detail .tag')");
    let controls = "textarea, .send, .composer, .segments, .detail select, .detail button, .detail input, [name=file]";
    let selector: Vec<String> = controls.split(", ").map(|one| format!("#desk .desk-conversation {one}")).collect();
    assert!(!console.browser.sees(&selector.join(", ")));
    // It follows what others do, and has refused nothing on the way; and it does not take the desk's unread mark away.
    driver.send(&opened, "Are you there?");
    console.shows("desk", &["Where is it?", "Are you there?"]);
    assert_eq!(console.browser.run("return document.querySelectorAll('.line.bad').length"), 0);
    let admin = console.desk.admin("SUPPORT_ADMIN", Some("BD"));
    assert_eq!(admin.see(&opened)["unreadCountAdmin"], 2);
    console.nothing_went_wrong();
}

#[test]
fn who_may_reply_but_not_assign_sees_only_what_works() {
    let Some(console) = Console::open(Backend::Sqlite) else { return };
    let opened = console.desk.driver("driver-1", "BD").open("Trip fare is missing", "Where is it?");
    console.sign_in("desk", &console.desk.admin("CITY_ADMIN", Some("BD")));
    console.choose("desk", &opened);
    console.browser.wait_until("document.querySelector('#desk .segments')");
    assert!(console.browser.sees("#desk textarea"));
    assert!(!console.browser.sees("#desk [data-control=take], #desk .hand-over"));
}

#[test]
fn who_may_not_look_is_told_so() {
    let Some(console) = Console::open(Backend::Sqlite) else { return };
    console.sign_in("desk", &console.desk.admin("FINANCE_ADMIN", Some("BD")));
    console.browser.wait_until("document.querySelector('#desk .empty')?.innerText.includes('sees no conversations')");
}

#[test]
fn status_priority_and_assignment_are_changed_and_seen_by_others() {
    let Some((console, _, admin, opened)) = two_at_the_console(Backend::Sqlite) else { return };
    console.choose("desk", &opened);
    console.browser.click("#desk [data-control=take]");
    console.browser.wait_until("document.querySelector('#desk .assigned').innerText.includes('(you)')");
    console.browser.click("#desk [data-control=priority] option[value=urgent]");
    console.browser.wait_until("document.querySelector('#desk .row .priority-urgent')");
    let now = admin.see(&opened);
    assert_eq!((&now["assignedAdminId"], &now["priority"]), (&json!("support_admin-1"), &json!("urgent")));
    // What somebody else changes is shown as well.
    admin.change(&opened, &json!({"assignedAdminId": null, "status": "pending"}));
    console.browser.wait_until("document.querySelector('#desk .assigned').innerText.includes('Nobody')");
    console.browser.wait_until("document.querySelector('#desk [data-status=pending]').ariaPressed === 'true'");
    console.browser.write("#desk [name=colleague]", "admin-2");
    console.browser.click("#desk .hand-over button");
    console.browser.wait_until("document.querySelector('#desk .assigned').innerText.includes('admin-2')");
    console.nothing_went_wrong();
}

/// Fills a filter in, as a browser tells of it.
fn fill(console: &Console, field: &str, value: &str) {
    console.browser.run(&format!(
        "const field = document.querySelector('#desk .filters [name={field}]'); field.value = '{value}'; \
         ['input', 'change'].forEach((name) => field.dispatchEvent(new Event(name, {{ bubbles: true }})))"
    ));
}

/// Waits until the list has these rows and no others.
#[track_caller]
fn lists(console: &Console, ids: &[&str]) {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    let shown = "[...document.querySelectorAll('#desk .row')].map((one) => one.dataset.id).sort().join()";
    console.browser.wait_until(&format!("{shown} === {}", json!(ids.join(","))));
}

#[test]
fn filters_and_search_narrow_the_list_and_what_is_live_keeps_to_them() {
    let Some((console, driver, admin, fare)) = two_at_the_console(Backend::Sqlite) else { return };
    let other = console.desk.customer("customer-1", "BD").open("Parcel arrived wet", "The box is soaked.");
    admin.change(&other, &json!({"status": "resolved", "priority": "urgent", "assignedAdminId": "admin-9"}));
    lists(&console, &[&fare.id, &other.id]);
    console.browser.click("#desk .filters-more summary");
    for (field, value, expected) in [
        ("status", "resolved", &other),
        ("channel", "driver", &fare),
        ("priority", "urgent", &other),
        ("assigned", "none", &fare),
        ("userId", "driver-1", &fare),
        ("search", "PARCEL", &other),
    ] {
        fill(&console, field, value);
        lists(&console, &[&expected.id]);
        console.browser.click("#desk .filters [type=reset]");
        lists(&console, &[&fare.id, &other.id]);
    }
    for (field, value, count) in
        [("from", "2999-01-01", 0), ("to", "2999-01-01", 2), ("countryCode", "US", 0), ("assigned", "me", 0)]
    {
        fill(&console, field, value);
        console.browser.wait_until(&format!("document.querySelectorAll('#desk .row').length === {count}"));
        console
            .browser
            .wait_until(&format!("document.querySelector('#desk .list-head .fine').innerText === '{count}'"));
        console.browser.click("#desk .filters [type=reset]");
        lists(&console, &[&fare.id, &other.id]);
    }
    // Live, with a filter: what no longer belongs there leaves, what begins to belong comes.
    console.browser.click("#desk .filters [name=status] option[value=open]");
    lists(&console, &[&fare.id]);
    admin.change(&fare, &json!({"status": "pending"}));
    lists(&console, &[]);
    driver.send(&fare, "Hello?");
    lists(&console, &[&fare.id]);
    console.nothing_went_wrong();
}
