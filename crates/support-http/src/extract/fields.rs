//! What a deserializer says about a field, in sentences that never repeat the value.

use crate::error::{ApiError, ErrorCode, shown_name};

/// Turns serde's message about the value at `path` into details. Serde names the field in its message when it is unknown,
/// missing or given twice, and in the path otherwise.
pub(super) fn refusal(path: &str, message: &str) -> ApiError {
    let path = if path == "." || path == "?" { "" } else { path };
    let inside = |name: &str| {
        let name = shown_name(name);
        if path.is_empty() { name } else { format!("{path}.{name}") }
    };
    for (start, sentence) in [
        ("unknown field `", "is not a known field"),
        ("missing field `", "is required"),
        ("duplicate field `", "must appear only once"),
    ] {
        let named = message.strip_prefix(start).and_then(|rest| rest.split_once('`'));
        if let Some((name, _)) = named {
            // Serde reports an unknown field at the path of that field.
            let field = if path == name { shown_name(name) } else { inside(name) };
            return ApiError::invalid(&field, sentence);
        }
    }
    let field = if path.is_empty() { "body" } else { path };
    ApiError::invalid(field, sentence(message))
}

/// Serde's own sentences hold the value in front of what was expected; ours are fixed.
fn sentence(message: &str) -> String {
    if !message.starts_with("invalid ") {
        return without_position(message).to_owned();
    }
    let expected = message.rsplit_once(", expected ").map(|(_, expected)| without_position(expected));
    match expected {
        Some(what) if what.starts_with("struct ") || what == "a map" => "must be an object".to_owned(),
        Some("i64" | "u64" | "i32" | "u32" | "usize") => "must be a whole number".to_owned(),
        Some("a boolean") => "must be true or false".to_owned(),
        Some(what) => format!("must be {what}"),
        None if message.starts_with("invalid digit") => "must be a whole number".to_owned(),
        None => "has an invalid value".to_owned(),
    }
}

fn without_position(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message)
}

/// The details of a garde report, with the wire's names of fields.
pub(super) fn refusals(report: &garde::Report) -> ApiError {
    report.iter().fold(ApiError::new(ErrorCode::ValidationFailed), |error, (path, refusal)| {
        error.with_detail(&camel_case(&path.to_string()), refusal.message())
    })
}

fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for character in name.chars() {
        match character {
            '_' => upper = true,
            _ if upper => {
                out.extend(character.to_uppercase());
                upper = false;
            }
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(path: &str, message: &str) -> String {
        serde_json::to_value(refusal(path, message).body("r")).unwrap()["details"].to_string()
    }

    #[test]
    fn the_field_is_named_and_the_value_is_not_repeated() {
        assert_eq!(details(".", "missing field `subject` at line 1 column 2"), r#"{"subject":["is required"]}"#);
        assert_eq!(details("x", "unknown field `x`, expected `a`"), r#"{"x":["is not a known field"]}"#);
        let secret = details("my pin is 4321", "unknown field `my pin is 4321`, expected `a`");
        assert_eq!(secret, r#"{"my pin is [redacted]":["is not a known field"]}"#);
        assert_eq!(
            details("limit", "invalid type: string \"hunter2, expected x\", expected u64 at line 1 column 9"),
            r#"{"limit":["must be a whole number"]}"#
        );
        assert_eq!(
            details("subject", "invalid type: integer `7`, expected a string at line 1 column 9"),
            r#"{"subject":["must be a string"]}"#
        );
        assert_eq!(details("status", "must be one of open, closed"), r#"{"status":["must be one of open, closed"]}"#);
    }

    #[test]
    fn names_are_those_of_the_wire() {
        assert_eq!(camel_case("client_message_id"), "clientMessageId");
    }
}
