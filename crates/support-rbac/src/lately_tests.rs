//! Who asks, and who goes by what another heard.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{join_all, pending};
use tokio::sync::Notify;

use super::*;
use crate::testing::TestClock;

const LASTS: Duration = Duration::from_secs(2);

/// Answers when it is let, and counts how often it was asked.
#[derive(Debug, Default)]
struct Host {
    asked: AtomicUsize,
    go: Notify,
}

impl Host {
    async fn answer(self: Arc<Self>, answer: Result<u32, String>) -> Result<u32, String> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.go.notified().await;
        answer
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn lately() -> (Arc<TestClock>, Lately<&'static str, u32, String>, Arc<Host>) {
    let clock = Arc::new(TestClock::default());
    (clock.clone(), Lately::new(clock, LASTS), Arc::default())
}

async fn at_once(
    lately: &Lately<&'static str, u32, String>,
    host: &Arc<Host>,
    says: &Result<u32, String>,
) -> Vec<Result<u32, String>> {
    let crowd = (0..16).map(|_| lately.get_or_ask("driver-1", || host.clone().answer(says.clone())));
    let (answers, ()) = tokio::join!(join_all(crowd), async { host.go.notify_one() });
    answers
}

#[tokio::test]
async fn a_crowd_asks_once_and_all_hear_the_same() {
    let (clock, lately, host) = lately();
    assert_eq!(at_once(&lately, &host, &Ok(7)).await, vec![Ok(7); 16]);
    assert_eq!(host.asked(), 1);
    clock.advance(LASTS - Duration::from_millis(1));
    assert_eq!(lately.get_or_ask("driver-1", || host.clone().answer(Ok(8))).await, Ok(7));
    clock.advance(Duration::from_millis(1));
    assert_eq!(at_once(&lately, &host, &Ok(8)).await, vec![Ok(8); 16]);
    assert_eq!(host.asked(), 2);
}

#[tokio::test]
async fn a_failure_is_shared_and_not_kept() {
    let (_, lately, host) = lately();
    assert_eq!(at_once(&lately, &host, &Err("away".to_owned())).await, vec![Err("away".to_owned()); 16]);
    assert_eq!(host.asked(), 1);
    assert_eq!(at_once(&lately, &host, &Ok(7)).await, vec![Ok(7); 16]);
    assert_eq!(host.asked(), 2);
}

#[tokio::test]
async fn who_is_gone_before_the_answer_leaves_it_to_the_next() {
    let (clock, lately, host) = lately();
    let first = lately.get_or_ask("driver-1", || host.clone().answer(Ok(7)));
    tokio::select! {
        biased;
        _ = first => unreachable!("nobody let it"),
        () = std::future::ready(()) => {}
    }
    host.go.notify_one();
    assert_eq!(lately.get_or_ask("driver-1", pending).await, Ok(7));
    assert_eq!(host.asked(), 1);
    // One that is too old is nobody's answer any more.
    let other = lately.get_or_ask("driver-2", pending);
    tokio::select! {
        biased;
        _ = other => unreachable!("it never ends"),
        () = std::future::ready(()) => {}
    }
    clock.advance(LASTS);
    host.go.notify_one();
    assert_eq!(lately.get_or_ask("driver-2", || host.clone().answer(Ok(9))).await, Ok(9));
}
