//! How a chain of authenticators answers.

use support_domain::{CountryCode, UserType};

use super::*;
use crate::testing::{Always, caller, ready, user};

const REFUSED: AuthenticationError = AuthenticationError::refused("no");

fn chain(links: &[&Arc<Always>]) -> AuthenticatorChain {
    AuthenticatorChain(links.iter().map(|link| Arc::clone(link) as Arc<dyn Authenticator>).collect())
}

#[test]
fn the_first_that_knows_the_caller_wins_and_the_rest_is_not_asked() {
    let driver = caller(user("driver-1", UserType::Driver, CountryCode::Bangladesh));
    let (refuses, knows, unasked) = (Always::says(Err(REFUSED)), Always::says(Ok(driver)), Always::says(Err(REFUSED)));
    let found = ready(chain(&[&refuses, &knows, &unasked]).authenticate("token")).unwrap();
    assert_eq!(found.principal.id(), "driver-1");
    assert_eq!([&refuses, &knows, &unasked].map(|link| *link.asked.lock().unwrap()), [1, 1, 0]);
}

#[test]
fn not_available_wins_over_not_authenticated_in_either_order() {
    let (refuses, away) = (Always::says(Err(REFUSED)), Always::says(Err(AuthenticationError::Unavailable)));
    for links in [[&refuses, &away], [&away, &refuses]] {
        assert_eq!(ready(chain(&links).authenticate("token")), Err(AuthenticationError::Unavailable));
    }
}

#[test]
fn a_chain_that_knows_nobody_refuses() {
    assert_eq!(ready(chain(&[&Always::says(Err(REFUSED))]).authenticate("token")), Err(REFUSED));
    assert!(matches!(
        ready(AuthenticatorChain::default().authenticate("token")),
        Err(AuthenticationError::Unauthenticated(_))
    ));
}

#[test]
fn what_a_client_may_read_of_a_refusal_has_no_reason() {
    assert_eq!(AuthenticationError::refused("the token was revoked").to_string(), "not authenticated");
}
