//! ClamAV: a client of its daemon's `INSTREAM` command (clamd's manual page), over TCP or a socket of the file system. A
//! connection for each file, and a time after which it is given up.

use std::fmt;
use std::future::Future;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt;
use support_domain::InvalidValue;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use crate::scan::{ScanFailed, Scanner, Verdict};

/// How much is sent at once.
const CHUNK: usize = 64 * 1024;
/// Most bytes of an answer: a line.
const MOST_ANSWER: u64 = 4_096;

/// How long a connection to it may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// What it says when it has found nothing.
const CLEAN: &str = "stream: OK";

/// Where the daemon listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClamAvAddress {
    /// A host and a port.
    Tcp(String),
    /// A socket in the file system.
    Unix(PathBuf),
}

impl FromStr for ClamAvAddress {
    type Err = InvalidValue;

    /// `host:port`, or `unix:/path`.
    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let refusal = InvalidValue::new("must be HOST:PORT or unix:/PATH");
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.starts_with('/') { Ok(Self::Unix(path.into())) } else { Err(refusal) };
        }
        let (host, port) = text.rsplit_once(':').ok_or(refusal.clone())?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
        if !host.is_empty() && host.bytes().all(allowed) && is_port {
            Ok(Self::Tcp(text.to_owned()))
        } else {
            Err(refusal)
        }
    }
}

/// The daemon.
#[derive(Clone)]
pub struct ClamAv {
    address: ClamAvAddress,
    limit: Duration,
}

impl fmt::Debug for ClamAv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClamAv")
    }
}

impl ClamAv {
    /// The daemon at that address, which may take at most `limit` for a file.
    pub fn new(address: ClamAvAddress, limit: Duration) -> Self {
        Self { address, limit }
    }

    async fn ask(&self, bytes: &[u8]) -> Result<String, ScanFailed> {
        let away = |error: std::io::Error| ScanFailed::Away(error.kind().to_string());
        let answer = match &self.address {
            ClamAvAddress::Tcp(address) => {
                instream(connected(TcpStream::connect(address)).await.map_err(away)?, bytes).await
            }
            ClamAvAddress::Unix(path) => {
                instream(connected(UnixStream::connect(path)).await.map_err(away)?, bytes).await
            }
        };
        answer.map_err(|error| ScanFailed::NoVerdict(error.kind().to_string()))
    }
}

/// A connection, or that nobody answers.
async fn connected<S>(connect: impl Future<Output = std::io::Result<S>>) -> std::io::Result<S> {
    tokio::time::timeout(CONNECT_LIMIT, connect).await.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
}

#[async_trait]
impl Scanner for ClamAv {
    async fn scan(&self, bytes: Bytes) -> Result<Verdict, ScanFailed> {
        let answer = tokio::time::timeout(self.limit, self.ask(&bytes)).await;
        verdict(&answer.unwrap_or_else(|_| Err(ScanFailed::NoVerdict("it took too long".to_owned())))?)
    }
}

/// Sends a file, and returns the line that it is answered with.
async fn instream(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> std::io::Result<String> {
    // A daemon that has had enough answers and hangs up. What it has found until then counts; that it has found nothing
    // does not, since it has not seen all.
    let mut answer = Vec::new();
    let sent = send(&mut stream, bytes, &mut answer).await;
    let is_early = sent.is_err() || !answer.is_empty();
    let read = stream.take(MOST_ANSWER).read_to_end(&mut answer).await;
    // Without its end it may be the beginning of another answer.
    let Some(end) = answer.iter().position(|byte| *byte == 0) else {
        sent?;
        read?;
        return Err(ErrorKind::UnexpectedEof.into());
    };
    let line = String::from_utf8_lossy(&answer[..end]).into_owned();
    if is_early && line == CLEAN { Err(ErrorKind::InvalidData.into()) } else { Ok(line) }
}

/// Sends a file. What is answered before its end comes into `early`.
async fn send(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    bytes: &[u8],
    early: &mut Vec<u8>,
) -> std::io::Result<()> {
    stream.write_all(b"zINSTREAM\0").await?;
    for chunk in bytes.chunks(CHUNK) {
        let length = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
        stream.write_all(&length.to_be_bytes()).await?;
        stream.write_all(chunk).await?;
    }
    // Lets the runtime hear of what has come.
    tokio::task::yield_now().await;
    stream.read_buf(early).now_or_never().transpose()?;
    stream.write_all(&[0; 4]).await?;
    stream.flush().await
}

/// `stream: OK`, `stream: NAME FOUND`, or something that is no verdict.
fn verdict(line: &str) -> Result<Verdict, ScanFailed> {
    if line == CLEAN {
        Ok(Verdict::Clean)
    } else if line.starts_with("stream: ") && line.ends_with(" FOUND") {
        Ok(Verdict::Infected)
    } else if line.contains("size limit") {
        Err(ScanFailed::NoVerdict("the file is larger than its StreamMaxLength".to_owned()))
    } else {
        Err(ScanFailed::NoVerdict("its answer is no verdict".to_owned()))
    }
}

#[cfg(test)]
#[path = "clamav_tests.rs"]
mod tests;
