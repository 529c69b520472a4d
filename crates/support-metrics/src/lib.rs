//! What the desk counts: the form in which each crate says it, and the handles with which it counts.
//!
//! A crate that counts something has one [`table!`] of it, in its `metrics.rs`: name, type, labels, unit and, as the doc
//! comment, what it means. All that is written about metrics elsewhere (docs/metrics.md, the dashboard, the alert rules) is
//! held to these tables by tests of `support-http`, which also gathers them.
//!
//! Nothing here collects. It speaks to the `metrics` facade, behind which is the recorder of the binary, that of a
//! backend which links the desk, or none. Handles are made once, with the first use of their table, for the recorder that
//! there is at that time: whoever wants one installs it before they make a desk. To count is then one atomic operation.
//!
//! A label's values are an enum, so that nobody can put an id or a word that somebody wrote into one. The only exception
//! is [`ByPattern`], for what is not known before the program runs: the patterns of its routes.
//!
//! # How to add
//! - **a metric**: a row in the table of the crate that knows of it, the place where it is counted, and its row in
//!   docs/metrics.md.
//! - **a label**: an enum made with [`label_values!`], or one of the domain's.

mod instrument;
mod label;
mod row;

pub use instrument::{ByPattern, Counters, Family, Gauges, Histograms, Instrument};
pub use label::{Both, Labels};
pub use metrics::{Counter, Gauge, Histogram, SharedString};
pub use row::{Kind, Metric, Unit};

/// For the macros.
#[doc(hidden)]
pub use support_domain::TextEnum;

/// Declares what a crate counts: a struct of handles, its table, and the one instance that everybody counts with.
///
/// ```
/// support_metrics::label_values! {
///     /// What became of a cup.
///     pub enum Fate { Drunk = "drunk", Cold = "cold" }
/// }
/// support_metrics::table! {
///     /// What the kitchen counts.
///     pub static KITCHEN: KitchenMetrics {
///         /// Cups of tea, by what became of them.
///         cups: support_metrics::Counters<Fate> = "kitchen_cups_total" by ["fate"] in Count;
///         /// How long water takes to boil.
///         boiling: support_metrics::Histogram = "kitchen_boiling_seconds" in Seconds;
///     }
/// }
/// KITCHEN.cups.of(Fate::Cold).increment(1);
/// assert_eq!(KitchenMetrics::TABLE[0].help(), "Cups of tea, by what became of them.");
/// assert_eq!(KitchenMetrics::TABLE[0].values(), [["drunk", "cold"]]);
/// ```
#[macro_export]
macro_rules! table {
    ($(#[$meta:meta])* $vis:vis static $table:ident: $name:ident { $(
        $(#[doc = $help:literal])+
        $field:ident: $type:ty = $metric:literal $(by [$($label:literal),+])? in $unit:ident;
    )+ }) => {
        $(#[$meta])*
        #[derive(Debug)]
        $vis struct $name { $( $(#[doc = $help])+ $vis $field: $type ),+ }

        impl $name {
            /// Every metric, in the order of the handles.
            $vis const TABLE: &'static [$crate::Metric] = &[$(
                $crate::Metric::new::<$type>(
                    $metric,
                    $crate::Unit::$unit,
                    &[$($($label),+)?],
                    concat!($($help),+),
                    || {
                        std::sync::LazyLock::force(&$table);
                    },
                )
            ),+];

            /// Handles for the recorder that there is now.
            #[must_use]
            $vis fn register() -> Self {
                let mut rows = Self::TABLE.iter();
                $( let $field = <$type as $crate::Instrument>::register(rows.next()); )+
                Self { $($field),+ }
            }
        }

        $(#[$meta])*
        $vis static $table: std::sync::LazyLock<$name> = std::sync::LazyLock::new($name::register);
    };
}

/// Declares the values of a label: `label_values! { enum Fate { Drunk = "drunk" } }`.
#[macro_export]
macro_rules! label_values {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $crate::TextEnum for $name {
            const WHAT: &'static str = "label";
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
        }
    };
}

#[cfg(test)]
mod tests;
