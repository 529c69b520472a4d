//! What a client meets on the wire, against a server that listens; and what becomes of clients that do not behave.

use std::future::Future;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use actix_web::dev::ServerHandle;
use actix_web::rt::{self, System};
use actix_web::{App, Error, HttpServer};

use super::*;
use crate::ws::guard::tests::{FIN, frame, header};
use crate::ws::tcp::{self, TcpOptions};

/// Nothing takes this long unless it never comes.
const PATIENCE: Duration = Duration::from_secs(60);

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A server whose sockets are led by the test's own session.
struct Server {
    address: SocketAddr,
    /// The connections that were accepted, as `/proc` names them.
    accepted: Receiver<String>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start<F>(session: impl Fn(FrameWriter, FrameReader) -> F + Clone + Send + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        Self::with(TcpOptions::default(), session)
    }

    fn with<F>(options: TcpOptions, session: impl Fn(FrameWriter, FrameReader) -> F + Clone + Send + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        let (started, start) = channel();
        let (accept, accepted) = channel();
        let thread = thread::spawn(move || {
            System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    let session = session.clone();
                    App::new().default_service(web::to(move |request: HttpRequest, payload: web::Payload| {
                        let session = session.clone();
                        async move {
                            let (response, writer, reader) =
                                upgrade(&request, payload, FrameLimits::default(), &["support.v1"])?;
                            rt::spawn(session(writer, reader));
                            Ok::<_, Error>(response)
                        }
                    }))
                })
                .on_connect(move |io, _| {
                    tcp::prepare(io, &options);
                    let fd = io.downcast_ref::<rt::net::TcpStream>().unwrap().as_raw_fd();
                    accept.send(descriptor(&format!("/proc/self/fd/{fd}")).unwrap()).ok();
                })
                .workers(1)
                .disable_signals()
                .bind((Ipv4Addr::LOCALHOST, 0))
                .unwrap();
                let address = server.addrs()[0];
                let server = server.run();
                started.send((address, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (address, handle) = start.recv_timeout(PATIENCE).unwrap();
        Self { address, accepted, handle, thread: Some(thread) }
    }

    /// Echoes, answers closes and violations, and tells all that came.
    fn echo() -> (Self, Receiver<Incoming>) {
        let (sender, incoming) = channel();
        (Self::start(move |writer, reader| echo(writer, reader, sender.clone())), incoming)
    }

    /// The connection that was accepted next.
    fn accepted(&self) -> String {
        self.accepted.recv_timeout(PATIENCE).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        System::new().block_on(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

async fn echo(mut writer: FrameWriter, mut reader: FrameReader, sender: Sender<Incoming>) {
    loop {
        let incoming = reader.next().await;
        sender.send(incoming.clone()).ok();
        let written = match incoming {
            Incoming::Text(text) => writer.text(text).await,
            Incoming::Binary(bytes) => writer.binary(bytes).await,
            Incoming::Ping(bytes) => writer.pong(&bytes).await,
            Incoming::Pong => Ok(()),
            Incoming::Close(code) => return writer.answer_close(code).await.unwrap(),
            Incoming::Violation(violation) => {
                sender.send(reader.next().await).ok();
                return writer.close(violation.close_code(), violation.sentence()).await.unwrap();
            }
            Incoming::Gone => return,
        };
        written.unwrap();
    }
}

/// The name of an open file, which is a number of its own for each socket: `socket:[4711]`.
fn descriptor(path: &str) -> Option<String> {
    Some(std::fs::read_link(path).ok()?.to_str()?.to_owned())
}

#[track_caller]
fn assert_vanishes(name: &str) {
    let is_open = || {
        let files = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        files.filter_map(|file| descriptor(file.path().to_str()?)).any(|open| open == name)
    };
    // Waiting step by step, since nobody may look at a clock.
    for _ in 0..600 {
        if !is_open() {
            return;
        }
        thread::sleep(PATIENCE / 600);
    }
    panic!("{name} is still open");
}

/// A client that writes bytes.
struct Client {
    stream: TcpStream,
    /// What the server answered to the handshake.
    response: String,
}

impl Client {
    fn connect(server: &Server) -> Self {
        let client = Self::request(
            server,
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: support.v1, ticket.abc\r\n",
        );
        assert!(client.response.starts_with("http/1.1 101 "), "{}", client.response);
        client
    }

    fn request(server: &Server, headers: &str) -> Self {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        write!(stream, "GET /socket HTTP/1.1\r\nHost: desk\r\n{headers}\r\n").unwrap();
        let mut response = Vec::new();
        while !response.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            response.extend(byte);
        }
        Self { stream, response: String::from_utf8(response).unwrap().to_lowercase() }
    }

    fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The next frame: its kind, and its payload.
    fn receive(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head).unwrap();
        assert_eq!(head[0] & 0xF0, FIN, "a whole frame without reserved bits");
        assert!(head[1] < 126, "a short frame without a mask");
        let mut payload = vec![0; head[1].into()];
        self.stream.read_exact(&mut payload).unwrap();
        (head[0] & 0x0F, payload)
    }

    /// The code and the reason of the close frame that comes next, and is the last that comes.
    fn receive_close(&mut self) -> (u16, String) {
        let (opcode, payload) = self.receive();
        assert_eq!(opcode, CLOSE);
        self.expect_the_end();
        (u16::from_be_bytes([payload[0], payload[1]]), String::from_utf8(payload[2..].to_vec()).unwrap())
    }

    /// The server ends the connection, not we.
    fn expect_the_end(&mut self) {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, [0; 0]);
    }
}

fn close(code: u16) -> Vec<u8> {
    frame(FIN | CLOSE, &code.to_be_bytes())
}

#[test]
fn of_the_subprotocols_only_ours_is_agreed_on() {
    let (server, _incoming) = Server::echo();
    let client = Client::connect(&server);
    assert!(client.response.contains("\r\nsec-websocket-protocol: support.v1\r\n"), "{}", client.response);
}

#[test]
fn a_request_that_is_no_handshake_is_refused() {
    let (server, _incoming) = Server::echo();
    let client = Client::request(&server, "");
    assert!(client.response.starts_with("http/1.1 400 "), "{}", client.response);
}

#[test]
fn a_frame_of_a_gigabyte_is_refused_before_its_payload() {
    let (server, incoming) = Server::echo();
    let mut client = Client::connect(&server);
    let connection = server.accepted();
    client.send(&header(FIN | TEXT, 1 << 30));
    assert_eq!(client.receive_close(), (1009, "the frame is too large".to_owned()));
    assert_eq!(incoming.recv_timeout(PATIENCE), Ok(Incoming::Violation(Violation::FrameTooLarge)));
    assert_eq!(incoming.recv_timeout(PATIENCE), Ok(Incoming::Gone), "a violation is the last");
    assert_vanishes(&connection);
}

#[test]
fn fragments_become_one_message_and_pings_between_them_are_answered_at_once() {
    let (server, incoming) = Server::echo();
    let mut client = Client::connect(&server);
    // A character is cut in the middle.
    client.send(&[frame(TEXT, b"one \xE2\x82"), frame(0, b"\xAC two"), frame(FIN | PING, b"\xFF")].concat());
    assert_eq!(client.receive(), (PONG, b"\xFF".to_vec()));
    client.send(&[frame(FIN | PONG, b""), frame(FIN, b" three")].concat());
    assert_eq!(client.receive(), (TEXT, "one \u{20AC} two three".as_bytes().to_vec()));
    let seen: Vec<_> = (0..3).map(|_| incoming.recv_timeout(PATIENCE).unwrap()).collect();
    assert_eq!(seen[..2], [Incoming::Ping(Bytes::from_static(b"\xFF")), Incoming::Pong]);
    assert_eq!(seen[2], Incoming::Text("one \u{20AC} two three".into()));
}

#[test]
fn bytes_are_not_text() {
    let (server, incoming) = Server::echo();
    let mut client = Client::connect(&server);
    client.send(&[frame(2, b"\xFF"), frame(FIN, b"\xFE"), frame(FIN | 2, b"\xFD")].concat());
    assert_eq!(client.receive(), (2, b"\xFF\xFE".to_vec()));
    assert_eq!(client.receive(), (2, b"\xFD".to_vec()));
    assert_eq!(incoming.recv_timeout(PATIENCE), Ok(Incoming::Binary(Bytes::from_static(b"\xFF\xFE"))));
}

#[test]
fn text_that_is_not_utf8_is_refused_after_what_came_before_it() {
    for wrong in [frame(FIN | TEXT, b"\xFF"), [frame(TEXT, b"a\xE2"), frame(FIN, b"b")].concat()] {
        let (server, _incoming) = Server::echo();
        let mut client = Client::connect(&server);
        client.send(&[frame(FIN | TEXT, b"fine"), wrong, frame(FIN | TEXT, b"too late")].concat());
        assert_eq!(client.receive(), (TEXT, b"fine".to_vec()));
        assert_eq!(client.receive_close(), (1007, "the text is not UTF-8".to_owned()));
    }
}

#[test]
fn a_close_is_answered_once_with_its_own_code() {
    let (server, incoming) = Server::echo();
    let mut client = Client::connect(&server);
    let connection = server.accepted();
    client.send(&[close(4321), close(1000), frame(FIN | TEXT, b"too late")].concat());
    assert_eq!(client.receive_close(), (4321, String::new()));
    assert_eq!(incoming.recv_timeout(PATIENCE), Ok(Incoming::Close(Some(4321))));
    assert_vanishes(&connection);
}

#[test]
fn a_close_without_a_code_is_answered_without_one() {
    let (server, incoming) = Server::echo();
    let mut client = Client::connect(&server);
    client.send(&frame(FIN | CLOSE, b""));
    assert_eq!(client.receive(), (CLOSE, Vec::new()));
    client.expect_the_end();
    assert_eq!(incoming.recv_timeout(PATIENCE), Ok(Incoming::Close(None)));
}

#[test]
fn the_server_closes_with_a_code_of_its_own_after_what_it_wrote() {
    let (sender, incoming) = channel();
    let server = Server::start(move |mut writer, mut reader| {
        let sender = sender.clone();
        async move {
            writer.text("last words".into()).await.unwrap();
            writer.close(4003, "access withdrawn").await.unwrap();
            sender.send(reader.next().await).unwrap();
        }
    });
    let mut client = Client::connect(&server);
    let connection = server.accepted();
    assert_eq!(client.receive(), (TEXT, b"last words".to_vec()));
    assert_eq!(client.receive(), (CLOSE, [&4003_u16.to_be_bytes()[..], b"access withdrawn"].concat()));
    client.send(&close(4003));
    client.expect_the_end();
    assert_eq!(incoming.recv_timeout(PATIENCE), Ok(Incoming::Gone));
    assert_vanishes(&connection);
}

#[test]
fn a_client_that_goes_away_is_noticed() {
    let (server, incoming) = Server::echo();
    let mut client = Client::connect(&server);
    let connection = server.accepted();
    client.send(&[frame(FIN | TEXT, b"bye"), frame(TEXT, b"half")].concat());
    client.stream.shutdown(Shutdown::Both).unwrap();
    assert_eq!(incoming.recv_timeout(PATIENCE), Ok(Incoming::Text("bye".into())));
    assert_eq!(incoming.recv_timeout(PATIENCE), Ok(Incoming::Gone));
    assert_vanishes(&connection);
}

#[test]
fn nothing_is_lost_when_waiting_is_given_up() {
    let (sender, incoming) = channel();
    let server = Server::start(move |writer, mut reader| {
        let sender = sender.clone();
        async move {
            // Dropped, it would end the connection.
            let _writer = writer;
            loop {
                let incoming = tokio::select! {
                    biased;
                    incoming = reader.next() => incoming,
                    () = tokio::task::yield_now() => continue,
                };
                if sender.send(incoming.clone()).is_err() || incoming == Incoming::Gone {
                    return;
                }
            }
        }
    });
    let mut client = Client::connect(&server);
    for byte in [frame(TEXT, b"one "), frame(FIN | PING, b"?"), frame(FIN, b"two"), close(1000)].concat() {
        client.send(&[byte]);
    }
    let seen: Vec<_> = (0..4).map(|_| incoming.recv_timeout(PATIENCE).unwrap()).collect();
    assert_eq!(seen[0], Incoming::Ping(Bytes::from_static(b"?")));
    assert_eq!(seen[1..], [Incoming::Text("one two".into()), Incoming::Close(Some(1000)), Incoming::Gone]);
}

/// A kernel that never gives a peer up, so that what ends was ended by us.
const PATIENT: TcpOptions = TcpOptions { send_buffer_bytes: 8 * 1024, user_timeout: Duration::from_secs(3600) };
const IMPATIENT: TcpOptions = TcpOptions { user_timeout: Duration::from_millis(500), ..PATIENT };

fn much() -> ByteString {
    "x".repeat(60_000).into()
}

/// Writes to a client that does not read until it is stuck, then tells how further writes go, the first without any waiting.
fn write_until_stuck(options: TcpOptions, timeout: Duration) -> (Server, Receiver<[Result<(), Stuck>; 2]>) {
    let (sender, stuck) = channel();
    let server = Server::with(options, move |writer, reader| {
        let (sender, mut writer) = (sender.clone(), writer.with_timeout(timeout));
        async move {
            let _reader = reader;
            while writer.text(much()).await.is_ok() {}
            let at_once = tokio::select! {
                biased;
                result = writer.ping(b"") => result,
                () = std::future::ready(()) => Ok(()),
            };
            sender.send([at_once, writer.close(4008, "too slow").await]).unwrap();
        }
    });
    (server, stuck)
}

#[test]
fn a_client_that_does_not_read_is_noticed_by_the_writer() {
    let (server, stuck) = write_until_stuck(PATIENT, Duration::from_millis(200));
    let client = Client::connect(&server);
    let connection = server.accepted();
    assert_eq!(stuck.recv_timeout(PATIENCE), Ok([Err(Stuck); 2]));
    drop(client);
    assert_vanishes(&connection);
}

#[test]
fn a_client_that_does_not_read_is_dropped_by_the_kernel_when_its_session_has_ended() {
    let (server, stuck) = write_until_stuck(IMPATIENT, Duration::from_millis(200));
    let client = Client::connect(&server);
    assert_eq!(stuck.recv_timeout(PATIENCE), Ok([Err(Stuck); 2]));
    assert_vanishes(&server.accepted());
    drop(client);
}

#[test]
fn a_client_that_is_gone_is_noticed_by_the_writer() {
    // What the kernel has dropped; the writer alone would wait for an hour.
    let (server, stuck) = write_until_stuck(IMPATIENT, Duration::from_secs(3600));
    let client = Client::connect(&server);
    assert_eq!(stuck.recv_timeout(PATIENCE), Ok([Err(Stuck); 2]));
    assert_vanishes(&server.accepted());
    drop(client);
}

#[test]
fn a_close_does_not_wait_for_a_client_that_does_not_read() {
    let (sender, closed) = channel();
    let server = Server::with(PATIENT, move |writer, reader| {
        let (sender, mut writer) = (sender.clone(), writer.with_timeout(Duration::from_secs(1)));
        async move {
            let _reader = reader;
            // Given up earlier than the writer would, so that it does not know yet that it is stuck.
            while tokio::time::timeout(Duration::from_millis(200), writer.text(much())).await.is_ok() {}
            // Texts wait for room in bytes; what takes none fills the rest of the queue.
            while tokio::time::timeout(Duration::from_millis(200), writer.ping(b"")).await.is_ok() {}
            sender.send(writer.close(1012, "restart").await).unwrap();
        }
    });
    let client = Client::connect(&server);
    let connection = server.accepted();
    assert_eq!(closed.recv_timeout(PATIENCE), Ok(Err(Stuck)));
    drop(client);
    assert_vanishes(&connection);
}
