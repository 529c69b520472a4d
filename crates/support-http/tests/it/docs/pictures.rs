//! The pictures of the pages in docs/images; see `console/pictures.rs`.

use crate::console::pictures::Studio;

#[test]
fn pictures_can_be_taken_of_the_docs() {
    let Some(studio) = Studio::of_the_demo() else { return };
    let browser = &studio.browser;
    studio.size(1240, 760);
    studio.go("/docs#openConversation");
    studio.theme("light");
    browser.click("select[name=person] option[value='driver-rahim']");
    browser.click("#trial form .primary");
    browser.wait_until("document.querySelector('.result .status')");
    still(&studio);
    studio.take("docs.png");
    studio.theme("dark");
    browser.click("#entries a[data-id='start']");
    browser.wait_until("document.querySelector('#entries a[data-id=start][aria-current]')");
    still(&studio);
    studio.take("docs-errors.png");
    browser.click(".tabs a[href='/docs/sockets']");
    browser.wait_until("document.querySelector('#trial .lines')");
    browser.click("#entries a[data-id='joinConversation']");
    browser.click("#trial .buttons .primary");
    browser.wait_until("document.querySelector('.lines [data-name=\"support:connected\"]')");
    browser.wait_until("!document.querySelector('textarea[name=frame]').value.includes('019c12')");
    browser.click("#trial form .primary");
    browser.wait_until("document.querySelector('.lines [data-name=\"support:ack\"]')");
    browser.run("document.querySelector('.lines li:last-child details').open = true");
    still(&studio);
    studio.take("docs-sockets.png");
    studio.theme("light");
    studio.size(390, 780);
    studio.go("/docs#openConversation");
    still(&studio);
    studio.take("docs-phone.png");
}

fn still(studio: &Studio) {
    studio.browser.run("document.activeElement.blur()");
}
