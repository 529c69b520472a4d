//! What clients send over a socket. Nothing here decides anything: a frame becomes a request of valid types, or an error
//! that names what is wrong with it.

use garde::Validate;
use serde::Deserialize;
use serde_json::{Map, Value};
use support_domain::{ConversationId, Limits, TextEnum, text_enum};
use support_metrics::label_values;
use support_service::{FollowConversation, SendMessage};

use crate::error::{ApiError, ErrorCode};
use crate::extract::parse_value;
use crate::requests::{ReplyRequest, at_least_zero, whole_at_least};

/// Most characters of a `requestId`.
const MAX_REQUEST_ID_CHARS: usize = 128;

text_enum! {
    /// The type of a client's frame.
    pub(super) enum ClientEvent ("type") {
        /// To follow a conversation.
        JoinConversation = "support:joinConversation",
        /// To follow it no longer.
        LeaveConversation = "support:leaveConversation",
        /// To write a message.
        SendMessage = "support:sendMessage",
        /// To say how far one has read.
        MarkRead = "support:markRead",
        /// To show that one writes, or has stopped. The server sends the same.
        Typing = "support:typing",
        /// To hear of all conversations from outside.
        WatchInbox = "support:watchInbox",
        /// To give the socket a new token.
        Authenticate = "support:authenticate",
    }
}

label_values! {
    /// The type of a client's frame, as far as it can be read.
    pub(crate) enum SocketEvent {
        /// `support:joinConversation`
        JoinConversation = "support:joinConversation",
        /// `support:leaveConversation`
        LeaveConversation = "support:leaveConversation",
        /// `support:sendMessage`
        SendMessage = "support:sendMessage",
        /// `support:markRead`
        MarkRead = "support:markRead",
        /// `support:typing`
        Typing = "support:typing",
        /// `support:watchInbox`
        WatchInbox = "support:watchInbox",
        /// `support:authenticate`
        Authenticate = "support:authenticate",
        /// Something is wrong with the frame.
        Invalid = "invalid",
    }
}

impl SocketEvent {
    pub(super) fn of(request: &Result<Request, ApiError>) -> Self {
        match request {
            Ok(Request::Join(_)) => Self::JoinConversation,
            Ok(Request::Leave(_)) => Self::LeaveConversation,
            Ok(Request::Send(_)) => Self::SendMessage,
            Ok(Request::MarkRead(..)) => Self::MarkRead,
            Ok(Request::Typing(..)) => Self::Typing,
            Ok(Request::WatchInbox) => Self::WatchInbox,
            Ok(Request::Authenticate(_)) => Self::Authenticate,
            Err(_) => Self::Invalid,
        }
    }
}

/// A frame of a client.
#[derive(Debug)]
pub(super) struct ClientFrame {
    /// What the answer has to carry.
    pub(super) request_id: Option<String>,
    /// What is wanted, or what is wrong.
    pub(super) request: Result<Request, ApiError>,
}

/// What a client wants.
#[derive(Debug)]
pub(super) enum Request {
    /// `support:joinConversation`
    Join(FollowConversation),
    /// `support:leaveConversation`
    Leave(ConversationId),
    /// `support:sendMessage`
    Send(SendMessage),
    /// `support:markRead`
    MarkRead(ConversationId, i64),
    /// `support:typing`
    Typing(ConversationId, bool),
    /// `support:watchInbox`
    WatchInbox,
    /// `support:authenticate`
    Authenticate(Token),
}

/// A token on its way to be looked at. Does not print.
pub(super) struct Token(pub(super) String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

#[derive(Debug, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(context(Limits))]
struct JoinPayload {
    #[garde(skip)]
    conversation_id: ConversationId,
    #[garde(custom(whole_at_least::<0>))]
    after_seq: Option<i64>,
}

#[derive(Debug, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(context(Limits))]
struct LeavePayload {
    #[garde(skip)]
    conversation_id: ConversationId,
}

#[derive(Debug, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(context(Limits))]
struct MarkReadPayload {
    #[garde(skip)]
    conversation_id: ConversationId,
    #[garde(custom(at_least_zero))]
    up_to_seq: i64,
}

#[derive(Debug, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(context(Limits))]
struct TypingPayload {
    #[garde(skip)]
    conversation_id: ConversationId,
    #[garde(skip)]
    is_typing: bool,
}

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[garde(context(Limits))]
struct WatchInboxPayload {}

#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[garde(context(Limits))]
struct AuthenticatePayload {
    #[garde(skip)]
    token: String,
}

impl ClientFrame {
    /// Reads a frame.
    pub(super) fn parse(text: &str, limits: &Limits) -> Self {
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(_) => return Self { request_id: None, request: Err(ApiError::new(ErrorCode::InvalidJson)) },
        };
        let Value::Object(mut frame) = value else {
            return Self { request_id: None, request: Err(ApiError::invalid("frame", "must be an object")) };
        };
        let (request_id, is_valid) = match frame.remove("requestId") {
            None | Some(Value::Null) => (None, true),
            Some(Value::String(id)) if id.chars().count() <= MAX_REQUEST_ID_CHARS => (Some(id), true),
            Some(_) => (None, false),
        };
        let request = if is_valid {
            parse_request(frame, limits)
        } else {
            Err(ApiError::invalid("requestId", "must be a string of at most 128 characters"))
        };
        Self { request_id, request }
    }
}

fn parse_request(mut frame: Map<String, Value>, limits: &Limits) -> Result<Request, ApiError> {
    let kind = match frame.remove("type") {
        Some(Value::String(kind)) => kind,
        Some(_) => return Err(ApiError::invalid("type", "must be a string")),
        None => return Err(ApiError::invalid("type", "is required")),
    };
    let payload = match frame.remove("payload") {
        Some(Value::Object(payload)) => payload,
        None => Map::new(),
        Some(_) => return Err(ApiError::invalid("payload", "must be an object")),
    };
    if let Some(name) = frame.keys().next() {
        return Err(ApiError::unknown_field(name));
    }
    let event = ClientEvent::parse(&kind).map_err(|_| ApiError::invalid("type", "is not a known type"))?;
    Ok(match event {
        ClientEvent::JoinConversation => {
            let JoinPayload { conversation_id, after_seq } = parse_value(payload, limits)?;
            Request::Join(FollowConversation { conversation_id, after_seq })
        }
        ClientEvent::LeaveConversation => Request::Leave(parse_value::<LeavePayload>(payload, limits)?.conversation_id),
        ClientEvent::SendMessage => Request::Send(parse_send(payload, limits)?),
        ClientEvent::MarkRead => {
            let MarkReadPayload { conversation_id, up_to_seq } = parse_value(payload, limits)?;
            Request::MarkRead(conversation_id, up_to_seq)
        }
        ClientEvent::Typing => {
            let TypingPayload { conversation_id, is_typing } = parse_value(payload, limits)?;
            Request::Typing(conversation_id, is_typing)
        }
        ClientEvent::WatchInbox => {
            let WatchInboxPayload {} = parse_value(payload, limits)?;
            Request::WatchInbox
        }
        ClientEvent::Authenticate => {
            Request::Authenticate(Token(parse_value::<AuthenticatePayload>(payload, limits)?.token))
        }
    })
}

/// The conversation stands in the payload where REST has it in the path; the rest is the same.
fn parse_send(mut payload: Map<String, Value>, limits: &Limits) -> Result<SendMessage, ApiError> {
    let conversation_id = match payload.remove("conversationId") {
        Some(Value::String(id)) => id.parse().map_err(|error| ApiError::invalid_value("conversationId", &error))?,
        Some(_) => return Err(ApiError::invalid("conversationId", "must be a string")),
        None => return Err(ApiError::invalid("conversationId", "is required")),
    };
    parse_value::<ReplyRequest>(payload, limits)?.into_command(conversation_id, limits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> ClientFrame {
        ClientFrame::parse(text, &Limits::default())
    }

    fn refusal(text: &str) -> String {
        let error = parse(text).request.unwrap_err();
        let body = serde_json::to_value(error.event()).unwrap();
        format!("{} {}", body["code"].as_str().unwrap(), body["details"])
    }

    #[test]
    fn what_is_wrong_is_named() {
        let id = "0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e";
        assert_eq!(refusal("{"), "invalid_json null");
        assert_eq!(refusal("[]"), r#"validation_failed {"frame":["must be an object"]}"#);
        assert_eq!(refusal("{}"), r#"validation_failed {"type":["is required"]}"#);
        assert_eq!(refusal(r#"{"type":"x"}"#), r#"validation_failed {"type":["is not a known type"]}"#);
        assert_eq!(refusal(r#"{"type":"x","more":1}"#), r#"validation_failed {"more":["is not a known field"]}"#);
        assert_eq!(
            refusal(r#"{"type":"support:joinConversation"}"#),
            r#"validation_failed {"conversationId":["is required"]}"#
        );
        let negative =
            format!(r#"{{"type":"support:joinConversation","payload":{{"conversationId":"{id}","afterSeq":-1}}}}"#);
        assert_eq!(refusal(&negative), r#"validation_failed {"afterSeq":["must be 0 or more"]}"#);
        let sent = format!(r#"{{"type":"support:sendMessage","payload":{{"conversationId":"{id}","words":"hi"}}}}"#);
        assert_eq!(refusal(&sent), r#"validation_failed {"words":["is not a known field"]}"#);
    }

    #[test]
    fn the_request_id_comes_back_whatever_else_is_wrong() {
        assert_eq!(parse(r#"{"requestId":"7","type":"nonsense"}"#).request_id.as_deref(), Some("7"));
        assert!(parse(r#"{"requestId":7,"type":"support:watchInbox"}"#).request.is_err());
        assert!(parse(r#"{"type":"support:watchInbox"}"#).request.is_ok());
    }

    #[test]
    fn a_token_does_not_print() {
        let frame = parse(r#"{"type":"support:authenticate","payload":{"token":"hunter2"}}"#);
        assert!(frame.request.is_ok() && !format!("{frame:?}").contains("hunter2"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn no_payload_panics(kind in "(support:[a-zA-Z]{0,20})", key in "[a-zA-Z]{1,16}", value in ".{0,50}") {
            let frame = serde_json::json!({"type": kind, "requestId": value, "payload": {key: value}});
            let _ = parse(&frame.to_string());
        }
    }
}
