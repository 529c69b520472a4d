//! The desk beside its host, on one PostgreSQL: the host's tokens and rows decide who comes in, nothing of the host's
//! changes, and the desk goes again without a trace.

mod audit;
mod configuration;
mod days;
mod directory;
mod dump;
mod retention;
mod roles;
mod settings;
mod standing;
mod tokens;
