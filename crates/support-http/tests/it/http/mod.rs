//! What holds for every route: one shape of error, what browsers are told, how fast one may send.

mod browser;
mod errors;
mod rate_limit;
