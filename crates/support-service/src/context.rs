//! Who asks for what, and from where.

use std::net::IpAddr;

use support_audit::{Actor, ActorEmail, UserAgent};
use support_rbac::{Action, Grant, Principal};

/// Where a request came from, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The client's network address.
    pub ip_address: Option<IpAddr>,
    /// What the client calls itself.
    pub user_agent: Option<UserAgent>,
}

/// A piece of work that the policy has granted.
#[derive(Debug, Clone)]
pub struct Context<A: Action> {
    /// The policy's consent to the action.
    pub grant: Grant<A>,
    /// Where the request came from.
    pub origin: Origin,
}

impl<A: Action> Context<A> {
    /// The caller, as the audit log names them.
    pub(crate) fn actor(&self) -> Actor {
        let actor = match self.grant.principal() {
            Principal::User(principal) => {
                let user = &principal.user;
                Actor::user(&user.id, user.user_type.into(), user.country)
            }
            Principal::Admin(admin) => {
                let email = admin.email.as_deref().and_then(|email| ActorEmail::parse(email).ok());
                Actor::admin(&admin.id, admin.role.into(), admin.country, email)
            }
        };
        actor.at(self.origin.ip_address, self.origin.user_agent.clone())
    }
}
