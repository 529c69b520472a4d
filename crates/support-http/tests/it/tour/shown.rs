//! Whether what came is what is shown. All of it is compared but what differs from run to run: an id that is shown stands for
//! the one that came, everywhere alike; a time is any time; `...` is left out, at the end of a text or a list, or, as a
//! field, any further fields.

use std::collections::BTreeMap;

use serde_json::Value;

const LEFT_OUT: &str = "...";

/// Which real ids the shown ones stand for.
#[derive(Debug, Default)]
pub(super) struct Ids(BTreeMap<String, String>);

impl Ids {
    /// A text with the real ids in it.
    pub(super) fn real(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (shown, real)| text.replace(shown, real))
    }

    /// Head and body. Headers that are not shown may be there.
    pub(super) fn answer(&mut self, shown: &str, printed: &str) -> Result<(), String> {
        let printed = printed.replace("\r\n", "\n");
        let (head, body) = printed.split_once("\n\n").ok_or("there is no head")?;
        let (shown_head, shown_body) = shown.split_once("\n\n").unwrap_or((shown.trim_end(), ""));
        let (status, headers) = head.split_once('\n').unwrap_or((head, ""));
        let (shown_status, shown_headers) = shown_head.split_once('\n').unwrap_or((shown_head, ""));
        if status.trim() != shown_status.trim() {
            return Err(format!("{status} came, not {shown_status}"));
        }
        for shown in shown_headers.lines() {
            let (name, value) = shown.split_once(": ").ok_or("a header without a value")?;
            let came = headers.lines().filter_map(|line| line.split_once(": "));
            let mut came = came.filter(|(one, _)| one.eq_ignore_ascii_case(name));
            if !came.any(|(_, came)| self.text(value, came).is_ok()) {
                return Err(format!("no header {shown}"));
            }
        }
        if shown_body.is_empty() { Ok(()) } else { self.json(shown_body, body) }
    }

    /// A body.
    pub(super) fn json(&mut self, shown: &str, printed: &str) -> Result<(), String> {
        let read = |text: &str, what| serde_json::from_str::<Value>(text).map_err(|error| format!("{what}: {error}"));
        self.value(&read(shown, "what is shown")?, &read(printed, "what came")?, "")
    }

    /// A part of one.
    pub(super) fn value(&mut self, shown: &Value, came: &Value, place: &str) -> Result<(), String> {
        match (shown, came) {
            (Value::Object(shown), Value::Object(came)) => {
                if let Some(more) = came.keys().find(|key| !shown.contains_key(*key) && !shown.contains_key(LEFT_OUT)) {
                    return Err(format!("{place}/{more} came as well"));
                }
                shown.iter().filter(|(key, _)| *key != LEFT_OUT).try_for_each(|(key, shown)| {
                    let place = format!("{place}/{key}");
                    came.get(key)
                        .map_or_else(|| Err(format!("{place} did not come")), |came| self.value(shown, came, &place))
                })
            }
            (Value::Array(shown), Value::Array(came)) => {
                let (shown, is_open) = match shown.split_last() {
                    Some((last, before)) if *last == LEFT_OUT => (before, true),
                    _ => (&shown[..], false),
                };
                if came.len() < shown.len() || (came.len() > shown.len() && !is_open) {
                    return Err(format!("{place} has {} items, not {}", came.len(), shown.len()));
                }
                let mut pairs = shown.iter().zip(came).enumerate();
                pairs.try_for_each(|(at, (shown, came))| self.value(shown, came, &format!("{place}/{at}")))
            }
            (Value::String(shown), Value::String(came)) => {
                self.text(shown, came).map_err(|difference| format!("{place}: {difference}"))
            }
            _ if shown == came => Ok(()),
            _ => Err(format!("{place}: {came} came, not {shown}")),
        }
    }

    fn text(&mut self, shown: &str, came: &str) -> Result<(), String> {
        let difference = || Err(format!("{came} came, not {shown}"));
        if shape(shown) == TIME {
            return if shape(came) == TIME { Ok(()) } else { difference() };
        }
        if let Some(at) = (0..shown.len()).find(|at| shown.get(*at..at + 36).is_some_and(is_id)) {
            let (Some(before), Some(id), Some(behind)) = (came.get(..at), came.get(at..at + 36), came.get(at + 36..))
            else {
                return difference();
            };
            let stands_for = &shown[at..at + 36];
            let is_same = match self.0.get(stands_for) {
                Some(real) => real == id,
                // Two that are shown are two that came; keys that the page itself makes up are as they are.
                None => is_id(id) && (id == stands_for || self.0.values().all(|known| known != id)),
            };
            if before != &shown[..at] || !is_same {
                return difference();
            }
            self.0.insert(stands_for.to_owned(), id.to_owned());
            return self.text(&shown[at + 36..], behind);
        }
        let is_same = match shown.split_once(LEFT_OUT) {
            Some((before, behind)) => {
                came.len() >= before.len() + behind.len() && came.starts_with(before) && came.ends_with(behind)
            }
            None => shown == came,
        };
        if is_same { Ok(()) } else { difference() }
    }
}

const TIME: &str = "9999-99-99T99:99:99.999Z";

fn shape(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect()
}

fn is_id(text: &str) -> bool {
    text.as_bytes().get(8) == Some(&b'-') && uuid::Uuid::try_parse(text).is_ok()
}

#[test]
fn what_differs_from_what_is_shown_is_noticed() {
    let differs = |shown: Value, came: Value| Ids::default().value(&shown, &came, "").is_err();
    let (one, other) = ("019c12d8-3a40-7f2b-8d1e-5b0c9a7e6f42", "019c12d8-3a40-7f2b-8d1e-5b0c9a7e6f43");
    use serde_json::json;
    assert!(differs(json!({"a": 1}), json!({"a": 2})));
    assert!(differs(json!({"a": 1}), json!({"a": 1, "b": 1})));
    assert!(differs(json!({"a": 1, "...": ""}), json!({"b": 1})));
    assert!(!differs(json!({"a": 1, "...": ""}), json!({"a": 1, "b": 1})));
    assert!(differs(json!([1]), json!([1, 2])));
    assert!(!differs(json!([1, "..."]), json!([1, 2])));
    assert!(differs(json!("2026-01-31T09:30:00.000Z"), json!("yesterday")));
    assert!(!differs(json!("2026-01-31T09:30:00.000Z"), json!("2027-02-01T10:31:01.001Z")));
    assert!(differs(json!([one, one]), json!([one, other])), "the same id is the same id");
    assert!(differs(json!([one, other]), json!([one, one])), "two ids are two ids");
    assert!(!differs(json!(format!("/files/{one}")), json!(format!("/files/{other}"))));
    assert!(differs(json!("abc..."), json!("abd")));
}
