//! The pages as files, and as who looks at them or has them read out gets them.

use serde_json::json;

use super::Docs;
use crate::harness::{Backend, Desk};

#[test]
fn files_are_what_they_say_and_let_nothing_in() {
    let desk = Desk::start(Backend::Sqlite);
    for (path, content_type) in [
        ("/docs", "text/html"),
        ("/docs/sockets", "text/html"),
        ("/docs/style.css", "text/css"),
        ("/docs/docs.css", "text/css"),
        ("/docs/main.js", "text/javascript"),
        ("/docs/icon.svg", "image/svg+xml"),
    ] {
        let file = desk.get(path).expect(200);
        assert!(file.header("content-type").starts_with(content_type), "{path}: {:?}", file.headers);
        let policy = file.header("content-security-policy");
        for rule in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "trusted-types 'none'"] {
            assert!(policy.split("; ").any(|one| one == rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "{policy}");
        let again = desk.nobody().call("GET", path).header("if-none-match", file.header("etag")).in_any_form().send();
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
    }
    desk.get("/docs/nothing.js").expect(404);
    desk.get("/docs/sockets/main.js").expect(404);
    // Who runs a desk for real has no tokens to give away.
    desk.get("/console/people.json").expect(404);
}

#[test]
fn letters_stand_out_in_both_themes_and_controls_have_names() {
    let Some(docs) = Docs::open("/docs#openConversation") else { return };
    docs.paste(&docs.desk.driver("driver-1", "BD"));
    for (page, entry) in [("/docs", "openConversation"), ("/docs/sockets", "sendMessage")] {
        docs.switch_to(page);
        docs.choose(entry);
        if page == "/docs" {
            docs.send();
        } else {
            docs.browser.click("#trial .buttons .primary");
            docs.browser.wait_until("document.querySelector('.state[data-state=live]')");
        }
        docs.browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true })");
        for theme in ["light", "dark"] {
            docs.browser.run(&format!("document.documentElement.dataset.theme = '{theme}'"));
            docs.browser.wait_until("document.getAnimations().every((one) => one.playState !== 'running')");
            let weak = docs.browser.run(include_str!("../console/contrast.js"));
            assert_eq!(weak["weak"], json!([]), "{page} {theme}");
            assert!(weak["looked"].as_u64().is_some_and(|looked| looked > 100), "{theme}: {weak}");
        }
    }
    let nameless = docs.browser.run(
        "return [...document.querySelectorAll('button, input, select, textarea, a')].filter((one) => one.checkVisibility() && \
         !one.textContent.trim() && !one.ariaLabel && !one.labels?.length).map((one) => one.outerHTML)",
    );
    assert_eq!(nameless, json!([]), "everything that can be used has a name");
    docs.nothing_went_wrong();
}
