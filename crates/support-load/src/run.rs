//! What every part of a run shares: the clock, the servers, the people, and the numbers that nothing may have twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use support_domain::{Clock, IdSource, SystemClock, SystemIds};

use crate::Stop;
use crate::key::MessageKey;
use crate::options::Common;
use crate::people::People;
use crate::rest::RestClient;
use crate::target::Target;

/// The variable that holds the key of a server.
const KEY: &str = "SUPPORT_BISCUIT_PRIVATE_KEY";

/// A run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) common: Common,
    pub(crate) people: People,
    clock: SystemClock,
    id: u32,
    targets: Arc<[Arc<Target>]>,
    messages: AtomicU64,
    connections: AtomicUsize,
}

impl Run {
    pub(crate) fn new(common: &Common) -> Result<Arc<Self>, Stop> {
        let clock = SystemClock::new();
        // The end of such an id is chance, so that runs that begin together are different ones.
        let id = SystemIds::new().next(clock.now()).as_u64_pair().1 as u32;
        let people = match (&common.tokens, &common.key, std::env::var(KEY)) {
            (Some(file), _, _) => People::of_file(file)?,
            (None, Some(key), _) => People::minted(&key.0, clock.now(), id)?,
            (None, None, Ok(key)) => People::minted(&key, clock.now(), id)?,
            (None, None, Err(_)) => {
                return Err(Stop::usage(format!("tokens are needed: {KEY} in the environment, --key or --tokens")));
            }
        };
        let targets = common.url.iter().map(|url| Target::find(url, &common.source).map(Arc::new));
        let targets = targets.collect::<Result<Arc<[_]>, Stop>>()?;
        let (messages, connections) = (AtomicU64::new(0), AtomicUsize::new(0));
        Ok(Arc::new(Self { common: common.clone(), people, clock, id, targets, messages, connections }))
    }

    /// The time of the run.
    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    pub(crate) fn started_at(&self) -> String {
        self.clock.now().to_string()
    }

    /// Waits until the run's time is `at`.
    pub(crate) async fn sleep_until(&self, at: Duration) {
        let wait = at.saturating_sub(self.now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs_f64(self.common.timeout)
    }

    pub(crate) fn settle(&self) -> Duration {
        Duration::from_secs_f64(self.common.settle)
    }

    pub(crate) fn warm_up(&self) -> Duration {
        Duration::from_secs_f64(self.common.warm_up)
    }

    /// A key for a message that is due at that moment.
    pub(crate) fn key(&self, intended: Duration) -> MessageKey {
        let number = self.messages.fetch_add(1, Ordering::Relaxed);
        let intended_micros = u64::try_from(intended.as_micros()).unwrap_or(u64::MAX);
        MessageKey { run: self.id, number, intended_micros }
    }

    /// When a message was due, if it is one of this run.
    pub(crate) fn due(&self, key: &str) -> Option<Duration> {
        let key = MessageKey::read(key).filter(|key| key.run == self.id)?;
        Some(Duration::from_micros(key.intended_micros))
    }

    /// The server for the next connection, and which connection it is.
    pub(crate) fn next_target(&self) -> (Arc<Target>, usize) {
        let number = self.connections.fetch_add(1, Ordering::Relaxed);
        (Arc::clone(&self.targets[number % self.targets.len()]), number)
    }

    pub(crate) fn rest_client(&self) -> RestClient {
        let number = self.connections.fetch_add(1, Ordering::Relaxed);
        RestClient::new(Arc::clone(&self.targets), number, self.patience())
    }
}
