//! The bytes of files: where they are kept, what they really are, and whether they are clean.
//!
//! [`examine`] says what a file is by its content, demands that it is whole, and takes out of pictures whatever is not the
//! picture: positions, cameras, comments, what is hidden behind the end. [`Files`] keeps bytes under a
//! [`StorageKey`](support_domain::StorageKey), in a folder or in an object store, and may have a [`Scanner`] that has to
//! find them clean and a [`LinkSource`] that signs links to them. What is known of a file is the store's, and who may
//! have it the service's: nothing here asks for rights, and nothing here logs a name or a link.
//!
//! # By example
//! ```
//! use support_attachments::{Files, Refusal, examine};
//! use support_domain::*;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A file is what its content says, whatever it was called, and nothing behind its end is kept.
//! # const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00\x3a\x7e\x9b\x55\
//! #     \x00\x00\x00\x0aIDAT\x78\xda\x63\xf8\x0f\x00\x01\x01\x01\x00\x1c\xb0\x8c\x99\x00\x00\x00\x00IEND\xae\x42\x60\x82";
//! let mut upload = PICTURE.to_vec();
//! upload.extend_from_slice(b"something hidden");
//! let examined = examine(upload, &MediaTypes::all())?;
//! assert_eq!(examined.media_type, MediaType::Png);
//! assert_eq!(examined.bytes, PICTURE);
//! assert_eq!(examine(b"<script>alert(1)</script>".to_vec(), &MediaTypes::all()), Err(Refusal::Type));
//!
//! let at = SystemClock::new().now();
//! let file = SupportAttachment {
//!     id: AttachmentId(SystemIds::new().next(at)),
//!     created_at: at,
//!     message_id: None,
//!     file_type: examined.media_type,
//!     file_name: FileName::parse("../../receipt.html", examined.media_type),
//!     file_size: i64::try_from(examined.bytes.len())?,
//! };
//! assert_eq!(file.file_name.as_str(), "receipt.html.png");
//! let (files, key) = (Files::in_memory(), StorageKey::of(file.id));
//! files.put(&key, &file, examined.bytes.into()).await?;
//! assert_eq!(files.get_whole(&key, file.file_size).await?, PICTURE);
//! # Ok(())
//! # }
//! ```
//!
//! # How to add
//! - **a type of file**: its word in `support-domain`'s `MediaType`, which says what must never be one; a module in
//!   `content/` that walks its structure and keeps only what is known to be harmless; a line in [`examine`].
//! - **a place to keep files**: a scheme in `place.rs`, its client in `clouds.rs` behind a feature of this crate and of
//!   `support-http`.
//! - **a scanner**: an implementation of [`Scanner`], and where `support-http` configures it.

mod clamav;
#[cfg(feature = "clouds")]
mod clouds;
mod content;
mod disposition;
mod files;
mod place;
mod scan;

pub use clamav::{ClamAv, ClamAvAddress};
pub use content::{Examined, Refusal, examine};
pub use disposition::content_disposition;
pub use files::{ByteStream, Files, FilesError, LINK_LIFE, LinkSource, ProbeFailed, Probed, Stored};
pub use place::{InvalidPlace, Place};
pub use scan::{ScanFailed, Scanner, Verdict};
