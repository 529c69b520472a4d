//! What the desk does to conversations, and what those see who may not.

use serde_json::json;

use super::{Console, two_at_the_console};
use crate::harness::{Backend, DESK, column, eventually};

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
    assert!(!console.browser.sees("#desk .add"), "who may not reply opens nothing either");
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
    assert!(console.browser.sees("#desk .add"));
    assert_eq!(console.browser.run("return document.querySelectorAll('.line.bad').length"), 0);
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

#[test]
fn a_conversation_is_handed_over_by_name_or_by_id() {
    let Some(console) = Console::open(Backend::Sqlite) else { return };
    let opened = console.desk.driver("driver-1", "BD").open("Trip fare is missing", "Where is it?");
    let admin = console.desk.admin("SUPPORT_ADMIN", Some("BD"));
    for (id, role, country) in
        [("maria", "SUPPORT_ADMIN", "US"), ("nadia", "COUNTRY_ADMIN", "BD"), ("auditor", "READONLY_ADMIN", "BD")]
    {
        console.desk.admin_with(id, role, Some(country), &[]).get(DESK);
    }
    let known = || column(&admin.get("/api/admin/support/admins").expect(200)["admins"], "id");
    eventually("the staff is noted", || known().contains(&"nadia".to_owned()));
    console.sign_in("desk", &admin);
    console.choose("desk", &opened);
    // Whoever can have it and is somebody else; nobody of another country, and nobody who could not reply.
    let choice =
        "[...document.querySelectorAll('#desk [data-control=colleague] option')].map((one) => one.text).join('; ')";
    console.browser.wait_until(&format!("{choice} === 'Choose somebody; nadia, Country admin; Somebody else, by id'"));
    assert!(!console.browser.sees("#desk [name=colleague]"));
    console.browser.click("#desk [data-control=colleague] option[value=nadia]");
    console.browser.click("#desk .hand-over button");
    console.browser.wait_until("document.querySelector('#desk .assigned').innerText.includes('nadia')");
    assert_eq!(admin.see(&opened)["assignedAdminId"], "nadia");
    // The choice ends where it would change nothing, and anybody can still be named.
    console.browser.wait_until("!document.querySelector('#desk [data-control=colleague]')");
    console.browser.click("#desk [data-control=release]");
    console.browser.click("#desk [data-control=colleague] option[value=by-id]");
    console.browser.wait_until("document.activeElement.name === 'colleague'");
    console.browser.write("#desk [name=colleague]", "somebody-new");
    console.browser.click("#desk .hand-over button");
    console.browser.wait_until("document.querySelector('#desk .assigned').innerText.includes('somebody-new')");
    assert_eq!(admin.see(&opened)["assignedAdminId"], "somebody-new");
    console.nothing_went_wrong();
}

#[test]
fn the_desk_writes_to_a_user_first_who_has_it_at_once() {
    let Some((console, driver, admin, _)) = two_at_the_console(Backend::Sqlite) else { return };
    console.browser.click("#desk .add");
    console.browser.wait_until("document.activeElement.name === 'userId'");
    // Of another country this desk could open nothing, so there is none to choose.
    let countries = "return [...document.querySelectorAll('#desk [name=countryCode] option')].at(-1).value";
    assert_eq!(console.browser.run(countries), "BD");
    console.browser.write("#desk .form [name=userId]", "driver-1");
    console.browser.write("#desk [name=subject]", " ");
    console.browser.write("#desk [name=initialMessage]", "Please upload your vehicle papers again.");
    console.browser.click("#desk .form [name=priority] option[value=high]");
    console.browser.click("#desk .form .primary");
    // What is refused is said, and what was written stays.
    console.browser.wait_until("document.querySelector('#desk .form .said').innerText.includes('subject')");
    console.browser.write("#desk [name=subject]", "Your papers");
    console.browser.click("#desk .form .primary");
    console.shows("desk", &["Please upload your vehicle papers again."]);
    console
        .browser
        .wait_until("document.querySelector('#phone .row.unread .row-subject')?.innerText === 'Your papers'");
    let listed = &driver.list("")["conversations"][0];
    assert_eq!((&listed["subject"], &listed["priority"]), (&json!("Your papers"), &json!("high")));
    // Who opens the next one most likely means the same user; without a priority the settings decide.
    console.browser.click("#desk .add");
    console.browser.wait_until("document.querySelector('#desk .form [name=userId]').value === 'driver-1'");
    console.browser.write("#desk [name=subject]", "And your photo");
    console.browser.write("#desk [name=initialMessage]", "It is too dark.");
    console.browser.click("#desk .form .primary");
    console.shows("desk", &["It is too dark."]);
    let opened = &admin.list("?search=photo")["conversations"][0];
    assert_eq!((&opened["userId"], &opened["priority"]), (&json!("driver-1"), &json!("normal")));
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
