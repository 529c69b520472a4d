//! The kinds of files that may ever come with a message. What a browser would run, like HTML and SVG, has no word here,
//! so no configuration can let it in.

use std::collections::BTreeSet;

use crate::{InvalidValue, TextEnum, text_enum};

text_enum! {
    /// A kind of file, by its media type.
    pub enum MediaType ("media type") {
        /// A photograph.
        Jpeg = "image/jpeg",
        /// A picture.
        Png = "image/png",
        /// A picture.
        Webp = "image/webp",
        /// A document.
        Pdf = "application/pdf",
    }
}

/// A set of kinds of files, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaTypes(BTreeSet<MediaType>);

impl MediaTypes {
    /// Reads a list of media types, in any order; a name that comes twice counts once.
    ///
    /// # Errors
    /// When there is none, or one that is not known as safe.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidValue> {
        let parsed: Result<BTreeSet<MediaType>, _> =
            names.into_iter().map(|name| MediaType::parse(name.trim())).collect();
        match parsed {
            Ok(types) if types.is_empty() => Err(InvalidValue::new("must name at least one media type")),
            Ok(types) => Ok(Self(types)),
            Err(unknown) => Err(InvalidValue::limit(format!("must hold only {}", unknown.expected))),
        }
    }

    /// Whether that kind is among them.
    pub fn contains(&self, media_type: MediaType) -> bool {
        self.0.contains(&media_type)
    }

    /// All of them, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = MediaType> + '_ {
        self.0.iter().copied()
    }

    /// Their names.
    pub fn names(&self) -> Vec<&'static str> {
        self.iter().map(TextEnum::as_str).collect()
    }
}

impl Default for MediaTypes {
    /// All that are known.
    fn default() -> Self {
        Self(MediaType::ALL.iter().copied().collect())
    }
}
