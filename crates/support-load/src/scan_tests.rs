//! The scanner against a parser that makes a tree of everything.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn any_json() -> impl Strategy<Value = Value> {
    let words = prop_oneof![
        ".{0,12}",
        Just("\"seq\":7,".to_owned()),
        Just("\\\"seq\":7".to_owned()),
        Just("seq".to_owned()),
        Just("message".to_owned()),
        Just("}]".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((words.clone(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A message as the server may write it, with anything in its other fields and perhaps something else in these.
fn any_message() -> impl Strategy<Value = Value> {
    let fields = prop::collection::vec((".{0,9}", any_json()), 0..5);
    let key = prop_oneof![Just(Value::Null), "[a-z0-9-]{1,36}".prop_map(Value::from)];
    let seq = prop_oneof![9 => any::<u64>().prop_map(Value::from), 1 => any_json()];
    (fields, any::<u128>(), seq, key, any_json()).prop_map(|(fields, id, seq, key, content)| {
        let mut message: Map<String, Value> = fields.into_iter().collect();
        let id = uuid::Uuid::from_u128(id).to_string();
        message.extend([("id".to_owned(), json!(id)), ("conversationId".to_owned(), json!("c"))]);
        message.extend([("seq".to_owned(), seq), ("clientMessageId".to_owned(), key)]);
        message.insert("content".to_owned(), content);
        Value::Object(message)
    })
}

/// What a parser finds of a message.
fn parsed(message: &Value) -> Option<(String, u64, Option<String>)> {
    let text = |name: &str| message[name].as_str().map(ToOwned::to_owned);
    text("conversationId")?;
    Some((text("id")?, message["seq"].as_u64()?, text("clientMessageId")))
}

fn scanned(message: ScannedMessage<'_>) -> (String, u64, Option<String>) {
    (message.id.to_owned(), message.seq, message.key.map(ToOwned::to_owned))
}

proptest! {
    #[test]
    fn a_frame_says_the_same_to_the_scanner_and_to_a_parser(
        message in any_message(), more in any_json(), is_pretty: bool, has_request_id: bool,
    ) {
        let mut frame = json!({"type": "support:newMessage", "more": more, "payload": {"other": more, "message": message}});
        if has_request_id {
            frame["requestId"] = json!("17");
        }
        let text = if is_pretty { serde_json::to_string_pretty(&frame) } else { serde_json::to_string(&frame) }.unwrap();
        let found = scan_frame(&text).expect("a frame");
        prop_assert_eq!(found.kind, "support:newMessage");
        prop_assert_eq!(found.request_id, has_request_id.then_some("17"));
        prop_assert_eq!(found.message.map(scanned), parsed(&message));
    }

    #[test]
    fn an_answer_says_the_same_to_the_scanner_and_to_a_parser(message in any_message(), more in any_json()) {
        let text = json!({"message": message, "more": more}).to_string();
        prop_assert_eq!(scan_answer(&text).map(scanned), parsed(&message));
    }

    #[test]
    fn no_text_ends_the_scanner(text in "[\\[\\]{}:,\"\\\\ a1\\u{995}]{0,40}") {
        let _ = (scan_frame(&text), scan_answer(&text));
    }

    #[test]
    fn half_a_frame_is_none(message in any_message(), part in 0.0..1.0) {
        let text = json!({"type": "support:newMessage", "payload": {"message": message}}).to_string();
        let mut end = (text.len() as f64 * part) as usize;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        prop_assert_eq!(scan_frame(&text[..end]), None);
    }
}

#[test]
fn a_number_in_the_content_is_no_number_of_the_message() {
    let message = json!({"id": "i", "conversationId": "c", "content": "\"seq\":9,", "metadata": {"seq": 8}, "seq": 2});
    let text = json!({"type": "support:newMessage", "payload": {"message": message}}).to_string();
    assert_eq!(scan_frame(&text).unwrap().message.unwrap().seq, 2);
}

#[test]
fn an_error_has_a_sentence_and_no_message() {
    let text = r#"{"type":"support:error","requestId":"6","payload":{"code":"stale","message":"It moved on."}}"#;
    let frame = scan_frame(text).unwrap();
    assert_eq!((frame.kind, frame.request_id, frame.message), ("support:error", Some("6"), None));
}
