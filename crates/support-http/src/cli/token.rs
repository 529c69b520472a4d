//! `support-http token`.

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use support_audit::ActorEmail;
use support_domain::{AdminId, Clock, ConversationId, CountryCode, SystemClock, UserId, UserRef, UserType};
use support_rbac::{
    AdminPrincipal, AdminRole, BiscuitAuthenticator, Narrowing, Permission, Principal, SharedRevocationList,
    TokenIssuer, UserPrincipal, attenuate,
};
use support_service::{Ports, ServiceConfig};
use support_store::StoreConfig;

use super::{CommandError, print, runtime};
use crate::config::{Variables, database_url, signing_key, trusted_keys};
use crate::server::open_service;

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Print a token of a driver, customer or restaurant
    User(UserToken),
    /// Print a token of a member of the support staff
    Admin(AdminToken),
    /// Narrow a token, offline, without any key
    Attenuate(Attenuation),
    /// Revoke a token and all that were made from it, on every node of the database
    Revoke {
        /// The token
        token: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct UserToken {
    /// The user's id on the platform
    #[arg(long, value_parser = UserId::parse)]
    id: UserId,
    /// driver, customer or restaurant
    #[arg(long = "type")]
    user_type: UserType,
    /// BD or US
    #[arg(long)]
    country: CountryCode,
    /// How long it is good: 90s, 15m, 2h, 1d
    #[arg(long, default_value = "15m", value_parser = duration)]
    ttl: Duration,
}

#[derive(Debug, Args)]
pub(super) struct AdminToken {
    /// The admin's id on the platform
    #[arg(long, value_parser = AdminId::parse)]
    id: AdminId,
    /// The admin's role: SUPER_ADMIN, SUPPORT_ADMIN, ...
    #[arg(long)]
    role: AdminRole,
    /// BD or US; a role that is bound to a country sees nothing without one
    #[arg(long)]
    country: Option<CountryCode>,
    /// A permission, instead of the role's own; may be repeated
    #[arg(long = "permission")]
    permissions: Vec<Permission>,
    /// The admin's mail address, for the audit log
    #[arg(long, value_parser = email)]
    email: Option<String>,
    /// How long it is good: 90s, 15m, 2h, 1d
    #[arg(long, default_value = "15m", value_parser = duration)]
    ttl: Duration,
}

#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Attenuation {
    /// The token
    token: String,
    /// It reaches only this conversation
    #[arg(long)]
    conversation: Option<ConversationId>,
    /// It changes nothing
    #[arg(long)]
    read_only: bool,
    /// It ends that soon
    #[arg(long, value_parser = duration)]
    ttl: Option<Duration>,
}

pub(super) fn run(command: TokenCommand) -> Result<(), CommandError> {
    match command {
        TokenCommand::User(user) => {
            let reference = UserRef { id: user.id, user_type: user.user_type, country: user.country };
            issue(&Principal::User(UserPrincipal { user: reference }), user.ttl)
        }
        TokenCommand::Admin(admin) => {
            let permissions = if admin.permissions.is_empty() {
                admin.role.permissions()
            } else {
                admin.permissions.into_iter().collect()
            };
            let AdminToken { id, role, country, email, ttl, .. } = admin;
            issue(&Principal::Admin(AdminPrincipal { id, role, country, permissions, email }), ttl)
        }
        TokenCommand::Attenuate(narrowing) => {
            let expires_at = narrowing.ttl.map(|ttl| SystemClock::new().now().plus(ttl));
            let Attenuation { token, conversation, read_only, .. } = narrowing;
            let narrowed = attenuate(token.trim(), &Narrowing { conversation, read_only, expires_at });
            print(&narrowed.map_err(CommandError::other)?)
        }
        TokenCommand::Revoke { token } => revoke(token.trim()),
    }
}

fn issue(principal: &Principal, ttl: Duration) -> Result<(), CommandError> {
    let variables = Variables::of_process();
    let key = signing_key(variables, &database_url(variables)?)?;
    let token = TokenIssuer::new(key).issue(principal, SystemClock::new().now(), ttl);
    print(&token.map_err(CommandError::other)?)
}

fn revoke(token: &str) -> Result<(), CommandError> {
    let variables = Variables::of_process();
    let url = database_url(variables)?;
    let keys = trusted_keys(variables, signing_key(variables, &url)?.public())?;
    let verifier = BiscuitAuthenticator::new(keys, Arc::new(SystemClock::new()), Arc::new(SharedRevocationList::new()));
    let caller = verifier.verify(token).map_err(|_| CommandError::other("the token is not valid here, or is over"))?;
    let service = open_service(&StoreConfig::new(url), ServiceConfig::default(), Ports::default())
        .map_err(CommandError::other)?;
    runtime()?.block_on(service.revoke_token(&caller)).map_err(CommandError::other)
}

fn email(text: &str) -> Result<String, String> {
    ActorEmail::parse(text).map(|email| email.as_str().to_owned()).map_err(|error| error.to_string())
}

/// A number and a unit.
fn duration(text: &str) -> Result<Duration, String> {
    let refusal = || "must be a number of s, m, h or d, like 15m, and at most a year".to_owned();
    let unit = text.chars().next_back().ok_or_else(refusal)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(refusal()),
    };
    let digits = &text[..text.len() - 1];
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = plain.then(|| digits.parse().ok()).flatten().ok_or_else(refusal)?;
    let total = number.checked_mul(seconds).filter(|total| (1..=366 * 86_400).contains(total));
    total.map(Duration::from_secs).ok_or_else(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_live_is_a_number_and_a_unit() {
        assert_eq!(duration("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(duration("1d"), Ok(Duration::from_secs(86_400)));
        for text in ["", "m", "15", "-1m", "+1m", "0s", "1.5h", "400d", "99999999999999999999d", "5\u{9ae}"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
