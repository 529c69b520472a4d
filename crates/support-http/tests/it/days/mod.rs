//! Whole days at the desk, as one story each.

pub(crate) mod admin;
pub(crate) mod driver;
