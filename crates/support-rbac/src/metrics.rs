//! What is counted of tokens: how each look at a Biscuit ended.

use support_metrics::{Counters, label_values, table};

use crate::authenticator::AuthenticationError;

label_values! {
    /// How a look at a token ended.
    pub(crate) enum Verification {
        /// It is good, and its signatures were verified just now.
        Verified = "verified",
        /// It is good, and was verified within the last minute.
        Remembered = "remembered",
        /// It is empty or longer than tokens are.
        Length = "length",
        /// It is no Biscuit; where other tokens are taken as well, it may be one of those.
        NoBiscuit = "no_biscuit",
        /// It has more blocks than tokens have.
        TooManyBlocks = "too_many_blocks",
        /// No trusted key has its key id.
        UnknownKey = "unknown_key",
        /// A signature is wrong.
        WrongSignature = "wrong_signature",
        /// A block is none that we make.
        UnknownForm = "unknown_form",
        /// A check of its own failed.
        FailedCheck = "failed_check",
        /// It is over.
        Expired = "expired",
        /// It was revoked.
        Revoked = "revoked",
        /// Nobody could say in time.
        Unavailable = "unavailable",
    }
}

table! {
    /// What is counted of tokens.
    pub(crate) static TOKENS: TokenMetrics {
        /// Looks at Biscuits, by how they ended. What is none of ours may still be taken by a host's authenticator.
        verifications: Counters<Verification> = "support_rbac_token_verifications_total" by ["outcome"] in Count;
    }
}

impl From<Verification> for AuthenticationError {
    /// Why there is no caller; for what went well a reason that nobody reads.
    fn from(outcome: Verification) -> Self {
        Self::refused(match outcome {
            Verification::Unavailable => return Self::Unavailable,
            Verification::Verified | Verification::Remembered => "the token is good",
            Verification::Length => "the token is empty or too long",
            Verification::NoBiscuit => "the text is no Biscuit token",
            Verification::TooManyBlocks => "the token has too many blocks",
            Verification::UnknownKey => "no trusted key has the key id of the token",
            Verification::WrongSignature => "a signature of the token is wrong",
            Verification::UnknownForm => "a block of the token has an unknown form",
            Verification::FailedCheck => "a check of the token failed",
            Verification::Expired => "the token is over",
            Verification::Revoked => "the token was revoked",
        })
    }
}
