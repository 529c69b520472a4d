//! Notes what is asked and answered, with made-up ids and times instead of those that differ from run to run.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::harness::{Answer, Desk, Person, eventually};

/// When the examples take place, in milliseconds since 1970: 2026-01-31T09:30:00Z. Each step is a minute later.
const BEGIN: u64 = 1_769_851_800_000;
/// A ticket as it could be.
const TICKET: &str = "n3h9chzlsPjqQ2b6sz3Km6U90oe8ca7VsEPLpUocYOg";
/// A cursor as it was; it is good anywhere.
pub(super) const CURSOR: &str = "AQAAAZwTNQ8QAZwTNQ8Qf-eB1YuQqj2eXgAAAZwTNQ8QAAABnBM06AA";

/// What is asked in one step.
#[derive(Debug, Default)]
pub(super) struct Asked<'a> {
    /// What stands in the path under `{id}`.
    pub(super) id: Option<&'a str>,
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) body: Option<Value>,
}

/// The notes.
pub(super) struct Recorder {
    /// Method and path of every operation.
    operations: BTreeMap<String, (String, String)>,
    /// By operation and name.
    pub(super) entries: Map<String, Value>,
    /// The bodies of refusals, by code.
    pub(super) refusals: BTreeMap<String, Value>,
    /// How long what has an `expiresAt` is good, in milliseconds.
    pub(super) life: u64,
    step: u64,
    ids: BTreeMap<String, String>,
    times: BTreeMap<String, u64>,
}

impl Recorder {
    pub(super) fn of(desk: &Desk) -> Self {
        let document = desk.get("/api/support/openapi.json").expect(200).json;
        let mut operations = BTreeMap::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("a path item") {
                if let Some(id) = operation["operationId"].as_str() {
                    operations.insert(id.to_owned(), (method.to_uppercase(), path.clone()));
                }
            }
        }
        Self {
            operations,
            entries: Map::new(),
            refusals: BTreeMap::new(),
            life: 30_000,
            step: 0,
            ids: BTreeMap::new(),
            times: BTreeMap::new(),
        }
    }

    /// The operation's method and path.
    #[track_caller]
    pub(super) fn operation(&self, operation: &str) -> (String, String) {
        self.operations.get(operation).cloned().unwrap_or_else(|| panic!("no operation {operation}"))
    }

    /// A minute of the examples passes. No two steps may happen in the same millisecond, or their times would be one.
    #[expect(clippy::disallowed_methods, reason = "the server asks the same clock, and both are on one machine")]
    pub(super) fn next_step(&mut self) {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_millis();
        let before = now();
        eventually("the clock goes", || now() > before + 1);
        self.step += 1;
    }

    /// Asks in somebody's name, demands success, and notes it.
    #[track_caller]
    pub(super) fn play(
        &mut self,
        who: &Person,
        operation: &str,
        name: &str,
        summary: &str,
        asked: &Asked<'_>,
    ) -> Answer {
        self.next_step();
        let (method, path) = self.operation(operation);
        let mut path = path.replace("{id}", asked.id.unwrap_or_default());
        for (at, (name, value)) in asked.query.iter().enumerate() {
            path.push_str(&format!("{}{name}={value}", if at == 0 { '?' } else { '&' }));
        }
        let call = who.call(&method, &path);
        let answer = match &asked.body {
            Some(body) => call.json(body).send(),
            None => call.send(),
        };
        self.note(operation, name, summary, asked, &answer);
        answer
    }

    /// Notes what was asked otherwise.
    #[track_caller]
    pub(super) fn note(&mut self, operation: &str, name: &str, summary: &str, asked: &Asked<'_>, answer: &Answer) {
        assert!((200..300).contains(&answer.status), "{} answered {}", answer.asked, answer.text);
        // The examples of an operation's parameters are tried together, and of two directions there can only be one.
        let query = asked.query.iter().filter(|(name, _)| *name != "beforeSeq");
        let mut parameters: Map<String, Value> =
            query.map(|(name, value)| ((*name).to_owned(), query_value(value))).collect();
        if let Some(id) = asked.id {
            parameters.insert("id".to_owned(), self.shown(&json!(id)));
        }
        let mut entry = json!({"summary": summary, "status": answer.status});
        if !parameters.is_empty() {
            entry["parameters"] = parameters.into();
        }
        if let Some(body) = &asked.body {
            entry["request"] = self.shown(body);
        }
        if !answer.json.is_null() {
            entry["answer"] = self.shown(&answer.json);
        } else if !answer.text.is_empty() {
            entry["answer"] = json!(answer.text);
        }
        let of_operation = self.entries.entry(operation).or_insert_with(|| json!({}));
        assert!(of_operation.get(name).is_none(), "{operation} has two {name}");
        of_operation[name] = entry;
    }

    /// Notes a refusal.
    #[track_caller]
    pub(super) fn refused(&mut self, status: u16, code: &str, answer: Answer) {
        let answer = answer.refused(status, code);
        self.refusals.insert(code.to_owned(), answer.json);
    }

    /// The same with made-up ids and times.
    pub(super) fn shown(&mut self, value: &Value) -> Value {
        match value {
            Value::Object(object) => {
                object.iter().map(|(key, value)| (key.clone(), self.shown_field(key, value))).collect()
            }
            Value::Array(all) => all.iter().map(|one| self.shown(one)).collect(),
            Value::String(text) => json!(self.shown_text(text)),
            other => other.clone(),
        }
    }

    fn shown_field(&mut self, key: &str, value: &Value) -> Value {
        match (key, value) {
            ("ticket", Value::String(_)) => json!(TICKET),
            ("nextCursor", Value::String(_)) => json!(CURSOR),
            ("expiresAt", Value::String(_)) => json!(time(self.step * 60_000 + self.life)),
            _ => self.shown(value),
        }
    }

    fn shown_text(&mut self, text: &str) -> String {
        let step = self.step;
        if is_time(text) {
            return time(*self.times.entry(text.to_owned()).or_insert(step * 60_000));
        }
        // An id may stand in a path.
        let Some(at) = (0..text.len().saturating_sub(35)).find(|at| text.get(*at..at + 36).is_some_and(is_id)) else {
            return text.to_owned();
        };
        let (known, id) = (self.ids.len() as u64, &text[at..at + 36]);
        let shown = self.ids.entry(id.to_owned()).or_insert_with(|| made_up_id(step, known)).clone();
        format!("{}{shown}{}", &text[..at], self.shown_text(&text[at + 36..]))
    }
}

/// What the example of a parameter is: a number stays one.
fn query_value(text: &str) -> Value {
    match text {
        "true" | "false" => json!(text == "true"),
        _ => text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
    }
}

fn is_time(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    shape == "9999-99-99T99:99:99.999Z"
}

/// One of ours: of version 7. Keys that the examples themselves make up are of version 4.
fn is_id(text: &str) -> bool {
    text.as_bytes().get(14) == Some(&b'7') && uuid::Uuid::try_parse(text).is_ok()
}

/// So many milliseconds after the beginning, within the day.
fn time(after: u64) -> String {
    let seconds = 9 * 3600 + 30 * 60 + after / 1000;
    format!("2026-01-31T{:02}:{:02}:{:02}.{:03}Z", seconds / 3600, seconds / 60 % 60, seconds % 60, after % 1000)
}

/// An id of version 7 that was made in that step.
fn made_up_id(step: u64, number: u64) -> String {
    let random = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let random = random ^ (random >> 29);
    let high = ((BEGIN + step * 60_000) << 16) | 0x7000 | (random & 0xfff);
    uuid::Uuid::from_u64_pair(high, (random >> 2) | 1 << 63).to_string()
}
