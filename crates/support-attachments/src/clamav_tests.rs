//! The protocol, against a daemon made up here.

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::*;

/// A daemon that takes one file and answers with that; returns what it was sent.
async fn daemon(answer: &'static [u8]) -> (ClamAvAddress, tokio::task::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string().parse().unwrap();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut command = [0; 10];
        stream.read_exact(&mut command).await.unwrap();
        assert_eq!(&command, b"zINSTREAM\0");
        let mut file = Vec::new();
        loop {
            let length = stream.read_u32().await.unwrap() as usize;
            if length == 0 {
                break;
            }
            let start = file.len();
            file.resize(start + length, 0);
            stream.read_exact(&mut file[start..]).await.unwrap();
        }
        stream.write_all(answer).await.unwrap();
        file
    });
    (address, task)
}

async fn ask(answer: &'static [u8], file: &[u8]) -> Result<Verdict, ScanFailed> {
    let (address, task) = daemon(answer).await;
    let verdict = ClamAv::new(address, Duration::from_secs(60)).scan(Bytes::copy_from_slice(file)).await;
    assert_eq!(task.await.unwrap(), file);
    verdict
}

#[tokio::test]
async fn only_a_clear_answer_is_a_verdict() {
    let large = vec![7; 200_000];
    assert_eq!(ask(b"stream: OK\0", &large).await, Ok(Verdict::Clean));
    assert_eq!(ask(b"stream: Eicar-Test-Signature FOUND\0", b"x").await, Ok(Verdict::Infected));
    for answer in [&b""[..], b"\0", b"stream: \0", b"OK\0", b"INSTREAM size limit exceeded. ERROR\0", b"stream: x OK\0"]
    {
        assert!(ask(answer, b"x").await.is_err(), "{answer:?}");
    }
}

#[tokio::test]
async fn a_daemon_that_is_away_or_silent_gives_no_verdict() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: ClamAvAddress = listener.local_addr().unwrap().to_string().parse().unwrap();
    let silent = ClamAv::new(address.clone(), Duration::from_millis(50));
    assert!(silent.scan(Bytes::from_static(b"x")).await.is_err());
    drop(listener);
    assert!(ClamAv::new(address, Duration::from_secs(60)).scan(Bytes::from_static(b"x")).await.is_err());
    let unix = ClamAv::new("unix:/nowhere/clamd.sock".parse().unwrap(), Duration::from_secs(60));
    assert!(unix.scan(Bytes::from_static(b"x")).await.is_err());
}

#[test]
fn an_address_is_a_host_and_a_port_or_a_path() {
    for text in ["localhost:3310", "127.0.0.1:3310", "[::1]:3310", "unix:/run/clamav/clamd.ctl"] {
        assert!(text.parse::<ClamAvAddress>().is_ok(), "{text}");
    }
    for text in
        ["", "localhost", "localhost:", "localhost:0", "localhost:99999", ":3310", "unix:clamd", "http://x:1/", "a b:1"]
    {
        assert!(text.parse::<ClamAvAddress>().is_err(), "{text}");
    }
}
