//! People, times and keys for the tests of this crate. Never part of a build that is not a test.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use support_domain::{AdminId, Clock, ConversationId, CountryCode, TextEnum, Timestamp, UserId, UserRef, UserType};
use uuid::Uuid;

use crate::authenticator::AuthenticationError;
use crate::caller::{AdminPrincipal, Caller, Principal, Restrictions, UserPrincipal};
use crate::permission::{Permission, PermissionSet};
use crate::role::AdminRole;
use crate::token::{BiscuitAuthenticator, SharedRevocationList, SigningKey, TokenIssuer, TrustedKeys};

/// 2026-01-31T09:30:00Z, when every test begins.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_769_851_800_000);

/// A clock that stands still until it is moved; both of its hands move together.
#[derive(Debug, Default)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        START.plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.load(Ordering::SeqCst)).unwrap())
    }
}

pub(crate) fn conversation(number: u128) -> ConversationId {
    ConversationId(Uuid::from_u128((0x7000 << 64) | number))
}

pub(crate) fn user(id: &str, user_type: UserType, country: CountryCode) -> Principal {
    Principal::User(UserPrincipal { user: UserRef { id: UserId::parse(id).unwrap(), user_type, country } })
}

pub(crate) fn admin(id: &str, role: AdminRole, country: Option<CountryCode>) -> Principal {
    let id = AdminId::parse(id).unwrap();
    let email = Some("kamal@example.com".to_owned());
    Principal::Admin(AdminPrincipal { id, role, country, permissions: role.permissions(), email })
}

/// Somebody with a token that is not narrowed.
pub(crate) fn caller(principal: Principal) -> Arc<Caller> {
    let expires_at = START.plus(Duration::from_secs(900));
    Arc::new(Caller { principal, restrictions: Restrictions::default(), expires_at, revocation_ids: Vec::new() })
}

pub(crate) fn any_conversation() -> impl Strategy<Value = ConversationId> {
    (1..4_u128).prop_map(conversation)
}

pub(crate) fn any_principal() -> impl Strategy<Value = Principal> {
    let id = "[A-Za-z0-9._:@|-]{1,128}";
    let country = || proptest::sample::select(CountryCode::ALL);
    let user = (id, proptest::sample::select(UserType::ALL), country())
        .prop_map(|(id, user_type, country)| self::user(&id, user_type, country));
    let admin = (
        id,
        proptest::sample::select(AdminRole::ALL),
        proptest::option::of(country()),
        proptest::collection::vec(proptest::sample::select(Permission::ALL), 0..5),
        proptest::option::of("[A-Za-z0-9.+'-]{1,64}@[a-z0-9.-]{1,180}"),
    );
    let admin = admin.prop_map(|(id, role, country, permissions, email)| {
        let permissions: PermissionSet = permissions.into_iter().collect();
        let id = AdminId::parse(&id).unwrap();
        Principal::Admin(AdminPrincipal { id, role, country, permissions, email })
    });
    prop_oneof![user, admin]
}

pub(crate) fn any_caller() -> impl Strategy<Value = Caller> {
    (any_principal(), proptest::option::of(any_conversation()), any::<bool>()).prop_map(
        |(principal, only_conversation, read_only)| Caller {
            restrictions: Restrictions { only_conversation, read_only },
            ..Caller::clone(&caller(principal))
        },
    )
}

/// A desk that issues tokens and verifies them, on a clock that a test can move.
pub(crate) struct Desk {
    pub(crate) issuer: TokenIssuer,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) revocations: Arc<SharedRevocationList>,
    pub(crate) authenticator: BiscuitAuthenticator,
}

impl Desk {
    pub(crate) fn open() -> Self {
        let issuer = TokenIssuer::new(SigningKey::generate());
        let keys = TrustedKeys::new(issuer.public());
        Self::trusting(issuer, keys)
    }

    pub(crate) fn trusting(issuer: TokenIssuer, keys: TrustedKeys) -> Self {
        let (clock, revocations) = (Arc::new(TestClock::default()), Arc::new(SharedRevocationList::new()));
        let authenticator = BiscuitAuthenticator::new(keys, clock.clone(), revocations.clone());
        Self { issuer, clock, revocations, authenticator }
    }

    /// A token for a quarter of an hour from now.
    pub(crate) fn issue(&self, principal: &Principal) -> String {
        self.issuer.issue(principal, self.clock.now(), Duration::from_secs(900)).unwrap()
    }

    pub(crate) fn driver(&self) -> String {
        self.issue(&user("driver-1", UserType::Driver, CountryCode::Bangladesh))
    }

    pub(crate) fn verify(&self, token: &str) -> Result<Arc<Caller>, AuthenticationError> {
        self.authenticator.verify(token)
    }

    /// Why the token is refused.
    pub(crate) fn refusal(&self, token: &str) -> &'static str {
        match self.verify(token) {
            Err(AuthenticationError::Unauthenticated(refusal)) => refusal.reason(),
            other => panic!("not refused: {other:?}"),
        }
    }
}

/// The answer of a future that is ready at once, as all of this crate's are.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("the future is not ready"),
    }
}

/// An authenticator that counts how often it was asked and always says the same.
#[derive(Debug)]
pub(crate) struct Always {
    pub(crate) answer: Result<Arc<Caller>, AuthenticationError>,
    pub(crate) asked: Mutex<usize>,
}

impl Always {
    pub(crate) fn says(answer: Result<Arc<Caller>, AuthenticationError>) -> Arc<Self> {
        Arc::new(Self { answer, asked: Mutex::new(0) })
    }
}

impl crate::Authenticator for Always {
    fn authenticate<'a>(&'a self, _token: &'a str) -> crate::BoxFuture<'a, Result<Arc<Caller>, AuthenticationError>> {
        *self.asked.lock().unwrap() += 1;
        Box::pin(std::future::ready(self.answer.clone()))
    }
}
