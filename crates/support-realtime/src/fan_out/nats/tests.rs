//! What needs no server: when a loss is told, and how long is waited.

use std::io::{Read, Write};
use std::net::TcpListener;

use futures_util::stream;
use support_domain::ConversationId;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::*;
use crate::fan_out::HintKind;

fn hint(seq: i64) -> Hint {
    Hint { conversation_id: ConversationId(Uuid::from_u128(1)), kind: HintKind::Message, seq }
}

fn message(seq: i64) -> Message {
    let payload = wire::encode(hint(seq)).unwrap();
    Message {
        subject: wire::subject(hint(seq).conversation_id).into(),
        reply: None,
        length: payload.len(),
        payload: payload.into(),
        headers: None,
        status: None,
        description: None,
    }
}

/// The receiving half, fed by hand: what comes in, what is handed on, and the word that the library dropped something.
struct Receiving {
    incoming: mpsc::UnboundedSender<Message>,
    signals: mpsc::Receiver<Signal>,
    overrun: Arc<Notify>,
    task: tokio::task::JoinHandle<()>,
}

fn receiving(room: usize) -> Receiving {
    let (incoming, mut messages) = mpsc::unbounded_channel();
    let (signals, received) = mpsc::channel(room);
    let overrun = Arc::new(Notify::new());
    let task = tokio::spawn({
        let overrun = Arc::clone(&overrun);
        async move { receive(stream::poll_fn(move |context| messages.poll_recv(context)), &overrun, &signals).await }
    });
    Receiving { incoming, signals: received, overrun, task }
}

impl Receiving {
    async fn next(&mut self) -> Signal {
        timeout(Duration::from_secs(60), self.signals.recv()).await.expect("a signal").expect("a sender")
    }

    /// Lets the task do all that it can do now: there is only one thread.
    async fn settle(&self) {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_connection_begins_with_restored() {
    let mut receiving = receiving(4);
    assert_eq!(receiving.next().await, Signal::Restored);
    receiving.incoming.send(message(1)).unwrap();
    assert_eq!(receiving.next().await, Signal::Hint(hint(1)));
}

#[tokio::test]
async fn hints_that_found_no_room_are_told_as_restored_once_there_is_some() {
    let mut receiving = receiving(1);
    assert_eq!(receiving.next().await, Signal::Restored);
    for seq in 1..=5 {
        receiving.incoming.send(message(seq)).unwrap();
    }
    receiving.settle().await;
    assert_eq!(receiving.next().await, Signal::Hint(hint(1)));
    assert_eq!(receiving.next().await, Signal::Restored);
    receiving.settle().await;
    receiving.incoming.send(message(6)).unwrap();
    assert_eq!(receiving.next().await, Signal::Hint(hint(6)));
}

#[tokio::test]
async fn hints_that_the_library_dropped_are_told_as_restored() {
    let mut receiving = receiving(4);
    assert_eq!(receiving.next().await, Signal::Restored);
    receiving.settle().await;
    receiving.overrun.notify_one();
    assert_eq!(receiving.next().await, Signal::Restored);
}

#[tokio::test]
async fn messages_that_are_no_hints_are_passed_over() {
    let mut receiving = receiving(4);
    assert_eq!(receiving.next().await, Signal::Restored);
    let mut strange = message(1);
    strange.payload = vec![0xff; 10].into();
    receiving.incoming.send(strange).unwrap();
    receiving.incoming.send(message(2)).unwrap();
    assert_eq!(receiving.next().await, Signal::Hint(hint(2)));
}

#[tokio::test]
async fn receiving_ends_with_the_subscription_and_outlives_whoever_took_signals() {
    let Receiving { incoming, signals, overrun, task } = receiving(1);
    drop(signals);
    incoming.send(message(1)).unwrap();
    overrun.notify_one();
    tokio::task::yield_now().await;
    assert!(!task.is_finished());
    drop(incoming);
    timeout(Duration::from_secs(60), task).await.expect("an end").unwrap();
}

#[tokio::test]
async fn errors_and_debug_output_hold_no_password() {
    let (signals, _receiver) = mpsc::channel(1);
    let nats = Nats::start("nats://desk:hunter2@127.0.0.1:1", signals.clone()).unwrap();
    assert!(!format!("{nats:?}").contains("hunter2"));
    let error = Nats::start("nats://desk:hunter2@127.0.0.1:1/path", signals).unwrap_err();
    assert_eq!(error.to_string(), "must be nats://HOST[:PORT] or tls://HOST[:PORT], comma separated");
}

#[tokio::test]
async fn tls_begins_as_soon_as_the_server_has_said_hello() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("tls://desk:hunter2@{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        client.write_all(b"INFO {}\r\n").unwrap();
        let mut first = [0; 1];
        client.read_exact(&mut first).unwrap();
        first[0]
    });
    let Err(reason) = connect(&Servers::parse(&url).unwrap(), 0).await else { panic!("this is no server") };
    assert!(!reason.contains("hunter2"));
    let handshake = 22;
    assert_eq!(server.join().unwrap(), handshake);
}

#[test]
fn delays_grow_to_a_second_and_scatter() {
    assert_eq!(delay(0, 0), Duration::from_millis(25));
    assert_eq!(delay(0, 500), Duration::from_millis(50));
    assert_eq!(delay(3, 500), Duration::from_millis(400));
    for attempts in [5, 31, 32, u32::MAX] {
        assert_eq!(delay(attempts, 0), Duration::from_millis(500));
        assert_eq!(delay(attempts, 1_001), Duration::from_secs(1));
    }
    assert!((0..10).map(|_| random()).collect::<std::collections::HashSet<_>>().len() > 1);
}
