//! Biscuit tokens: issued, narrowed, verified. Never prints one.
//!
//! A token is a chain of signed blocks. The issuer signs the first, with what the token says about a person. Whoever
//! holds the token may append further blocks without any key, and a block may hold any Datalog. So here a block may only
//! be a text that `form` itself would have written; everything else is refused before any Datalog is run.

mod attenuate;
mod form;
mod keys;
mod mint;
mod revocation;
mod verify;

pub use self::attenuate::{AttenuationError, Narrowing, attenuate};
pub use self::keys::{InvalidKey, KeyListError, SigningKey, TrustedKeys, VerifyingKey};
pub use self::mint::{IssueError, TokenIssuer};
pub use self::revocation::{RevocationList, SharedRevocationList};
pub use self::verify::BiscuitAuthenticator;

/// The longest token that is looked at, in bytes of its text.
pub const MAX_TOKEN_BYTES: usize = 2_048;

/// The most blocks that a token may have, the issuer's included.
pub const MAX_BLOCKS: usize = 8;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod key_tests;
#[cfg(test)]
mod narrowing_tests;
