//! What the backend tells the desk of itself: who calls, who works here, and where audit records go. The desk asks through
//! its traits, and knows nothing of sessions or accounts.

use std::sync::Arc;

use serde_json::Value;
use support_audit::{AuditSink, SinkError};
use support_domain::{AdminId, AuditLogRecord, CountryCode, Timestamp, UserId, UserRef, UserType};
use support_rbac::{
    AdminPrincipal, AdminRole, AuthenticationError, Authenticator, BoxFuture, Caller, Principal, Restrictions,
    UserPrincipal,
};
use support_service::{AssignableAdmin, Directory, DirectoryError, UserCard};

use super::HostError;
use super::tables::{Account, Tables};

/// The backend's sessions are good at the desk, too.
#[derive(Debug)]
pub(crate) struct Sessions(pub(crate) Tables);

impl Authenticator for Sessions {
    fn authenticate<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Arc<Caller>, AuthenticationError>> {
        Box::pin(async move {
            match self.0.account_of(token).await {
                // The same token may be good when the tables can be read again.
                Err(_) => Err(AuthenticationError::Unavailable),
                Ok(None) => Err(AuthenticationError::refused("there is no such session")),
                Ok(Some(account)) => {
                    let refusal = AuthenticationError::refused("this kind of account has no support desk");
                    caller(account).map(Arc::new).ok_or(refusal)
                }
            }
        })
    }
}

/// Whom the desk is to see in an account; nobody, if it is of no kind that the desk knows.
fn caller(account: Account) -> Option<Caller> {
    let country: CountryCode = account.country.parse().ok()?;
    let principal = if account.kind == "admin" {
        let role: AdminRole = account.role?.parse().ok()?;
        let (id, permissions) = (AdminId::parse(&account.id).ok()?, role.permissions());
        Principal::Admin(AdminPrincipal { id, role, country: Some(country), permissions, email: Some(account.email) })
    } else {
        let (id, user_type) = (UserId::parse(&account.id).ok()?, account.kind.parse::<UserType>().ok()?);
        Principal::User(UserPrincipal { user: UserRef { id, user_type, country } })
    };
    let expires_at = Timestamp::from_millis(account.ends_at);
    Some(Caller { principal, restrictions: Restrictions::default(), expires_at, revocation_ids: Vec::new() })
}

/// The backend's own audit log. A record may come twice, and is kept once.
#[derive(Debug)]
pub(crate) struct OwnAudit(pub(crate) Tables);

impl AuditSink for OwnAudit {
    fn log_audit_event<'a>(&'a self, record: &'a AuditLogRecord) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async move {
            let sql = "INSERT OR IGNORE INTO audit_log (id, at, actor, action, entity, description) \
                       VALUES (?, ?, nullif(?, ''), ?, nullif(?, ''), ?)";
            let (id, at) = (record.id.to_string(), record.created_at.to_string());
            let (actor, entity) = (record.actor_id.as_deref(), record.entity_id.as_deref());
            let values = [
                &id,
                &at,
                actor.unwrap_or_default(),
                &record.action_type,
                entity.unwrap_or_default(),
                &record.description,
            ];
            self.0.execute(sql, &values).await.map(drop).map_err(|error| SinkError(error.to_string()))
        })
    }
}

/// The backend knows its people.
#[derive(Debug)]
pub(crate) struct People(pub(crate) Tables);

fn away(error: &HostError) -> DirectoryError {
    DirectoryError(error.to_string())
}

impl Directory for People {
    fn get_user_card<'a>(&'a self, user: &'a UserRef) -> BoxFuture<'a, Result<Option<UserCard>, DirectoryError>> {
        Box::pin(async move {
            let sql = "SELECT json_object('name', name) AS json FROM accounts WHERE id = ? AND kind = ?";
            let found = self
                .0
                .rows(sql, &[user.id.as_str(), &user.user_type.to_string()])
                .await
                .map_err(|error| away(&error))?;
            Ok(found.first().map(|row| UserCard {
                profile_id: Some(user.id.to_string()),
                display_name: text(row, "name"),
                ..UserCard::default()
            }))
        })
    }

    fn list_assignable_admins<'a>(
        &'a self,
        countries: &'a [CountryCode],
    ) -> BoxFuture<'a, Result<Vec<AssignableAdmin>, DirectoryError>> {
        Box::pin(async move {
            let sql = "SELECT json_object('id', id, 'role', role, 'country', country, 'name', name) AS json \
                       FROM accounts WHERE kind = 'admin' AND active = 1 ORDER BY id";
            let rows = self.0.rows(sql, &[]).await.map_err(|error| away(&error))?;
            Ok(rows.iter().filter_map(|row| assignable(row, countries)).collect())
        })
    }
}

/// The admin of a row, if one of these countries is theirs.
fn assignable(row: &Value, countries: &[CountryCode]) -> Option<AssignableAdmin> {
    let role: AdminRole = text(row, "role")?.parse().ok()?;
    let country: Option<CountryCode> = text(row, "country").and_then(|country| country.parse().ok());
    let covered = role.declared_scope().countries(country);
    let id = AdminId::parse(&text(row, "id")?).ok()?;
    let display_name = text(row, "name");
    let is_theirs = countries.iter().any(|country| covered.contains(country));
    is_theirs.then_some(AssignableAdmin { id, role, country, display_name, masked_email: None })
}

fn text(row: &Value, key: &str) -> Option<String> {
    row[key].as_str().map(ToOwned::to_owned)
}
