//! The service as a backend that links it sees it: without HTTP, with a clock and an audit log of the backend's own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audit;
mod directory;
mod files;
mod harness;
mod live;
mod rights;
mod settings;
mod staff;
mod standing;
