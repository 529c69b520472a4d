//! Shows how far a run is, on a terminal and nowhere else. A look a few times a second; nothing that is measured waits
//! for it.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinHandle;

const LOOK: Duration = Duration::from_millis(250);

/// A bar that is there until it is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    looks: JoinHandle<()>,
}

impl Progress {
    /// Shows what `read` says, out of `total` if that is known.
    pub(crate) fn show(
        quiet: bool,
        label: &'static str,
        total: Option<u64>,
        read: impl Fn() -> u64 + Send + 'static,
    ) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(total, target).with_message(label);
        let template = match total {
            Some(_) => "{msg} {wide_bar} {pos}/{len} {per_sec} {elapsed}",
            None => "{msg} {spinner} {pos} {per_sec} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let shown = bar.clone();
        let looks = tokio::spawn(async move {
            while !shown.is_hidden() {
                shown.set_position(read());
                tokio::time::sleep(LOOK).await;
            }
        });
        Self { bar, looks }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.looks.abort();
        self.bar.finish_and_clear();
    }
}
