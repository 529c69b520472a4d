//! The bytes of files: where they are kept, what they really are, and whether they are clean.
//!
//! [`examine`] says what a file is by its content, demands that it is whole, and takes out of pictures whatever is not the
//! picture: positions, cameras, comments, what is hidden behind the end. [`Files`] keeps bytes under a
//! [`StorageKey`](support_domain::StorageKey), in a folder or in an object store, and may have a [`Scanner`] that has to
//! find them clean and a [`LinkSource`] that signs links to them. What is known of a file is the store's, and who may
//! have it the service's: nothing here asks for rights, and nothing here logs a name or a link.
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
