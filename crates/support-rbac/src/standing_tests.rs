//! How an authenticator and a standing answer together.

use std::sync::Mutex;

use support_domain::{CountryCode, UserType};

use super::*;
use crate::RevocationId;
use crate::testing::{Always, TestClock, caller, ready, user};

const BLOCKED: Refusal = Refusal::new("blocked");

/// Says what it is told to, and counts how often it was asked.
#[derive(Debug)]
struct Told {
    answer: Mutex<Result<Verdict, StandingUnavailable>>,
    asked: Mutex<usize>,
}

impl Standing for Told {
    fn check<'a>(&'a self, callers: &'a [Arc<Caller>]) -> BoxFuture<'a, Result<Vec<Verdict>, StandingUnavailable>> {
        *self.asked.lock().unwrap() += 1;
        let answer = self.answer.lock().unwrap().clone().map(|verdict| vec![verdict; callers.len()]);
        Box::pin(std::future::ready(answer))
    }
}

struct Gate {
    clock: Arc<TestClock>,
    told: Arc<Told>,
    authenticator: StandingAuthenticator,
}

fn gate(answer: Result<Verdict, StandingUnavailable>) -> Gate {
    let driver = caller(user("driver-1", UserType::Driver, CountryCode::Bangladesh));
    let told = Arc::new(Told { answer: Mutex::new(answer), asked: Mutex::new(0) });
    let clock = Arc::new(TestClock::default());
    let authenticator = StandingAuthenticator::new(Always::says(Ok(driver)), told.clone(), clock.clone());
    Gate { clock, told, authenticator }
}

impl Gate {
    fn enter(&self) -> Result<Arc<Caller>, AuthenticationError> {
        ready(self.authenticator.authenticate("token"))
    }

    fn asked(&self) -> usize {
        *self.told.asked.lock().unwrap()
    }
}

#[test]
fn whoever_has_fallen_is_refused_and_let_in_again_once_the_answer_is_old() {
    let gate = gate(Ok(Verdict::Stands));
    assert!(gate.enter().is_ok());
    *gate.told.answer.lock().unwrap() = Ok(Verdict::Fallen(BLOCKED));
    gate.clock.advance(STANDING_LASTS - Duration::from_millis(1));
    assert!(gate.enter().is_ok());
    assert_eq!(gate.asked(), 1, "an answer is good for a while");
    gate.clock.advance(Duration::from_millis(1));
    assert_eq!(gate.enter(), Err(AuthenticationError::Unauthenticated(BLOCKED)));
    *gate.told.answer.lock().unwrap() = Ok(Verdict::Stands);
    gate.clock.advance(STANDING_LASTS);
    assert!(gate.enter().is_ok());
    assert_eq!(gate.asked(), 3);
}

#[test]
fn nobody_is_let_in_or_sent_away_for_good_while_nobody_can_say() {
    let gate = gate(Err(StandingUnavailable("away".to_owned())));
    assert_eq!(gate.enter(), Err(AuthenticationError::Unavailable));
    *gate.told.answer.lock().unwrap() = Ok(Verdict::Stands);
    assert!(gate.enter().is_ok(), "what could not be asked is not remembered");
}

#[test]
fn a_token_that_was_refused_is_asked_about_no_further() {
    let gate = gate(Ok(Verdict::Stands));
    let refusing = Always::says(Err(AuthenticationError::refused("no")));
    let authenticator = StandingAuthenticator::new(refusing, gate.told.clone(), gate.clock.clone());
    assert_eq!(ready(authenticator.authenticate("token")), Err(AuthenticationError::refused("no")));
    assert_eq!(gate.asked(), 0);
}

#[test]
fn only_a_token_of_ours_can_be_revoked() {
    let hosts = caller(user("driver-1", UserType::Driver, CountryCode::Bangladesh));
    let ours = Caller { revocation_ids: vec![RevocationId(vec![1])], ..Caller::clone(&hosts) };
    assert!(ours.is_revocable() && !hosts.is_revocable());
}
