//! Live callers whom somebody knows better than their tokens do.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support_domain::{Clock, CountryCode, Timestamp};
use support_rbac::{AdminRole, BoxFuture, Caller, Refusal, Standing, StandingUnavailable, Verdict};
use support_service::{LiveStanding, Ports};

use crate::harness::{Desk, admin, driver};

/// Knows who has fallen, and counts how many people it was asked about each time.
#[derive(Debug, Default)]
struct Register {
    fallen: Mutex<HashSet<String>>,
    is_away: Mutex<bool>,
    /// Nothing is said of a question with this person in it.
    hides: Mutex<String>,
    asked: Mutex<Vec<usize>>,
}

impl Register {
    fn fell(&self, ids: &[&str]) {
        *self.fallen.lock().unwrap() = ids.iter().map(|id| (*id).to_owned()).collect();
    }
}

impl Standing for Register {
    fn check<'a>(&'a self, callers: &'a [Arc<Caller>]) -> BoxFuture<'a, Result<Vec<Verdict>, StandingUnavailable>> {
        self.asked.lock().unwrap().push(callers.len());
        let fallen = self.fallen.lock().unwrap();
        let verdict = |caller: &Arc<Caller>| match fallen.contains(caller.principal.id()) {
            true => Verdict::Fallen(Refusal::new("blocked")),
            false => Verdict::Stands,
        };
        let hidden = self.hides.lock().unwrap();
        let is_hidden = callers.iter().any(|caller| caller.principal.id() == *hidden);
        let answer = match *self.is_away.lock().unwrap() || is_hidden {
            true => Err(StandingUnavailable("away".to_owned())),
            false => Ok(callers.iter().map(verdict).collect()),
        };
        Box::pin(std::future::ready(answer))
    }
}

fn desk() -> (Desk, Arc<Register>) {
    let register = Arc::new(Register::default());
    (Desk::start(Ports { standing: Some(register.clone()), ..Ports::default() }), register)
}

#[tokio::test]
async fn all_live_callers_are_asked_about_at_once_and_each_person_once() {
    let (desk, register) = desk();
    let watch = |id: &str| desk.service.watch_standing(&driver(id));
    let (first, second, other) = (watch("driver-1"), watch("driver-1"), watch("driver-2"));
    let mut woken = desk.service.watch_revocations();
    woken.mark_unchanged();
    desk.service.check_live_standing().await.unwrap();
    assert!(!woken.has_changed().unwrap(), "nobody is woken for nothing");
    register.fell(&["driver-1"]);
    desk.service.check_live_standing().await.unwrap();
    assert!(woken.has_changed().unwrap(), "sockets are told to look");
    let standings = [&first, &second, &other].map(support_service::WatchedCaller::standing);
    assert_eq!(standings, [LiveStanding::Fallen, LiveStanding::Fallen, LiveStanding::Stands]);
    assert_eq!(*register.asked.lock().unwrap(), [2, 2]);
    drop((first, second, other));
    desk.service.check_live_standing().await.unwrap();
    assert_eq!(register.asked.lock().unwrap().len(), 2, "nobody is live, so nobody is asked about");
}

#[tokio::test]
async fn what_was_found_of_a_caller_is_not_held_against_who_they_are_now() {
    let (desk, register) = desk();
    let watched = desk.service.watch_standing(&driver("driver-1"));
    register.fell(&["driver-1"]);
    desk.service.check_live_standing().await.unwrap();
    assert_eq!(watched.standing(), LiveStanding::Fallen);
    // Somebody who comes again after that is asked about anew, and one who renewed is as good as new.
    let again = desk.service.watch_standing(&driver("driver-1"));
    assert_eq!(again.standing(), LiveStanding::Stands);
    register.fell(&[]);
    watched.renew(&admin(AdminRole::SupportAdmin, Some(CountryCode::Bangladesh)));
    desk.service.check_live_standing().await.unwrap();
    assert_eq!((watched.standing(), again.standing()), (LiveStanding::Stands, LiveStanding::Stands));
    register.fell(&["admin-1"]);
    desk.service.check_live_standing().await.unwrap();
    assert_eq!((watched.standing(), again.standing()), (LiveStanding::Fallen, LiveStanding::Stands));
}

#[tokio::test]
async fn while_nobody_can_say_everybody_stays_until_they_are_doubted() {
    let (desk, register) = desk();
    let watched = desk.service.watch_standing(&driver("driver-1"));
    *register.is_away.lock().unwrap() = true;
    assert!(desk.service.check_live_standing().await.is_err());
    assert_eq!(watched.standing(), LiveStanding::Stands);
    desk.service.doubt_live_standing(Duration::ZERO);
    assert_eq!(watched.standing(), LiveStanding::Doubted);
}

/// A clock that stands still until it is moved.
#[derive(Debug, Default)]
struct Hand(Mutex<Duration>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_769_851_800_000).plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

#[tokio::test]
async fn what_cannot_be_said_of_some_saves_and_costs_nobody_else() {
    let (register, clock) = (Arc::new(Register::default()), Arc::new(Hand::default()));
    let ports = Ports { standing: Some(register.clone()), clock: clock.clone(), ..Ports::default() };
    let desk = Desk::start(ports);
    let crowd: Vec<_> = (0..2_500).map(|number| desk.service.watch_standing(&driver(&format!("d-{number}")))).collect();
    let count = |standing| crowd.iter().filter(|watched| watched.standing() == standing).count();
    let everybody: Vec<String> = (0..2_500).map(|number| format!("d-{number}")).collect();
    register.fell(&everybody.iter().map(String::as_str).collect::<Vec<_>>());
    *register.hides.lock().unwrap() = "d-7".to_owned();
    *clock.0.lock().unwrap() = Duration::from_secs(2);
    assert!(desk.service.check_live_standing().await.is_err());
    assert_eq!(register.asked.lock().unwrap().iter().sum::<usize>(), 2_500, "all are asked about");
    let unsaid = count(LiveStanding::Stands);
    assert!([500, 1_000].contains(&unsaid), "{unsaid} are left as they were");
    assert_eq!(count(LiveStanding::Fallen), 2_500 - unsaid);
    desk.service.doubt_live_standing(Duration::from_secs(2));
    assert_eq!((count(LiveStanding::Doubted), count(LiveStanding::Fallen)), (unsaid, 2_500 - unsaid));
}

#[tokio::test]
async fn a_ticket_is_looked_at_when_it_is_used() {
    let (desk, register) = desk();
    let caller = driver("driver-1");
    let issue = || async { desk.service.issue_ticket(&caller).await.unwrap().ticket };
    let (good, fallen, unknown) = (issue().await, issue().await, issue().await);
    assert!(desk.service.redeem_ticket(&good).await.unwrap().is_some());
    register.fell(&["driver-1"]);
    assert!(desk.service.redeem_ticket(&fallen).await.unwrap().is_none());
    *register.is_away.lock().unwrap() = true;
    assert!(desk.service.redeem_ticket(&unknown).await.is_err());
    // Nobody could say, so nothing was used up.
    *register.is_away.lock().unwrap() = false;
    register.fell(&[]);
    assert!(desk.service.redeem_ticket(&unknown).await.unwrap().is_some());
    assert!(desk.service.redeem_ticket(&unknown).await.unwrap().is_none(), "used once");
}

#[tokio::test]
async fn without_anybody_who_knows_nobody_is_asked() {
    let desk = Desk::start(Ports::default());
    let watched = desk.service.watch_standing(&driver("driver-1"));
    desk.service.check_live_standing().await.unwrap();
    desk.service.doubt_live_standing(Duration::ZERO);
    assert!(!desk.service.has_standing());
    assert_eq!(watched.standing(), LiveStanding::Stands);
}
