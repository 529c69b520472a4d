//! Requests over one connection that is kept. Nothing is tried again here: whoever counts has to know of each failure.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;

use crate::Trouble;
use crate::people::Person;
use crate::target::Target;

/// A kept connection, made when it is needed.
#[derive(Debug)]
pub struct RestClient {
    targets: Arc<[Arc<Target>]>,
    /// Which connection of the run it is: that says which server, too. After a failure it is the next one's turn.
    number: usize,
    patience: Duration,
    connection: Option<SendRequest<Full<Bytes>>>,
}

#[derive(Deserialize)]
struct Refusal<'a> {
    #[serde(borrow)]
    code: Option<&'a str>,
}

impl RestClient {
    /// The `number`th of the run, which gives each request so long.
    pub fn new(targets: Arc<[Arc<Target>]>, number: usize, patience: Duration) -> Self {
        Self { targets, number, patience, connection: None }
    }

    /// The body of the answer to a GET.
    ///
    /// # Errors
    /// Whatever is no answer of 2xx.
    pub async fn get(&mut self, person: &Person, path: &str) -> Result<String, Trouble> {
        self.call(Method::GET, person, path, String::new()).await
    }

    /// The body of the answer to a POST.
    ///
    /// # Errors
    /// Whatever is no answer of 2xx; whether it was done is then unknown, unless the trouble is final.
    pub async fn post(&mut self, person: &Person, path: &str, body: String) -> Result<String, Trouble> {
        self.call(Method::POST, person, path, body).await
    }

    /// The body of the answer to a PATCH.
    ///
    /// # Errors
    /// As with [`post`](Self::post).
    pub async fn patch(&mut self, person: &Person, path: &str, body: String) -> Result<String, Trouble> {
        self.call(Method::PATCH, person, path, body).await
    }

    /// The body of an answer of 2xx. Whatever else came is a trouble, and what was under way on a connection that
    /// failed takes the connection with it.
    async fn call(&mut self, method: Method, person: &Person, path: &str, body: String) -> Result<String, Trouble> {
        let result = self.try_call(method, person, path, body).await;
        if self.connection.is_none() {
            self.number = self.number.wrapping_add(1);
        }
        result
    }

    fn target(&self) -> &Target {
        &self.targets[self.number % self.targets.len()]
    }

    async fn try_call(&mut self, method: Method, person: &Person, path: &str, body: String) -> Result<String, Trouble> {
        let mut connection = match self.connection.take().filter(|connection| !connection.is_closed()) {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let host = HeaderValue::try_from(self.target().host.as_str()).map_err(|_| Trouble::new("request"))?;
        let request = Request::builder().method(method).uri(path).header(HOST, host);
        let request = request.header(AUTHORIZATION, &person.bearer).header(CONTENT_TYPE, "application/json");
        let request = request.body(Full::new(Bytes::from(body))).map_err(|_| Trouble::new("request"))?;
        let exchange = async {
            connection.ready().await?;
            let answer = connection.send_request(request).await?;
            let (head, body) = answer.into_parts();
            Ok::<_, hyper::Error>((head, body.collect().await?.to_bytes()))
        };
        let answered = tokio::time::timeout(self.patience, exchange).await;
        let (head, body) = answered.map_err(|_| Trouble::new("timeout"))?.map_err(|_| Trouble::new("lost"))?;
        self.connection = Some(connection);
        if head.status.is_success() {
            return String::from_utf8(body.into()).map_err(|_| Trouble::new("not_utf8"));
        }
        let seconds = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Err(refused(head.status, &body, seconds.map(Duration::from_secs)))
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Trouble> {
        let stream = self.target().connect(self.number, self.patience).await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|_| Trouble::new("lost"))?;
        // What goes wrong on it is told to whoever has the sender.
        tokio::spawn(connection);
        Ok(sender)
    }
}

fn refused(status: StatusCode, body: &[u8], wait: Option<Duration>) -> Trouble {
    let code = serde_json::from_slice::<Refusal<'_>>(body).ok().and_then(|refusal| refusal.code);
    // The server's word becomes part of a report only if it looks like one of a list.
    let is_word = |code: &&str| code.len() <= 40 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let code = code.filter(is_word).map(|code| format!("_{code}")).unwrap_or_default();
    Trouble { kind: format!("http_{}{code}", status.as_u16()), wait }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_counted_by_status_and_code() {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let body = br#"{"error":"Slowly.","code":"rate_limited","requestId":"r"}"#;
        assert_eq!(refused(status, body, None), Trouble::new("http_429_rate_limited"));
        assert_eq!(refused(StatusCode::BAD_GATEWAY, b"<html>", None), Trouble::new("http_502"));
        assert_eq!(refused(status, br#"{"code":"<b>"}"#, None), Trouble::new("http_429"));
    }
}
