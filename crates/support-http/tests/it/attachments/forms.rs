//! Multipart bodies, and what people do with files.

use serde_json::{Value, json};

use crate::harness::{Answer, Call, Conversation, DESK, Person, keys_but_masked};

pub(super) const BOUNDARY: &str = "boundary-of-the-tests";
pub(super) const FORM: &str = "multipart/form-data; boundary=boundary-of-the-tests";

/// A part of a form, with all of its headers.
pub(crate) fn part(headers: &str, bytes: &[u8]) -> Vec<u8> {
    [format!("--{BOUNDARY}\r\n{headers}\r\n\r\n").as_bytes(), bytes, b"\r\n"].concat()
}

/// A form of these parts.
pub(crate) fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat()
}

/// A form with one file of that name.
pub(super) fn file(name: &str, bytes: &[u8]) -> Vec<u8> {
    let name = name.replace('"', "\\\"");
    let headers = format!(
        "Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream"
    );
    form(&[part(&headers, bytes)])
}

impl Person {
    /// Where this person uploads.
    pub(crate) fn uploads(&self) -> &'static str {
        if self.home == DESK { "/api/admin/support/attachments" } else { "/api/support/attachments" }
    }

    pub(crate) fn upload_call(&self, body: Vec<u8>) -> Call {
        self.call("POST", self.uploads()).body(FORM, body)
    }

    /// Uploads a file, and leaves the judgement to the test.
    #[track_caller]
    pub(crate) fn try_upload(&self, name: &str, bytes: &[u8]) -> Answer {
        self.upload_call(file(name, bytes)).send()
    }

    /// Uploads a file, and returns the attachment.
    #[track_caller]
    pub(crate) fn upload(&self, name: &str, bytes: &[u8]) -> Value {
        let answer = self.try_upload(name, bytes).expect(201);
        assert_eq!(keys_but_masked(&answer.json), ["attachment"], "{}", answer.text);
        answer["attachment"].clone()
    }

    /// Asks for a file's bytes.
    #[track_caller]
    pub(crate) fn fetch(&self, attachment: &Value) -> Answer {
        self.get(&format!("{}/{}", self.uploads(), attachment["id"].as_str().expect("an id")))
    }

    /// Sends uploads without words, and returns the message.
    #[track_caller]
    pub(crate) fn send_files(&self, conversation: &Conversation, attachments: &[&Value]) -> Value {
        self.send_with(conversation, &named(attachments))
    }

    /// Tries to send uploads.
    #[track_caller]
    pub(crate) fn try_send_files(&self, conversation: &Conversation, attachments: &[&Value]) -> Answer {
        self.post(&self.path(conversation, "/messages"), &named(attachments))
    }
}

/// A message that names these uploads and says nothing.
pub(super) fn named(attachments: &[&Value]) -> Value {
    json!({"attachmentIds": attachments.iter().map(|attachment| attachment["id"].clone()).collect::<Vec<_>>()})
}
