//! Posts: many messages in one statement, each kept once or not at all. SQLite declines them all, which one test says;
//! the others are about PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use support_domain::visibility::Scope;
use support_domain::{
    AuditLogId, AuditLogRecord, Author, ConversationId, CountryCode, MessageContent, SupportConversation,
    SupportMessage, UserId, UserType, Visibility,
};
use support_store::{Post, PostAddress, Store, StoreConfig, StoreError};

use crate::harness::{Opening, TestDesk, admin, at, driver, everything};

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
    let keyed = key.map(|key| (driver(), support_domain::ClientMessageId::parse(key).unwrap()));
    let address = PostAddress { key: keyed, ..address(id) };
    desk.store.post(address, words(desk, driver(), text, key)).await.unwrap()
}

async fn seqs(desk: &TestDesk, id: ConversationId) -> Vec<i64> {
    let conversation = desk.get(everything(), id).await.unwrap();
    let messages = desk.messages(&conversation).await;
    assert_eq!(conversation.last_seq, i64::try_from(messages.len()).unwrap());
    assert!(messages.iter().map(|message| message.created_at).is_sorted());
    messages.iter().map(|message| message.seq).collect()
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
    assert!(count(&mut conn, posted) > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_key_is_declined_and_costs_no_number() {
    let Some((desk, _)) = desk() else { return };
    let id = desk.open_conversation(Opening::default()).await.id;
    assert_eq!(post(&desk, id, "words", Some("key-1")).await.unwrap().seq, 2);
    // Many at once, so that the repeated one shares a statement with others.
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let desk = Arc::clone(&desk);
            let key = if number % 2 == 0 { "key-1".to_owned() } else { format!("new-{number}") };
            tokio::spawn(async move { post(&desk, id, "words", Some(&key)).await.is_some() })
        })
        .collect();
    let mut kept = 0;
    for (number, task) in tasks.into_iter().enumerate() {
        let is_kept = task.await.unwrap();
        assert!(!(is_kept && number % 2 == 0), "a key that was used is declined");
        kept += i64::from(is_kept);
    }
    assert_eq!(kept, 10);
    assert_eq!(seqs(&desk, id).await, (1..=12).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_new_key_at_once_is_kept_once() {
    let Some((desk, _)) = desk() else { return };
    let id = desk.open_conversation(Opening::default()).await.id;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let desk = Arc::clone(&desk);
            tokio::spawn(async move { post(&desk, id, "words", Some("key-1")).await.is_some() })
        })
        .collect();
    let mut kept = 0;
    for task in tasks {
        kept += i64::from(task.await.unwrap());
    }
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
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let (desk, is_bad) = (Arc::clone(&desk), number % 5 == 0);
            tokio::spawn(async move {
                if !is_bad {
                    return post(&desk, good, "words", None).await.is_some();
                }
                // Zero bytes are nothing that a text column takes.
                let mut decide = words(&desk, driver(), "words", None);
                let spoilt = move |stands: &SupportConversation| {
                    let (mut post, message) = decide(stands)?;
                    post.messages[0].content = MessageContent::from_stored("\0".to_owned(), "\0".to_owned());
                    Some((post, message))
                };
                desk.store.post(address(bad), spoilt).await.unwrap().is_some()
            })
        })
        .collect();
    for (number, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap(), number % 5 != 0);
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
    post(&desk, held, "words", None).await.unwrap();
    conn.batch_execute("BEGIN").unwrap();
    conn.batch_execute(&format!(
        "SELECT id FROM support_chat.support_conversations WHERE id = '{}' FOR UPDATE",
        held.0
    ))
    .unwrap();
    let (to_held, to_free) = tokio::join!(post(&desk, held, "words", None), post(&desk, free, "words", None));
    assert_eq!((to_held, to_free.map(|message| message.seq)), (None, Some(2)));
    conn.batch_execute("ROLLBACK").unwrap();
    assert_eq!(post(&desk, held, "words", None).await.unwrap().seq, 3);
}

#[tokio::test]
async fn a_connection_that_was_ended_is_replaced_and_nothing_is_doubled() {
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
async fn a_full_queue_refuses_at_once() {
    let Some((desk, mut conn)) = desk() else { return };
    let config = StoreConfig {
        writers: 1,
        queue_length: 1,
        time_limit: Duration::from_secs(60),
        ..StoreConfig::new(desk.url.clone())
    };
    let store = Store::open(&config).unwrap();
    let id = desk.open_conversation(Opening::default()).await.id;
    // The one thread is held up in the first, the second fills the queue, the third is too many.
    let (entered, is_in) = tokio::sync::oneshot::channel();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (mut entered, mut decide) = (Some(entered), words(&desk, driver(), "words", None));
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
    let second = store.post(address(id), words(&desk, driver(), "words", None));
    let third = store.post(address(id), words(&desk, driver(), "words", None));
    let (second, third) = tokio::join!(biased; second, async {
        let refused = third.await;
        release.send(()).unwrap();
        refused
    });
    assert!(matches!(third, Err(StoreError::Unavailable(_))), "{third:?}");
    assert!(first.await.unwrap().unwrap().is_some() && second.unwrap().is_some());
    assert_eq!(count(&mut conn, LOGS), 2);
}
