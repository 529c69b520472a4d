//! The benchmark of the desk: plays its programs against what limits them, in one run on one machine, and writes what came
//! out. `scripts/bench` builds what it needs, starts a database for it, and calls it.
//!
//! Every number of docs/performance.md comes out of a run: nothing is typed in, and no figure of one run is held against
//! one of another. What is compared takes turns within a run, several rounds of it, and medians are told with the range of
//! the rounds. Where a target is not reached, the page says so. The load comes from `support-load`, as anybody would start
//! it, which reads back what was acknowledged: a run in which a message is lost, doubled or out of order ends without a page.
//!
//! It never loads a desk that it has not started itself, and knows nothing of the server's code: it runs its binary, and
//! the SQL beside it knows the tables.
//!
//! # How to add
//! - **a measurement**: a file in [`scenes`], which notes figures in the [`figures::Book`] under a name of its own; a line
//!   in [`play`]; its numbers in `page.md`, where `{{name}}` is the median of a figure and `{{one / other}}` a ratio.
//! - **a target**: a line in `targets.rs`.
//! - **a picture**: a function in `pictures.rs`.

pub mod chart;
mod children;
mod database;
mod desk;
pub mod figures;
mod load;
mod machine;
mod options;
pub mod page;
mod pgbench;
mod pictures;
mod plan;
pub mod scenes;
mod sqlite;
pub mod targets;

use std::io::Write;

use support_domain::{Clock, SystemClock};

pub use children::end_on_signals;
pub use options::{CommandLine, Options, Task, Written};

use crate::database::Postgres;
use crate::figures::Book;
use crate::options::Scene;
use crate::page::Raw;
use crate::plan::Plan;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Stop(String);

impl Stop {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// For `map_err`: what was done when it failed.
    pub(crate) fn when<E: std::fmt::Display>(what: &str) -> impl FnOnce(E) -> Self + use<'_, E> {
        move |error| Self(format!("{what}: {error}"))
    }
}

/// What every scene has at hand.
pub(crate) struct Stage {
    pub(crate) options: Options,
    pub(crate) plan: Plan,
    pub(crate) postgres: Postgres,
    pub(crate) keys: desk::Keys,
    pub(crate) clock: SystemClock,
}

impl Stage {
    /// Tells whoever watches what is done now, and since when.
    pub(crate) fn tell(&self, what: &str) {
        let seconds = self.clock.monotonic().as_secs();
        // Nobody is left to tell if this fails.
        let _ = writeln!(std::io::stderr(), "{:02}:{:02} {what}", seconds / 60, seconds % 60);
    }
}

/// Does what was asked for.
///
/// # Errors
/// When something could not be measured, a check of what was measured failed, or nothing could be written.
pub fn play(task: Task) -> Result<(), Stop> {
    match task {
        Task::Measure(options) => measure(*options),
        Task::Page(written) => {
            let text = std::fs::read_to_string(&written.json).map_err(Stop::when("the raw figures"))?;
            write_page(&Raw::read(&text)?, &written)
        }
    }
}

fn measure(options: Options) -> Result<(), Stop> {
    support_load::process::raise_descriptors();
    let postgres = Postgres::new(&options)?;
    let keys = desk::Keys::make(&options)?;
    let stage = Stage { plan: Plan::of(options.quick), options, postgres, keys, clock: SystemClock::new() };
    let facts = machine::facts(&stage)?;
    let mut book = Book::default();
    machine::note_disk(&stage, &mut book)?;
    for scene in Scene::ALL.iter().filter(|scene| stage.options.plays(**scene)) {
        match scene {
            Scene::Micro => scenes::micro::play(&stage, &mut book)?,
            Scene::Sends => scenes::sends::play(&stage, &mut book)?,
            Scene::Sqlite => scenes::sqlite::play(&stage, &mut book)?,
            Scene::FanOut => scenes::fan_out::play(&stage, &mut book)?,
            Scene::Idle => scenes::idle::play(&stage, &mut book)?,
            Scene::Storm => scenes::storm::play(&stage, &mut book)?,
            Scene::Lists => scenes::lists::play(&stage, &mut book)?,
        }
    }
    machine::note_disk(&stage, &mut book)?;
    let write = |text: String| std::io::stdout().write_all(text.as_bytes()).map_err(Stop::when("standard output"));
    write(targets::table(&book))?;
    let raw = Raw { facts, figures: book };
    let written = &stage.options.written;
    std::fs::write(&written.json, raw.to_json()).map_err(Stop::when("the raw figures"))?;
    if stage.options.is_whole() {
        write_page(&raw, written)
    } else {
        write("Only a part was measured: the page stays as it was.\n".to_owned())
    }
}

fn write_page(raw: &Raw, written: &Written) -> Result<(), Stop> {
    // First the page, which notices what is missing.
    let text = page::fill(page::TEMPLATE, &raw.facts, &raw.figures)?;
    pictures::draw(&raw.figures, &written.images)?;
    std::fs::write(&written.page, text).map_err(Stop::when("the page"))
}
