//! Narrows tokens.
use support_domain::{ConversationId, Timestamp};

/// What a token is to be narrowed to, besides what it was narrowed to before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Narrowing {
    /// Reaches only this conversation.
    pub conversation: Option<ConversationId>,
    /// Changes nothing.
    pub read_only: bool,
    /// Ends then, in whole seconds, cut; if it does not end earlier anyway.
    pub expires_at: Option<Timestamp>,
}

/// Why a token could not be narrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttenuationError {
    /// Nothing was asked for.
    #[error("say what to narrow the token to: a conversation, read-only, or an earlier end")]
    NothingGiven,
    /// Not a Biscuit token.
    #[error("this is not a token that can be narrowed")]
    Malformed,
    /// It would no longer be accepted.
    #[error("the token would become too long, or was narrowed too many times already")]
    TooLong,
}

/// Narrows a token, offline and without any key.
pub fn attenuate(_token: &str, _narrowing: &Narrowing) -> Result<String, AttenuationError> {
    todo!()
}
