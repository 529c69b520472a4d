//! The host's tokens without the host's rows, and which authenticator is asked.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;
use support_domain::Timestamp;

use super::*;
use crate::token::tests::{NOW, SECRET, token};

#[derive(Debug)]
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

fn authenticator() -> HostAuthenticator {
    HostAuthenticator::new(HostSecret::new(SECRET).unwrap(), Arc::new(StoppedClock), None)
}

#[tokio::test]
async fn without_rows_a_user_is_let_in_until_the_token_ends() {
    for role in ["driver", "customer", "restaurant"] {
        let token = token(&json!({"role": role, "countryCode": "US"}));
        let caller = authenticator().authenticate(&token).await.unwrap();
        let user = caller.principal.as_user().unwrap();
        assert_eq!((user.id.as_str(), user.user_type.as_str(), user.country.as_str()), ("driver-1", role, "US"));
        assert!(
            !caller.is_revocable() && !caller.is_expired(NOW) && caller.is_expired(NOW.plus(Duration::from_secs(840)))
        );
    }
}

#[tokio::test]
async fn without_rows_nobody_else_is_let_in() {
    for role in ["admin", "pending_driver", "shop_partner", "ticket_operator", "Driver", ""] {
        let refused = authenticator().authenticate(&token(&json!({"role": role}))).await;
        assert!(matches!(refused, Err(AuthenticationError::Unauthenticated(_))), "{role}");
    }
}

/// Refuses everybody, and remembers that it was asked.
#[derive(Debug, Default)]
struct Asked(Mutex<usize>);

impl Authenticator for Asked {
    fn authenticate<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Arc<Caller>, AuthenticationError>> {
        *self.0.lock().unwrap() += 1;
        Box::pin(std::future::ready(Err(AuthenticationError::refused("no"))))
    }
}

#[tokio::test]
async fn neither_does_the_others_work() {
    let (hosts, ours) = (Arc::new(Asked::default()), Arc::new(Asked::default()));
    let by_shape = ByShape { hosts: hosts.clone(), ours: ours.clone() };
    for (token, expected) in [("eyJhbGciOiJub25lIn0.e30.", (1, 0)), ("EoQBCg", (1, 1)), ("eyJ", (1, 2)), ("", (1, 3))] {
        assert!(by_shape.authenticate(token).await.is_err());
        assert_eq!((*hosts.0.lock().unwrap(), *ours.0.lock().unwrap()), expected, "{token}");
    }
}
