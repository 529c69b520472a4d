//! What came back, and how a test says what should have. Every answer is held against the rules that hold for all of
//! them (a request id, one shape of error) before a test sees it; nothing here knows a single route.

use std::ops::Index;

use serde_json::Value;
use ureq::http::HeaderMap;

/// An answer over HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// Method and path, for the messages of failed assertions. Never a token.
    pub(crate) asked: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// The body as it came.
    pub(crate) bytes: Vec<u8>,
    /// The body, if it is JSON; null otherwise.
    pub(crate) json: Value,
}

impl Answer {
    pub(crate) fn new(asked: String, status: u16, headers: HeaderMap, bytes: Vec<u8>) -> Self {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { asked, status, headers, text, bytes, json }
    }

    /// A header's value; empty when it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or("not visible ASCII"))
    }

    /// Demands that status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} answered {}", self.asked, self.text);
        self
    }

    /// Demands an error with that status and code.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer["code"], code, "{} answered {}", answer.asked, answer.text);
        answer
    }

    /// Demands a validation error that names that field, and says a sentence about it.
    #[track_caller]
    pub(crate) fn refused_field(self, field: &str) -> Self {
        let answer = self.refused(400, "validation_failed");
        let sentences = answer.json["details"][field].as_array().cloned().unwrap_or_default();
        let said = !sentences.is_empty() && sentences.iter().all(|sentence| sentence.as_str().is_some_and(is_words));
        assert!(said, "{} should name {field} in its details: {}", answer.asked, answer.text);
        answer
    }

    /// What holds for every answer of the server.
    #[track_caller]
    pub(crate) fn check_form(&self) {
        let (asked, text) = (&self.asked, &self.text);
        let request_id = self.header("x-request-id");
        assert!(!request_id.is_empty(), "{asked}: no X-Request-Id; {} {text}", self.status);
        if self.status < 400 {
            return;
        }
        assert!(self.header("content-type").starts_with("application/json"), "{asked}: {} {text}", self.status);
        let body = self.json.as_object().unwrap_or_else(|| panic!("{asked}: an error that is no object: {text}"));
        for key in body.keys() {
            assert!(["error", "code", "details", "requestId"].contains(&key.as_str()), "{asked}: {key} in {text}");
        }
        assert!(body["error"].as_str().is_some_and(is_words), "{asked}: {text}");
        assert!(body["code"].as_str().is_some_and(is_snake_case), "{asked}: {text}");
        assert_eq!(body["requestId"], request_id, "{asked}: {text}");
        for betrayal in
            ["diesel", "sqlite", "postgres", "SELECT", "INSERT", "support_messages", ".rs:", "/src/", "panicked"]
        {
            assert!(!text.contains(betrayal), "{asked}: the answer speaks of {betrayal}: {text}");
        }
    }
}

fn is_words(sentence: &str) -> bool {
    !sentence.trim().is_empty()
}

fn is_snake_case(code: &str) -> bool {
    !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        &self.json[key]
    }
}

/// The strings under `key` in each element of an array.
#[track_caller]
pub(crate) fn column(array: &Value, key: &str) -> Vec<String> {
    let rows = array.as_array().unwrap_or_else(|| panic!("not an array: {array}"));
    rows.iter()
        .map(|row| row[key].as_str().unwrap_or_else(|| panic!("{key} is no string in {row}")).to_owned())
        .collect()
}

/// The whole numbers under `key` in each element of an array.
#[track_caller]
pub(crate) fn numbers(array: &Value, key: &str) -> Vec<i64> {
    let rows = array.as_array().unwrap_or_else(|| panic!("not an array: {array}"));
    rows.iter().map(|row| row[key].as_i64().unwrap_or_else(|| panic!("{key} is no number in {row}"))).collect()
}

/// The keys of an object, sorted.
#[track_caller]
pub(crate) fn keys(object: &Value) -> Vec<String> {
    let mut keys: Vec<String> =
        object.as_object().unwrap_or_else(|| panic!("not an object: {object}")).keys().cloned().collect();
    keys.sort();
    keys
}

/// The same without `masked`, which only the answer to who sent a secret has.
#[track_caller]
pub(crate) fn keys_but_masked(object: &Value) -> Vec<String> {
    let mut keys = keys(object);
    keys.retain(|key| key != "masked");
    keys
}
