//! A message alone and messages together are kept by two statements, which have to come to the same.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use support_domain::ConversationId;

use super::{Held, desk, post, post_at, seqs};
use crate::harness::Opening;

/// All that is kept of the posts to that conversation, but for what names them.
fn kept_of(conn: &mut PgConnection, id: ConversationId) -> Vec<String> {
    let of = |table: &str, column: &str, without: &str, order: &str| {
        format!(
            "SELECT (to_jsonb(t) - '{{{without}}}'::text[])::text AS kept FROM support_chat.{table} t \
             WHERE {column} = '{}' ORDER BY {order}",
            id.0
        )
    };
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        kept: String,
    }
    [
        of("support_conversations", "id", "id", "id"),
        of("support_messages", "conversation_id", "id,conversation_id", "seq"),
        of("support_audit_logs", "entity_id", "id,entity_id", "id"),
    ]
    .into_iter()
    .flat_map(|sql| diesel::sql_query(sql).load::<Row>(conn).unwrap())
    .map(|row| row.kept)
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alone_and_together_the_same_is_kept() {
    let Some((desk, mut conn)) = desk() else { return };
    for (text, key) in [("a < b \u{9ad}\nsecond line", Some("key-1")), ("words", None)] {
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(desk.open_conversation(Opening::default()).await.id);
        }
        assert_eq!(post(&desk, ids[0], text, key).await.unwrap().seq, 2);
        let held = Held::start(&desk, 100).await;
        let store = held.store.clone();
        let posts = ids[1..].iter().map(|id| post_at(&store, &desk, *id, text, key)).collect();
        assert!(held.together(posts).await.iter().all(Option::is_some));
        let [alone, one, other] = [ids[0], ids[1], ids[2]].map(|id| kept_of(&mut conn, id));
        assert_eq!(alone.len(), 4, "a conversation, its opening, the message and its record");
        assert_eq!((&alone, &alone), (&one, &other));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alone_and_together_the_same_is_declined() {
    let Some((desk, mut conn)) = desk() else { return };
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(desk.open_conversation(Opening::default()).await.id);
        assert_eq!(post(&desk, ids[ids.len() - 1], "words", Some("key-1")).await.unwrap().seq, 2);
    }
    // Of each pair the first has its key used up, the second is locked.
    conn.batch_execute("BEGIN").unwrap();
    for id in [ids[1], ids[3]] {
        let lock = format!("SELECT FROM support_chat.support_conversations WHERE id = '{}' FOR UPDATE", id.0);
        conn.batch_execute(&lock).unwrap();
    }
    assert_eq!(post(&desk, ids[0], "words", Some("key-1")).await, None);
    assert_eq!(post(&desk, ids[1], "words", Some("key-2")).await, None);
    let held = Held::start(&desk, 100).await;
    let store = held.store.clone();
    let posts = vec![
        post_at(&store, &desk, ids[2], "words", Some("key-1")),
        post_at(&store, &desk, ids[3], "words", Some("key-2")),
    ];
    assert_eq!(held.together(posts).await, [None, None]);
    conn.batch_execute("ROLLBACK").unwrap();
    for id in ids {
        assert_eq!(seqs(&desk, id).await, [1, 2]);
    }
}
