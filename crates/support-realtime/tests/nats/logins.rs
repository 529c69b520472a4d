//! Who may use a server, and which one is used.

use support_realtime::fan_out::FanOut;

use crate::node::{Node, conversation, message};
use crate::server::{Server, free_port};
use crate::shared_server;

#[tokio::test]
async fn the_password_of_the_url_logs_in() {
    let _ = shared_server!();
    let server = Server::running(&["--user", "desk", "--pass", "s@cret,%"]);
    let port = server.port();
    let stranger = Node::start(&server.url());
    let imposter = Node::start(&format!("nats://desk:other@127.0.0.1:{port}"));
    let url = format!("nats://desk:s%40cret%2C%25@127.0.0.1:{port}");
    let (one, mut other) = (Node::connected(&url).await, Node::connected(&url).await);
    let id = conversation();
    one.announce(id, 1);
    assert_eq!(other.next_about(&[id]).await, message(id, 1));
    assert!(!stranger.nats.is_connected() && !imposter.nats.is_connected());
}

#[tokio::test]
async fn any_server_of_the_list_will_do() {
    let url = shared_server!();
    let list = format!("nats://127.0.0.1:{},{url},nats://127.0.0.1:{}", free_port(), free_port());
    Node::connected(&list).await;
}

#[tokio::test]
async fn a_server_without_tls_is_not_used_where_tls_is_asked_for() {
    let url = shared_server!();
    let strict = Node::start(&url.replace("nats://", "tls://"));
    let both = Node::connected(&format!("{},{url}", url.replace("nats://", "tls://"))).await;
    assert!(both.nats.is_connected());
    assert!(!strict.nats.is_connected());
}
