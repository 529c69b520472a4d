//! The keys of tokens: the one that signs, and those that are trusted. No key that signs is ever printed, and no error
//! repeats what it could not read.

use std::fmt;
use std::str::FromStr;

use biscuit_auth::builder::Algorithm;
use biscuit_auth::{KeyPair, PrivateKey, PublicKey};
use sha2::{Digest, Sha256};

/// A text that is no key. Does not say what the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Not a private key.
    #[error("must be an Ed25519 private key: 64 hexadecimal digits, with or without ed25519-private/ before them")]
    Signing,
    /// Not a public key.
    #[error("must be an Ed25519 public key: 64 hexadecimal digits, with or without ed25519/ before them")]
    Verifying,
}

/// The Ed25519 key that signs tokens. Wiped from memory when it is dropped; what [`SigningKey::to_hex`] returned is not.
pub struct SigningKey(KeyPair);

impl SigningKey {
    /// A new key, with randomness from the system.
    pub fn generate() -> Self {
        Self(KeyPair::new())
    }

    /// Reads 64 hexadecimal digits, with or without `ed25519-private/` or `ed25519/` before them.
    pub fn from_hex(text: &str) -> Result<Self, InvalidKey> {
        let digits = text.strip_prefix("ed25519-private/").or_else(|| text.strip_prefix("ed25519/")).unwrap_or(text);
        let key = PrivateKey::from_bytes_hex(digits, Algorithm::Ed25519).map_err(|_| InvalidKey::Signing)?;
        Ok(Self(KeyPair::from(&key)))
    }

    /// The secret itself, as 64 hexadecimal digits: for an env file or a key file, and nothing else.
    pub fn to_hex(&self) -> String {
        self.0.private().to_bytes_hex()
    }

    /// The key that verifies what this one signed.
    pub fn public(&self) -> VerifyingKey {
        VerifyingKey(self.0.public())
    }

    pub(super) const fn pair(&self) -> &KeyPair {
        &self.0
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(redacted, key id {})", self.public().key_id())
    }
}

/// An Ed25519 key that verifies tokens. Public; prints as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(PublicKey);

impl VerifyingKey {
    /// The id that tokens of this key carry: the first four bytes of the SHA-256 of the 32 bytes of the key, most
    /// significant first. It says which key to try; it proves nothing.
    pub fn key_id(&self) -> u32 {
        let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(self.0.to_bytes()));
        u32::from_be_bytes([a, b, c, d])
    }

    pub(super) const fn key(self) -> PublicKey {
        self.0
    }
}

impl FromStr for VerifyingKey {
    type Err = InvalidKey;

    /// Reads 64 hexadecimal digits, with or without `ed25519/` before them.
    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let digits = text.strip_prefix("ed25519/").unwrap_or(text);
        PublicKey::from_bytes_hex(digits, Algorithm::Ed25519).map(Self).map_err(|_| InvalidKey::Verifying)
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_bytes_hex())
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({self})")
    }
}

/// Why a list of trusted keys could not be read. Positions count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyListError {
    /// An entry without a colon, or an empty one.
    #[error("entry {position} must have the form id:hex")]
    Form {
        /// Which entry.
        position: usize,
    },
    /// An id that is no number.
    #[error("entry {position}: the id before the colon must be a whole number from 0 to 4294967295")]
    Id {
        /// Which entry.
        position: usize,
    },
    /// A key that is none.
    #[error("entry {position}: what follows the colon {source}")]
    Key {
        /// Which entry.
        position: usize,
        /// What is wrong with it.
        source: InvalidKey,
    },
    /// Two entries with one id: which of them was meant?
    #[error("entry {position} has the id of an earlier entry")]
    Duplicate {
        /// Which entry.
        position: usize,
    },
}

/// The keys whose tokens are accepted.
#[derive(Debug, Clone)]
pub struct TrustedKeys(Vec<(u32, VerifyingKey)>);

impl TrustedKeys {
    /// Only one's own key.
    pub fn new(own: VerifyingKey) -> Self {
        Self(vec![(own.key_id(), own)])
    }

    /// These, and a further key under an id of the operator's choice.
    #[must_use]
    pub fn with(mut self, id: u32, key: VerifyingKey) -> Self {
        self.0.push((id, key));
        self
    }

    /// These, and the keys of a list as [`TrustedKeys::parse_list`] reads it.
    pub fn with_list(self, list: &str) -> Result<Self, KeyListError> {
        Ok(Self::parse_list(list)?.into_iter().fold(self, |keys, (id, key)| keys.with(id, key)))
    }

    /// Reads `1:ab..,2:cd..`: comma-separated entries of an id, a colon and a public key. White space around an entry
    /// does not count; an empty list has no keys.
    pub fn parse_list(list: &str) -> Result<Vec<(u32, VerifyingKey)>, KeyListError> {
        let mut keys: Vec<(u32, VerifyingKey)> = Vec::new();
        if list.trim().is_empty() {
            return Ok(keys);
        }
        for (entry, position) in list.split(',').zip(1..) {
            let (id, key) = entry.trim().split_once(':').ok_or(KeyListError::Form { position })?;
            let id = id.parse().map_err(|_| KeyListError::Id { position })?;
            let key = key.parse().map_err(|source| KeyListError::Key { position, source })?;
            if keys.iter().any(|(earlier, _)| *earlier == id) {
                return Err(KeyListError::Duplicate { position });
            }
            keys.push((id, key));
        }
        Ok(keys)
    }

    /// The keys that may have signed a token: for one that names a key id, those with that id, configured or derived;
    /// for one that names none, all. Empty for an unknown id, and then the token is refused.
    pub(super) fn candidates(&self, key_id: Option<u32>) -> impl Iterator<Item = VerifyingKey> {
        let named = move |id: u32, key: VerifyingKey| key_id.is_none_or(|named| named == id || named == key.key_id());
        self.0.iter().filter(move |(id, key)| named(*id, *key)).map(|(_, key)| *key)
    }
}
