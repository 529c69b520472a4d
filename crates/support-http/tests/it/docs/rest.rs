//! Trying out operations.

use std::process::Command;

use serde_json::json;

use super::Docs;
use crate::attachments::png;

#[test]
fn an_operation_is_tried_out_and_the_next_one_knows_of_it() {
    let Some(docs) = Docs::open("/docs") else { return };
    let (driver, admin) = (docs.desk.driver("driver-1", "BD"), docs.desk.admin("SUPPORT_ADMIN", Some("BD")));
    docs.choose("openConversation");
    assert_eq!(docs.send().0, "401 Unauthorized", "nobody has said yet who asks");
    docs.paste(&driver);
    let (status, opened) = docs.send();
    assert_eq!(status, "201 Created", "{opened}");
    assert_eq!(opened["conversation"]["subject"], "Trip fare is missing", "the example is what is sent");
    let (status, again) = docs.send();
    assert_eq!((status.as_str(), &again["conversation"]["id"]), ("200 OK", &opened["conversation"]["id"]));

    // Its id need not be copied.
    docs.choose("getOwnConversation");
    let (status, seen) = docs.send();
    assert_eq!(status, "200 OK");
    assert_eq!(seen["conversation"], opened["conversation"]);
    docs.choose("reply");
    assert_eq!(docs.send().0, "403 Forbidden");
    docs.paste(&admin);
    assert_eq!(docs.send().1["code"], "stale", "the example replies only to what it has seen");
    docs.browser.run(
        "const body = document.querySelector('textarea[name=body]'); body.value = '{\"content\": \"Good morning\"}'",
    );
    let (status, sent) = docs.send();
    assert_eq!((status.as_str(), sent["message"]["seq"].as_i64()), ("201 Created", Some(2)));
    docs.choose("listConversations");
    docs.browser.write("input[name=search]", "fare & more");
    assert_eq!(docs.send().1["conversations"], json!([]), "what is typed into a field stays in that field");
    docs.choose("checkReady");
    let (status, body) = docs.send();
    assert_eq!((status.as_str(), &body["status"]), ("200 OK", &json!("ok")));
    docs.nothing_went_wrong();
}

#[test]
fn what_is_copied_for_a_shell_works_there() {
    let Some(docs) = Docs::open("/docs#openConversation") else { return };
    let driver = docs.desk.driver("driver-1", "BD");
    docs.paste(&driver);
    docs.browser.run("document.querySelector('textarea[name=body]').value = JSON.stringify({subject: \"It's mine\", initialMessage: 'a $HOME `b` \"c\"'})");
    docs.browser.click("#trial form .copy");
    docs.browser.wait_until("copied.length === 1");
    let command = docs.browser.run("return copied[0]");
    let command = command.as_str().expect("a command");
    let token = driver.token.as_deref().expect("a token");
    assert!(!command.contains(token), "{command}");
    match Command::new("bash").args(["-c", command]).env("TOKEN", token).output() {
        Ok(output) => {
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(printed.starts_with("HTTP/1.1 201 Created"), "{command}\n{printed}");
        }
        Err(_) => eprintln!("not run: bash is not here"),
    }
    let listed = driver.list("");
    assert_eq!(listed["conversations"][0]["subject"], "It's mine");
    assert_eq!(listed["conversations"][0]["lastMessagePreview"], "a $HOME `b` \"c\"");
    docs.nothing_went_wrong();
}

#[test]
fn a_file_is_uploaded_and_shown() {
    let Some(docs) = Docs::open("/docs#uploadAttachment") else { return };
    docs.paste(&docs.desk.driver("driver-1", "BD"));
    let folder = crate::harness::scratch_folder();
    let path = folder.path().join("receipt.png");
    std::fs::write(&path, png()).expect("the picture");
    docs.browser.write("input[type=file]", path.to_str().expect("a path"));
    let (status, uploaded) = docs.send();
    assert_eq!((status.as_str(), &uploaded["attachment"]["fileName"]), ("201 Created", &json!("receipt.png")));
    docs.choose("readAttachment");
    assert_eq!(docs.send().0, "200 OK");
    docs.browser.wait_until("document.querySelector('.result img')?.naturalWidth === 1");
    docs.nothing_went_wrong();
}

#[test]
fn every_operation_is_shown_with_its_answers_and_errors() {
    let Some(docs) = Docs::open("/docs") else { return };
    let document = docs.desk.get("/api/support/openapi.json").expect(200).json;
    let codes = document["components"]["examples"].as_object().expect("examples").len();
    assert_eq!(docs.browser.texts("#about .field").len(), codes, "the start tells of every code");
    for item in document["paths"].as_object().expect("paths").values() {
        for operation in item.as_object().expect("a path item").values() {
            docs.choose(operation["operationId"].as_str().expect("an id"));
            let summary = operation["summary"].as_str().expect("a summary").replace('\n', " ");
            assert_eq!(docs.browser.texts("#about h2").concat(), summary);
            let shown = docs.browser.run("return document.querySelector('#about').textContent");
            let shown = shown.as_str().expect("a text");
            for (status, response) in operation["responses"].as_object().expect("responses") {
                assert!(shown.contains(status.as_str()), "{shown}");
                let examples = response["content"]["application/json"]["examples"].as_object();
                for code in examples.into_iter().flatten().map(|(code, _)| code).filter(|_| status.as_str() >= "400") {
                    assert!(shown.contains(code.as_str()), "{code} in {shown}");
                }
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(shown.contains(parameter["name"].as_str().expect("a name")));
            }
            assert!(!shown.contains("undefined") && !shown.contains("[object"), "{shown}");
        }
    }
    docs.nothing_went_wrong();
}
