//! Trying out the socket.

use serde_json::json;

use super::Docs;

#[test]
fn a_socket_is_tried_out() {
    let Some(docs) = Docs::open("/docs/sockets#joinConversation") else { return };
    let (driver, admin) = (docs.desk.driver("driver-1", "BD"), docs.desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Trip fare is missing", "Where is it?");
    let line =
        |name: &str, way: &str| format!("document.querySelector('.lines [data-name=\"{name}\"][data-way={way}]')");
    docs.browser.click("#trial .buttons .primary");
    docs.browser.wait_until("document.querySelector('.lines .bad')");
    assert!(docs.browser.texts(".lines .bad").concat().contains("unauthenticated"), "there was no ticket");
    docs.paste(&driver);
    docs.browser.click("#trial .buttons .primary");
    docs.browser.wait_until("document.querySelector('.state[data-state=live]')");
    docs.browser.wait_until(&line("support:connected", "down"));
    // The newest conversation stands in the frame already.
    docs.browser.wait_until(&format!("document.querySelector('textarea[name=frame]').value.includes('{}')", opened.id));
    docs.browser.click("#trial form .primary");
    docs.browser.wait_until(&line("support:ack", "down"));
    admin.send(&opened, "Here it is.");
    docs.browser.wait_until(&line("support:newMessage", "down"));
    docs.choose("sendMessage");
    docs.browser.click("#trial form .primary");
    docs.browser.wait_until(&line("support:sendMessage", "up"));
    docs.browser.wait_until("document.querySelectorAll('.lines [data-name=\"support:ack\"]').length === 2");
    let messages = driver.messages(&opened);
    assert_eq!(messages.last().expect("a message")["text"], "It was trip 8842217.");
    // What is wrong with a frame is the server's to say.
    docs.browser.run("document.querySelector('textarea[name=frame]').value = 'no frame'");
    docs.browser.click("#trial form .primary");
    docs.browser.wait_until(&line("support:error", "down"));
    // Whoever becomes somebody else leaves the socket of who they were.
    docs.paste(&admin);
    docs.browser.wait_until(&line("Closed: 1000", "note"));
    docs.nothing_went_wrong();
}

#[test]
fn every_frame_and_every_end_is_shown() {
    let Some(docs) = Docs::open("/docs/sockets") else { return };
    let document = docs.desk.get("/api/support/asyncapi.json").expect(200).json;
    for (id, operation) in document["operations"].as_object().expect("operations") {
        docs.choose(id);
        let shown = docs.browser.run("return document.querySelector('#about').textContent");
        let shown = shown.as_str().expect("a text");
        assert!(shown.contains(operation["summary"].as_str().expect("a summary")), "{shown}");
        assert!(shown.contains("\"type\": \"support:"), "{id} has an example: {shown}");
        assert!(!shown.contains("undefined") && !shown.contains("[object"), "{shown}");
    }
    let socket = &document["channels"]["socket"];
    for (page, list, name) in [("ends", "x-close-codes", "code"), ("limits", "x-limits", "variable")] {
        docs.choose(page);
        let names: Vec<String> = docs.browser.texts("#about .field");
        let all = socket[list].as_array().expect(list).iter();
        let all: Vec<String> = all.map(|one| one[name].to_string().trim_matches('"').to_owned()).collect();
        assert_eq!(names, all);
    }
    docs.nothing_went_wrong();
}

#[test]
fn who_asks_stays_who_they_are_from_one_page_to_the_other() {
    let Some(docs) = Docs::open("/docs#openConversation") else { return };
    docs.paste(&docs.desk.driver("driver-1", "BD"));
    let (_, opened) = docs.send();
    docs.switch_to("/docs/sockets");
    docs.browser.click("#trial .buttons .primary");
    docs.browser.wait_until("document.querySelector('.state[data-state=live]')");
    docs.choose("joinConversation");
    let frame = docs.browser.run("return document.querySelector('textarea[name=frame]').value");
    let frame: serde_json::Value = serde_json::from_str(frame.as_str().expect("a frame")).expect("JSON");
    assert_eq!(frame["payload"]["conversationId"], opened["conversation"]["id"]);
    docs.browser.run("history.back()");
    docs.browser.run("history.back()");
    docs.browser.wait_until("location.pathname === '/docs' && document.querySelector('textarea[name=body]')");
    assert_eq!(docs.send().0, "201 Created");
    assert_eq!(
        docs.browser.run("return document.querySelector('.tabs [aria-current=page]').textContent"),
        json!("REST")
    );
    docs.nothing_went_wrong();
}
