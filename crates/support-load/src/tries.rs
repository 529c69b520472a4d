//! How often something is tried before and after what is measured: opening conversations, connecting senders, reading
//! back. What is measured is never tried again by itself.

use std::time::Duration;

use crate::Trouble;
use crate::run::Run;

const MOST: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The tries of one thing.
#[derive(Debug)]
pub(crate) struct Tries {
    failed: u32,
    wait: Duration,
}

impl Tries {
    pub(crate) fn new() -> Self {
        Self { failed: 0, wait: FIRST_WAIT }
    }

    /// Waits before the next try, or hands the trouble back: it cannot be helped, has come too often, or the server asks
    /// to wait for longer than the run would.
    pub(crate) async fn again(&mut self, run: &Run, trouble: Trouble) -> Result<(), Trouble> {
        self.failed += 1;
        let wait = trouble.wait.unwrap_or(self.wait);
        if self.failed == MOST || trouble.is_final() || wait > run.settle() {
            return Err(trouble);
        }
        tokio::time::sleep(wait).await;
        self.wait *= 2;
        Ok(())
    }
}
