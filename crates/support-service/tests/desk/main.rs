//! The service as a backend that links it sees it: without HTTP, with a clock and an audit log of the backend's own.

mod audit;
mod harness;
mod rights;
