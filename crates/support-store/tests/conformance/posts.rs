//! Posts: many messages in one statement, each kept once or not at all. SQLite declines them all, which one test says;
//! the others are about PostgreSQL.

mod alone;

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use futures_util::future::join_all;
use support_domain::visibility::Scope;
use support_domain::{
    AuditLogId, AuditLogRecord, Author, ConversationId, CountryCode, MessageContent, SupportConversation,
    SupportMessage, UserId, UserType, Visibility,
};
use support_store::{Post, PostAddress, Store, StoreConfig, StoreError};

use crate::harness::{Opening, TestDesk, admin, at, driver, everything};
use crate::wire::{Cut, Wire};

/// A desk on PostgreSQL, and an address to it for a test's own statements.
fn desk() -> Option<(Arc<TestDesk>, PgConnection)> {
    let desk = TestDesk::postgres()?;
    let address = desk.postgres_address();
    Some((Arc::new(desk), PgConnection::establish(&address).unwrap()))
}

fn address(id: ConversationId) -> PostAddress {
    PostAddress { visibility: everything(), conversation_id: id, key: None }
}

fn record(desk: &TestDesk, message: &SupportMessage) -> AuditLogRecord {
    AuditLogRecord {
        id: AuditLogId(desk.message_id().0),
        created_at: message.created_at,
        actor_id: message.author.sender_id().map(ToOwned::to_owned),
        actor_email: String::new(),
        actor_role: "driver".to_owned(),
        ip_address: None,
        user_agent: Some("test".to_owned()),
        country_code: None,
        action_type: "SUPPORT_MESSAGE_SENT".to_owned(),
        entity_type: "support_conversation".to_owned(),
        entity_id: Some(message.conversation_id.to_string()),
        description: "User sent a message".to_owned(),
        metadata: Some(serde_json::json!({ "seq": message.seq })),
        success: true,
        environment: "test".to_owned(),
    }
}

/// Decides to post words to a conversation as it stands, and notes how often it was asked.
fn words(
    desk: &Arc<TestDesk>,
    author: Author,
    text: &str,
    key: Option<&str>,
) -> impl FnMut(&SupportConversation) -> Option<(Post, SupportMessage)> + Send + use<> {
    let (draft, system, desk) = (desk.draft(text, key), desk.message_id(), Arc::clone(desk));
    move |stands| {
        let outcome = stands.clone().post(author.clone(), draft.clone(), system, at(5_000)).ok()?;
        let message = outcome.messages[0].clone();
        let audit_logs = vec![record(&desk, &message)];
        let post = Post { conversation: outcome.conversation, messages: outcome.messages, audit_logs, deliver: true };
        Some((post, message))
    }
}

async fn post(desk: &Arc<TestDesk>, id: ConversationId, text: &str, key: Option<&str>) -> Option<SupportMessage> {
    post_at(&desk.store, desk, id, text, key).await
}

async fn post_at(
    store: &Store,
    desk: &Arc<TestDesk>,
    id: ConversationId,
    text: &str,
    key: Option<&str>,
) -> Option<SupportMessage> {
    let keyed = key.map(|key| (driver(), support_domain::ClientMessageId::parse(key).unwrap()));
    let address = PostAddress { key: keyed, ..address(id) };
    store.post(address, words(desk, driver(), text, key)).await.unwrap()
}

async fn post_to(
    store: &Store,
    desk: &Arc<TestDesk>,
    id: ConversationId,
    text: &str,
) -> Result<Option<SupportMessage>, StoreError> {
    store.post(address(id), words(desk, driver(), text, None)).await
}

async fn seqs(desk: &TestDesk, id: ConversationId) -> Vec<i64> {
    let conversation = desk.get(everything(), id).await.unwrap();
    let messages = desk.messages(&conversation).await;
    assert_eq!(conversation.last_seq, i64::try_from(messages.len()).unwrap());
    assert!(messages.iter().map(|message| message.created_at).is_sorted());
    messages.iter().map(|message| message.seq).collect()
}

/// A store whose one thread is held up in a first post, so that all that is posted meanwhile shares the next statement.
struct Held {
    store: Store,
    first: tokio::task::JoinHandle<Result<Option<SupportMessage>, StoreError>>,
    release: std::sync::mpsc::Sender<()>,
}

impl Held {
    async fn start(desk: &Arc<TestDesk>, queue_length: usize) -> Self {
        let time_limit = Duration::from_secs(60);
        let config = StoreConfig { writers: 1, queue_length, time_limit, ..StoreConfig::new(desk.url.clone()) };
        let store = Store::open(&config).unwrap();
        let id = desk.open_conversation(Opening::default()).await.id;
        let (entered, is_in) = tokio::sync::oneshot::channel();
        let (release, held) = std::sync::mpsc::channel();
        let (mut entered, mut decide) = (Some(entered), words(desk, driver(), "words", None));
        let first = tokio::spawn({
            let store = store.clone();
            async move {
                let holding = move |stands: &SupportConversation| {
                    if let Some(entered) = entered.take() {
                        entered.send(()).unwrap();
                        held.recv().unwrap();
                    }
                    decide(stands)
                };
                store.post(address(id), holding).await
            }
        });
        is_in.await.unwrap();
        Self { store, first, release }
    }

    /// Lets the thread go on once all of these wait, and returns what comes of them.
    async fn together<T>(self, posts: Vec<impl Future<Output = T>>) -> Vec<T> {
        let mut all = std::pin::pin!(join_all(posts));
        assert!(futures_util::poll!(&mut all).is_pending());
        self.release.send(()).unwrap();
        let results = all.await;
        assert!(self.first.await.unwrap().unwrap().is_some());
        results
    }
}

fn count(conn: &mut PgConnection, sql: &str) -> i64 {
    diesel::select(diesel::dsl::sql::<BigInt>(sql)).get_result(conn).unwrap()
}

const LOGS: &str = "(SELECT count(*) FROM support_chat.support_audit_logs)";

#[tokio::test]
async fn sqlite_declines() {
    let desk = Arc::new(TestDesk::sqlite());
    let conversation = desk.open_conversation(Opening::default()).await;
    assert_eq!(post(&desk, conversation.id, "words", None).await, None);
    assert_eq!(seqs(&desk, conversation.id).await, [1]);
}

#[tokio::test]
async fn a_post_is_kept_as_it_was_decided_with_its_record() {
    let Some((desk, mut conn)) = desk() else { return };
    let conversation = desk.open_conversation(Opening::default()).await;
    let message = post(&desk, conversation.id, "a < b \u{9ad}\nsecond line", Some("key-1")).await.unwrap();
    let now = desk.get(everything(), conversation.id).await.unwrap();
    assert_eq!(desk.messages(&now).await[1], message);
    assert_eq!((now.last_seq, now.user_side_count, now.last_message_at), (2, 2, at(5_000)));
    assert_eq!(now.last_message_preview, message.content.preview());
    let pending = desk.store.read::<_, StoreError, _>(|reader| reader.list_pending_audit_logs(10)).await.unwrap();
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0].metadata, Some(serde_json::json!({ "seq": 2 })));
    assert_eq!(pending[0].user_agent.as_deref(), Some("test"));
    assert_eq!(count(&mut conn, LOGS), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_one_node_every_post_is_kept_as_it_was_acknowledged() {
    let Some((desk, mut conn)) = desk() else { return };
    let mut conversations = Vec::new();
    for _ in 0..3 {
        conversations.push(desk.open_conversation(Opening::default()).await.id);
    }
    let tasks: Vec<_> = (0..24)
        .map(|number: usize| {
            let (desk, id) = (Arc::clone(&desk), conversations[number % 3]);
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for turn in 0..10 {
                    acknowledged.push(post(&desk, id, &format!("{number}-{turn}"), None).await.unwrap());
                }
                assert!(acknowledged.is_sorted_by_key(|message| message.seq));
                acknowledged
            })
        })
        .collect();
    let mut acknowledged = Vec::new();
    for task in tasks {
        acknowledged.extend(task.await.unwrap());
    }
    acknowledged.sort_by_key(|message| (message.conversation_id, message.seq));
    let mut kept = Vec::new();
    for id in conversations {
        let conversation = desk.get(everything(), id).await.unwrap();
        assert_eq!((conversation.last_seq, conversation.user_side_count), (81, 81));
        kept.extend(desk.messages(&conversation).await.into_iter().filter(|message| message.seq > 1));
    }
    kept.sort_by_key(|message| (message.conversation_id, message.seq));
    assert_eq!(acknowledged, kept);
    assert_eq!(count(&mut conn, LOGS), 240);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posts_and_transactions_of_two_nodes_leave_no_gap() {
    let Some((desk, mut conn)) = desk() else { return };
    let other = Arc::new(desk.another_node());
    let mut conversations = Vec::new();
    for _ in 0..3 {
        conversations.push(desk.open_conversation(Opening::default()).await.id);
    }
    let tasks: Vec<_> = (0..24)
        .map(|number: usize| {
            let desk = Arc::clone(if number.is_multiple_of(2) { &desk } else { &other });
            let id = conversations[number % 3];
            tokio::spawn(async move {
                for turn in 0..10 {
                    let posted = match (number + turn) % 4 {
                        0 => None,
                        _ => post(&desk, id, "words", Some(&format!("{number}-{turn}"))).await,
                    };
                    if posted.is_none() {
                        desk.post(id, admin(), "locked", at(5_000)).await.unwrap();
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for id in conversations {
        assert_eq!(seqs(&desk, id).await, (1..=81).collect::<Vec<_>>());
    }
    let posted = "(SELECT count(*) FROM support_chat.support_messages WHERE client_message_id IS NOT NULL)";
    assert_eq!(
        count(&mut conn, LOGS),
        count(&mut conn, posted),
        "a record for each post, and none for what was not kept"
    );
    assert!(count(&mut conn, posted) > 0, "some of them are kept in this way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_key_is_declined_and_costs_no_number() {
    let Some((desk, _)) = desk() else { return };
    let id = desk.open_conversation(Opening::default()).await.id;
    assert_eq!(post(&desk, id, "words", Some("key-1")).await.unwrap().seq, 2);
    let held = Held::start(&desk, 100).await;
    let store = held.store.clone();
    let keys: Vec<String> =
        (0..20).map(|number| if number % 2 == 0 { "key-1".to_owned() } else { format!("new-{number}") }).collect();
    let posts = keys.iter().map(|key| post_at(&store, &desk, id, "words", Some(key))).collect();
    let mut kept = 0;
    for (number, posted) in held.together(posts).await.into_iter().enumerate() {
        assert!(!(posted.is_some() && number % 2 == 0), "a key that was used is declined");
        kept += i64::from(posted.is_some());
    }
    assert_eq!(kept, 10);
    assert_eq!(seqs(&desk, id).await, (1..=12).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_new_key_at_once_is_kept_once() {
    let Some((desk, _)) = desk() else { return };
    let id = desk.open_conversation(Opening::default()).await.id;
    let held = Held::start(&desk, 100).await;
    let store = held.store.clone();
    let posts = (0..20).map(|_| post_at(&store, &desk, id, "words", Some("key-1"))).collect();
    let kept = held.together(posts).await.into_iter().flatten().count();
    assert_eq!((kept, seqs(&desk, id).await), (1, vec![1, 2]));
}

#[tokio::test]
async fn what_another_node_has_changed_is_seen() {
    let Some((desk, _)) = desk() else { return };
    let id = desk.open_conversation(Opening::default()).await.id;
    post(&desk, id, "words", None).await.unwrap();
    // Behind this node's back.
    let other = desk.another_node();
    other.post(id, admin(), "from elsewhere", at(9_000)).await.unwrap();
    let message = post(&desk, id, "words", None).await.unwrap();
    assert_eq!((message.seq, message.created_at), (4, at(9_000)));
    assert_eq!(seqs(&desk, id).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn what_does_not_exist_for_the_sender_is_declined() {
    let Some((desk, _)) = desk() else { return };
    let id = desk.open_conversation(Opening::default()).await.id;
    post(&desk, id, "words", None).await.unwrap();
    let stranger = Scope::Owner(UserId::parse("driver-2").unwrap(), UserType::Driver);
    let namesake = Scope::Owner(UserId::parse("driver-1").unwrap(), UserType::Customer);
    for scope in [stranger, namesake, Scope::Countries(vec![CountryCode::UnitedStates]), Scope::Countries(vec![])] {
        let address = PostAddress { visibility: Visibility::of(scope), ..address(id) };
        let posted = desk.store.post(address, words(&desk, driver(), "words", None)).await.unwrap();
        assert_eq!(posted, None);
    }
    let unknown = ConversationId(desk.message_id().0);
    assert_eq!(post(&desk, unknown, "words", None).await, None);
    assert_eq!(seqs(&desk, id).await, [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_database_refuses_spoils_nothing_for_others() {
    let Some((desk, _)) = desk() else { return };
    let (good, bad) =
        (desk.open_conversation(Opening::default()).await.id, desk.open_conversation(Opening::default()).await.id);
    let held = Held::start(&desk, 100).await;
    let posts = (0..20).map(|number| {
        let (store, desk) = (held.store.clone(), Arc::clone(&desk));
        async move {
            if number % 5 != 0 {
                return post_at(&store, &desk, good, "words", None).await.is_some();
            }
            // A zero byte is nothing that a text column takes.
            let mut decide = words(&desk, driver(), "words", None);
            let spoilt = move |stands: &SupportConversation| {
                let (mut post, message) = decide(stands)?;
                post.messages[0].content = MessageContent::from_stored("\0".to_owned(), "\0".to_owned());
                Some((post, message))
            };
            store.post(address(bad), spoilt).await.unwrap().is_some()
        }
    });
    let posts = posts.collect();
    for (number, is_kept) in held.together(posts).await.into_iter().enumerate() {
        assert_eq!(is_kept, number % 5 != 0);
    }
    assert_eq!(seqs(&desk, good).await, (1..=17).collect::<Vec<_>>());
    assert_eq!(seqs(&desk, bad).await, [1]);
}

#[tokio::test]
async fn a_decision_that_panics_or_changes_more_than_a_post_may_is_declined() {
    let Some((desk, _)) = desk() else { return };
    let id = desk.open_conversation(Opening::default()).await.id;
    let panics = |_: &SupportConversation| -> Option<(Post, ())> { panic!("on purpose") };
    assert_eq!(desk.store.post(address(id), panics).await.unwrap(), None);
    let mut decide = words(&desk, driver(), "words", None);
    let overreaching = move |stands: &SupportConversation| {
        let (mut post, message) = decide(stands)?;
        post.conversation.assigned_admin_id = Some(support_domain::AdminId::parse("admin-9").unwrap());
        Some((post, message))
    };
    assert_eq!(desk.store.post(address(id), overreaching).await.unwrap(), None);
    assert_eq!(post(&desk, id, "words", None).await.unwrap().seq, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_held_elsewhere_holds_up_only_its_own_conversation() {
    let Some((desk, mut conn)) = desk() else { return };
    let (held, free) =
        (desk.open_conversation(Opening::default()).await.id, desk.open_conversation(Opening::default()).await.id);
    conn.batch_execute("BEGIN").unwrap();
    let lock = format!("SELECT FROM support_chat.support_conversations WHERE id = '{}' FOR UPDATE", held.0);
    conn.batch_execute(&lock).unwrap();
    let thread = Held::start(&desk, 100).await;
    let store = thread.store.clone();
    let posts = [held, free, held, free].map(|id| {
        let (store, desk) = (store.clone(), Arc::clone(&desk));
        async move { post_at(&store, &desk, id, "words", None).await.map(|message| message.seq) }
    });
    assert_eq!(thread.together(posts.into()).await, [None, Some(2), None, Some(3)]);
    conn.batch_execute("ROLLBACK").unwrap();
    assert_eq!(post_at(&store, &desk, held, "words", None).await.unwrap().seq, 2);
}

#[tokio::test]
async fn who_has_given_up_is_not_kept_later() {
    let Some((desk, mut conn)) = desk() else { return };
    let id = desk.open_conversation(Opening::default()).await.id;
    let time_limit = Duration::from_millis(500);
    let config = StoreConfig { writers: 1, time_limit, ..StoreConfig::new(desk.url.clone()) };
    let store = Store::open(&config).unwrap();
    // Whoever holds the thread goes on only after the other one was told that it took too long.
    let (entered, is_in) = tokio::sync::oneshot::channel();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let mut entered = Some(entered);
    let holding = tokio::spawn({
        let store = store.clone();
        async move {
            let decide = move |_: &SupportConversation| -> Option<(Post, ())> {
                entered.take()?.send(()).unwrap();
                held.recv().unwrap();
                None
            };
            store.post(address(id), decide).await
        }
    });
    is_in.await.unwrap();
    let late = post_to(&store, &desk, id, "words").await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    release.send(()).unwrap();
    assert!(holding.await.unwrap().is_err(), "it took too long as well");
    // Behind both in the queue, and so after them.
    let next = loop {
        match post_to(&store, &desk, id, "next words").await {
            Ok(posted) => break posted.unwrap(),
            Err(StoreError::Unavailable(_)) => {}
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!((next.seq, seqs(&desk, id).await), (2, vec![1, 2]));
    assert_eq!(count(&mut conn, LOGS), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_given_up_while_there_was_no_connection_is_not_kept_by_the_next_one() {
    let Some((desk, mut conn)) = desk() else { return };
    let id = desk.open_conversation(Opening::default()).await.id;
    let wire = Wire::start(&desk.postgres_address());
    let time_limit = Duration::from_millis(500);
    let store = Store::open(&StoreConfig { writers: 1, time_limit, ..StoreConfig::new(wire.url.clone()) }).unwrap();
    wire.hold(true);
    let late = post_to(&store, &desk, id, "words").await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    wire.hold(false);
    let next = loop {
        match post_to(&store, &desk, id, "next words").await {
            Ok(posted) => break posted.unwrap(),
            Err(StoreError::Unavailable(_)) => {}
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!((next.seq, seqs(&desk, id).await), (2, vec![1, 2]));
    assert_eq!(count(&mut conn, LOGS), 1);
}

#[tokio::test]
async fn a_connection_that_was_ended_is_replaced() {
    let Some((desk, mut conn)) = desk() else { return };
    let id = desk.open_conversation(Opening::default()).await.id;
    for seq in 2..6 {
        assert_eq!(post(&desk, id, "words", None).await.unwrap().seq, seq);
        let ended = count(
            &mut conn,
            "(SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() \
             AND pid <> pg_backend_pid())",
        );
        assert!(ended > 0);
    }
    assert_eq!(seqs(&desk, id).await, (1..=5).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_lost_answer_is_found_and_a_lost_question_asked_again() {
    let Some((desk, mut conn)) = desk() else { return };
    let id = desk.open_conversation(Opening::default()).await.id;
    let wire = Wire::start(&desk.postgres_address());
    let config = StoreConfig { time_limit: Duration::from_secs(60), ..StoreConfig::new(wire.url.clone()) };
    let store = Store::open(&config).unwrap();
    for (number, cut) in [None, Some(Cut::Answer), Some(Cut::Question), None, Some(Cut::Answer)].into_iter().enumerate()
    {
        wire.cut_next(cut);
        let seq = i64::try_from(number).unwrap() + 2;
        let key = (number % 2 == 0).then(|| format!("key-{number}"));
        let message = post_at(&store, &desk, id, "words", key.as_deref()).await.unwrap();
        assert_eq!(message.seq, seq, "{cut:?}");
        let kept = desk.messages(&desk.get(everything(), id).await.unwrap()).await;
        assert_eq!(kept.last(), Some(&message), "{cut:?}");
    }
    assert_eq!(seqs(&desk, id).await, (1..=6).collect::<Vec<_>>());
    assert_eq!((count(&mut conn, LOGS), wire.cuts()), (5, 3));
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let Some((desk, mut conn)) = desk() else { return };
    let id = desk.open_conversation(Opening::default()).await.id;
    let held = Held::start(&desk, 1).await;
    let store = held.store.clone();
    let posts = (0..2).map(|_| store.post(address(id), words(&desk, driver(), "words", None))).collect();
    let results = held.together(posts).await;
    assert!(matches!(results[..], [Ok(Some(_)), Err(StoreError::Unavailable(_))]), "{results:?}");
    assert_eq!(count(&mut conn, LOGS), 2);
}
