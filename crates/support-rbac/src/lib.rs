//! Who may do what: callers, roles, permissions, country scope, the policy that answers with a grant, Biscuit tokens.
//!
//! A token becomes a [`Caller`] ([`Authenticator`]); a caller asks the policy for an action ([`authorize`]) and gets a
//! [`Grant`], which says what exists for that piece of work ([`support_domain::Visibility`]). Nothing here may open a
//! database, know HTTP, or read the system clock; the only randomness is in making keys. No token and no private key
//! is ever printed.
//!
//! # By example
//! Whoever holds the key issues a token, whoever holds the token can make it good for less, and the policy says yes to one
//! action at a time:
//! ```
//! use std::{sync::Arc, time::Duration};
//! use support_domain::{Clock, CountryCode, SystemClock, UserId, UserRef, UserType};
//! use support_rbac::*;
//!
//! let (clock, issuer) = (Arc::new(SystemClock::new()), TokenIssuer::new(SigningKey::generate()));
//! let user = UserRef { id: UserId::parse("driver-1")?, user_type: UserType::Driver, country: CountryCode::Bangladesh };
//! let driver = Principal::User(UserPrincipal { user });
//! let token = issuer.issue(&driver, clock.now(), Duration::from_secs(900))?;
//! // Offline, and without any key.
//! let narrowed = attenuate(&token, &Narrowing { read_only: true, ..Narrowing::default() })?;
//!
//! let door = BiscuitAuthenticator::new(TrustedKeys::new(issuer.public()), clock, Arc::new(SharedRevocationList::new()));
//! let caller = door.verify(&token)?;
//! assert_eq!(caller.principal, driver);
//! let grant: Grant<SendMessage> = authorize(&caller)?;
//! assert_eq!(grant.visibility().scope, driver.scope());
//!
//! let reader = door.verify(&narrowed)?;
//! assert!(authorize::<ListMessages>(&reader).is_ok());
//! assert!(authorize::<SendMessage>(&reader).is_err());
//! assert!(door.verify("no token").is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How to add
//! - **an action**: one line in the table of [`policy::action`]; then run the tests, read the difference in the
//!   snapshot as a security review, and accept it.
//! - **a role**: its word in [`AdminRole`] and its line in the table beside it; the snapshot shows who gained what. A
//!   role without a line has no permission and no country.
//! - **a permission**: its word in [`Permission`], a column in the roles' table, the actions that ask for it.
//! - **a narrowing**: a field in [`Narrowing`] with its one printed form (`token/form.rs`: render, parse and check must
//!   agree), a field in [`Restrictions`] if the policy has to enforce it, the policy's answer to it, and its place in
//!   the property test that narrowing never widens.
//! - **another kind of token**: an [`Authenticator`], placed in the [`AuthenticatorChain`].
//! - **something that ends a person's access before their token does**: a [`Standing`].

pub mod authenticator;
pub mod caller;
pub mod lately;
mod metrics;
pub mod permission;
pub mod policy;
mod record;
pub mod role;
pub mod standing;
#[cfg(test)]
mod testing;
pub mod token;

pub use authenticator::{AuthenticationError, Authenticator, AuthenticatorChain, BoxFuture, Refusal};
pub use caller::{AdminPrincipal, Caller, Principal, Restrictions, RevocationId, UserPrincipal};
pub use lately::Lately;

/// What is counted here.
pub const METRICS: &[support_metrics::Metric] = metrics::TokenMetrics::TABLE;

pub use permission::{Permission, PermissionSet};
pub use policy::action::{
    Action, AssignConversation, ChangePriority, ChangeStatus, ListAdmins, ListConversations, ListMessages,
    ManageSettings, MarkRead, OpenConversation, OpenConversationForUser, SendMessage, UpdateConversation,
    ViewClientSettings, ViewConversation, ViewSettings,
};
pub use policy::{Denied, Grant, authorize};
pub use role::{AdminRole, DeclaredScope};
pub use standing::{STANDING_LASTS, Standing, StandingAuthenticator, StandingUnavailable, Verdict};
pub use token::{
    AttenuationError, BiscuitAuthenticator, InvalidKey, IssueError, KeyListError, MAX_BLOCKS, MAX_TOKEN_BYTES,
    Narrowing, RevocationList, SharedRevocationList, SigningKey, TokenIssuer, TrustedKeys, VerifyingKey, attenuate,
};
