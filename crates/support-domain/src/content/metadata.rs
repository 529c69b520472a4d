//! What a client attaches to a conversation or a message for its own use: a small JSON object.

use std::fmt;

use serde_json::{Map, Value};

use super::{MaskedKinds, characters, masking, plain};
use crate::{InvalidValue, Limits};

/// A JSON object whose strings are plain text that stays harmless where it is inserted as HTML.
#[derive(Clone, PartialEq, Default)]
pub struct Metadata(Map<String, Value>);

impl Metadata {
    /// Cleans an object. Refuses what is larger or deeper than `limits` allow.
    pub fn parse(object: Map<String, Value>, limits: &Limits) -> Result<Self, InvalidValue> {
        Self::parse_noting(object, limits, &mut MaskedKinds::new())
    }

    /// The same, and adds to `masked` what was masked.
    pub fn parse_noting(
        object: Map<String, Value>,
        limits: &Limits,
        masked: &mut MaskedKinds,
    ) -> Result<Self, InvalidValue> {
        let deepest = limits.max_metadata_depth;
        let too_deep = || InvalidValue::limit(format!("must not nest deeper than {deepest} levels"));
        let clean = clean_object(object, deepest, masked).ok_or_else(too_deep)?;
        let bytes = serde_json::to_vec(&clean).map_or(usize::MAX, |json| json.len());
        if bytes > limits.max_metadata_bytes {
            let most = limits.max_metadata_bytes;
            return Err(InvalidValue::limit(format!("must have at most {most} bytes as JSON")));
        }
        Ok(Self(clean))
    }

    /// What was stored before. Anything but an object reads as empty.
    pub fn from_stored(value: Value) -> Self {
        match value {
            Value::Object(object) => Self(object),
            _ => Self::default(),
        }
    }

    /// The object.
    pub fn as_object(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metadata({} members)", self.0.len())
    }
}

/// `None` when it nests deeper than `levels`.
fn clean_object(object: Map<String, Value>, levels: usize, masked: &mut MaskedKinds) -> Option<Map<String, Value>> {
    let inner = levels.checked_sub(1)?;
    let member = |(key, value): (String, Value)| {
        let value = unlabelled(&key, value, masked);
        Some((clean_text(&key, masked), clean_value(value, inner, masked)?))
    };
    object.into_iter().map(member).collect()
}

fn clean_value(value: Value, levels: usize, masked: &mut MaskedKinds) -> Option<Value> {
    Some(match value {
        Value::String(text) => Value::String(clean_text(&text, masked)),
        Value::Array(values) => {
            let inner = levels.checked_sub(1)?;
            Value::Array(values.into_iter().map(|value| clean_value(value, inner, masked)).collect::<Option<_>>()?)
        }
        Value::Object(object) => Value::Object(clean_object(object, levels, masked)?),
        scalar => scalar,
    })
}

fn clean_text(text: &str, masked: &mut MaskedKinds) -> String {
    plain::harmless(&masking::mask_noting(&characters::normalize(text), masked))
}

/// The value with what its key says about it taken into account: `{"password": "..."}`.
fn unlabelled(key: &str, value: Value, noted: &mut MaskedKinds) -> Value {
    let text = match &value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return value,
    };
    let label = format!("{}: ", characters::normalize(key));
    let labelled = format!("{label}{}", characters::normalize(&text));
    let masked = masking::mask(&labelled);
    if masked.kinds.is_empty() {
        return value;
    }
    noted.extend(&masked.kinds);
    Value::String(masked.text.strip_prefix(&label).unwrap_or(&masked.text).to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::MaskedKind;

    fn parse(value: Value, limits: &Limits) -> Result<Metadata, InvalidValue> {
        let Value::Object(object) = value else { panic!("an object") };
        Metadata::parse(object, limits)
    }

    #[test]
    fn strings_and_keys_are_cleaned_at_every_depth() {
        let clean = parse(json!({"a\u{0}": ["<b>", {"k<i": "x\u{202e}"}], "n": 1}), &Limits::default()).unwrap();
        let expected = json!({"a": ["\u{2039}b>", {"k\u{2039}i": "x"}], "n": 1});
        assert_eq!(Value::Object(clean.as_object().clone()), expected);
    }

    #[test]
    fn secrets_are_masked_whether_the_key_names_them_or_not() {
        let given =
            json!({"password": "hunter2", "note": ["my pin is 4321"], "ssn": 219453301, "tripId": 1234567890123_i64});
        let mut masked = MaskedKinds::new();
        let clean = Metadata::parse_noting(given.as_object().cloned().unwrap(), &Limits::default(), &mut masked);
        assert_eq!(masked, MaskedKinds::from([MaskedKind::Ssn, MaskedKind::Pin, MaskedKind::Password]));
        let expected = json!({
            "password": "[redacted]", "note": ["my pin is [redacted]"], "ssn": "***-**-3301", "tripId": 1234567890123_i64
        });
        assert_eq!(Value::Object(clean.unwrap().as_object().clone()), expected);
    }

    #[test]
    fn size_and_depth_are_limited() {
        let limits = Limits { max_metadata_bytes: 20, max_metadata_depth: 2, ..Limits::default() };
        assert!(parse(json!({"a": {"b": 1}}), &limits).is_ok());
        assert!(parse(json!({"a": {"b": {}}}), &limits).unwrap_err().sentence().contains("2 levels"));
        assert!(parse(json!({"a": [[]]}), &limits).unwrap_err().sentence().contains("2 levels"));
        assert!(parse(json!({"a": "x".repeat(20)}), &limits).unwrap_err().sentence().contains("20 bytes"));
    }
}
