//! Enums that have one fixed name a variant, the same in the database, in JSON, in tokens and on the command line.

use std::fmt;

/// An enum of the contract's words. Made by [`text_enum!`](macro@crate::text_enum).
pub trait TextEnum: Copy + Eq + fmt::Debug + Send + Sync + 'static {
    /// What it is called in a sentence: "status", "priority".
    const WHAT: &'static str;
    /// Every variant, in the order of the table.
    const ALL: &'static [Self];
    /// The variant's name.
    fn as_str(self) -> &'static str;
    /// The variant with that name, to the letter.
    fn parse(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.iter().copied().find(|variant| variant.as_str() == name).ok_or_else(|| UnknownName {
            what: Self::WHAT,
            expected: Self::ALL.iter().map(|variant| variant.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}

/// A word that the table does not have. Names the words that it has, and not the one that was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be one of {expected}")]
pub struct UnknownName {
    /// What was asked for: "status".
    pub what: &'static str,
    /// The known words, comma separated.
    pub expected: String,
}

/// Declares an enum as a table of variants and their names, with [`TextEnum`], `Display`, `FromStr` and serde.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident ($what:literal) { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $crate::TextEnum for $name {
            const WHAT: &'static str = $what;
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad($crate::TextEnum::as_str(*self)) }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownName;
            fn from_str(name: &str) -> Result<Self, Self::Err> { $crate::TextEnum::parse(name) }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::TextEnum::as_str(*self))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                $crate::TextEnum::parse(&name).map_err(serde::de::Error::custom)
            }
        }
    };
}
