//! Who may do what: roles and countries, strangers, narrowed tokens, tokens that are none.

mod narrowed;
mod roles;
mod strangers;
mod tokens;
