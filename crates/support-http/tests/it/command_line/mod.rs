//! The commands: what they print, what they refuse, and that what `demo` prints can be pasted.

mod commands;
mod configuration;
mod demo;
mod doctor;
mod health;
mod scan;
