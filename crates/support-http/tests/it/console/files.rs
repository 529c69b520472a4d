//! Files: chosen on one side, opened on the other, with words and without.

use std::fs;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::two_at_the_console;
use crate::harness::{Backend, scratch_folder};

/// A picture of one pixel, in PNG.
const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

#[test]
fn a_file_is_sent_and_opened() {
    let Some((console, _, _, opened)) = two_at_the_console(Backend::Sqlite) else { return };
    console.choose("phone", &opened);
    console.choose("desk", &opened);
    assert!(console.browser.sees("#phone [aria-label='Attach a file']"));
    let folder = scratch_folder();
    let file = folder.path().join("box.png");
    fs::write(&file, BASE64_STANDARD.decode(PICTURE).expect("base64")).expect("the picture");
    console.browser.write("#phone [name=file]", file.to_str().expect("UTF-8"));
    console.browser.wait_until("document.querySelector('#phone .chips [data-state=ready]')");
    console.browser.wait_until("document.querySelector('#phone .chips img')?.naturalWidth === 1");
    console.say("phone", "This is the box.");
    // It is fetched with the token and shown; a plain link could do neither.
    console.browser.wait_until("document.querySelector('#desk .picture img')?.naturalWidth === 1");
    console.browser.click("#desk .picture");
    console.browser.wait_until("document.querySelector('dialog[open] img')?.naturalWidth === 1");
    console.browser.click("dialog button");
    console.browser.wait_until("!document.querySelector('dialog')");
    let url = console.browser.run("return document.querySelector('#desk .picture img').src");
    assert!(url.as_str().is_some_and(|url| url.starts_with("blob:")), "{url}");
    // Without a word it is a message as well.
    console.browser.write("#desk [name=file]", file.to_str().expect("UTF-8"));
    console.browser.wait_until("document.querySelector('#desk .chips [data-state=ready]')");
    console.browser.click("#desk .send");
    console.browser.wait_until("document.querySelectorAll('#phone .picture img').length === 2");
    assert_eq!(console.browser.run("return document.querySelectorAll('#phone .theirs .content').length"), json!(0));
    // What the server refuses is said, and nothing is sent.
    let script = folder.path().join("page.html");
    fs::write(&script, "<script>alert(1)</script>").expect("the page");
    console.browser.write("#phone [name=file]", script.to_str().expect("UTF-8"));
    console.browser.wait_until("document.querySelector('#phone .composer-note').innerText.includes('page.html')");
    assert_eq!(console.browser.run("return document.querySelectorAll('#phone .chips li').length"), json!(0));
    console.nothing_went_wrong();
}
