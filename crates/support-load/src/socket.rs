//! One WebSocket, as `docs/realtime.md` says it. Reads no more of a frame than has to be counted, and answers pings
//! while it reads. Connects again for nobody.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::Trouble;
use crate::people::Person;
use crate::scan::{ScannedFrame, scan_frame};
use crate::target::{Target, cut};

/// Small, since there may be tens of thousands of them, and most frames are.
const READ_BUFFER: usize = 2_048;

/// An open WebSocket.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    requests: u64,
    patience: Duration,
}

/// What a join was answered with.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Joined {
    /// The past that was asked for, at most 100 messages.
    pub messages: Vec<JoinedMessage>,
    /// Whether more of it is left to be asked for.
    pub has_more: bool,
}

/// A message of the past.
#[derive(Debug, Deserialize)]
pub struct JoinedMessage {
    /// Its number.
    pub seq: u64,
}

#[derive(Deserialize)]
struct Ack<T> {
    payload: T,
}

#[derive(Deserialize)]
struct Refused {
    payload: RefusedPayload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RefusedPayload {
    code: String,
    #[serde(default)]
    details: Details,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    #[serde(default)]
    retry_after: Vec<String>,
}

impl Socket {
    /// Connects, as the `number`th connection, and waits for `support:connected`.
    ///
    /// # Errors
    /// When no connection is made, the handshake is refused, or nobody greets in time.
    pub async fn open(target: &Target, person: &Person, number: usize, patience: Duration) -> Result<Self, Trouble> {
        let stream = target.connect(number, patience).await?;
        let uri = format!("ws://{}/api/support/ws", target.host).parse().map_err(|_| Trouble::new("request"))?;
        let bearer = person.bearer.to_str().map_err(|_| Trouble::new("request"))?;
        let request = ClientRequestBuilder::new(uri).with_header("Authorization", bearer);
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
        let handshake = client_async_with_config(request, stream, Some(config));
        let shaken = tokio::time::timeout(patience, handshake).await.map_err(|_| Trouble::new("handshake_timeout"))?;
        let (stream, _) = shaken.map_err(|error| match error {
            Error::Http(answer) => Trouble::new(format!("handshake_{}", answer.status().as_u16())),
            _ => Trouble::new("handshake_lost"),
        })?;
        let mut socket = Self { stream, requests: 0, patience };
        let first = tokio::time::timeout(patience, socket.next()).await.map_err(|_| Trouble::new("timeout"))??;
        match scan_frame(&first) {
            Some(ScannedFrame { kind: "support:connected", .. }) => Ok(socket),
            _ => Err(Trouble::new("no_greeting")),
        }
    }

    /// The next text frame, however long it takes.
    ///
    /// # Errors
    /// When the socket ends: `close_CODE`, or `lost` without a goodbye.
    pub async fn next(&mut self) -> Result<Utf8Bytes, Trouble> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Close(Some(close)))) => {
                    return Err(Trouble::new(format!("close_{}", u16::from(close.code))));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(Trouble::new("lost")),
            }
        }
    }

    /// Joins, or asks for more. What comes of the room before the answer goes to `each`, as does what the answer holds.
    ///
    /// # Errors
    /// As with [`ask`](Self::ask).
    pub async fn join(
        &mut self,
        conversation: &str,
        after_seq: u64,
        mut each: impl FnMut(&ScannedFrame<'_>),
    ) -> Result<Joined, Trouble> {
        let payload = serde_json::json!({"conversationId": conversation, "afterSeq": after_seq});
        let text = self.ask("support:joinConversation", &payload, &mut each).await?;
        serde_json::from_str::<Ack<Joined>>(&text).map(|ack| ack.payload).map_err(|_| Trouble::new("not_understood"))
    }

    /// Asks, and waits for the ack; what else comes meanwhile goes to `each`.
    ///
    /// # Errors
    /// A refusal is `socket_CODE` and leaves the socket as it was; whatever else goes wrong ends it.
    pub async fn ask(
        &mut self,
        kind: &str,
        payload: &serde_json::Value,
        mut each: impl FnMut(&ScannedFrame<'_>),
    ) -> Result<Utf8Bytes, Trouble> {
        self.requests += 1;
        let request_id = self.requests.to_string();
        let frame = serde_json::json!({"type": kind, "requestId": request_id, "payload": payload}).to_string();
        let patience = self.patience;
        let exchange = async {
            self.stream.send(Message::text(frame)).await.map_err(|_| Trouble::new("lost"))?;
            loop {
                let text = self.next().await?;
                let frame = scan_frame(&text).ok_or_else(|| Trouble::new("not_understood"))?;
                match frame.kind {
                    "support:ack" if frame.request_id == Some(request_id.as_str()) => return Ok(text),
                    "support:error" if frame.request_id == Some(request_id.as_str()) => return Err(refused(&text)),
                    _ => each(&frame),
                }
            }
        };
        tokio::time::timeout(patience, exchange).await.map_err(|_| Trouble::new("timeout"))?
    }

    /// Ends it without a goodbye.
    pub fn cut(self) {
        cut(self.stream.get_ref());
    }

    /// Says goodbye, and does not wait for the answer for long.
    pub async fn close(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(1), self.stream.close(None)).await;
    }
}

fn refused(text: &str) -> Trouble {
    let Ok(Refused { payload }) = serde_json::from_str::<Refused>(text) else { return Trouble::new("not_understood") };
    let is_word =
        payload.code.len() <= 40 && payload.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let kind = if is_word { format!("socket_{}", payload.code) } else { "socket_error".to_owned() };
    let seconds = payload.details.retry_after.first().and_then(|seconds| seconds.parse().ok());
    Trouble { kind, wait: seconds.map(Duration::from_secs) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_its_code_and_how_long_to_wait() {
        let text = r#"{"type":"support:error","payload":{"code":"rate_limited","message":"x","details":{"retryAfter":["2"]}}}"#;
        let expected = Trouble { kind: "socket_rate_limited".to_owned(), wait: Some(Duration::from_secs(2)) };
        assert_eq!(refused(text), expected);
        let text =
            r#"{"type":"support:error","payload":{"code":"stale","message":"x","details":{"ifLastSeq":["is 9"]}}}"#;
        assert_eq!(refused(text), Trouble::new("socket_stale"));
    }
}
