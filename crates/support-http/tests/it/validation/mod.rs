//! A bad value in every field of every route: 400, the field's name, and nothing written.

mod bodies;
mod queries;
