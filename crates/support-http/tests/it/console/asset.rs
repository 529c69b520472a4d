//! The page as files: there only where it is switched on, and nothing in it that a browser would have to take on trust.

use std::collections::BTreeMap;

use crate::harness::{Address, Backend, Browser, Desk, Person, Server, USER, eventually, scratch_folder};

on_both_backends!(it_is_there_only_where_it_is_switched_on);

fn it_is_there_only_where_it_is_switched_on(backend: Backend) {
    let desk = Desk::start(backend);
    for path in ["/console", "/console/main.js", "/console/people.json"] {
        desk.get(path).expect(404);
    }
    let desk = Desk::plan(backend).set("SUPPORT_CONSOLE", "on").start();
    let page = desk.get("/console").expect(200);
    assert!(page.header("content-type").starts_with("text/html"), "{:?}", page.headers);
    // Who runs a desk for real has no list of tokens to give away.
    desk.get("/console/people.json").expect(404);
    desk.get("/console/nothing.js").expect(404);
    desk.get("/console/../console").expect(404);
}

#[test]
fn files_are_what_they_say_and_are_asked_for_again() {
    let desk = Desk::plan(Backend::Sqlite).set("SUPPORT_CONSOLE", "on").start();
    for (path, content_type) in [
        ("/console", "text/html"),
        ("/console/style.css", "text/css"),
        ("/console/main.js", "text/javascript"),
        ("/console/icon.svg", "image/svg+xml"),
    ] {
        let file = desk.get(path).expect(200);
        assert!(file.header("content-type").starts_with(content_type), "{path}: {:?}", file.headers);
        assert_eq!(file.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(file.header("cache-control"), "no-cache", "{path}");
        let policy = file.header("content-security-policy");
        for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.split("; ").any(|one| one == rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "{policy}");
        let tag = file.header("etag");
        assert!(tag.len() > 2, "{path}: {tag}");
        let again = desk.nobody().call("GET", path).header("if-none-match", tag).in_any_form().send();
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
    }
}

#[test]
fn the_demo_offers_its_people_and_lets_its_own_page_in() {
    let folder = scratch_folder();
    let mut server = Server::start("demo", "demo", folder.path(), &BTreeMap::new());
    let address = Address::default();
    address.set(server.port());
    eventually("its address is printed", || server.printed().contains(&format!("http://{}/console\n", address.get())));
    let nobody = Person::new(&address, None, USER);
    let people = nobody.get("/console/people.json").expect(200);
    let all = people.json.as_array().expect("a list");
    assert!(all.iter().any(|one| one["kind"] == "user") && all.iter().any(|one| one["kind"] == "admin"), "{all:?}");
    for person in all.iter().filter(|one| one["kind"] == "user") {
        let token = person["token"].as_str().expect("a token");
        nobody.with_token(token).get(USER).expect(200);
    }
    let Some(browser) = Browser::start() else { return };
    for host in ["127.0.0.1", "localhost"] {
        browser.go(&format!("http://{}/console", address.get().replace("127.0.0.1", host)));
        browser.click("[data-person='driver-rahim']");
        browser.click("[data-person='admin-kamal']");
        for side in ["phone", "desk"] {
            browser.wait_until(&format!("document.querySelector('#{side} .state[data-state=live]')"));
            browser.wait_until(&format!("document.querySelectorAll('#{side} .row').length > 1"));
        }
        // People have names there, and what is shown of them is masked.
        browser.click("#desk .row");
        browser.wait_until(
            "/^[nr]\\*+[am]@/.test(document.querySelector('#desk .card .facts dd:nth-of-type(2)')?.innerText)",
        );
        browser.wait_until(
            "[...document.querySelectorAll('#desk [data-control=colleague] option')].some((one) => one.text === 'Robin Root, Super admin')",
        );
    }
}

#[test]
fn letters_stand_out_in_both_themes() {
    let Some((console, ..)) = super::two_at_the_console(Backend::Sqlite) else { return };
    console.browser.click("#desk .row");
    console.browser.click("#phone .row");
    console.browser.click("#desk .filters-more summary");
    console.browser.click("#traffic-toggle");
    console
        .browser
        .wait_until("document.querySelector('#desk .detail h4') && document.querySelector('#phone .content')");
    for theme in ["light", "dark"] {
        console.browser.run(&format!("document.documentElement.dataset.theme = '{theme}'"));
        // Colours that change slowly are looked at when they have changed.
        console.browser.wait_until("document.getAnimations().every((one) => one.playState !== 'running' || one.effect.getTiming().iterations > 1)");
        let weak = console.browser.run(include_str!("contrast.js"));
        assert_eq!(weak["weak"], serde_json::json!([]), "{theme}");
        assert!(weak["looked"].as_u64().is_some_and(|looked| looked > 40), "{theme}: {weak}");
    }
    let nameless = console.browser.run(
        "return [...document.querySelectorAll('button, input, select, textarea, a')].filter((one) => one.checkVisibility() && \
         !one.textContent.trim() && !one.ariaLabel && !one.labels?.length).map((one) => one.outerHTML)",
    );
    assert_eq!(nameless, serde_json::json!([]), "everything that can be used has a name");
    console.nothing_went_wrong();
}
