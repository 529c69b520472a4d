//! Who is calling: the person, and what their token was narrowed to. Never holds the token itself, and its `Debug` never
//! prints an email address.

use std::fmt;
use std::str::FromStr;

use support_domain::{
    AdminId, ConversationId, CountryCode, InvalidValue, PrincipalKey, Side, Timestamp, UserRef, Visibility,
    visibility::Scope,
};
use uuid::Uuid;

use crate::permission::PermissionSet;
use crate::role::AdminRole;

/// A user who calls.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserPrincipal {
    /// Who, as what, where.
    pub user: UserRef,
}

/// A member of the staff who calls.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AdminPrincipal {
    /// Who.
    pub id: AdminId,
    /// As what.
    pub role: AdminRole,
    /// The country in the token. What it means depends on the role: see [`AdminPrincipal::countries`].
    pub country: Option<CountryCode>,
    /// What the token permits, which need not be what the role does.
    pub permissions: PermissionSet,
    /// For the audit log, if the issuer knew it.
    pub email: Option<String>,
}

impl AdminPrincipal {
    /// The countries whose conversations exist for this admin: all for a global role (a country in the token does not
    /// narrow it), the token's own or none for a country role, none for a role without a scope.
    pub fn countries(&self) -> Vec<CountryCode> {
        self.role.declared_scope().countries(self.country)
    }
}

impl fmt::Debug for AdminPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminPrincipal")
            .field("id", &self.id)
            .field("role", &self.role)
            .field("country", &self.country)
            .field("permissions", &self.permissions)
            .field("email", &self.email.as_ref().map(|_| "redacted"))
            .finish()
    }
}

/// A person who calls.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A driver, customer or restaurant.
    User(UserPrincipal),
    /// A member of the support staff.
    Admin(AdminPrincipal),
}

impl Principal {
    /// Names the person.
    pub fn key(&self) -> PrincipalKey {
        match self {
            Self::User(UserPrincipal { user }) => PrincipalKey::User(user.id.clone(), user.user_type),
            Self::Admin(admin) => PrincipalKey::Admin(admin.id.clone()),
        }
    }

    /// On which side of a conversation they are.
    pub const fn side(&self) -> Side {
        match self {
            Self::User(_) => Side::User,
            Self::Admin(_) => Side::Admin,
        }
    }

    /// The user, if it is one.
    pub const fn as_user(&self) -> Option<&UserRef> {
        match self {
            Self::User(principal) => Some(&principal.user),
            Self::Admin(_) => None,
        }
    }

    /// The admin, if it is one.
    pub const fn as_admin(&self) -> Option<&AdminPrincipal> {
        match self {
            Self::User(_) => None,
            Self::Admin(admin) => Some(admin),
        }
    }

    /// The person's id, without what side it is of.
    pub fn id(&self) -> &str {
        match self {
            Self::User(principal) => principal.user.id.as_str(),
            Self::Admin(admin) => admin.id.as_str(),
        }
    }

    /// Whose conversations exist for them, before any narrowing of the token.
    pub fn scope(&self) -> Scope {
        match self {
            Self::User(UserPrincipal { user }) => Scope::Owner(user.id.clone(), user.user_type),
            Self::Admin(admin) => Scope::Countries(admin.countries()),
        }
    }
}

/// What a token was narrowed to. The default is no restriction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Restrictions {
    /// The one conversation that the token reaches. [`Restrictions::NO_CONVERSATION`] when it was narrowed to two
    /// different ones, and so reaches none.
    pub only_conversation: Option<ConversationId>,
    /// Nothing may be changed with it.
    pub read_only: bool,
}

impl Restrictions {
    /// The nil UUID: the id of no conversation, since every conversation's id is a UUID of version 7. A restriction to
    /// it is an ordinary restriction, so that nobody downstream can forget a special case.
    pub const NO_CONVERSATION: ConversationId = ConversationId(Uuid::nil());

    /// This and one more restriction to a conversation: the same one changes nothing, another one leaves none.
    #[must_use]
    pub fn and_only(self, conversation: ConversationId) -> Self {
        let only = match self.only_conversation {
            Some(only) if only != conversation => Self::NO_CONVERSATION,
            _ => conversation,
        };
        Self { only_conversation: Some(only), ..self }
    }

    /// This, and nothing may be changed.
    #[must_use]
    pub fn and_read_only(self) -> Self {
        Self { read_only: true, ..self }
    }
}

/// Who calls, as their token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// What the token was narrowed to.
    pub restrictions: Restrictions,
    /// The first moment at which the token is no longer good.
    pub expires_at: Timestamp,
    /// What names the token in a revocation list: one for each of its blocks, the issuer's first. Empty for tokens that
    /// cannot be revoked.
    pub revocation_ids: Vec<RevocationId>,
}

impl Caller {
    /// The conversations that exist for the caller.
    pub fn visibility(&self) -> Visibility {
        Visibility { scope: self.principal.scope(), only: self.restrictions.only_conversation }
    }

    /// Whether the token is over at that moment. Its last good moment is the millisecond before `expires_at`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// Whether the token is one of ours, which can be revoked. A host's token cannot: its host alone vouches for it.
    pub fn is_revocable(&self) -> bool {
        !self.revocation_ids.is_empty()
    }
}

/// Names one block of a token, and with it every token that was made from it. Printed and read as lower-case hex.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevocationId(pub Vec<u8>);

impl fmt::Display for RevocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RevocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RevocationId({self})")
    }
}

impl FromStr for RevocationId {
    type Err = InvalidValue;

    /// Reads 1 to 128 bytes of hex, in either case.
    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let refusal = || InvalidValue::new("must be 1 to 128 bytes, as hexadecimal digits");
        let well_formed = text.len().is_multiple_of(2)
            && (2..=256).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !well_formed {
            return Err(refusal());
        }
        let byte = |at| u8::from_str_radix(text.get(at..at + 2).unwrap_or_default(), 16).map_err(|_| refusal());
        (0..text.len()).step_by(2).map(byte).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_email() {
        let admin = AdminPrincipal {
            id: AdminId::parse("admin-1").unwrap(),
            role: AdminRole::SupportAdmin,
            country: None,
            permissions: PermissionSet::EMPTY,
            email: Some("kamal@example.com".to_owned()),
        };
        let printed = format!("{:?}", Principal::Admin(admin));
        assert!(printed.contains("admin-1") && !printed.contains("kamal"), "{printed}");
    }

    #[test]
    fn two_different_conversations_leave_none() {
        let (one, other) = (ConversationId(Uuid::from_u128(1)), ConversationId(Uuid::from_u128(2)));
        let narrowed = Restrictions::default().and_only(one);
        assert_eq!(narrowed.and_only(one), narrowed);
        let none = narrowed.and_only(other);
        assert_eq!(none.only_conversation, Some(Restrictions::NO_CONVERSATION));
        assert_eq!(none.and_only(one), none);
    }

    #[test]
    fn revocation_ids_round_trip_as_hex() {
        let id = RevocationId(vec![0, 0xab, 0xff]);
        assert_eq!(id.to_string(), "00abff");
        assert_eq!("00ABff".parse::<RevocationId>().unwrap(), id);
        for text in ["", "0", "0g", "+1", "\u{e9}", &"00".repeat(129)] {
            assert!(text.parse::<RevocationId>().is_err(), "{text:?}");
        }
    }
}
