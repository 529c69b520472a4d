//! The console without a mouse: everything that a talk needs can be reached and used by keys alone.

use serde_json::json;

use super::Console;
use crate::harness::{Backend, key};

/// Presses a key until the page says so; a walk through all that can be reached is far shorter.
#[track_caller]
fn press_until(console: &Console, key: &str, expression: &str) {
    for _ in 0..80 {
        if console.browser.run(&format!("return Boolean({expression})")) == true {
            return;
        }
        console.browser.press(key);
    }
    let at = console.browser.run("return document.activeElement.outerHTML.slice(0, 200)");
    panic!("{expression} was not reached; the focus is at {at}");
}

#[test]
fn a_talk_needs_nothing_but_keys() {
    let Some(console) = Console::open(Backend::Sqlite) else { return };
    let driver = console.desk.driver("driver-1", "BD");
    let admin = console.desk.admin("SUPPORT_ADMIN", Some("BD"));
    let older = driver.open("The older one", "First");
    let newer = driver.open("The newer one", "Second");
    let focus = |selector: &str| format!("document.activeElement.matches({})", json!(selector));
    for (side, person) in [("phone", &driver), ("desk", &admin)] {
        press_until(&console, key::TAB, &focus(&format!("#{side} input[name=token]")));
        console.browser.press(person.token.as_deref().expect("a token"));
        console.browser.press(key::ENTER);
        console.live(side);
        console.browser.wait_until(&format!("document.querySelectorAll('#{side} .row').length === 2"));
    }
    // One stop for the whole list; the arrows walk in it.
    press_until(&console, key::TAB, &focus("#desk .row"));
    console.browser.press(key::END);
    console.browser.wait_until(&focus(&format!("#desk .row[data-id='{}']", older.id)));
    console.browser.press(key::HOME);
    console.browser.wait_until(&focus(&format!("#desk .row[data-id='{}']", newer.id)));
    console.browser.press(key::DOWN);
    console.browser.wait_until(&focus(&format!("#desk .row[data-id='{}']", older.id)));
    console.browser.press(key::ENTER);
    // Who opens a conversation wants to write.
    console.browser.wait_until(&focus("#desk textarea"));
    console.shows("desk", &["First"]);
    console.browser.press("Answered");
    console.browser.press(key::ENTER);
    console.shows("desk", &["First", "Answered"]);
    assert_eq!(console.browser.run("return document.activeElement.value"), "", "one can go on writing");
    press_until(&console, key::TAB, &focus("#desk [data-control=status-resolved]"));
    console.browser.press(key::ENTER);
    console.browser.wait_until("document.querySelector('#desk [data-status=resolved]').ariaPressed === 'true'");
    console.browser.wait_until(&focus("#desk [data-control=status-resolved]"));
    assert_eq!(admin.see(&older)["status"], "resolved");
    // What has the focus can be seen to have it.
    let outline = "getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(console.browser.run(&format!("return {outline}")), "solid");
    console.nothing_went_wrong();
}

#[test]
fn a_narrow_screen_shows_one_side_at_a_time() {
    let Some((console, _, _, opened)) = super::two_at_the_console(Backend::Sqlite) else { return };
    let size = json!({"width": 390, "height": 780, "deviceScaleFactor": 1, "mobile": false});
    console.browser.devtools("Emulation.setDeviceMetricsOverride", &size);
    console.browser.wait_until("!document.querySelector('#desk').checkVisibility()");
    console.choose("phone", &opened);
    console.say("phone", "From the phone");
    console.browser.click(".sides [value=desk]");
    console.browser.wait_until("!document.querySelector('#phone').checkVisibility()");
    console.choose("desk", &opened);
    console.shows("desk", &["The fare of my last trip is not in my wallet.", "From the phone"]);
    assert!(!console.browser.sees("#desk .desk-list"), "the conversation has the whole screen");
    let wide = "return document.scrollingElement.scrollWidth > innerWidth";
    assert_eq!(console.browser.run(wide), false, "nobody has to scroll sideways");
    console.browser.click("#desk .back");
    console.browser.click("#desk .add");
    console.browser.wait_until("document.activeElement.name === 'userId'");
    assert!(!console.browser.sees("#desk .desk-list"), "so has what is being opened");
    assert_eq!(console.browser.run(wide), false, "nobody has to scroll sideways");
    console.browser.click("#desk [aria-label='Back to the list']");
    console.browser.wait_until("document.activeElement.matches('#desk .add')");
    console.choose("desk", &opened);
    console.browser.click("#desk .back");
    console.browser.wait_until(&format!("document.activeElement.dataset.id === '{}'", opened.id));
    console.nothing_went_wrong();
}
