//! What becomes of a file's name.

use serde_json::json;

use super::forms::{form, part};
use super::pictures::{pdf, png};
use crate::harness::{Backend, Desk};

on_both_backends!(
    hostile_names_become_harmless,
    secrets_in_names_are_masked_and_only_the_uploader_is_told,
    names_of_all_scripts_stay_readable,
);

fn hostile_names_become_harmless(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Names", "Hello");
    for name in [
        "../../../../etc/passwd",
        "..\\..\\windows\\system32\\cmd.exe",
        "/etc/passwd",
        "<img src=x onerror=alert(1)>.png",
        "\" onmouseover=\"alert(1)",
        "' onfocus='alert(1)' x='.png",
        "&lt;script&gt;alert(1)&lt;/script&gt;.png",
        "photo\u{202e}gnp.exe",
        "a\u{0}b.png",
        "a\tb\u{7f}.png",
        ".htaccess",
        "CON",
        "",
        "   ",
        "....",
        &"x".repeat(5_000),
        &"\u{1f600}".repeat(1_000),
        "%2e%2e%2f%00.png",
        "=cmd|' /C calc'!A0.png",
    ] {
        // A NUL cannot stand in a header; there the other form of a name is the way to send one.
        let escaped: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let headers = format!("Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''{escaped}");
        let answer = driver.upload_call(form(&[part(&headers, &png())])).send();
        let attachment = answer.expect(201)["attachment"].clone();
        let kept = attachment["fileName"].as_str().expect("a name").to_owned();
        let is_safe = |text: &str| !text.contains(['<', '>', '"', '\'', '&', '`', '/', '\\', '\0', '\u{202e}', '\t']);
        assert!(is_safe(&kept) && !kept.starts_with('.') && kept.ends_with(".png"), "{name:?} became {kept:?}");
        assert!(kept.chars().count() <= 120 && kept.len() <= 240, "{kept}");
        let message = driver.send_files(&opened, &[&attachment]);
        assert_eq!(message["attachments"][0]["fileName"], kept.as_str());
        let preview = driver.see(&opened)["lastMessagePreview"].as_str().expect("a preview").to_owned();
        assert!(is_safe(&preview) && !preview.is_empty(), "{preview}");
        let disposition = driver.fetch(&attachment).expect(200).header("content-disposition").to_owned();
        assert!(disposition.starts_with("inline; filename=\""), "{disposition}");
        assert!(disposition.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{disposition}");
    }
}

fn secrets_in_names_are_masked_and_only_the_uploader_is_told(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "US"), desk.admin("SUPPORT_ADMIN", Some("US")));
    let opened = driver.open("Secrets", "Hello");
    let card = ["4111", "1111", "1111", "1111"];
    for (name, secret, kind) in [
        (format!("card {}.pdf", card.join(" ")), card.join(" "), "card"),
        (format!("{}.pdf", card.concat()), card.concat(), "card"),
        ("my ssn 219-45-3301.pdf".to_owned(), "219-45".to_owned(), "ssn"),
        ("my_password_is_hunter2.pdf".to_owned(), "hunter2".to_owned(), "password"),
    ] {
        let answer = driver.try_upload(&name, &pdf()).expect(201);
        assert_eq!(answer["masked"], json!([kind]), "{}", answer.text);
        assert!(!answer.text.contains(&secret), "{}", answer.text);
        driver.send_files(&opened, &[&answer["attachment"]]);
        let shown = format!("{:?} {}", admin.messages(&opened), admin.list("").text);
        assert!(!shown.contains(&secret) && !shown.contains("\"masked\""), "{shown}");
    }
    assert!(driver.try_upload("honest name.pdf", &pdf()).expect(201).json.get("masked").is_none());
}

fn names_of_all_scripts_stay_readable(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    for name in ["\u{9b0}\u{9b8}\u{9bf}\u{9a6}.png", "trip 8842217 (2).png", "\u{627}\u{644}\u{625}\u{64a}.png"] {
        let attachment = driver.upload(name, &png());
        assert_eq!(attachment["fileName"], name);
        let disposition = driver.fetch(&attachment).expect(200).header("content-disposition").to_owned();
        let escaped: String = name
            .bytes()
            .map(|byte| match byte {
                byte if byte.is_ascii_alphanumeric() || byte == b'.' => char::from(byte).to_string(),
                byte => format!("%{byte:02X}"),
            })
            .collect();
        assert!(disposition.ends_with(&format!("filename*=UTF-8''{escaped}")), "{disposition}");
    }
}
