//! Narrows tokens, as any holder can: offline and without a key. Never widens one; that is what the chain of signatures
//! and the verifier see to.

use biscuit_auth::{BlockBuilder, UnverifiedBiscuit};
use support_domain::{ConversationId, Timestamp};

use super::form::whole_seconds;
use super::{MAX_BLOCKS, MAX_TOKEN_BYTES};

/// What a token is to be narrowed to, besides what it was narrowed to before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Narrowing {
    /// Reaches only this conversation. A token narrowed to two different ones reaches none.
    pub conversation: Option<ConversationId>,
    /// Changes nothing.
    pub read_only: bool,
    /// Is over at that moment, cut to whole seconds, if not earlier anyway.
    pub expires_at: Option<Timestamp>,
}

/// Why a token could not be narrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttenuationError {
    /// Nothing was asked for.
    #[error("say what to narrow the token to: a conversation, read-only, or an earlier end")]
    NothingGiven,
    /// Not a Biscuit token, or one that was sealed.
    #[error("this is not a token that can be narrowed")]
    Malformed,
    /// It would no longer be accepted.
    #[error("the token would become too long, or was narrowed too many times already")]
    TooLong,
}

/// The token, narrowed further. Does not verify it: that is for whoever it is shown to.
pub fn attenuate(token: &str, narrowing: &Narrowing) -> Result<String, AttenuationError> {
    if *narrowing == Narrowing::default() {
        return Err(AttenuationError::NothingGiven);
    }
    if token.len() > MAX_TOKEN_BYTES {
        return Err(AttenuationError::TooLong);
    }
    let malformed = |_| AttenuationError::Malformed;
    let token = UnverifiedBiscuit::from_base64(token).map_err(malformed)?;
    let narrowing = Narrowing { expires_at: narrowing.expires_at.map(whole_seconds), ..*narrowing };
    let block = BlockBuilder::new().code(narrowing.render()).map_err(malformed)?;
    let narrowed = token.append(block).map_err(malformed)?;
    let text = narrowed.to_base64().map_err(malformed)?;
    if text.len() > MAX_TOKEN_BYTES || narrowed.block_count() > MAX_BLOCKS {
        return Err(AttenuationError::TooLong);
    }
    Ok(text)
}
