//! From a token of the host to a caller.
//!
//! With the host's rows, token and row have to agree: the role and the country in the token are those of the row, and the
//! person may come in now. Without them a token is taken at its word as far as that goes: it is enough for a user, but the
//! role of an admin is not in it, so that no admin can be let in.

use std::sync::Arc;

use support_domain::TextEnum;
use support_domain::{Clock, UserRef, UserType};
use support_rbac::{
    AuthenticationError, Authenticator, BoxFuture, Caller, Principal, Refusal, Restrictions, UserPrincipal,
};

use crate::people::People;
use crate::token::{self, Claims, HostSecret, is_host_token};

/// Authenticates the host's tokens.
#[derive(Debug)]
pub struct HostAuthenticator {
    secret: HostSecret,
    clock: Arc<dyn Clock>,
    people: Option<Arc<People>>,
}

impl HostAuthenticator {
    /// Takes what that secret has signed; with `people`, only if the host's rows agree.
    pub fn new(secret: HostSecret, clock: Arc<dyn Clock>, people: Option<Arc<People>>) -> Self {
        Self { secret, clock, people }
    }

    async fn principal(&self, claims: &Claims) -> Result<Principal, AuthenticationError> {
        let Some(people) = &self.people else { return by_claims_alone(claims).map_err(refused) };
        let found = people.find_lately(claims.user_id.as_str()).await;
        let person = found.map_err(|_| AuthenticationError::Unavailable)?;
        let person = person.ok_or(AuthenticationError::refused("the host does not know the person"))?;
        if person.role != claims.role || person.country != Some(claims.country) {
            return Err(AuthenticationError::refused("the token's role or country is not the row's"));
        }
        person.principal().map_err(refused)
    }
}

const fn refused(refusal: Refusal) -> AuthenticationError {
    AuthenticationError::Unauthenticated(refusal)
}

fn by_claims_alone(claims: &Claims) -> Result<Principal, Refusal> {
    let Ok(user_type) = UserType::parse(&claims.role) else {
        return Err(Refusal::new("the token alone does not say what the person may do; SUPPORT_HOST is not set"));
    };
    let user = UserRef { id: claims.user_id.clone(), user_type, country: claims.country };
    Ok(Principal::User(UserPrincipal { user }))
}

impl Authenticator for HostAuthenticator {
    fn authenticate<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Arc<Caller>, AuthenticationError>> {
        Box::pin(async move {
            let claims = token::read(token, &self.secret, self.clock.now()).map_err(refused)?;
            let principal = self.principal(&claims).await?;
            Ok(Arc::new(Caller {
                principal,
                restrictions: Restrictions::default(),
                expires_at: claims.expires_at,
                revocation_ids: Vec::new(),
            }))
        })
    }
}

/// Gives each token to the one that can read it, by its shape alone: neither does the other's work.
#[derive(Debug)]
pub struct ByShape {
    /// For the host's tokens.
    pub hosts: Arc<dyn Authenticator>,
    /// For all others.
    pub ours: Arc<dyn Authenticator>,
}

impl Authenticator for ByShape {
    fn authenticate<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Arc<Caller>, AuthenticationError>> {
        if is_host_token(token) { self.hosts.authenticate(token) } else { self.ours.authenticate(token) }
    }
}

#[cfg(test)]
#[path = "authenticator_tests.rs"]
mod tests;
