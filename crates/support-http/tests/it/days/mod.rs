//! Whole days at the desk, as one story each.

mod admin;
mod driver;
