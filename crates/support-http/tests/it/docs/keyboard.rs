//! The pages without a mouse, and on a narrow screen.

use serde_json::json;

use super::Docs;
use crate::harness::key;

/// Presses a key until the page says so; a walk through all that can be reached is far shorter.
#[track_caller]
fn press_until(docs: &Docs, key: &str, selector: &str) {
    for _ in 0..80 {
        if docs.browser.run(&format!("return document.activeElement.matches({})", json!(selector))) == true {
            return;
        }
        docs.browser.press(key);
    }
    let at = docs.browser.run("return document.activeElement.outerHTML.slice(0, 200)");
    panic!("{selector} was not reached; the focus is at {at}");
}

#[test]
fn trying_out_needs_nothing_but_keys() {
    let Some(docs) = Docs::open("/docs") else { return };
    let driver = docs.desk.driver("driver-1", "BD");
    // The first stop leads past the contents.
    docs.browser.press(key::TAB);
    assert_eq!(docs.browser.run("return document.activeElement.className"), "skip");
    press_until(&docs, key::TAB, "#filter");
    docs.browser.press("post conversations opens a");
    docs.browser.press(key::ENTER);
    docs.browser.wait_until("location.hash.startsWith('#openConversation')");
    press_until(&docs, key::TAB, "input[name=token]");
    docs.browser.press(driver.token.as_deref().expect("a token"));
    press_until(&docs, key::TAB, "#trial form .primary");
    let outline = "return getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(docs.browser.run(outline), "solid", "what has the focus can be seen to have it");
    docs.browser.press(key::ENTER);
    docs.browser.wait_until("document.querySelector('.result .status')");
    let said = docs.browser.run("return document.querySelector('#announcements').textContent");
    assert_eq!(said, "Answered with 201 Created.", "who does not see it is told");
    docs.nothing_went_wrong();
}

#[test]
fn a_narrow_screen_shows_one_under_the_other() {
    let Some(docs) = Docs::open("/docs") else { return };
    let size = json!({"width": 390, "height": 780, "deviceScaleFactor": 1, "mobile": false});
    docs.browser.devtools("Emulation.setDeviceMetricsOverride", &size);
    let wide = "return document.scrollingElement.scrollWidth > innerWidth";
    for (page, entry) in [("/docs", "updateConversation"), ("/docs/sockets", "joinConversation")] {
        docs.go(page);
        docs.choose(entry);
        docs.browser.run("document.querySelectorAll('#about details').forEach((one) => { one.open = true })");
        assert_eq!(docs.browser.run(wide), false, "{page}: nobody has to scroll sideways");
        assert!(!docs.browser.sees("#entries a"), "{page}: the contents give way");
        assert!(docs.browser.sees("#trial form .primary"), "{page}");
        docs.browser.click("#contents-fold > summary");
        assert!(docs.browser.sees("#entries a"), "{page}");
    }
    docs.nothing_went_wrong();
}
