//! A session without a socket: frames in, steps out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use proptest::prelude::*;
use serde_json::{Value, json};
use support_domain::{
    Clock, ContentFormat, CountryCode, Limits, MessageContent, Metadata, Subject, Timestamp, UserId, UserRef, UserType,
};
use support_rbac::{
    AuthenticationError, Authenticator, BoxFuture, OpenConversation, Principal, Refusal, Restrictions, RevocationId,
    Standing, StandingUnavailable, UserPrincipal, Verdict,
};
use support_realtime::Hub;
use support_realtime::fan_out::InProcess;
use support_realtime::queue::QueueLimits;
use support_service::{OpenConversation as OpenCommand, Ports, Realtime, ServiceConfig};
use support_store::{DatabaseUrl, Store, StoreConfig};

use super::*;
use crate::Desk;
use crate::state::WebConfig;
use crate::ws::{FrameEncoder, Sockets};

/// A clock that a test sets: the time of day in milliseconds, and the time that has passed.
#[derive(Debug, Default)]
struct SetClock(Mutex<Duration>);

impl SetClock {
    fn passed(&self) -> MutexGuard<'_, Duration> {
        self.0.lock().unwrap()
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000).plus(*self.passed())
    }

    fn monotonic(&self) -> Duration {
        *self.passed()
    }
}

/// Knows one token, `new`, which speaks for that caller.
#[derive(Debug)]
struct OneToken(Arc<Caller>);

impl Authenticator for OneToken {
    fn authenticate<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Arc<Caller>, AuthenticationError>> {
        let known = (token == "new").then(|| Arc::clone(&self.0));
        Box::pin(std::future::ready(known.ok_or(AuthenticationError::refused("not the one token"))))
    }
}

fn driver(id: &str, ends_in: Duration, restrictions: Restrictions) -> Arc<Caller> {
    let user =
        UserRef { id: UserId::parse(id).unwrap(), user_type: UserType::Driver, country: CountryCode::Bangladesh };
    Arc::new(Caller {
        principal: Principal::User(UserPrincipal { user }),
        restrictions,
        expires_at: Timestamp::from_millis(1_700_000_000_000).plus(ends_in),
        revocation_ids: vec![RevocationId(vec![7])],
    })
}

/// Lets everybody stay, until it lets nobody.
#[derive(Debug, Default)]
struct Door {
    is_shut: AtomicBool,
}

impl Standing for Door {
    fn check<'a>(&'a self, callers: &'a [Arc<Caller>]) -> BoxFuture<'a, Result<Vec<Verdict>, StandingUnavailable>> {
        let is_shut = self.is_shut.load(Ordering::Relaxed);
        let verdict = if is_shut { Verdict::Fallen(Refusal::new("the door is shut")) } else { Verdict::Stands };
        Box::pin(std::future::ready(Ok(vec![verdict; callers.len()])))
    }
}

const HOUR: Duration = Duration::from_secs(3_600);

struct Bench {
    clock: Arc<SetClock>,
    door: Arc<Door>,
    desk: Desk,
    subscriber: Arc<Subscriber>,
    session: Session,
    _folder: tempfile::TempDir,
}

impl Bench {
    /// A session of `driver-1` for an hour; `new` is a token of that caller.
    fn start(renewed: Arc<Caller>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("desk.db"));
        Store::migrate(&url, false).unwrap();
        let config = StoreConfig { time_limit: Duration::from_secs(60), ..StoreConfig::new(url) };
        let (clock, door) = (Arc::new(SetClock::default()), Arc::new(Door::default()));
        let hub = Hub::new(Arc::new(FrameEncoder), QueueLimits::default());
        let limits = SocketLimits { max_rooms: 2, ..SocketLimits::default() };
        let service = SupportService::new(
            Store::open(&config).unwrap(),
            ServiceConfig { sends_per_minute: 1_000.try_into().unwrap(), ..ServiceConfig::default() },
            Ports {
                clock: clock.clone(),
                standing: Some(door.clone()),
                realtime: Realtime { hub: hub.clone(), fan_out: Arc::new(InProcess) },
                ..Ports::default()
            },
        );
        let caller = driver("driver-1", HOUR, Restrictions::default());
        let subscriber = Arc::new(hub.connect(caller.principal.key(), Side::User));
        let session = Session::new(service.clone(), caller, Origin::default(), Arc::clone(&subscriber), limits);
        let desk = Desk {
            service,
            authenticator: Arc::new(OneToken(renewed)),
            web: Arc::new(WebConfig::default()),
            sockets: Sockets::new(limits),
        };
        Self { clock, door, desk, subscriber, session, _folder: folder }
    }

    fn usual() -> Self {
        Self::start(driver("driver-1", 2 * HOUR, Restrictions::default()))
    }

    async fn open(&self) -> ConversationId {
        let caller = driver("driver-1", HOUR, Restrictions::default());
        let context = Context { grant: authorize::<OpenConversation>(&caller).unwrap(), origin: Origin::default() };
        let command = OpenCommand {
            subject: Subject::parse("Keys", &Limits::default()).unwrap(),
            initial_message: MessageContent::parse("Hello", ContentFormat::Text, &Limits::default()).unwrap(),
            priority: None,
            metadata: Metadata::default(),
            client_message_id: None,
            masked: support_domain::MaskedKinds::new(),
        };
        self.desk.service.open_conversation(&context, command).await.unwrap().conversation.id
    }

    /// Does all work and takes all deliveries; what the client is sent, and how it ends.
    async fn settle(&mut self) -> (Vec<Value>, Option<Closing>) {
        let (mut sent, mut closing) = (Vec::new(), None);
        loop {
            while let Some(step) = self.session.next_step() {
                match step {
                    Step::Send(text) => sent.push(serde_json::from_str(&text).unwrap()),
                    Step::Ping | Step::Pong(_) => {}
                    Step::Close(why) => closing = Some(why),
                }
            }
            if let Some(work) = self.session.next_work(true) {
                let outcome = work.run(&self.desk, &self.subscriber).await;
                self.session.finish(outcome);
                continue;
            }
            tokio::select! {
                biased;
                delivery = self.subscriber.queue().next() => self.session.deliver(delivery),
                () = std::future::ready(()) => return (sent, closing),
            }
        }
    }

    async fn ask(&mut self, kind: &str, payload: Value) -> (Vec<Value>, Option<Closing>) {
        let text = json!({"type": kind, "requestId": "1", "payload": payload}).to_string();
        self.session.receive(Incoming::Text(text.into()));
        self.settle().await
    }
}

fn types(sent: &[Value]) -> Vec<&str> {
    sent.iter().map(|frame| frame["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_driver_joins_and_writes_and_has_each_message_once() {
    let mut bench = Bench::usual();
    let id = bench.open().await;
    assert_eq!(types(&bench.settle().await.0), ["support:connected"]);
    let (sent, _) = bench.ask("support:joinConversation", json!({"conversationId": id, "afterSeq": 0})).await;
    assert_eq!((types(&sent), &sent[0]["payload"]["messages"][0]["seq"]), (vec!["support:ack"], &json!(1)));
    let (sent, _) = bench.ask("support:sendMessage", json!({"conversationId": id, "content": "More"})).await;
    assert_eq!((types(&sent), &sent[0]["payload"]["message"]["seq"]), (vec!["support:ack"], &json!(2)));
    bench.ask("support:leaveConversation", json!({"conversationId": id})).await;
    let (sent, _) = bench.ask("support:sendMessage", json!({"conversationId": id, "content": "Outside"})).await;
    assert_eq!((types(&sent), &sent[0]["payload"]["message"]["seq"]), (vec!["support:ack"], &json!(3)));
}

#[tokio::test]
async fn nothing_is_sent_after_the_token_is_over_or_revoked() {
    for (revoked, code) in [(false, ClosingCode::TokenOver), (true, ClosingCode::AccessWithdrawn)] {
        let mut bench = Bench::usual();
        let id = bench.open().await;
        bench.ask("support:joinConversation", json!({"conversationId": id})).await;
        bench.ask("support:watchInbox", json!({})).await;
        // Something is on its way at that very moment.
        bench.open().await;
        if revoked {
            bench.desk.service.revocations().insert(RevocationId(vec![7]));
        } else {
            assert!(bench.session.until_next_tick() <= HOUR);
            *bench.clock.passed() = HOUR;
        }
        let text = json!({"type": "support:sendMessage", "payload": {"conversationId": id, "content": "Late"}});
        bench.session.receive(Incoming::Text(text.to_string().into()));
        assert_eq!(bench.settle().await, (Vec::new(), Some(Closing::Because(code))));
    }
}

#[tokio::test]
async fn a_new_token_of_the_same_person_renews_and_one_that_allows_less_ends() {
    let mut bench = Bench::usual();
    let id = bench.open().await;
    bench.ask("support:joinConversation", json!({"conversationId": id})).await;
    let (sent, closing) = bench.ask("support:authenticate", json!({"token": "new"})).await;
    assert_eq!((types(&sent), closing), (vec!["support:ack"], None));
    *bench.clock.passed() = HOUR;
    assert_eq!(bench.ask("support:watchInbox", json!({})).await.1, None, "it lives on");

    let other = Restrictions::default().and_only(Restrictions::NO_CONVERSATION);
    let mut bench = Bench::start(driver("driver-1", HOUR, other));
    let id = bench.open().await;
    bench.ask("support:joinConversation", json!({"conversationId": id})).await;
    let (_, closing) = bench.ask("support:authenticate", json!({"token": "new"})).await;
    assert_eq!(closing, Some(Closing::Because(ClosingCode::AccessWithdrawn)));

    let mut bench = Bench::start(driver("driver-2", HOUR, Restrictions::default()));
    for (token, code) in [("new", "forbidden"), ("another", "unauthenticated")] {
        let (sent, closing) = bench.ask("support:authenticate", json!({"token": token})).await;
        assert_eq!((&sent[sent.len() - 1]["payload"]["code"], closing), (&json!(code), None));
    }
}

#[tokio::test]
async fn what_a_client_sends_is_done_one_after_the_other() {
    let mut bench = Bench::usual();
    let id = bench.open().await;
    bench.settle().await;
    let text = json!({"type": "support:joinConversation", "payload": {"conversationId": id}});
    bench.session.receive(Incoming::Text(text.to_string().into()));
    assert!(!bench.session.is_ready());
    let work = bench.session.next_work(true).unwrap();
    assert!(!bench.session.is_ready() && bench.session.next_work(true).is_none());
    let outcome = work.run(&bench.desk, &bench.subscriber).await;
    bench.session.finish(outcome);
    assert!(bench.session.is_ready());
}

#[tokio::test]
async fn rooms_are_so_many_and_no_more() {
    let mut bench = Bench::usual();
    bench.settle().await;
    let ids = [bench.open().await, bench.open().await, bench.open().await];
    for (number, id) in ids.into_iter().enumerate() {
        let (sent, _) = bench.ask("support:joinConversation", json!({"conversationId": id})).await;
        let expected = if number < 2 { "support:ack" } else { "support:error" };
        assert_eq!(types(&sent), [expected]);
    }
    let unknown = json!({"conversationId": "0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e"});
    bench.ask("support:leaveConversation", json!({"conversationId": ids[0]})).await;
    assert_eq!(bench.ask("support:joinConversation", unknown).await.0[0]["payload"]["code"], "not_found");
    let (sent, _) = bench.ask("support:joinConversation", json!({"conversationId": ids[2]})).await;
    assert_eq!(types(&sent), ["support:ack"], "a room that could not be joined takes no place");
}

#[tokio::test]
async fn who_gives_no_sign_of_life_is_given_up() {
    let mut bench = Bench::usual();
    bench.settle().await;
    let heartbeat = SocketLimits::default().heartbeat;
    assert_eq!(bench.session.until_next_tick(), heartbeat);
    *bench.clock.passed() = heartbeat;
    bench.session.tick();
    assert_eq!(bench.session.next_step(), Some(Step::Ping));
    bench.session.receive(Incoming::Pong);
    *bench.clock.passed() = heartbeat * 4;
    bench.session.tick();
    assert_eq!(bench.settle().await.1, None, "three heartbeats are allowed");
    *bench.clock.passed() = heartbeat * 4 + Duration::from_millis(1);
    bench.session.tick();
    assert_eq!(bench.settle().await.1, Some(Closing::Because(ClosingCode::TooSlow)));
}

#[tokio::test]
async fn a_flood_is_refused_and_then_costs_the_connection() {
    let mut bench = Bench::usual();
    let (mut acks, mut errors) = (0, 0);
    for _ in 0..10_000 {
        let (sent, closing) = bench.ask("support:watchInbox", json!({})).await;
        acks += sent.iter().filter(|frame| frame["type"] == "support:ack").count();
        errors += sent.iter().filter(|frame| frame["payload"]["code"] == "rate_limited").count();
        if let Some(closing) = closing {
            assert_eq!(closing, Closing::Because(ClosingCode::TooMany));
            assert_eq!((acks, errors), (250, 100));
            return;
        }
    }
    panic!("a flood was put up with");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_text_is_answered_and_none_panics(texts in proptest::collection::vec(".{0,120}", 1..8)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut bench = Bench::usual();
            bench.settle().await;
            for text in texts {
                bench.session.receive(Incoming::Text(text.into()));
                let (sent, closing) = bench.settle().await;
                assert_eq!((types(&sent), closing), (vec!["support:error"], None));
            }
        });
    }
}

#[tokio::test]
async fn whoever_may_no_longer_come_is_sent_nothing_more() {
    let mut bench = Bench::usual();
    bench.desk.service.check_live_standing().await.unwrap();
    let (greeted, closing) = bench.settle().await;
    assert_eq!((greeted.len(), closing), (1, None));
    bench.door.is_shut.store(true, Ordering::Relaxed);
    bench.desk.service.check_live_standing().await.unwrap();
    let (sent, closing) = bench.ask("support:watchInbox", json!({})).await;
    assert_eq!((sent, closing), (vec![], Some(Closing::Because(ClosingCode::AccessWithdrawn))));
}

#[tokio::test]
async fn when_nobody_can_say_who_may_stay_everybody_comes_again() {
    let mut bench = Bench::usual();
    bench.desk.service.doubt_live_standing(Duration::ZERO);
    assert_eq!(bench.settle().await.1, Some(Closing::Because(ClosingCode::Restart)));
    // A session that has just begun was looked at just now.
    assert_eq!(Bench::usual().settle().await.1, None);
}
