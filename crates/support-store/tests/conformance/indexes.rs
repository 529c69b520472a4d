//! On aged data each list of PostgreSQL is served by its index, and no table is read as a whole.

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use support_domain::{AdminId, ConversationStatus, CountryCode, UserType, Visibility};
use support_store::{
    AssignedTo, ConversationFilter, DatabaseUrl, OldConversations, PageRequest, PageStart, Position, StoreError,
};

use crate::harness::{Opening, TestDesk, at, countries, everything, owned_by};

/// Nine in ten are closed and assigned, as on a desk that has been at work for years.
const AGED: &str = "
    INSERT INTO support_chat.support_conversations
        (id, created_at, updated_at, status, subject, priority, last_message_at, last_message_preview, user_id, user_type,
         country_code, assigned_admin_id, last_seq, user_side_count, user_read_seq, user_seen_count, admin_read_seq,
         admin_seen_count, version, metadata)
    SELECT gen_random_uuid(), moment, moment, CASE WHEN n % 10 = 0 THEN 'open' ELSE 'closed' END,
           'Subject ' || md5(n::text), 'normal', moment, '', 'user-' || n % 5000, 'driver',
           CASE WHEN n % 50 = 0 THEN 'US' ELSE 'BD' END, CASE WHEN n % 10 = 0 THEN NULL ELSE 'admin-' || n % 40 END,
           0, 0, 0, 0, 0, 0, 1, '{}'
      FROM (SELECT n, timestamptz '2023-10-01' + n * interval '1 minute' AS moment FROM generate_series(1, 40000) n) AS numbers;
    INSERT INTO support_chat.support_conversation_search
    SELECT id, lower(subject), (SELECT array_agg(DISTINCT substr(lower(subject), i, 3)) FROM generate_series(1, length(subject) - 2) i)
      FROM support_chat.support_conversations;
    VACUUM ANALYZE support_chat.support_conversations;
    VACUUM ANALYZE support_chat.support_conversation_search;";

#[derive(QueryableByName)]
struct Scans {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    scans: i64,
}

/// How often each index was used, and each table read as a whole.
fn scans(conn: &mut PgConnection) -> BTreeMap<String, i64> {
    let rows: Vec<Scans> = diesel::sql_query(
        "SELECT indexrelname::text AS name, idx_scan AS scans FROM pg_stat_user_indexes WHERE schemaname = 'support_chat'
         UNION ALL SELECT 'whole ' || relname, seq_scan FROM pg_stat_user_tables
         WHERE schemaname = 'support_chat' AND relname LIKE 'support_conversation%'",
    )
    .load(conn)
    .unwrap();
    rows.into_iter().map(|row| (row.name, row.scans)).collect()
}

/// A desk on aged data, and a connection past it.
fn aged() -> Option<(TestDesk, PgConnection)> {
    let desk = TestDesk::postgres()?;
    let DatabaseUrl::Postgres(url) = &desk.url else { unreachable!() };
    let mut conn = PgConnection::establish(url).unwrap();
    for statement in AGED.split_inclusive(';') {
        conn.batch_execute(statement).unwrap();
    }
    Some((desk, conn))
}

/// Demands that what was done since then has used one of these indexes, and read no table as a whole.
async fn used(desk: &TestDesk, conn: &mut PgConnection, before: &BTreeMap<String, i64>, indexes: &[&str], what: &str) {
    let is_used = |now: &BTreeMap<String, i64>| indexes.iter().any(|index| now[*index] > before[*index]);
    // A connection makes its counts known with a later statement, once a second.
    let mut now = scans(conn);
    for _ in 0..400 {
        if is_used(&now) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        desk.store.read::<_, StoreError, _>(|reader| reader.list_revoked_tokens(at(0))).await.unwrap();
        now = scans(conn);
    }
    assert!(is_used(&now), "{what} did not use its index");
    for (name, scans) in now.iter().filter(|(name, _)| name.starts_with("whole ")) {
        assert_eq!(*scans, before[name], "{what}: {name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_conversations_among_aged_data_are_found_by_an_index_of_the_lists() {
    let Some((desk, mut conn)) = aged() else { return };
    let rare = (CountryCode::UnitedStates, ConversationStatus::Open);
    for (country, status) in [(CountryCode::Bangladesh, ConversationStatus::Closed), rare] {
        let old = OldConversations { country, status, before: at(0) };
        let before = scans(&mut conn);
        let found = desk
            .store
            .write::<_, StoreError, _>(move |transaction| transaction.lock_old_conversations(&old, None, 100))
            .await
            .unwrap();
        assert_eq!(found.len(), 100, "{country} {status}");
        let behind = Some(found[99].position);
        let next = desk.store.read::<_, StoreError, _>(move |reader| reader.list_old_conversations(&old, behind, 100));
        assert_eq!(next.await.unwrap().len(), 100);
        // Where nearly all are closed, the one without the status does as well.
        let indexes = ["support_conversations_by_status", "support_conversations_by_country"];
        used(&desk, &mut conn, &before, &indexes, "a purge").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_on_aged_data_are_served_by_their_indexes() {
    let Some((desk, mut conn)) = aged() else { return };
    let one = desk.open_conversation(Opening { at: at(0), ..Opening::default() }).await;
    let middle = Position { at: at(-2_900_000_000), id: one.id };
    let after = Some(PageStart { after: middle, began: at(0), cut: at(0), listed: vec![one.id] });
    let all = ConversationFilter::default;
    let open = ConversationFilter { status: Some(ConversationStatus::Open), ..all() };
    let nobody = ConversationFilter { assigned: Some(AssignedTo::Nobody), ..all() };
    let mine = ConversationFilter { assigned: Some(AssignedTo::Admin(AdminId::parse("admin-7").unwrap())), ..all() };
    let text = ConversationFilter { subject_contains: Some("c4ca4238".to_owned()), ..all() };
    let cases: [(&str, Visibility, ConversationFilter); 7] = [
        ("support_conversations_by_country", everything(), all()),
        ("support_conversations_by_country", countries(&[CountryCode::UnitedStates]), all()),
        ("support_conversations_by_status", everything(), open),
        ("support_conversations_unassigned", everything(), nobody),
        ("support_conversations_by_admin", everything(), mine),
        ("support_conversations_by_user", owned_by("user-77", UserType::Driver), all()),
        ("support_conversation_search_by_grams", everything(), text),
    ];
    for (index, visibility, filter) in cases {
        for start in [None, after.clone()] {
            let before = scans(&mut conn);
            let (what, page) =
                (format!("{index} {filter:?} {start:?}"), PageRequest { limit: 50, start: start.clone() });
            let (visibility, filter) = (visibility.clone(), filter.clone());
            desk.store
                .read_snapshot::<_, StoreError, _>(move |reader| reader.list_conversations(&visibility, &filter, &page))
                .await
                .unwrap();
            used(&desk, &mut conn, &before, &[index], &what).await;
        }
    }
}
