//! Handles: one metric, or a family of them that labels tell apart. Made once, for the recorder that there is then.

use std::fmt;
use std::marker::PhantomData;

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, SharedString, with_recorder};

use crate::{Kind, Labels, Metric};

const METADATA: Metadata<'static> = Metadata::new("support", Level::INFO, None);

/// What a row of a table is counted with.
pub trait Instrument: Sized {
    /// How it moves.
    const KIND: Kind;
    /// For each label all values that it can have.
    fn values() -> Vec<Vec<&'static str>>;
    /// Handles for the recorder that there is now; those that count nowhere if there is no row.
    fn register(row: Option<&'static Metric>) -> Self;
}

/// A single handle.
pub trait Handle: Clone {
    /// How it moves.
    const KIND: Kind;
    /// One that counts nowhere.
    fn none() -> Self;
    /// One that counts under that key.
    fn of(key: &Key) -> Self;
}

macro_rules! handles {
    ($($handle:ident by $register:ident;)+) => {$(
        impl Handle for $handle {
            const KIND: Kind = Kind::$handle;

            fn none() -> Self {
                Self::noop()
            }

            fn of(key: &Key) -> Self {
                with_recorder(|recorder| recorder.$register(key, &METADATA))
            }
        }
    )+};
}

handles! {
    Counter by register_counter;
    Gauge by register_gauge;
    Histogram by register_histogram;
}

impl<H: Handle> Instrument for H {
    const KIND: Kind = H::KIND;

    fn values() -> Vec<Vec<&'static str>> {
        Vec::new()
    }

    fn register(row: Option<&'static Metric>) -> Self {
        row.map_or_else(H::none, |row| H::of(&Key::from_static_name(row.name)))
    }
}

/// A handle for each combination of labels.
pub struct Family<H, L> {
    /// In the order of the combinations.
    handles: Vec<H>,
    none: H,
    labels: PhantomData<L>,
}

/// Counters that labels tell apart.
pub type Counters<L> = Family<Counter, L>;
/// Gauges that labels tell apart.
pub type Gauges<L> = Family<Gauge, L>;
/// Histograms that labels tell apart.
pub type Histograms<L> = Family<Histogram, L>;

impl<H, L: Labels> Family<H, L> {
    /// The one with these labels.
    pub fn of(&self, labels: L) -> &H {
        self.handles.get(labels.index()).unwrap_or(&self.none)
    }
}

impl<H, L> fmt::Debug for Family<H, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family").field("handles", &self.handles.len()).finish()
    }
}

impl<H: Handle, L: Labels> Instrument for Family<H, L> {
    const KIND: Kind = H::KIND;

    fn values() -> Vec<Vec<&'static str>> {
        L::values()
    }

    fn register(row: Option<&'static Metric>) -> Self {
        let make = |row: &Metric, values: Vec<&'static str>| {
            let labels = row.labels.iter().zip(values).map(|(name, value)| Label::from_static_parts(name, value));
            H::of(&Key::from_parts(row.name, labels.collect::<Vec<_>>()))
        };
        let handles = row.map(|row| L::all().into_iter().map(|values| make(row, values)).collect());
        Self { handles: handles.unwrap_or_default(), none: H::none(), labels: PhantomData }
    }
}

/// Handles that are told apart by what is known only while the program runs, such as the patterns of its routes. Whoever
/// uses it sees to it that there are few of them: each stays for ever.
#[derive(Debug)]
pub struct ByPattern<H> {
    row: Option<&'static Metric>,
    handle: PhantomData<H>,
}

impl<H: Handle> ByPattern<H> {
    /// The one with these values, in the order of the labels.
    pub fn of<const N: usize>(&self, values: [SharedString; N]) -> H {
        let Some(row) = self.row else { return H::none() };
        let labels = row.labels.iter().zip(values).map(|(name, value)| Label::new(*name, value));
        H::of(&Key::from_parts(row.name, labels.collect::<Vec<_>>()))
    }
}

impl<H: Handle> Instrument for ByPattern<H> {
    const KIND: Kind = H::KIND;

    fn values() -> Vec<Vec<&'static str>> {
        Vec::new()
    }

    fn register(row: Option<&'static Metric>) -> Self {
        Self { row, handle: PhantomData }
    }
}
