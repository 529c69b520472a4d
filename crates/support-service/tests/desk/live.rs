//! Two nodes on one database: what one commits, the other's followers are told, by hints or without them.

use std::sync::Arc;
use std::time::Duration;

use bytestring::ByteString;
use support_domain::{PrincipalKey, Side};
use support_rbac::{AdminRole, Caller, policy::action};
use support_realtime::fan_out::{FanOut, Hint, InProcess, Signal};
use support_realtime::queue::{QueueLimits, Topic};
use support_realtime::{Encode, Event, Hub, Subscriber};
use support_service::{FollowConversation, Ports, Realtime, ServiceError};
use tokio::sync::mpsc;

use crate::harness::{Desk, admin, driver, granted, message};

#[derive(Debug)]
struct Plain;

impl Encode for Plain {
    fn encode(&self, event: &Event<'_>, _: Side) -> ByteString {
        match event {
            Event::MessagePosted { message, .. } => format!("message {}", message.seq),
            Event::ConversationUpdated { conversation } => format!("update {}", conversation.last_seq),
            Event::MessagesRead { up_to_seq, .. } => format!("read {up_to_seq}"),
            Event::Typing(typing) => format!("typing {}", typing.is_typing),
        }
        .into()
    }
}

/// Hands every hint to another node, as a network would.
#[derive(Debug)]
struct Wire(mpsc::Sender<Signal>);

impl FanOut for Wire {
    fn announce(&self, hint: Hint) {
        let _ = self.0.try_send(Signal::Hint(hint));
    }

    fn is_connected(&self) -> bool {
        true
    }
}

/// Far longer than any test: what comes, comes by hints.
const NEVER: Duration = Duration::from_secs(100_000);

fn realtime(fan_out: Arc<dyn FanOut>) -> Ports {
    let hub = Hub::new(Arc::new(Plain), QueueLimits::default());
    Ports { realtime: Realtime { hub, fan_out }, ..Ports::default() }
}

/// A desk where people write, and a second node on its database that is kept in step.
fn two_nodes(hints: bool, every: Duration) -> (Desk, Desk) {
    let (sender, signals) = mpsc::channel(100);
    let wire: Arc<dyn FanOut> = if hints { Arc::new(Wire(sender)) } else { Arc::new(InProcess) };
    let here = Desk::start(realtime(wire));
    let there = here.another_node(realtime(Arc::new(InProcess)));
    let service = there.service.clone();
    tokio::spawn(async move { service.keep_in_step(signals, every).await });
    (here, there)
}

fn connect(desk: &Desk, caller: &Arc<Caller>) -> Subscriber {
    desk.service.hub().connect(caller.principal.key(), caller.principal.side())
}

async fn follow(desk: &Desk, caller: &Arc<Caller>, id: support_domain::ConversationId) -> Subscriber {
    let subscriber = connect(desk, caller);
    let command = FollowConversation { conversation_id: id, after_seq: None };
    let context = granted::<action::ListMessages>(caller);
    desk.service.follow_conversation(&context, &subscriber, command).await.unwrap();
    subscriber
}

async fn next(subscriber: &Subscriber) -> String {
    let next = tokio::time::timeout(Duration::from_secs(60), subscriber.queue().next());
    next.await.unwrap().unwrap().frame.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_cross_in_order_by_hints() {
    let (here, there) = two_nodes(true, NEVER);
    let (writer, reader) = (driver("driver-1"), admin(AdminRole::SuperAdmin, None));
    let opened = here.open(&writer).await;
    let follower = follow(&there, &reader, opened.conversation.id).await;
    for _ in 0..300 {
        here.service
            .send_message(&granted::<action::SendMessage>(&writer), message(opened.conversation.id))
            .await
            .unwrap();
    }
    for seq in 2..=301 {
        assert_eq!(next(&follower).await, format!("message {seq}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_hints_a_sweep_finds_it_for_rooms_and_inboxes() {
    let (here, there) = two_nodes(false, Duration::from_millis(50));
    let (writer, reader) = (driver("driver-1"), admin(AdminRole::SuperAdmin, None));
    let opened = here.open(&writer).await;
    let (follower, watcher) = (follow(&there, &reader, opened.conversation.id).await, connect(&there, &reader));
    there.service.watch_inbox(&granted::<action::ListConversations>(&reader), &watcher);
    here.service.send_message(&granted::<action::SendMessage>(&writer), message(opened.conversation.id)).await.unwrap();
    assert_eq!(next(&follower).await, "message 2");
    // What was so before the watch began may be told or not; the new state is.
    while next(&watcher).await != "update 2" {}
    here.service.mark_read(&granted::<action::MarkRead>(&reader), opened.conversation.id, 2).await.unwrap();
    assert_eq!(next(&follower).await, "read 2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typing_crosses_and_is_not_told_to_the_typist() {
    let (here, there) = two_nodes(true, NEVER);
    let (writer, reader) = (driver("driver-1"), admin(AdminRole::SuperAdmin, None));
    let opened = here.open(&writer).await;
    let id = opened.conversation.id;
    let (own, follower) = (follow(&there, &writer, id).await, follow(&there, &reader, id).await);
    here.service.show_typing(&granted::<action::SendMessage>(&writer), id, true).await.unwrap();
    here.service.send_message(&granted::<action::SendMessage>(&writer), message(id)).await.unwrap();
    assert_eq!(next(&follower).await, "typing true");
    assert_eq!(next(&own).await, "message 2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_see_a_conversation_is_not_in_its_room() {
    let (here, _) = two_nodes(false, NEVER);
    let opened = here.open(&driver("driver-1")).await;
    let stranger = driver("driver-2");
    let subscriber = connect(&here, &stranger);
    let command = FollowConversation { conversation_id: opened.conversation.id, after_seq: Some(0) };
    let context = granted::<action::ListMessages>(&stranger);
    let refused = here.service.follow_conversation(&context, &subscriber, command).await;
    assert!(matches!(refused, Err(ServiceError::NotFound)), "{refused:?}");
    assert_eq!(here.service.hub().rooms(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_hangs_up_does_not_keep_others_from_being_told() {
    let (here, _) = two_nodes(false, NEVER);
    let (writer, reader) = (driver("driver-1"), admin(AdminRole::SuperAdmin, None));
    let opened = here.open(&writer).await;
    let follower = follow(&here, &reader, opened.conversation.id).await;
    let context = granted::<action::SendMessage>(&writer);
    let mut sending = Box::pin(here.service.send_message(&context, message(opened.conversation.id)));
    // It has begun, and nobody waits for its end.
    assert!(futures_util::FutureExt::now_or_never(&mut sending).is_none());
    drop(sending);
    let told = tokio::time::timeout(Duration::from_secs(60), follower.queue().next()).await.unwrap().unwrap();
    assert_eq!(told.topic, Topic::Message { seq: 2 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_speaks_for_its_caller_once() {
    let (here, there) = two_nodes(false, NEVER);
    let caller = admin(AdminRole::SupportAdmin, None);
    let ticket = here.service.issue_ticket(&caller).await.unwrap().ticket;
    assert_eq!(there.service.redeem_ticket(&ticket).await.unwrap(), Some(Arc::clone(&caller)));
    for used in [ticket.as_str(), "", "unknown", &"x".repeat(10_000)] {
        assert_eq!(here.service.redeem_ticket(used).await.unwrap(), None);
    }
    assert!(matches!(caller.principal.key(), PrincipalKey::Admin(_)));
}
