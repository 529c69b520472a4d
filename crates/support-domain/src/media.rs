//! The kinds of files that may ever come with a message. What a browser would run, like HTML and SVG, has no word here,
//! so no configuration can let it in.

use std::collections::BTreeSet;

use crate::{InvalidValue, TextEnum, text_enum};

text_enum! {
    /// A kind of file, by its media type, as found in its content.
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

impl MediaType {
    /// Whether a client can show it as a picture.
    pub const fn is_image(self) -> bool {
        !matches!(self, Self::Pdf)
    }

    /// What the names of such files end in, the usual one first.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Self::Png => &["png"],
            Self::Webp => &["webp"],
            Self::Pdf => &["pdf"],
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_browser_would_run_is_a_media_type() {
        for name in ["text/html", "image/svg+xml", "application/xml", "text/plain", "image/*", "IMAGE/PNG", ""] {
            assert!(MediaTypes::parse([name]).is_err(), "{name}");
        }
        let two = MediaTypes::parse([" application/pdf", "image/png", "image/png"]).unwrap();
        assert_eq!(two.names(), ["image/png", "application/pdf"]);
        assert!(!two.contains(MediaType::Jpeg));
        assert!(MediaTypes::parse([]).is_err());
    }
}
