//! The kinds of files that may ever come with a message. What a browser would run, like HTML and SVG, has no word here,
//! so no configuration can let it in.

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

/// Some kinds of files: each once, at least one, in the order in which they were named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaTypes(Vec<MediaType>);

impl MediaTypes {
    /// All that there are.
    pub fn all() -> Self {
        Self(MediaType::ALL.to_vec())
    }

    /// Reads a list of names, separated by commas.
    ///
    /// # Errors
    /// When there is none, or one that is not known as safe.
    pub fn parse(list: &str) -> Result<Self, InvalidValue> {
        let mut types = Vec::new();
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let parsed = MediaType::parse(name);
            let media_type =
                parsed.map_err(|unknown| InvalidValue::limit(format!("must hold only {}", unknown.expected)))?;
            if !types.contains(&media_type) {
                types.push(media_type);
            }
        }
        if types.is_empty() { Err(InvalidValue::new("must name at least one media type")) } else { Ok(Self(types)) }
    }

    /// Whether that kind is among them.
    pub fn contains(&self, media_type: MediaType) -> bool {
        self.0.contains(&media_type)
    }

    /// The kinds.
    pub fn as_slice(&self) -> &[MediaType] {
        &self.0
    }
}
