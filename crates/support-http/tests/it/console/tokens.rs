//! Tokens in the browser: where they never are, and what is said when one is over or somebody else's.

use serde_json::json;

use super::{Console, two_at_the_console};
use crate::harness::{Backend, narrow, signing_key};

#[test]
fn a_token_is_in_no_url_no_storage_and_not_in_the_drawer() {
    let Some((console, driver, admin, opened)) = two_at_the_console(Backend::Sqlite) else { return };
    console.choose("phone", &opened);
    console.choose("desk", &opened);
    console.say("phone", "Hello");
    console.browser.click("#traffic-toggle");
    // Every line is opened, so that all that it has is on the page.
    console.browser.run("document.querySelectorAll('.line').forEach((line) => { line.open = true })");
    console
        .browser
        .wait_until("[...document.querySelectorAll('.line:not(.bare)')].every((line) => line.children.length === 2)");
    let urls =
        console.browser.run("return performance.getEntries().map((one) => one.name).concat(location.href)").to_string();
    assert!(urls.contains("/api/support/ws-tickets"), "{urls}");
    let page = console.browser.run("return document.documentElement.outerHTML").to_string();
    assert!(page.contains("(not shown)"), "tickets are taken out, not left out");
    for token in [&driver, &admin].map(|person| person.token.as_deref().expect("a token")) {
        assert!(!urls.contains(token) && !page.contains(token));
    }
    assert!(!urls.contains("ticket="), "{urls}");
    let kept = "return [localStorage.length, sessionStorage.length, document.cookie]";
    assert_eq!(console.browser.run(kept), json!([0, 0, ""]));
    // So it is gone with the page.
    console.load();
    assert!(console.browser.sees("#phone input[name=token]"));
    console.nothing_went_wrong();
}

#[test]
fn a_token_that_is_over_or_no_good_is_asked_for_again() {
    let Some(console) = Console::open(Backend::Sqlite) else { return };
    let said = |text: &str| {
        console
            .browser
            .wait_until(&format!("document.querySelector('#phone .said')?.innerText.includes({})", json!(text)));
    };
    let paste = |token: &str| {
        console.browser.run("document.querySelector('#phone input[name=token]').value = ''");
        console.browser.write("#phone input[name=token]", token);
        console.browser.click("#phone .paste button");
    };
    paste("no-token-at-all");
    said("The token is over or not good");
    // An admin's token opens no phone.
    paste(console.desk.admin("SUPPORT_ADMIN", Some("BD")).token.as_deref().expect("a token"));
    said("belongs on the other side");
    // One that ends while it is used; a slow machine may find it over at once, which is said in the same words.
    let short = ["user", "--id", "driver-1", "--type", "driver", "--country", "BD", "--ttl", "3s"];
    paste(&signing_key().token(&short));
    console.browser.wait_until(
        "!document.querySelector('#phone .said') || document.querySelector('#phone .said').innerText.includes('over')",
    );
    said("The token is over or not good");
    console.nothing_went_wrong();
}

#[test]
fn a_token_that_only_reads_gets_no_box_to_write_in() {
    let Some(console) = Console::open(Backend::Sqlite) else { return };
    let driver = console.desk.driver("driver-1", "BD");
    let opened = driver.open("Trip fare is missing", "Where is it?");
    let another = driver.open("Another thing", "And where is that?");
    console.desk.admin("SUPPORT_ADMIN", Some("BD")).send(&another, "Here.");
    let narrowed = narrow(driver.token.as_deref().expect("a token"), &["--read-only"]);
    console.sign_in("phone", &driver.with_token(&narrowed));
    console.choose("phone", &opened);
    console.shows("phone", &["Where is it?"]);
    // A token does not say how it was narrowed: the first thing that is refused does, here that somebody types ...
    assert!(console.browser.sees("#phone textarea"));
    console.browser.write("#phone textarea", "I");
    console.browser.wait_until("!document.querySelector('#phone textarea').checkVisibility()");
    // ... and there that something was read.
    console.browser.click("#phone .phone-head .icon-button");
    console.choose("phone", &another);
    console.browser.wait_until("!document.querySelector('#phone textarea').checkVisibility()");
}
