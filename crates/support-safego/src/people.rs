//! What the host's rows say of a person: `users`, and for staff `admin_profiles`. Reads what decides whether they may come
//! in, and their address for the audit log; nothing else of them.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Nullable, Text};
use support_domain::{AdminId, Clock, CountryCode, TextEnum, UserId, UserRef, UserType};
use support_rbac::{AdminPrincipal, AdminRole, Lately, Principal, Refusal, STANDING_LASTS, UserPrincipal};

use crate::database::{HostDatabase, HostUnavailable, Question, SchemaName};

/// Most people that one statement asks for.
const MOST_AT_ONCE: usize = 1_000;

/// The host's word for its staff in `users.role`.
const ADMIN: &str = "admin";

/// A person, as the host has them now. `Debug` does not show their address.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: String,
    /// The word in `users.role`.
    pub(crate) role: String,
    /// None for one that the desk does not know.
    pub(crate) country: Option<CountryCode>,
    pub(crate) is_blocked: bool,
    pub(crate) is_locked: bool,
    pub(crate) email: Option<String>,
    pub(crate) admin: Option<AdminProfile>,
}

/// A member of the staff, as the host has them now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AdminProfile {
    /// None for one that the desk does not know.
    pub(crate) role: Option<AdminRole>,
    pub(crate) country: Option<CountryCode>,
    pub(crate) is_active: bool,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("id", &self.id)
            .field("role", &self.role)
            .field("country", &self.country)
            .field("is_blocked", &self.is_blocked)
            .field("is_locked", &self.is_locked)
            .field("email", &self.email.as_ref().map(|_| "redacted"))
            .field("admin", &self.admin)
            .finish()
    }
}

impl Person {
    /// The person as somebody who may come in now.
    pub(crate) fn principal(&self) -> Result<Principal, Refusal> {
        if self.is_blocked {
            return Err(Refusal::new("the person is blocked"));
        }
        if self.is_locked {
            return Err(Refusal::new("the person's account is locked"));
        }
        if self.role == ADMIN { self.admin_principal() } else { self.user_principal() }
    }

    /// Whether the person is this user, who may be blocked.
    pub(crate) fn is(&self, user: &UserRef) -> bool {
        self.id == user.id.as_str() && self.role == user.user_type.as_str() && self.country == Some(user.country)
    }

    fn user_principal(&self) -> Result<Principal, Refusal> {
        let user_type = UserType::parse(&self.role).map_err(|_| Refusal::new("the role may not use support"))?;
        let country = self.country.ok_or(Refusal::new("the person's country is not known"))?;
        let id = UserId::parse(&self.id).map_err(|_| Refusal::new("the person's id is no id"))?;
        Ok(Principal::User(UserPrincipal { user: UserRef { id, user_type, country } }))
    }

    fn admin_principal(&self) -> Result<Principal, Refusal> {
        let profile = self.admin.as_ref().ok_or(Refusal::new("the admin has no profile"))?;
        if !profile.is_active {
            return Err(Refusal::new("the admin is not active"));
        }
        let role = profile.role.ok_or(Refusal::new("the admin's role is not known"))?;
        let id = AdminId::parse(&self.id).map_err(|_| Refusal::new("the person's id is no id"))?;
        let (country, permissions, email) = (profile.country, role.permissions(), self.email.clone());
        Ok(Principal::Admin(AdminPrincipal { id, role, country, permissions, email }))
    }
}

#[derive(QueryableByName)]
struct PersonRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Nullable<Text>)]
    role: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    country: Option<String>,
    #[diesel(sql_type = Bool)]
    is_blocked: bool,
    #[diesel(sql_type = Bool)]
    is_locked: bool,
    #[diesel(sql_type = Nullable<Text>)]
    email: Option<String>,
    #[diesel(sql_type = Bool)]
    has_profile: bool,
    #[diesel(sql_type = Nullable<Text>)]
    admin_role: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    admin_country: Option<String>,
    #[diesel(sql_type = Bool)]
    is_active: bool,
}

impl From<PersonRow> for Person {
    fn from(row: PersonRow) -> Self {
        let country = |code: Option<String>| code.and_then(|code| CountryCode::parse(&code).ok());
        let admin = row.has_profile.then(|| AdminProfile {
            role: row.admin_role.and_then(|role| AdminRole::parse(&role).ok()),
            country: country(row.admin_country),
            is_active: row.is_active,
        });
        Self {
            id: row.id,
            role: row.role.unwrap_or_default(),
            country: country(row.country),
            is_blocked: row.is_blocked,
            is_locked: row.is_locked,
            email: row.email,
            admin,
        }
    }
}

/// The columns of a person, from users `u` and their admin profiles `a`. Some columns are enums with the host, others text.
const COLUMNS: &str = r#"u.id::text AS id, u.role::text AS role, u."countryCode"::text AS country,
    coalesce(u."isBlocked", false) AS is_blocked, coalesce(u."isAccountLocked", false) AS is_locked,
    u.email::text AS email, a."userId" IS NOT NULL AS has_profile, a."adminRole"::text AS admin_role,
    a."countryCode"::text AS admin_country, coalesce(a."isActive", false) AS is_active"#;

/// Reads the people with the ids in `$1`.
pub(crate) fn statement(schema: &SchemaName) -> String {
    format!(
        r#"SELECT {COLUMNS} FROM {schema}.users u LEFT JOIN {schema}.admin_profiles a ON a."userId" = u.id
           WHERE u.id = ANY($1::text[])"#
    )
}

/// Reads all active staff.
fn staff_statement(schema: &SchemaName) -> String {
    format!(
        r#"SELECT {COLUMNS} FROM {schema}.admin_profiles a JOIN {schema}.users u ON u.id = a."userId"
           WHERE a."isActive" AND u.role::text = '{ADMIN}' ORDER BY u.id"#
    )
}

/// The people of the host.
#[derive(Debug)]
pub struct People {
    database: Arc<HostDatabase>,
    /// By id. Who is not there is remembered, too.
    known: Lately<String, Option<Person>, HostUnavailable>,
}

impl People {
    /// The people in that database.
    pub fn new(database: Arc<HostDatabase>, clock: Arc<dyn Clock>) -> Self {
        Self { database, known: Lately::new(clock, STANDING_LASTS) }
    }

    /// The person, as of at most [`STANDING_LASTS`] ago.
    pub(crate) async fn find_lately(&self, id: &str) -> Result<Option<Person>, HostUnavailable> {
        let (database, asked) = (Arc::clone(&self.database), id.to_owned());
        let ask = || async move {
            let mut found = list(&database, Question::People, vec![asked.clone()]).await?;
            Ok(found.remove(&asked))
        };
        self.known.get_or_ask(id.to_owned(), ask).await
    }

    /// Those of these people who are there, as of now, by id.
    pub(crate) async fn list(&self, ids: Vec<String>) -> Result<HashMap<String, Person>, HostUnavailable> {
        list(&self.database, Question::People, ids).await
    }

    /// The same for those whose sockets are open.
    pub(crate) async fn list_live(&self, ids: Vec<String>) -> Result<HashMap<String, Person>, HostUnavailable> {
        list(&self.database, Question::Live, ids).await
    }

    /// All active staff.
    pub(crate) async fn list_staff(&self) -> Result<Vec<Person>, HostUnavailable> {
        let statement = staff_statement(self.database.schema());
        let ask = move |conn: &mut PgConnection| diesel::sql_query(statement).load::<PersonRow>(conn);
        let rows = self.database.read(Question::People, ask).await?;
        Ok(rows.into_iter().map(Person::from).collect())
    }
}

async fn list(
    database: &HostDatabase,
    question: Question,
    ids: Vec<String>,
) -> Result<HashMap<String, Person>, HostUnavailable> {
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(MOST_AT_ONCE) {
        let (statement, ids) = (statement(database.schema()), ids.to_vec());
        let ask = move |conn: &mut PgConnection| {
            diesel::sql_query(statement).bind::<Array<Text>, _>(ids).load::<PersonRow>(conn)
        };
        let rows = database.read(question, ask).await?;
        found.extend(rows.into_iter().map(|row| (row.id.clone(), Person::from(row))));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_does_not_print() {
        let person = Person {
            id: "agent-1".to_owned(),
            role: ADMIN.to_owned(),
            country: None,
            is_blocked: false,
            is_locked: false,
            email: Some("karim@gmail.com".to_owned()),
            admin: None,
        };
        let printed = format!("{person:?}");
        assert!(printed.contains("agent-1") && !printed.contains("karim"), "{printed}");
    }
}
