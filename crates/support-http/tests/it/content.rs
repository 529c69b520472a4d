//! What people write, as it comes back: safe to show, and without what nobody should have written.

use serde_json::{Value, json};

use crate::harness::{Backend, Desk};

on_both_backends!(
    text_is_meant_literally,
    html_is_sanitized,
    subject_and_preview_are_harmless_as_html,
    what_must_be_masked_is_stored_nowhere,
    honest_text_is_left_alone,
    the_length_of_a_message_counts_characters_after_trimming,
);

fn text_is_meant_literally(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let words = "if (a < b && c > d) <script>alert(1)</script>";
    let opened = driver.open("Literally", words);
    assert_eq!(opened.message["text"], words);
    assert_eq!(opened.message["content"], "if (a &lt; b &amp;&amp; c &gt; d) &lt;script&gt;alert(1)&lt;/script&gt;");
    let said = driver.send_with(&opened, &json!({"content": "<b>not bold</b>", "format": "text"}));
    assert_eq!((&said["text"], &said["content"]), (&json!("<b>not bold</b>"), &json!("&lt;b&gt;not bold&lt;/b&gt;")));
    let lines = driver.send(&opened, "one\r\ntwo");
    assert_eq!(lines["text"], "one\ntwo");
}

fn html_is_sanitized(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Markup", "Hello");
    for person in [&driver, &admin] {
        let html = "<b>bold</b><script>alert(1)</script><img src=x onerror=alert(2)> \
                    <a href=\"javascript:alert(3)\" onclick=\"alert(4)\">link</a>";
        let sent = person.send_with(&opened, &json!({"content": html, "format": "html"}));
        let content = sent["content"].as_str().expect("content").to_lowercase();
        assert!(content.contains("<b>bold</b>"), "{content}");
        for harm in ["<script", "<img", "href=\"javascript", "<a onclick"] {
            assert!(!content.contains(harm), "{content}");
        }
        assert!(sent["text"].as_str().expect("text").contains("bold"), "{sent}");
        assert!(!sent["text"].as_str().expect("text").contains("<b>"), "{sent}");
    }
}

fn subject_and_preview_are_harmless_as_html(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("<img src=x onerror=alert(1)>\nI <3 it", "<svg/onload=alert(1)>\nsecond line");
    for key in ["subject", "lastMessagePreview"] {
        let text = opened.json[key].as_str().expect("text");
        assert!(!text.contains("<i") && !text.contains("<s") && !text.contains('\n'), "{key}: {text}");
    }
    assert!(opened.json["subject"].as_str().unwrap().contains("I <3 it"));
    driver.send(&opened, &"long ".repeat(100));
    let preview = driver.see(&opened)["lastMessagePreview"].as_str().expect("a preview").to_owned();
    assert!(preview.chars().count() <= 120 && preview.ends_with('\u{2026}'), "{preview}");
}

fn what_must_be_masked_is_stored_nowhere(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_LOG", "debug").start();
    let (driver, admin) = (desk.driver("driver-1", "US"), desk.admin("SUPPORT_ADMIN", Some("US")));
    // Put together here, so that no scanner takes them for real ones.
    let card = ["4111", "1111", "1111", "1111"].join(" ");
    let ssn = ["219", "09", "9999"].join("-");
    let password = ["hunter", "22horse"].concat();
    let token = ["ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"].concat();
    let words = format!("My card is {card}, my SSN is {ssn}, my password: {password} and the key {token} please");
    let body = json!({"subject": format!("Card {card}"), "initialMessage": words, "metadata": {"note": words}});
    let opened = driver.open_with(&body);
    driver.send_with(&opened, &json!({"content": words, "format": "html", "metadata": {"note": [words]}}));
    admin.send(&opened, &words);

    let stored = desk.database.snapshot().join("\n");
    let shown = format!("{:?} {} {}", driver.messages(&opened), driver.see(&opened), admin.list("").text);
    for (where_, text) in [("stored", &stored), ("shown", &shown), ("logged", &desk.server.log())] {
        for secret in [&card, &ssn, &password, &token] {
            assert!(!text.contains(secret.as_str()), "{secret} is {where_}");
        }
    }
    assert!(shown.contains("please"), "the rest of the words stays");
}

fn honest_text_is_left_alone(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Order 4242424242424241", "Hello");
    assert_eq!(opened.json["subject"], "Order 4242424242424241");
    for words in [
        "Trip 0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e, call +8801712345678, 350.50 BDT on 2026-01-31",
        "\u{9ad}\u{9be}\u{9a1}\u{9bc}\u{9be} \u{9ad}\u{9c1}\u{9b2}, \u{9a7}\u{9a8}\u{9cd}\u{9af}\u{9ac}\u{9be}\u{9a6} \u{1f600}",
        "AT&T <-> \"quoted\" 'single' 100% a\\b $HOME `tick`",
        "My password is wrong, I cannot log in",
    ] {
        let sent = driver.send(&opened, words);
        assert_eq!(sent["text"], words);
        assert_eq!(driver.messages(&opened).pop().map(|last| last["text"].clone()), Some(Value::from(words)));
    }
}

fn the_length_of_a_message_counts_characters_after_trimming(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_MAX_MESSAGE_CHARS", "10").start();
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Short", "0123456789");
    driver.send(&opened, &format!("   {}   ", "\u{9ac}".repeat(10)));
    driver.send(&opened, &"\u{1f600}".repeat(10));
    let path = driver.path(&opened, "/messages");
    let long = "\u{9ac}".repeat(11);
    driver.post(&path, &json!({"content": long})).refused_field("content");
    driver.post(driver.home, &json!({"subject": "s", "initialMessage": long})).refused_field("initialMessage");
}
