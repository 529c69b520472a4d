//! Biscuit tokens.
mod attenuate;
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
