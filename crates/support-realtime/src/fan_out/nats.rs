//! Hints over NATS core.

use super::{FanOut, Hint, Signals};

/// A URL that names no NATS server. Does not repeat it: there may be a password in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be nats://HOST[:PORT] or tls://HOST[:PORT], comma separated")]
pub struct InvalidNatsUrl;

/// The connection to NATS.
#[derive(Debug)]
pub struct Nats {}

impl Nats {
    /// Connects in the background, now and whenever the connection is lost. To be called within a tokio runtime.
    ///
    /// # Errors
    /// When the URL is none of NATS; that no server answers is no error.
    pub fn start(_url: &str, _signals: Signals) -> Result<Self, InvalidNatsUrl> {
        Err(InvalidNatsUrl)
    }
}

impl FanOut for Nats {
    fn announce(&self, _: Hint) {}

    fn is_connected(&self) -> bool {
        false
    }
}
