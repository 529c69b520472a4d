//! Files: uploading, sending, reading, and what becomes of them when nobody waits.

mod forms;
mod keeping;
mod live;
mod names;
mod pictures;
mod reading;
mod rights;
mod scanning;
mod sending;
mod uploading;

pub(crate) use forms::{form, part};
pub(crate) use pictures::{pdf, png, png_of};
pub(crate) use scanning::{Clamd, Mood};
