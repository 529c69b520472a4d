//! A small backend with a support desk in it: `tables` is what it keeps, `routes` what it serves, `ports` what it tells the
//! desk of itself, `backend` how all of it is put together.

pub(crate) mod backend;
mod ports;
mod routes;
pub(crate) mod tables;

/// Whatever goes wrong here.
pub(crate) type HostError = Box<dyn std::error::Error + Send + Sync>;
