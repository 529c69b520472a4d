//! Why a value was refused, in a sentence that may be shown to the person who sent it. Never holds the value itself.

use std::borrow::Cow;

/// A value that breaks its type's rules. The sentence continues the field's name: "must not be empty".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidValue(Cow<'static, str>);

impl InvalidValue {
    /// A refusal with a fixed sentence.
    pub const fn new(sentence: &'static str) -> Self {
        Self(Cow::Borrowed(sentence))
    }

    /// A refusal whose sentence names a limit. The sentence must be made of limits only, never of the refused value.
    pub fn limit(sentence: String) -> Self {
        Self(Cow::Owned(sentence))
    }

    /// The sentence.
    pub fn sentence(&self) -> &str {
        &self.0
    }
}
