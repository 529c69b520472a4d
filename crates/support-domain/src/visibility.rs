//! Which conversations a piece of work may touch at all.
//!
//! The policy (`support-rbac`) makes it from who is calling; every query of `support-store` that finds a conversation
//! demands it. What lies outside does not exist for the query, so unknown, foreign and out-of-country cannot be told
//! apart further up.

use crate::{ConversationId, CountryCode, SupportConversation, TextEnum, UserId, UserRef, UserType};

/// Whose conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Those of one user, in the role in which they are here.
    Owner(UserId, UserType),
    /// Those of these countries; of none, when empty.
    Countries(Vec<CountryCode>),
}

/// The conversations that exist for a piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visibility {
    /// Whose conversations.
    pub scope: Scope,
    /// Of these only that one, when a token was narrowed to it.
    pub only: Option<ConversationId>,
}

impl Visibility {
    /// All conversations of that scope.
    pub fn of(scope: Scope) -> Self {
        Self { scope, only: None }
    }

    /// All conversations there are: for the desk's own work behind the requests, never for a caller's.
    pub fn everything() -> Self {
        Self::of(Scope::Countries(CountryCode::ALL.to_vec()))
    }

    /// Whether the conversation exists for that work.
    pub fn includes(&self, conversation: &SupportConversation) -> bool {
        self.includes_owned_by(conversation.id, &conversation.user)
    }

    /// The same of a conversation of which no more is known than whose it is, which never changes.
    pub fn includes_owned_by(&self, id: ConversationId, owner: &UserRef) -> bool {
        let in_scope = match &self.scope {
            Scope::Owner(id, user_type) => owner.id == *id && owner.user_type == *user_type,
            Scope::Countries(countries) => countries.contains(&owner.country),
        };
        in_scope && self.only.is_none_or(|only| only == id)
    }
}
