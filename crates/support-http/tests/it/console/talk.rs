//! Two people at once: words, marks and changes of the one on the screen of the other, without anybody asking for them.

use serde_json::json;

use super::two_at_the_console;
use crate::harness::Backend;

on_both_backends!(two_people_talk_and_nothing_is_polled);

fn two_people_talk_and_nothing_is_polled(backend: Backend) {
    let Some((console, _, _, opened)) = two_at_the_console(backend) else { return };
    console.choose("phone", &opened);
    console.choose("desk", &opened);
    let first = "The fare of my last trip is not in my wallet.";
    console.shows("phone", &[first]);
    console.shows("desk", &[first]);
    // The names of colleagues are asked for once, with the conversation.
    console
        .browser
        .wait_until("document.querySelector('.line[data-side=desk][data-way=down][data-name*=\"/admins\"]')");
    let requests = "return performance.getEntriesByType('resource').length";
    let before = console.browser.run(requests);
    console.say("phone", "It was trip 8842217.");
    console.shows("desk", &[first, "It was trip 8842217."]);
    console.say("desk", "Thank you, we are looking.");
    console.shows("phone", &[first, "It was trip 8842217.", "Thank you, we are looking."]);
    let bangla = "\u{9a7}\u{9a8}\u{9cd}\u{9af}\u{9ac}\u{9be}\u{9a6}";
    console.say("phone", bangla);
    let all = [first, "It was trip 8842217.", "Thank you, we are looking.", bangla];
    console.shows("desk", &all);
    console.shows("phone", &all);
    assert_eq!(console.browser.run(requests), before, "what is live is not asked for");
    // Read to who listens in the right language, and written in its direction.
    assert_eq!(
        console.browser.run("return document.querySelector('#desk .content:lang(bn)')?.innerText"),
        json!(bangla)
    );
    console.nothing_went_wrong();
}

#[test]
fn a_change_of_status_is_told_on_the_phone_and_a_closed_conversation_takes_nothing() {
    let Some((console, driver, _, opened)) = two_at_the_console(Backend::Sqlite) else { return };
    console.choose("phone", &opened);
    console.choose("desk", &opened);
    console.browser.click("#desk [data-status=pending]");
    console.browser.wait_until("document.querySelector('#phone .system')?.innerText.includes('pending')");
    console.browser.wait_until("document.querySelector('#phone .phone-title .tag').innerText === 'Pending'");
    assert!(console.browser.sees("#phone textarea"));
    // Closing is final, and asked about.
    console.browser.click("#desk [data-status=closed]");
    console.browser.wait_until("document.activeElement.dataset.control === 'close'");
    assert_eq!(driver.see(&opened)["status"], "pending");
    console.browser.click("#desk [data-control=close]");
    for side in ["phone", "desk"] {
        console.browser.wait_until(&format!(
            "[...document.querySelectorAll('#{side} .composer-over')].some((one) => !one.hidden)"
        ));
        assert!(!console.browser.sees(&format!("#{side} textarea")), "{side}");
    }
    assert!(console.browser.texts("#phone .system").last().is_some_and(|text| text.contains("closed")));
    assert!(!console.browser.sees("#desk [data-control=take]"));
    assert_eq!(driver.see(&opened)["status"], "closed");
    console.nothing_went_wrong();
}

#[test]
fn what_is_unread_is_marked_and_who_wrote_it_sees_when_it_was_read() {
    let Some((console, driver, admin, opened)) = two_at_the_console(Backend::Sqlite) else { return };
    let badge = |side: &str| console.browser.texts(&format!("#{side} .row[data-id='{}'] .badge", opened.id));
    console.choose("desk", &opened);
    console.browser.wait_until("!document.querySelector('#desk .badge')");
    console.say("desk", "Which trip was it?");
    console.browser.wait_until("document.querySelector('#phone .badge')");
    assert_eq!(badge("phone").len(), 1);
    // The phone may hear of it before the desk has its answer.
    console.browser.wait_until("document.querySelector('#desk .mark')?.innerText === 'Sent'");
    // The user reads it by opening it.
    console.choose("phone", &opened);
    console.browser.wait_until("document.querySelector('#desk .mark').innerText === 'Read'");
    assert_eq!(driver.see(&opened)["unreadCountUser"], 0);
    console.browser.click("#phone .phone-head .icon-button");
    console.browser.wait_until("document.querySelector('#phone .row') && !document.querySelector('#phone .badge')");
    // What comes while the list is shown is counted there, also of a conversation that is new.
    let another = driver.open("Another thing", "One more question");
    console.browser.wait_until(&format!("document.querySelector('#desk .row[data-id=\"{}\"] .badge')", another.id));
    admin.send(&another, "An answer");
    console.browser.wait_until(&format!("document.querySelector('#phone .row[data-id=\"{}\"] .badge')", another.id));
    console.nothing_went_wrong();
}

#[test]
fn who_types_is_seen_to_type_until_it_is_sent() {
    let Some((console, _, _, opened)) = two_at_the_console(Backend::Sqlite) else { return };
    console.choose("phone", &opened);
    console.choose("desk", &opened);
    for (from, to) in [("phone", "desk"), ("desk", "phone")] {
        // A letter more whenever it has not been seen yet: it is shown for some seconds only.
        console.browser.write(&format!("#{from} textarea"), "Well");
        console.browser.wait_until(&format!("!document.querySelector('#{to} .typing').hidden"));
        assert!(!console.browser.sees(&format!("#{from} .typing")), "nobody is told of themselves");
        console.browser.click(&format!("#{from} .send"));
        console.browser.wait_until(&format!("document.querySelector('#{to} .typing').hidden"));
    }
    console.nothing_went_wrong();
}

#[test]
fn who_sends_a_secret_is_told_that_it_was_masked() {
    let Some((console, _, _, opened)) = two_at_the_console(Backend::Sqlite) else { return };
    console.choose("phone", &opened);
    console.say("phone", "My card is 4111 1111 1111 1111.");
    console.browser.wait_until("document.querySelector('#phone .masked')?.innerText.includes('card')");
    let shown = console.messages("phone").join(" ");
    assert!(!shown.contains("4111 1111 1111"), "{shown}");
    console.nothing_went_wrong();
}

#[test]
fn a_user_opens_a_conversation_and_the_desk_has_it_at_once() {
    let Some((console, driver, ..)) = two_at_the_console(Backend::Sqlite) else { return };
    console.browser.click("#phone .phone-head .primary");
    console.browser.write("#phone [name=subject]", "Tablet shows an old menu");
    console.browser.write("#phone [name=initialMessage]", "It is last week's.");
    console.browser.click("#phone form .primary");
    console.shows("phone", &["It is last week's."]);
    console.browser.wait_until("[...document.querySelectorAll('#desk .row-subject')].some((one) => one.innerText === 'Tablet shows an old menu')");
    console.browser.wait_until("document.querySelector('#desk .list-head .fine').innerText === '2'");
    assert_eq!(driver.list("")["conversations"].as_array().map(Vec::len), Some(2));
    console.nothing_went_wrong();
}
