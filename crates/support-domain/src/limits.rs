//! The limits on what people may write and upload. All of them are configuration; these are the defaults.

use crate::MediaTypes;

/// How long and how deep things may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A message, after trimming, in Unicode scalar values.
    pub max_message_chars: usize,
    /// A subject, after trimming, in Unicode scalar values.
    pub max_subject_chars: usize,
    /// Metadata, as compact JSON, in bytes.
    pub max_metadata_bytes: usize,
    /// Metadata: how many objects and arrays may stand in each other, the outermost included.
    pub max_metadata_depth: usize,
    /// A file, in bytes.
    pub max_attachment_bytes: usize,
    /// Files that come with one message.
    pub max_attachments_per_message: usize,
    /// What files may be.
    pub allowed_media_types: MediaTypes,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_message_chars: 4_000,
            max_subject_chars: 200,
            max_metadata_bytes: 4_096,
            max_metadata_depth: 4,
            max_attachment_bytes: 10 * 1024 * 1024,
            max_attachments_per_message: 5,
            allowed_media_types: MediaTypes::all(),
        }
    }
}
