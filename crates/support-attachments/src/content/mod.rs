//! What a file really is. Looks at bytes and nothing else; never decompresses anything, so that no picture can be larger
//! inside than outside, and never needs more memory than the file has.

mod editor;
mod exif;
mod jpeg;
mod pdf;
mod png;
mod webp;

use support_domain::{MediaType, MediaTypes};

/// What is looked at to tell what a file is.
const BEGINNING: usize = 4_096;

/// A file that may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// What it is.
    pub media_type: MediaType,
    /// What may be kept of it.
    pub bytes: Vec<u8>,
}

/// Why a file may not be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is of a type that is not taken.
    #[error("the file's type is not taken")]
    Type,
    /// It claims to be of a type, and is not whole.
    #[error("the file is damaged")]
    Damaged,
}

/// Says what a file is, and keeps of it what shows it: of pictures no positions, cameras, comments and names, but the profile
/// of the colours and which side is up; and nothing behind the end.
///
/// # Errors
/// [`Refusal`].
pub fn examine(bytes: Vec<u8>, allowed: &MediaTypes) -> Result<Examined, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    let media_type = media_type_of(&bytes).filter(|found| allowed.contains(*found)).ok_or(Refusal::Type)?;
    let kept = match media_type {
        MediaType::Jpeg => jpeg::keep_picture(bytes),
        MediaType::Png => png::keep_picture(bytes),
        MediaType::Webp => webp::keep_picture(bytes),
        MediaType::Pdf => pdf::keep_document(bytes),
    };
    kept.map(|bytes| Examined { media_type, bytes }).ok_or(Refusal::Damaged)
}

fn media_type_of(bytes: &[u8]) -> Option<MediaType> {
    let found = infer::get(bytes.get(..BEGINNING).unwrap_or(bytes))?;
    let media_type: MediaType = found.mime_type().parse().ok()?;
    // The library takes a document for one that begins anywhere in the first kilobyte, behind a page or a program.
    (media_type != MediaType::Pdf || bytes.starts_with(pdf::BEGINNING)).then_some(media_type)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
