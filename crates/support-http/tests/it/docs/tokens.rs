//! Tokens on the pages: where they never are.

use std::collections::BTreeMap;

use serde_json::json;

use super::Docs;
use crate::harness::{Address, Browser, Server, scratch_folder};

#[test]
fn a_token_is_in_no_url_no_storage_and_not_on_the_page() {
    let Some(docs) = Docs::open("/docs#openConversation") else { return };
    let driver = docs.desk.driver("driver-1", "BD");
    docs.paste(&driver);
    assert_eq!(docs.send().0, "201 Created");
    docs.choose("issueTicket");
    assert_eq!(docs.send().0, "201 Created");
    docs.switch_to("/docs/sockets");
    docs.browser.click("#trial .buttons .primary");
    docs.browser.wait_until("document.querySelector('.state[data-state=live]')");
    docs.choose("authenticate");
    let token = driver.token.as_deref().expect("a token");
    docs.browser.run(&format!(
        "const box = document.querySelector('textarea[name=frame]'); box.value = box.value.replace('TOKEN', '{token}')"
    ));
    docs.browser.click("#trial form .primary");
    docs.browser.wait_until("document.querySelector('.lines [data-name=\"support:ack\"]')");
    docs.browser.run("document.querySelectorAll('.lines details').forEach((one) => { one.open = true })");
    let page = docs.browser.run("return document.documentElement.outerHTML").to_string();
    assert!(page.contains("(not shown)"), "what was sent is shown without it");
    let urls =
        docs.browser.run("return performance.getEntries().map((one) => one.name).concat(location.href)").to_string();
    assert!(urls.contains("/api/support/ws-tickets") && !urls.contains("ticket="), "{urls}");
    assert!(!urls.contains(token) && !page.contains(token));
    let kept = "return [localStorage.length, sessionStorage.length, document.cookie]";
    assert_eq!(docs.browser.run(kept), json!([0, 0, ""]));
    // So it is gone with the page.
    docs.go("/docs?anew#openConversation");
    assert_eq!(docs.send().0, "401 Unauthorized");
    docs.nothing_went_wrong();
}

#[test]
fn the_demo_offers_its_people() {
    let Some(browser) = Browser::start() else { return };
    let folder = scratch_folder();
    let mut server = Server::start("demo", "demo", folder.path(), &BTreeMap::new());
    let address = Address::default();
    address.set(server.port());
    browser.go(&format!("http://{}/docs#listOwnConversations", address.get()));
    browser.click("select[name=person] option[value='driver-rahim']");
    browser.click("#trial form .primary");
    browser.wait_until("document.querySelector('.result pre')?.textContent.includes('Trip fare is missing')");
    assert!(browser.sees("#console"), "there is a console beside it");
    browser.click(".tabs a[href='/docs/sockets']");
    browser.wait_until("document.querySelector('#trial .lines')");
    browser.click("#trial .buttons .primary");
    browser.wait_until("document.querySelector('.state[data-state=live]')");
}
