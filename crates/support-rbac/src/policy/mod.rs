//! The one place that says yes. A caller asks for an action and gets a [`Grant`] or [`Denied`]; nobody else can make a
//! grant, so a function that takes one cannot be reached without the policy's consent. Never looks at a conversation:
//! whether one exists for the caller is the [`Visibility`] that the grant carries.

pub mod action;
mod table;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use support_domain::visibility::{Scope, Visibility};
use support_domain::{CountryCode, Side};

pub use self::action::{Action, AdminRule, Effect, Rule, UserRule};
pub use self::table::table;
use crate::caller::{Caller, Principal, Restrictions};
use crate::permission::PermissionSet;

/// The policy's no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The caller may not do that, whatever it is done to.
    #[error("{action} is not permitted")]
    Forbidden {
        /// The action's name, as in the table.
        action: &'static str,
    },
}

/// The policy's yes to one action `A` by one caller. Cheap to clone.
pub struct Grant<A: Action> {
    caller: Arc<Caller>,
    visibility: Arc<Visibility>,
    action: PhantomData<fn() -> A>,
}

/// Asks whether the caller may do `A`.
pub fn authorize<A: Action>(caller: &Arc<Caller>) -> Result<Grant<A>, Denied> {
    let asker = match &caller.principal {
        Principal::User(_) => Asker::User,
        Principal::Admin(admin) => Asker::Admin(admin.permissions),
    };
    if permits(A::RULE, asker, caller.restrictions) {
        let visibility = Arc::new(caller.visibility());
        Ok(Grant { caller: Arc::clone(caller), visibility, action: PhantomData })
    } else {
        Err(Denied::Forbidden { action: A::NAME })
    }
}

/// All about a caller that the rules look at.
#[derive(Debug, Clone, Copy)]
enum Asker {
    User,
    Admin(PermissionSet),
}

/// The decision itself: [`authorize`] and the printed [`table`] both come from here.
fn permits(rule: Rule, asker: Asker, restrictions: Restrictions) -> bool {
    let held = match asker {
        Asker::User => rule.user == UserRule::Own,
        Asker::Admin(permissions) => match rule.admin {
            AdminRule::Never => false,
            AdminRule::AnyOf(sufficient) => sufficient.iter().any(|permission| permissions.contains(*permission)),
        },
    };
    let narrowed = restrictions.only_conversation.is_some();
    let within_token = match rule.effect {
        Effect::Reads => true,
        Effect::Surveys => !narrowed,
        Effect::Writes => !restrictions.read_only,
        Effect::Opens | Effect::Configures => !restrictions.read_only && !narrowed,
    };
    held && within_token
}

impl<A: Action> Grant<A> {
    /// Who may.
    pub fn principal(&self) -> &Principal {
        &self.caller.principal
    }

    /// On which side of a conversation they are.
    pub fn side(&self) -> Side {
        self.caller.principal.side()
    }

    /// The conversations that exist for this piece of work.
    pub fn visibility(&self) -> &Visibility {
        &self.visibility
    }

    /// The caller who asked.
    pub fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// Asks for a second action by the same caller: a part of this one that has a rule of its own.
    pub fn require<B: Action>(&self) -> Result<Grant<B>, Denied> {
        authorize::<B>(&self.caller)
    }
}

impl Grant<action::OpenConversationForUser> {
    /// Whether a conversation with a user of that country may be opened.
    pub fn admits_country(&self, country: CountryCode) -> bool {
        match &self.visibility.scope {
            Scope::Countries(countries) => countries.contains(&country),
            Scope::Owner(..) => false,
        }
    }
}

impl<A: Action> Clone for Grant<A> {
    fn clone(&self) -> Self {
        Self { caller: Arc::clone(&self.caller), visibility: Arc::clone(&self.visibility), action: PhantomData }
    }
}

impl<A: Action> fmt::Debug for Grant<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("action", &A::NAME)
            .field("caller", &self.caller.principal.key())
            .field("visibility", &self.visibility)
            .finish()
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
pub(crate) mod tests;
