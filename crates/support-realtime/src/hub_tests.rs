//! Whatever order commits are heard of in, whoever follows is told each message once, in order, and nobody else is.

use proptest::prelude::*;
use support_domain::conversation::ConversationDraft;
use support_domain::message::MessageDraft;
use support_domain::visibility::Scope;
use support_domain::{
    AdminId, Author, ContentFormat, CountryCode, Limits, MessageContent, MessageId, Metadata, Priority, Subject,
    UserId, UserRef, UserType,
};
use uuid::Uuid;

use super::*;
use crate::queue::{Delivery, Lagged, Topic};

/// Frames that say what they are about and for whom.
#[derive(Debug)]
struct Plain;

impl Encode for Plain {
    fn encode(&self, event: &Event<'_>, viewer: Side) -> bytestring::ByteString {
        match event {
            Event::MessagePosted { message, .. } => format!("{viewer} message {}", message.seq),
            Event::ConversationUpdated { conversation } => {
                format!("{viewer} update {} {}", conversation.version, conversation.last_seq)
            }
            Event::MessagesRead { by, up_to_seq, .. } => format!("{viewer} read {by} {up_to_seq}"),
            Event::Typing(typing) => format!("{viewer} typing {}", typing.is_typing),
        }
        .into()
    }
}

fn hub() -> Hub {
    Hub::new(Arc::new(Plain), QueueLimits { max_frames: 1_000, max_bytes: 100_000 })
}

fn user(name: &str, country: CountryCode) -> UserRef {
    UserRef { id: UserId::parse(name).unwrap(), user_type: UserType::Driver, country }
}

fn draft(id: u128, words: &str) -> MessageDraft {
    MessageDraft {
        id: MessageId(Uuid::from_u128(id)),
        content: MessageContent::parse(words, ContentFormat::Text, &Limits::default()).unwrap(),
        attachments: Vec::new(),
        client_message_id: None,
        metadata: Metadata::default(),
    }
}

/// A conversation of a driver in Bangladesh, and each commit of its first `messages` messages.
fn history(messages: u128) -> (SupportConversation, Vec<Committed>) {
    let subject = Subject::parse("Keys", &Limits::default()).unwrap();
    let id = ConversationId(Uuid::from_u128(7));
    let driver = user("driver-1", CountryCode::Bangladesh);
    let opening = ConversationDraft {
        id,
        user: driver.clone(),
        subject,
        priority: Priority::Normal,
        metadata: Metadata::default(),
    };
    let empty = SupportConversation::open(opening, Timestamp::from_millis(1_000));
    let (mut conversation, mut commits) = (empty.clone(), Vec::new());
    for number in 1..=messages {
        let at = Timestamp::from_millis(1_000 + i64::try_from(number).unwrap());
        let outcome = conversation
            .post(Author::User(driver.id.clone()), draft(number, "Hello"), MessageId(Uuid::nil()), at)
            .unwrap();
        conversation = outcome.conversation.clone();
        let (conversation, messages) = (outcome.conversation, outcome.messages);
        commits.push(Committed { conversation, messages, source: Source::Here });
    }
    (empty, commits)
}

fn desk_of(countries: &[CountryCode]) -> Arc<Visibility> {
    Arc::new(Visibility { scope: Scope::Countries(countries.to_vec()), only: None })
}

fn owner(user: &UserRef) -> Arc<Visibility> {
    Arc::new(Visibility { scope: Scope::Owner(user.id.clone(), user.user_type), only: None })
}

fn connect_admin(hub: &Hub) -> Subscriber {
    hub.connect(PrincipalKey::Admin(AdminId::parse("admin-1").unwrap()), Side::Admin)
}

fn connect_user(hub: &Hub, user: &UserRef) -> Subscriber {
    hub.connect(PrincipalKey::User(user.id.clone(), user.user_type), Side::User)
}

/// All that waits for the socket.
fn told(subscriber: &Subscriber) -> Vec<Delivery> {
    let mut told = Vec::new();
    while let Some(next) = futures_util::FutureExt::now_or_never(subscriber.queue().next()) {
        told.push(next.unwrap());
    }
    told
}

fn texts(subscriber: &Subscriber) -> Vec<String> {
    told(subscriber).into_iter().map(|delivery| delivery.frame.to_string()).collect()
}

fn numbers(subscriber: &Subscriber) -> Vec<i64> {
    let seq = |delivery: Delivery| match delivery.topic {
        Topic::Message { seq } => Some(seq),
        _ => None,
    };
    told(subscriber).into_iter().filter_map(seq).collect()
}

const BANGLADESH: &[CountryCode] = &[CountryCode::Bangladesh];

proptest! {
    #[test]
    fn messages_are_told_once_and_in_order_whatever_order_commits_come_in(
        order in Just((0_usize..12).collect::<Vec<_>>()).prop_shuffle(),
        read_at in 0_usize..=12,
        repeated in proptest::collection::vec(0_usize..12, 0..6),
    ) {
        let (empty, commits) = history(12);
        let (hub, id) = (hub(), empty.id);
        let admin = connect_admin(&hub);
        admin.enter(id, desk_of(BANGLADESH));
        let mut order = order;
        order.extend(repeated);
        for (step, commit) in order.iter().enumerate() {
            if step == read_at {
                // The database at that moment has all that was committed: here, nothing of it was heard of yet.
                hub.go_live(&empty);
            }
            hub.publish(&commits[*commit]);
        }
        if read_at >= order.len() {
            hub.go_live(&empty);
        }
        prop_assert_eq!(numbers(&admin), (1..=12).collect::<Vec<i64>>());
        prop_assert_eq!(hub.head(id), Some(12));
    }

    #[test]
    fn what_is_missing_is_asked_for_and_then_told_in_order(missing in 1_usize..11) {
        let (empty, commits) = history(12);
        let (hub, id) = (hub(), empty.id);
        let admin = connect_admin(&hub);
        admin.enter(id, desk_of(BANGLADESH));
        hub.go_live(&empty);
        commits.iter().enumerate().filter(|(at, _)| *at != missing).for_each(|(_, commit)| hub.publish(commit));
        prop_assert_eq!(hub.head(id), Some(i64::try_from(missing).unwrap()));
        let wanted = futures_util::FutureExt::now_or_never(hub.wanted());
        prop_assert_eq!(wanted, Some(vec![id]));
        hub.publish(&Committed { source: Source::Hint, ..commits[missing].clone() });
        prop_assert_eq!(numbers(&admin), (1..=12).collect::<Vec<i64>>());
        prop_assert!(futures_util::FutureExt::now_or_never(hub.wanted()).is_none());
    }
}

#[test]
fn nothing_is_told_before_somebody_has_read_where_live_begins() {
    let (_, commits) = history(3);
    let hub = hub();
    let admin = connect_admin(&hub);
    admin.enter(commits[0].conversation.id, desk_of(BANGLADESH));
    commits.iter().for_each(|commit| hub.publish(commit));
    assert_eq!(texts(&admin), [""; 0]);
    hub.go_live(&commits[1].conversation);
    assert_eq!(texts(&admin), ["admin message 3"]);
}

#[test]
fn what_was_heard_of_before_the_first_reading_and_is_still_missing_is_asked_for() {
    let (empty, commits) = history(3);
    let hub = hub();
    let admin = connect_admin(&hub);
    admin.enter(empty.id, desk_of(BANGLADESH));
    hub.publish(&commits[2]);
    hub.go_live(&commits[0].conversation);
    assert_eq!(futures_util::FutureExt::now_or_never(hub.wanted()), Some(vec![empty.id]));
}

#[test]
fn nobody_is_told_of_what_does_not_exist_for_them() {
    let (empty, commits) = history(1);
    let hub = hub();
    let (driver, other) = (user("driver-1", CountryCode::Bangladesh), user("driver-2", CountryCode::Bangladesh));
    let (own, foreign, abroad) = (connect_user(&hub, &driver), connect_user(&hub, &other), connect_admin(&hub));
    let begun = Timestamp::from_millis(0);
    for (subscriber, visibility) in
        [(&own, owner(&driver)), (&foreign, owner(&other)), (&abroad, desk_of(&[CountryCode::UnitedStates]))]
    {
        // Even in a room that they should never have entered.
        subscriber.enter(empty.id, Arc::clone(&visibility));
        subscriber.watch(visibility, begun);
    }
    hub.go_live(&empty);
    hub.publish(&commits[0]);
    assert_eq!(texts(&own), ["user message 1", "user update 1 1"]);
    assert_eq!((texts(&foreign), texts(&abroad)), (Vec::<String>::new(), Vec::new()));
}

#[test]
fn a_watcher_is_told_each_state_once_and_old_ones_not_at_all() {
    let (_, commits) = history(3);
    let hub = hub();
    let (admin, early) = (connect_admin(&hub), Timestamp::from_millis(0));
    admin.watch(desk_of(BANGLADESH), early);
    hub.publish(&commits[1]);
    hub.publish(&commits[0]);
    hub.publish(&Committed { source: Source::Sweep, ..commits[1].clone() });
    hub.publish(&Committed { source: Source::Sweep, ..commits[2].clone() });
    assert_eq!(texts(&admin), ["admin update 1 2", "admin update 1 3"]);

    let late = connect_admin(&hub);
    late.watch(desk_of(BANGLADESH), Timestamp::from_millis(60_000));
    // To watch again, with another token, is to go on watching.
    late.watch(desk_of(BANGLADESH), Timestamp::from_millis(600_000));
    let another = |id, source, updated_at| {
        let mut one = commits[2].clone();
        one.conversation.id = ConversationId(Uuid::from_u128(id));
        one.conversation.updated_at = Timestamp::from_millis(updated_at);
        hub.publish(&Committed { source, ..one });
        texts(&late).len()
    };
    assert_eq!(another(8, Source::Sweep, 29_999), 0, "it was so long before the watch began");
    assert_eq!(another(9, Source::Sweep, 30_000), 1, "it may have been committed after");
    assert_eq!(another(10, Source::Hint, 0), 1, "somebody has just said so");
}

#[test]
fn members_are_told_of_reading_and_of_changes_and_watchers_only_once() {
    let (_, commits) = history(2);
    let hub = hub();
    let (member, both) = (connect_admin(&hub), connect_admin(&hub));
    let before = commits[1].conversation.clone();
    for admin in [&member, &both] {
        admin.enter(before.id, desk_of(BANGLADESH));
    }
    both.watch(desk_of(BANGLADESH), Timestamp::from_millis(0));
    hub.go_live(&before);
    let mut after = before.clone();
    after.version += 1;
    after.read_by_admin.seq = 2;
    let committed = Committed { conversation: after, messages: Vec::new(), source: Source::Here };
    hub.publish(&committed);
    hub.publish(&committed);
    assert_eq!(texts(&member), ["admin read admin 2", "admin update 2 2"]);
    assert_eq!(texts(&both), ["admin read admin 2", "admin update 2 2"]);
}

#[test]
fn typing_is_shown_to_all_but_the_typist() {
    let (empty, _) = history(0);
    let hub = hub();
    let driver = user("driver-1", CountryCode::Bangladesh);
    let (phone, tablet, admin) = (connect_user(&hub, &driver), connect_user(&hub, &driver), connect_admin(&hub));
    for user in [&phone, &tablet] {
        user.enter(empty.id, owner(&driver));
    }
    admin.enter(empty.id, desk_of(BANGLADESH));
    let typist = PrincipalKey::User(driver.id.clone(), driver.user_type);
    hub.show_typing(&Typing { conversation_id: empty.id, typist, side: Side::User, is_typing: true });
    assert_eq!((texts(&phone), texts(&tablet)), (Vec::new(), Vec::<String>::new()));
    assert_eq!(texts(&admin), ["admin typing true"]);
}

#[test]
fn a_socket_that_goes_takes_its_places_along() {
    let (empty, commits) = history(1);
    let hub = hub();
    let admin = connect_admin(&hub);
    admin.enter(empty.id, desk_of(BANGLADESH));
    admin.watch(desk_of(BANGLADESH), Timestamp::from_millis(0));
    assert_eq!((hub.sockets(), hub.rooms(), hub.has_watchers()), (1, vec![empty.id], true));
    drop(admin);
    assert_eq!((hub.sockets(), hub.rooms(), hub.has_watchers()), (0, Vec::new(), false));
    hub.publish(&commits[0]);

    let (one, other) = (connect_admin(&hub), connect_admin(&hub));
    one.enter(empty.id, desk_of(BANGLADESH));
    other.enter(empty.id, desk_of(BANGLADESH));
    hub.go_live(&empty);
    one.leave(empty.id);
    hub.publish(&commits[0]);
    assert_eq!((numbers(&one), numbers(&other)), (Vec::new(), vec![1]));
}

#[test]
fn one_who_does_not_read_lags_and_the_others_do_not_feel_it() {
    let (empty, commits) = history(20);
    let hub = Hub::new(Arc::new(Plain), QueueLimits { max_frames: 10, max_bytes: 100_000 });
    let (slow, quick) = (connect_admin(&hub), connect_admin(&hub));
    for admin in [&slow, &quick] {
        admin.enter(empty.id, desk_of(BANGLADESH));
    }
    hub.go_live(&empty);
    let mut seen = Vec::new();
    for commit in &commits {
        hub.publish(commit);
        seen.extend(numbers(&quick));
    }
    assert_eq!(seen, (1..=20).collect::<Vec<i64>>());
    assert_eq!(futures_util::FutureExt::now_or_never(slow.queue().next()), Some(Err(Lagged)));
}
