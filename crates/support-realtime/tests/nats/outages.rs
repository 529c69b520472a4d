//! Servers that die, lines that are cut, and what comes after.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, spawn};

use support_domain::ConversationId;
use support_realtime::fan_out::{FanOut, Signal};

use crate::link::Link;
use crate::node::{Node, conversation, message, until};
use crate::server::{Server, free_port};
use crate::shared_server;

/// Hints that are announced while there is no server have numbers from here on.
const DEAD: i64 = 1_000_000_000;

/// Announces hints about many conversations from a thread of its own until it is told to end, and then, a hundred
/// thousand times, while the server is known to be away. Threads of the system, since a runtime would wait for them
/// when a test fails.
struct Flood {
    node: Arc<Node>,
    ids: Arc<Vec<ConversationId>>,
    end: End,
    thread: JoinHandle<()>,
}

/// Ends the thread, also when a test fails.
struct End(Arc<AtomicBool>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Flood {
    fn start(node: Node) -> Self {
        let (node, ends) = (Arc::new(node), Arc::new(AtomicBool::new(false)));
        let ids: Arc<Vec<_>> = Arc::new((0..100).map(|_| conversation()).collect());
        let thread = spawn({
            let (node, ids, ends) = (Arc::clone(&node), Arc::clone(&ids), Arc::clone(&ends));
            move || {
                let mut seq = 0;
                while !ends.load(Ordering::Relaxed) {
                    seq += 1;
                    ids.iter().for_each(|&id| node.announce(id, seq));
                }
            }
        });
        Self { node, ids, end: End(ends), thread }
    }

    /// To be called when the way is interrupted. Returns the node when all is announced.
    async fn end(self) -> Node {
        let Self { node, ids, end, thread } = self;
        until(|| !node.nats.is_connected()).await;
        drop(end);
        until(|| thread.is_finished()).await;
        // An `announce` that waits would wait for ever: nothing mends the way meanwhile.
        let announcing = spawn({
            let node = Arc::clone(&node);
            move || (DEAD..).zip(ids.iter().cycle()).take(100_000).for_each(|(seq, &id)| node.announce(id, seq))
        });
        until(|| announcing.is_finished()).await;
        announcing.join().unwrap();
        Arc::into_inner(node).expect("the threads to have ended")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_holds_nobody_up_and_leaves_nothing_stale() {
    let _ = shared_server!();
    let mut server = Server::running(&[]);
    let mut other = Node::connected(&server.url()).await;
    let flood = Flood::start(Node::connected(&server.url()).await);
    // The flood flows.
    let ids = Arc::clone(&flood.ids);
    for _ in 0..1_000 {
        other.next_about(&ids).await;
    }
    server.kill();
    let mut one = flood.end().await;
    until(|| !other.nats.is_connected()).await;

    server.start();
    one.restored().await;
    let id = conversation();
    // The other node may be back later than this hint.
    until(|| other.nats.is_connected()).await;
    one.announce(id, 1);
    let before = other.all_until(&message(id, 1)).await;
    let restored = before.iter().position(|signal| *signal == Signal::Restored).expect("Restored");
    assert_eq!(before[restored + 1..], [], "stale hints");
    let is_dead = |signal: &Signal| matches!(signal, Signal::Hint(hint) if hint.seq >= DEAD);
    assert!(!before.iter().any(is_dead), "hints from when the server was dead");
    other.announce(id, 2);
    assert_eq!(one.next_about(&[id]).await, message(id, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_cut_off_sends_nothing_stale() {
    let _ = shared_server!();
    let server = Server::running(&[]);
    let link = Link::to(server.port());
    // These two stay connected and would hear everything.
    let (mut other, third) = (Node::connected(&server.url()).await, Node::connected(&server.url()).await);
    let flood = Flood::start(Node::connected(&link.url()).await);
    let ids = Arc::clone(&flood.ids);
    for _ in 0..1_000 {
        other.next_about(&ids).await;
    }
    link.cut();
    let mut one = flood.end().await;
    // What the server had got before the cut has arrived after a few hints have gone round.
    let id = conversation();
    for seq in 1..=100 {
        third.announce(id, seq);
        other.next_about(&[id]).await;
    }

    link.mend();
    one.restored().await;
    one.announce(id, 101);
    assert_eq!(other.all_until(&message(id, 101)).await, [], "stale hints");
}

#[tokio::test]
async fn nodes_may_start_before_their_server() {
    let _ = shared_server!();
    let mut server = Server::planned(&[]);
    let (mut one, mut other) = (Node::start(&server.url()), Node::start(&server.url()));
    let id = conversation();
    one.announce(id, 1);
    assert!(!one.nats.is_connected());
    server.start();
    one.restored().await;
    other.restored().await;
    one.announce(id, 2);
    assert_eq!(other.next_about(&[id]).await, message(id, 2));
}

#[tokio::test]
async fn nothing_is_left_of_a_dropped_node() {
    let url = shared_server!();
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    assert_eq!(tasks(), 0);

    let connected = Node::connected(&url).await;
    assert!(tasks() > 0);
    drop(connected);
    until(|| tasks() == 0).await;

    let searching = Node::start(&format!("nats://127.0.0.1:{}", free_port()));
    tokio::task::yield_now().await;
    drop(searching);
    until(|| tasks() == 0).await;

    let mut server = Server::running(&[]);
    let bereft = Node::connected(&server.url()).await;
    server.kill();
    until(|| !bereft.nats.is_connected()).await;
    drop(bereft);
    until(|| tasks() == 0).await;
}
