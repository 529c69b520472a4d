//! Lists of conversations: filters, scope, search, and walks through pages while messages arrive.

use std::collections::BTreeSet;

use support_domain::conversation::ConversationChange;
use support_domain::{
    AdminId, ConversationId, ConversationStatus, CountryCode, Priority, SupportConversation, UserId, UserType,
    Visibility,
};
use support_store::{AssignedTo, ConversationFilter, ConversationsPage, Counted, PageRequest, PageStart, StoreError};

use crate::harness::{Opening, TestDesk, at, countries, driver, everything, owned_by};
use crate::on_both;

async fn list(
    desk: &TestDesk,
    visibility: &Visibility,
    filter: &ConversationFilter,
    limit: usize,
    start: Option<PageStart>,
) -> ConversationsPage {
    let (visibility, filter, page) = (visibility.clone(), filter.clone(), PageRequest { limit, start });
    desk.store
        .read_snapshot::<_, StoreError, _>(move |reader| reader.list_conversations(&visibility, &filter, &page))
        .await
        .unwrap()
}

async fn ids(desk: &TestDesk, visibility: &Visibility, filter: &ConversationFilter) -> Vec<ConversationId> {
    let found = list(desk, visibility, filter, 100, None).await;
    assert_eq!(found.next, None);
    found.conversations.iter().map(|conversation| conversation.id).collect()
}

/// Ten conversations in pairs that share a moment, `spread` milliseconds apart.
async fn ten(desk: &TestDesk, spread: i64) -> Vec<SupportConversation> {
    let mut all = Vec::new();
    for number in 0..10 {
        let country = if number % 3 == 0 { CountryCode::UnitedStates } else { CountryCode::Bangladesh };
        // Pairs share a moment, so that the id has to decide.
        let opening = Opening { country, at: at(number / 2 * spread), ..Opening::default() };
        all.push(desk.open_conversation(opening).await);
    }
    all
}

on_both! {
    async fn each_filter_restricts(desk) {
        let mut plain = desk.open_conversation(Opening { at: at(1_000), ..Opening::default() }).await;
        let other = desk
            .open_conversation(Opening {
                user: "cafe-1",
                user_type: UserType::Restaurant,
                country: CountryCode::UnitedStates,
                subject: "Menu",
                priority: Priority::High,
                at: at(2_000),
            })
            .await;
        let taken = AdminId::parse("admin-1").unwrap();
        let change = ConversationChange {
            status: Some(ConversationStatus::Resolved),
            assigned_admin_id: Some(Some(taken.clone())),
            ..ConversationChange::default()
        };
        plain = plain.change(&change, desk.message_id(), at(1_500)).unwrap().conversation;
        let kept = plain.clone();
        desk.store.write::<_, StoreError, _>(move |transaction| transaction.update_conversation(&kept)).await.unwrap();

        let all = ConversationFilter::default;
        assert_eq!(ids(&desk, &everything(), &all()).await, [other.id, plain.id]);
        let only_plain = [
            ConversationFilter { status: Some(ConversationStatus::Resolved), ..all() },
            ConversationFilter { channel: Some(UserType::Driver), ..all() },
            ConversationFilter { country: Some(CountryCode::Bangladesh), ..all() },
            ConversationFilter { priority: Some(Priority::Normal), ..all() },
            ConversationFilter { assigned: Some(AssignedTo::Admin(taken)), ..all() },
            ConversationFilter { user_id: Some(UserId::parse("driver-1").unwrap()), ..all() },
            ConversationFilter { created_to: Some(at(1_000)), ..all() },
            ConversationFilter { subject_contains: Some("FAR".to_owned()), ..all() },
        ];
        for filter in only_plain {
            assert_eq!(ids(&desk, &everything(), &filter).await, [plain.id], "{filter:?}");
        }
        let only_other = [
            ConversationFilter { assigned: Some(AssignedTo::Nobody), ..all() },
            ConversationFilter { created_from: Some(at(2_000)), ..all() },
            ConversationFilter { created_from: Some(at(1_001)), created_to: Some(at(2_000)), ..all() },
        ];
        for filter in only_other {
            assert_eq!(ids(&desk, &everything(), &filter).await, [other.id], "{filter:?}");
        }
    }

    async fn scope_bounds_lists_counts_and_searches_alike(desk) {
        let all = ten(&desk, 1_000).await;
        let of = |country| all.iter().filter(|one| one.user.country == country).count();
        for (visibility, expected) in [
            (everything(), 10),
            (countries(&[CountryCode::Bangladesh]), of(CountryCode::Bangladesh)),
            (countries(&[CountryCode::UnitedStates]), of(CountryCode::UnitedStates)),
            (countries(&[]), 0),
            (owned_by("driver-1", UserType::Driver), 10),
            (owned_by("driver-2", UserType::Driver), 0),
            (owned_by("driver-1", UserType::Customer), 0),
            (Visibility { only: Some(all[0].id), ..everything() }, 1),
            (Visibility { only: Some(all[0].id), ..countries(&[CountryCode::Bangladesh]) }, 0),
        ] {
            let search = ConversationFilter { subject_contains: Some("fare".to_owned()), ..Default::default() };
            for filter in [ConversationFilter::default(), search] {
                assert_eq!(ids(&desk, &visibility, &filter).await.len(), expected, "{visibility:?}");
                let visibility = visibility.clone();
                let counted = desk
                    .store
                    .read::<_, StoreError, _>(move |reader| reader.count_conversations(&visibility, &filter))
                    .await
                    .unwrap();
                assert_eq!(counted, Counted { total: i64::try_from(expected).unwrap(), capped: false });
            }
        }
        let filter = ConversationFilter { country: Some(CountryCode::UnitedStates), ..Default::default() };
        assert!(ids(&desk, &countries(&[CountryCode::Bangladesh]), &filter).await.is_empty());
    }

    async fn search_is_literal_and_blind_to_case(desk) {
        let subjects = ["100% off", "100 x off", "a_b", "axb", "what!", "\u{130}STANBUL", "\u{9ad}\u{9be}\u{9dc}\u{9be} \u{9ac}\u{9c7}\u{9b6}\u{9bf}", "it's \"quoted\" \\ back"];
        for subject in subjects {
            desk.open_conversation(Opening { subject, ..Opening::default() }).await;
        }
        for (text, expected) in [
            ("100%", vec!["100% off"]),
            ("%", vec!["100% off"]),
            ("a_b", vec!["a_b"]),
            ("_", vec!["a_b"]),
            ("!", vec!["what!"]),
            ("OFF", vec!["100% off", "100 x off"]),
            ("\u{9ac}\u{9c7}\u{9b6}\u{9bf}", vec![subjects[6]]),
            ("stanbul", vec![subjects[5]]),
            ("it's \"Q", vec![subjects[7]]),
            ("\\", vec![subjects[7]]),
            ("nothing like it", vec![]),
        ] {
            let filter = ConversationFilter { subject_contains: Some(text.to_owned()), ..Default::default() };
            let page = list(&desk, &everything(), &filter, 100, None).await;
            let found: BTreeSet<&str> = page.conversations.iter().map(|one| one.subject.as_str()).collect();
            assert_eq!(found, expected.into_iter().collect(), "{text}");
        }
    }

    async fn a_walk_through_the_pages_meets_everything_once(desk) {
        let mut expected: Vec<_> = ten(&desk, 1_000).await.iter().map(|one| (one.last_message_at, one.id)).collect();
        expected.sort();
        expected.reverse();
        for limit in [1, 2, 3, 10] {
            let (mut walked, mut start) = (Vec::new(), None);
            loop {
                let page = list(&desk, &everything(), &ConversationFilter::default(), limit, start).await;
                walked.extend(page.conversations.iter().map(|one| (one.last_message_at, one.id)));
                start = page.next;
                if start.is_none() { break }
            }
            assert_eq!(walked, expected, "{limit} a page");
        }
    }

    async fn a_walk_misses_nothing_while_messages_arrive(desk) {
        a_walk_while_messages_arrive(&desk, 1_000).await;
    }

    async fn a_walk_over_old_conversations_misses_nothing_while_messages_arrive(desk) {
        a_walk_while_messages_arrive(&desk, 60_000).await;
    }

    async fn a_message_that_was_under_way_when_the_walk_began_hides_nothing(desk) {
        let all = ten(&desk, 1_000).await;
        let page = list(&desk, &everything(), &ConversationFilter::default(), 2, None).await;
        // It becomes visible now, though its moment lies before the first place of the walk.
        desk.post(all[0].id, driver(), "late", at(3_999)).await.unwrap();
        let (mut walked, mut start) = (page.conversations, page.next);
        while let Some(next) = start {
            let page = list(&desk, &everything(), &ConversationFilter::default(), 2, Some(next)).await;
            walked.extend(page.conversations);
            start = page.next;
        }
        let met: BTreeSet<_> = walked.iter().map(|one| one.id).collect();
        assert_eq!((walked.len(), met.len()), (10, 10));
    }
}

async fn a_walk_while_messages_arrive(desk: &TestDesk, spread: i64) {
    let all = ten(desk, spread).await;
    let (mut walked, mut start, mut moment) = (Vec::new(), None, 4 * spread);
    loop {
        let page = list(desk, &everything(), &ConversationFilter::default(), 2, start).await;
        walked.extend(page.conversations.iter().map(|one| one.id));
        start = page.next;
        if start.is_none() {
            break;
        }
        // Between the pages a message arrives in every conversation but every third, the first at the very moment of
        // the walk's first place; and a new conversation is opened.
        for conversation in all.iter().enumerate().filter(|(number, _)| number % 3 != 1).map(|(_, one)| one) {
            desk.post(conversation.id, driver(), "more", at(moment)).await.unwrap();
            moment += 1;
        }
        desk.open_conversation(Opening { at: at(moment), ..Opening::default() }).await;
    }
    let met: BTreeSet<_> = walked.iter().copied().collect();
    assert_eq!(walked.len(), met.len(), "none twice");
    assert_eq!(met, all.iter().map(|one| one.id).collect(), "all that were there at the start, and no others");
}
