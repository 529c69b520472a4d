//! HTTP by hand, for what a proper client does not do: a body that comes in parts, a request that is none.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use ureq::http::{HeaderMap, HeaderName};

use super::answer::Answer;
use super::call::Address;

/// A connection on which a test writes what it likes.
#[derive(Debug)]
pub(crate) struct Raw(TcpStream);

impl Raw {
    #[track_caller]
    pub(crate) fn connect(address: &Address) -> Self {
        let stream = TcpStream::connect(address.get()).expect("the server takes connections");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a bound on waiting");
        stream.set_nodelay(true).expect("no delay");
        Self(stream)
    }

    /// Writes. What the server no longer wants to read is no failure: it may have answered already.
    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref());
    }

    /// Reads until an empty line, and returns the lines before it.
    #[track_caller]
    pub(crate) fn head(&mut self) -> String {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            let read = self.0.read(&mut byte).expect("the server answers");
            assert_eq!(read, 1, "the connection ended within {:?}", String::from_utf8_lossy(&head));
            head.push(byte[0]);
        }
        String::from_utf8(head).expect("a head in UTF-8")
    }

    /// The answer to the request that was written. Its body must have a length.
    #[track_caller]
    pub(crate) fn answer(&mut self, asked: &str) -> Answer {
        let head = self.head();
        self.answer_below(&head, asked)
    }

    /// The answer whose head was read already.
    #[track_caller]
    pub(crate) fn answer_below(&mut self, head: &str, asked: &str) -> Answer {
        let (status, headers) = status_and_headers(head);
        let length = headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("the whole body");
        let answer = Answer::new(asked.to_owned(), status, headers, body);
        answer.check_form();
        answer
    }

    /// The connection, for those who go on in another protocol.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.0
    }
}

/// What a head says.
#[track_caller]
pub(crate) fn status_and_headers(head: &str) -> (u16, HeaderMap) {
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name: HeaderName = name.parse().expect("a header's name");
        headers.append(name, value.trim().parse().expect("a header's value"));
    }
    (status.expect("a status"), headers)
}
