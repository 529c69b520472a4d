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
    for answer in [
        &b""[..],
        b"\0",
        b"stream: \0",
        b"OK\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: x OK\0",
        // Cut off before their ends.
        b"stream: OK",
        b"stream: OK\n",
        b"stream: Eicar FOUND",
        b"stream: O",
        b"stream: OK and more\0",
    ] {
        assert!(ask(answer, b"x").await.is_err(), "{answer:?}");
    }
}

/// What is made of a daemon that answers before it has seen all, and then reads on or hangs up.
async fn hasty(answer: &'static [u8], reads_on: bool) -> Option<Verdict> {
    let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
    theirs.write_all(answer).await.unwrap();
    tokio::spawn(async move {
        let (mut part, mut left) = ([0; 1_000], if reads_on { FILE + 10 + 4 * FILE.div_ceil(CHUNK) + 4 } else { 0 });
        while left > 0 {
            left -= theirs.read(&mut part).await.unwrap();
        }
    });
    instream(ours, &[7; FILE]).await.ok().and_then(|line| verdict(&line).ok())
}

const FILE: usize = 300_000;

#[tokio::test]
async fn who_has_not_seen_all_has_not_found_it_clean() {
    for reads_on in [true, false] {
        assert_eq!(hasty(b"stream: OK\0", reads_on).await, None);
        assert_eq!(hasty(b"stream: Eicar FOUND\0", reads_on).await, Some(Verdict::Infected));
    }
}

#[tokio::test]
async fn a_daemon_that_is_away_or_silent_gives_no_verdict() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: ClamAvAddress = listener.local_addr().unwrap().to_string().parse().unwrap();
    let silent = ClamAv::new(address.clone(), Duration::from_millis(50));
    let is_away = |scanned| matches!(scanned, Err(ScanFailed::Away(_)));
    let has_no_verdict = |scanned| matches!(scanned, Err(ScanFailed::NoVerdict(_)));
    assert!(has_no_verdict(silent.scan(Bytes::from_static(b"x")).await));
    // Nor one that does not even take the file.
    assert!(has_no_verdict(silent.scan(Bytes::from(vec![7; 32 * 1024 * 1024])).await));
    drop(listener);
    assert!(is_away(ClamAv::new(address, Duration::from_secs(60)).scan(Bytes::from_static(b"x")).await));
    let unix = ClamAv::new("unix:/nowhere/clamd.sock".parse().unwrap(), Duration::from_secs(60));
    assert!(is_away(unix.scan(Bytes::from_static(b"x")).await));
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
