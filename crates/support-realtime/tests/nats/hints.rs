//! What one node says and others hear.

use support_domain::{AdminId, PrincipalKey, Side, UserId, UserType};
use support_realtime::fan_out::{FanOut, Hint, HintKind, Nats, Signal};
use tokio::sync::mpsc;

use crate::node::{Node, conversation, message, patiently};
use crate::shared_server;

#[tokio::test]
async fn hints_reach_other_nodes() {
    let url = shared_server!();
    let (mut one, mut other) = (Node::connected(&url).await, Node::connected(&url).await);
    let id = conversation();
    let user = PrincipalKey::User(UserId::parse("driver-1").unwrap(), UserType::Driver);
    let admin = PrincipalKey::Admin(AdminId::parse("admin-1").unwrap());
    for kind in [
        HintKind::Message,
        HintKind::Conversation,
        HintKind::Read,
        HintKind::Typing { typist: user, side: Side::User, is_typing: true },
        HintKind::Typing { typist: admin, side: Side::Admin, is_typing: false },
    ] {
        let hint = Hint { conversation_id: id, kind, seq: 7 };
        one.nats.announce(hint.clone());
        assert_eq!(other.next_about(&[id]).await, hint);
        other.nats.announce(hint.clone());
        assert_eq!(one.next_about(&[id]).await, hint);
    }
}

#[tokio::test]
async fn nodes_do_not_hear_themselves() {
    let url = shared_server!();
    let (mut one, mut other) = (Node::connected(&url).await, Node::connected(&url).await);
    let id = conversation();
    one.announce(id, 1);
    assert_eq!(other.next_about(&[id]).await, message(id, 1));
    other.announce(id, 2);
    assert_eq!(one.next_about(&[id]).await, message(id, 2));
}

#[tokio::test]
async fn a_thousand_hints_about_one_conversation_arrive_as_few() {
    let url = shared_server!();
    let (one, mut other) = (Node::connected(&url).await, Node::connected(&url).await);
    let (id, last) = (conversation(), conversation());
    for seq in 1..=1_000 {
        one.announce(id, seq);
    }
    one.announce(last, 1);
    let mut seqs = Vec::new();
    loop {
        let hint = other.next_about(&[id, last]).await;
        if hint.conversation_id == last {
            break;
        }
        seqs.push(hint.seq);
    }
    assert!(seqs.len() < 10, "{} hints", seqs.len());
    assert!(seqs.is_sorted());
    assert_eq!(seqs.last(), Some(&1_000));
}

#[tokio::test]
async fn what_is_no_hint_is_passed_over() {
    let url = shared_server!();
    let mut node = Node::connected(&url).await;
    let stranger = async_nats::connect(&url).await.unwrap();
    let (id, other) = (conversation(), conversation());
    let json = |seq: i64| format!(r#"{{"conversationId":"{id}","kind":"message","seq":{seq}}}"#);
    let on = |id| format!("support.conversation.{id}");
    stranger.publish(on(id), vec![0, 159, 146, 150].into()).await.unwrap();
    stranger.publish(on(id), "{}".into()).await.unwrap();
    stranger.publish(on(id), (json(1) + &" ".repeat(100_000)).into()).await.unwrap();
    stranger.publish(on(other), json(2).into()).await.unwrap();
    stranger.publish("support.conversation.x".to_owned(), json(3).into()).await.unwrap();
    stranger.publish(on(id), json(4).into()).await.unwrap();
    assert_eq!(node.next_about(&[id, other]).await, message(id, 4));
}

#[tokio::test]
async fn hints_that_a_node_did_not_take_are_told_as_restored() {
    let url = shared_server!();
    let one = Node::connected(&url).await;
    let (signals, mut receiver) = mpsc::channel(1);
    let _nats = Nats::start(&url, signals).unwrap();
    let mut next = async || patiently(receiver.recv()).await.unwrap();
    assert_eq!(next().await, Signal::Restored);
    for seq in 1..=100 {
        one.announce(conversation(), seq);
    }
    while next().await != Signal::Restored {}
}
