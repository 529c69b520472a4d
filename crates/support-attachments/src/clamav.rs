//! ClamAV: a client of its daemon's `INSTREAM` command (clamd's manual page), over TCP or a socket of the file system. A
//! connection for each file, and a time after which it is given up.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use support_domain::InvalidValue;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use crate::scan::{ScanFailed, Scanner, Verdict};

/// How much is sent at once.
const CHUNK: usize = 64 * 1024;
/// Most bytes of an answer: a line.
const MOST_ANSWER: u64 = 4_096;

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

    async fn ask(&self, bytes: &[u8]) -> std::io::Result<String> {
        match &self.address {
            ClamAvAddress::Tcp(address) => instream(TcpStream::connect(address.as_str()).await?, bytes).await,
            ClamAvAddress::Unix(path) => instream(UnixStream::connect(path).await?, bytes).await,
        }
    }
}

#[async_trait]
impl Scanner for ClamAv {
    async fn scan(&self, bytes: Bytes) -> Result<Verdict, ScanFailed> {
        let answer = tokio::time::timeout(self.limit, self.ask(&bytes)).await;
        let answer = answer.map_err(|_| ScanFailed("it took too long".to_owned()))?;
        verdict(&answer.map_err(|error| ScanFailed(error.kind().to_string()))?)
    }
}

/// Sends a file, and returns the line that it is answered with.
async fn instream(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> std::io::Result<String> {
    // A daemon that has had enough answers and hangs up: what it said counts, not that it took no more.
    let sent = send(&mut stream, bytes).await;
    let mut answer = Vec::new();
    let read = stream.take(MOST_ANSWER).read_to_end(&mut answer).await;
    if answer.is_empty() {
        sent?;
        read?;
    }
    let line = answer.split(|byte| [0, b'\n'].contains(byte)).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(line).trim().to_owned())
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(b"zINSTREAM\0").await?;
    for chunk in bytes.chunks(CHUNK) {
        let length = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
        stream.write_all(&length.to_be_bytes()).await?;
        stream.write_all(chunk).await?;
    }
    stream.write_all(&[0; 4]).await?;
    stream.flush().await
}

/// `stream: OK`, `stream: NAME FOUND`, or something that is no verdict.
fn verdict(line: &str) -> Result<Verdict, ScanFailed> {
    if line == "stream: OK" {
        Ok(Verdict::Clean)
    } else if line.starts_with("stream: ") && line.ends_with(" FOUND") {
        Ok(Verdict::Infected)
    } else if line.contains("size limit") {
        Err(ScanFailed("the file is larger than its StreamMaxLength".to_owned()))
    } else {
        Err(ScanFailed("its answer is no verdict".to_owned()))
    }
}

#[cfg(test)]
#[path = "clamav_tests.rs"]
mod tests;
