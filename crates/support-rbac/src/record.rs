//! A caller, as a ticket keeps them: everything that their token said, and nothing from which a token could be made.

use serde::{Deserialize, Serialize};
use support_domain::{AdminId, ConversationId, CountryCode, Timestamp, UserId, UserRef, UserType};

use crate::{AdminPrincipal, AdminRole, Caller, Permission, Principal, Restrictions, RevocationId, UserPrincipal};

/// A caller in a form that can be kept, as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CallerRecord {
    principal: PrincipalRecord,
    only_conversation: Option<ConversationId>,
    read_only: bool,
    expires_at_millis: i64,
    revocation_ids: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
enum PrincipalRecord {
    User {
        id: String,
        user_type: UserType,
        country: CountryCode,
    },
    Admin {
        id: String,
        role: AdminRole,
        country: Option<CountryCode>,
        permissions: Vec<Permission>,
        email: Option<String>,
    },
}

impl Caller {
    /// The caller as JSON, to be kept where nobody else writes.
    pub fn to_record(&self) -> serde_json::Value {
        let principal = match &self.principal {
            Principal::User(UserPrincipal { user }) => {
                PrincipalRecord::User { id: user.id.to_string(), user_type: user.user_type, country: user.country }
            }
            Principal::Admin(admin) => PrincipalRecord::Admin {
                id: admin.id.to_string(),
                role: admin.role,
                country: admin.country,
                permissions: admin.permissions.iter().collect(),
                email: admin.email.clone(),
            },
        };
        let record = CallerRecord {
            principal,
            only_conversation: self.restrictions.only_conversation,
            read_only: self.restrictions.read_only,
            expires_at_millis: self.expires_at.millis(),
            revocation_ids: self.revocation_ids.iter().map(ToString::to_string).collect(),
        };
        // A record is made of strings, numbers and lists: there is nothing in it that JSON cannot hold.
        serde_json::to_value(record).unwrap_or_default()
    }

    /// The caller of a record; none if it is not one that [`to_record`](Self::to_record) has made.
    pub fn from_record(record: serde_json::Value) -> Option<Self> {
        let record: CallerRecord = serde_json::from_value(record).ok()?;
        let principal = match record.principal {
            PrincipalRecord::User { id, user_type, country } => {
                Principal::User(UserPrincipal { user: UserRef { id: UserId::parse(&id).ok()?, user_type, country } })
            }
            PrincipalRecord::Admin { id, role, country, permissions, email } => Principal::Admin(AdminPrincipal {
                id: AdminId::parse(&id).ok()?,
                role,
                country,
                permissions: permissions.into_iter().collect(),
                email,
            }),
        };
        let revocation_ids: Result<Vec<RevocationId>, _> = record.revocation_ids.iter().map(|id| id.parse()).collect();
        Some(Self {
            principal,
            restrictions: Restrictions { only_conversation: record.only_conversation, read_only: record.read_only },
            expires_at: Timestamp::from_millis(record.expires_at_millis),
            revocation_ids: revocation_ids.ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use support_domain::TextEnum;
    use uuid::Uuid;

    use super::*;

    fn callers() -> Vec<Caller> {
        let user = UserRef {
            id: UserId::parse("driver-1").unwrap(),
            user_type: UserType::Driver,
            country: CountryCode::Bangladesh,
        };
        let admin = |role: AdminRole, country, email: Option<&str>| {
            let id = AdminId::parse("admin-1").unwrap();
            let (permissions, email) = (role.permissions(), email.map(str::to_owned));
            Principal::Admin(AdminPrincipal { id, role, country, permissions, email })
        };
        let roles = AdminRole::ALL.iter().map(|role| admin(*role, None, Some("a@example.com")));
        let principals = roles.chain([
            Principal::User(UserPrincipal { user }),
            admin(AdminRole::SupportAdmin, Some(CountryCode::UnitedStates), None),
        ]);
        let narrowed = Restrictions::default().and_only(ConversationId(Uuid::from_u128(5))).and_read_only();
        principals
            .flat_map(|principal| {
                [Restrictions::default(), narrowed, Restrictions::default().and_only(Restrictions::NO_CONVERSATION)]
                    .map(|restrictions| Caller {
                        principal: principal.clone(),
                        restrictions,
                        expires_at: Timestamp::from_millis(1_700_000_000_123),
                        revocation_ids: vec![RevocationId(vec![1, 2]), RevocationId(vec![3])],
                    })
            })
            .collect()
    }

    #[test]
    fn what_was_kept_is_the_same_caller() {
        for caller in callers() {
            assert_eq!(Caller::from_record(caller.to_record()), Some(caller));
        }
    }

    #[test]
    fn what_is_no_record_is_nobody() {
        let record = callers()[0].to_record();
        for (field, value) in [
            ("principal", serde_json::json!({"kind": "user", "id": "a b", "userType": "driver", "country": "BD"})),
            ("principal", serde_json::json!({"kind": "robot"})),
            ("revocationIds", serde_json::json!(["xyz"])),
            ("surprise", serde_json::json!(1)),
        ] {
            let mut other = record.clone();
            other[field] = value;
            assert_eq!(Caller::from_record(other), None, "{field}");
        }
        assert_eq!(Caller::from_record(serde_json::Value::Null), None);
    }
}
