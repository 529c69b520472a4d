//! What it costs to know a caller: `cargo bench -p support-rbac`. A token that was seen within the last minute is only looked
//! up by its hash; a new one is verified, its form compared, its checks run. The medians stand in docs/performance.md.

#![expect(clippy::expect_used, reason = "what is measured is made of constants")]

use std::sync::Arc;
use std::time::Duration;

use divan::{Bencher, black_box};
use support_domain::{AdminId, Clock, ConversationId, CountryCode, SystemClock, UserId, UserRef, UserType};
use support_rbac::{
    AdminPrincipal, AdminRole, BiscuitAuthenticator, Narrowing, Principal, SharedRevocationList, SigningKey,
    TokenIssuer, TrustedKeys, UserPrincipal, attenuate,
};

fn main() {
    divan::main();
}

const TOKENS: [&str; 3] = ["user", "admin", "narrowed"];

/// A desk's key, an hour's token of that kind, and what verifies it.
struct Door {
    token: String,
    keys: TrustedKeys,
}

impl Door {
    fn new(kind: &str) -> Self {
        let issuer = TokenIssuer::new(SigningKey::generate());
        let (now, hour) = (SystemClock::new().now(), Duration::from_secs(3_600));
        let principal = if kind == "admin" { admin() } else { user() };
        let token = issuer.issue(&principal, now, hour).expect("a principal that can have a token");
        let token = match kind {
            "narrowed" => {
                let conversation = ConversationId(uuid::Uuid::from_u128((7 << 76) | (2 << 62)));
                let narrowing = Narrowing { conversation: Some(conversation), read_only: true, ..Narrowing::default() };
                attenuate(&token, &narrowing).expect("a token that can be narrowed")
            }
            _ => token,
        };
        Self { token, keys: TrustedKeys::new(issuer.public()) }
    }

    /// One that has seen no token yet.
    fn open(&self) -> BiscuitAuthenticator {
        BiscuitAuthenticator::new(
            self.keys.clone(),
            Arc::new(SystemClock::new()),
            Arc::new(SharedRevocationList::new()),
        )
    }
}

fn user() -> Principal {
    let id = UserId::parse("driver-rahim").expect("an id");
    Principal::User(UserPrincipal {
        user: UserRef { id, user_type: UserType::Driver, country: CountryCode::Bangladesh },
    })
}

fn admin() -> Principal {
    let (id, role) = (AdminId::parse("admin-kamal").expect("an id"), AdminRole::SupportAdmin);
    let permissions = role.permissions();
    Principal::Admin(AdminPrincipal { id, role, country: Some(CountryCode::Bangladesh), permissions, email: None })
}

/// A token that was never seen.
#[divan::bench(args = TOKENS)]
fn new(bencher: Bencher<'_, '_>, kind: &str) {
    let door = Door::new(kind);
    bencher.with_inputs(|| door.open()).bench_refs(|opened| opened.verify(black_box(&door.token)).is_ok());
}

/// One that was seen before.
#[divan::bench(args = TOKENS)]
fn seen(bencher: Bencher<'_, '_>, kind: &str) {
    let door = Door::new(kind);
    let opened = door.open();
    assert!(opened.verify(&door.token).is_ok(), "a good token");
    bencher.bench(|| opened.verify(black_box(&door.token)).is_ok());
}
