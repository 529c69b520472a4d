//! What may be shown of the host's people, masked where it is read: a user's card, and the staff to whom a conversation can
//! be given. Nothing unmasked but a name leaves this file.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use support_domain::{AdminId, Clock, CountryCode, Limits, Subject, TextEnum, UserRef, UserType};
use support_rbac::{AdminPrincipal, BoxFuture, Permission, Principal};
use support_service::{AssignableAdmin, Directory, DirectoryError, UserCard};

use crate::database::{HostDatabase, HostUnavailable, Question, SchemaName};
use crate::masks::{mask_email, mask_phone};
use crate::people::{People, Person};

/// Most characters of a name.
const MAX_NAME_CHARS: usize = 120;

/// How long it is remembered which columns the profiles have: a host that is brought up to date gets more of them.
const COLUMNS_LAST: Duration = Duration::from_secs(60);

/// Where the profiles of a kind of user are, and in which columns their names and numbers may be. Not every version of the
/// host has all of them; those that it has not, or does not show us, are passed over.
struct Profiles {
    table: &'static str,
    names: &'static [&'static str],
    numbers: &'static [&'static str],
}

const fn profiles(user_type: UserType) -> Profiles {
    const NAMES: &[&str] = &["fullName", "firstName", "lastName", "usaFullLegalName"];
    const NUMBERS: &[&str] = &["phoneNumber", "usaPhoneNumber"];
    match user_type {
        UserType::Driver => Profiles { table: "driver_profiles", names: NAMES, numbers: NUMBERS },
        UserType::Customer => Profiles { table: "customer_profiles", names: NAMES, numbers: NUMBERS },
        UserType::Restaurant => {
            Profiles { table: "restaurant_profiles", names: &["restaurantName"], numbers: &["phone"] }
        }
    }
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct CardRow {
    #[diesel(sql_type = Nullable<Text>)]
    email: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    profile_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    full_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    first_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    last_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    legal_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    number: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    other_number: Option<String>,
}

/// The host's people, as far as they may be shown.
#[derive(Debug)]
pub struct HostDirectory {
    database: Arc<HostDatabase>,
    people: Arc<People>,
    clock: Arc<dyn Clock>,
    /// The columns that a table has for us, and when that was asked, by the monotonic clock.
    columns: Mutex<HashMap<&'static str, (HashSet<String>, Duration)>>,
}

impl HostDirectory {
    /// The people in that database.
    pub fn new(database: Arc<HostDatabase>, people: Arc<People>, clock: Arc<dyn Clock>) -> Self {
        Self { database, people, clock, columns: Mutex::default() }
    }

    /// The columns of a table that are there and that we may read.
    async fn columns_of(&self, table: &'static str) -> Result<HashSet<String>, HostUnavailable> {
        let asked_at = self.clock.monotonic();
        let known = self.columns.lock().unwrap_or_else(PoisonError::into_inner).get(table).cloned();
        if let Some((columns, at)) = known
            && asked_at.saturating_sub(at) < COLUMNS_LAST
        {
            return Ok(columns);
        }
        let relation = format!("{}.{table}", self.database.schema());
        let ask = move |conn: &mut PgConnection| {
            diesel::sql_query(
                "SELECT attname::text AS name FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass($1) \
                 AND attnum > 0 AND NOT attisdropped AND has_column_privilege(attrelid, attnum, 'SELECT')",
            )
            .bind::<Text, _>(relation)
            .load::<ColumnRow>(conn)
        };
        let columns: HashSet<String> =
            self.database.read(Question::Cards, ask).await?.into_iter().map(|row| row.name).collect();
        let mut remembered = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.insert(table, (columns.clone(), asked_at));
        Ok(columns)
    }

    async fn card(&self, user: &UserRef) -> Result<Option<UserCard>, HostUnavailable> {
        let profiles = profiles(user.user_type);
        let columns = self.columns_of(profiles.table).await?;
        let statement = card_statement(self.database.schema(), &profiles, &columns);
        let (id, role, country) = (user.id.to_string(), user.user_type.as_str(), user.country.as_str());
        let ask = move |conn: &mut PgConnection| {
            let query = diesel::sql_query(statement).bind::<Text, _>(id).bind::<Text, _>(role).bind::<Text, _>(country);
            query.get_result::<CardRow>(conn).optional()
        };
        Ok(self.database.read(Question::Cards, ask).await?.map(|row| row.into_card(user.country)))
    }
}

/// Reads the card of the user `$1` if they are of the kind `$2` and the country `$3`: nobody sees a card by naming another
/// country than the user's. A column that is not there reads as nothing.
fn card_statement(schema: &SchemaName, profiles: &Profiles, columns: &HashSet<String>) -> String {
    let column = |name: Option<&&str>| match name {
        Some(name) if columns.contains(*name) => format!("p.\"{name}\"::text"),
        _ => "NULL::text".to_owned(),
    };
    let (names, numbers) = (profiles.names, profiles.numbers);
    let has_profiles = columns.contains("id") && columns.contains("userId");
    let (profile_id, join) = match has_profiles {
        true => ("p.id::text", format!(r#"LEFT JOIN {schema}.{} p ON p."userId" = u.id"#, profiles.table)),
        false => ("NULL::text", String::new()),
    };
    let column = |name: Option<&&str>| if has_profiles { column(name) } else { "NULL::text".to_owned() };
    format!(
        "SELECT u.email::text AS email, {profile_id} AS profile_id, {} AS full_name, {} AS first_name, \
             {} AS last_name, {} AS legal_name, {} AS number, {} AS other_number \
         FROM {schema}.users u {join} \
         WHERE u.id = $1 AND u.role::text = $2 AND u.\"countryCode\"::text = $3",
        column(names.first()),
        column(names.get(1)),
        column(names.get(2)),
        column(names.get(3)),
        column(numbers.first()),
        column(numbers.get(1)),
    )
}

impl CardRow {
    fn into_card(self, country: CountryCode) -> UserCard {
        let both = [self.first_name, self.last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let names = [self.full_name, Some(both), self.legal_name];
        let numbers = match country {
            CountryCode::Bangladesh => [self.number, self.other_number],
            CountryCode::UnitedStates => [self.other_number, self.number],
        };
        UserCard {
            profile_id: self.profile_id.filter(|id| support_domain::UserId::parse(id).is_ok()),
            display_name: names.into_iter().flatten().find_map(|name| shown_name(&name)),
            masked_email: self.email.as_deref().and_then(mask_email),
            masked_phone: numbers.into_iter().flatten().find_map(|number| mask_phone(&number, country)),
        }
    }
}

/// From how many digits on a name may hold a telephone number.
const DIGITS_OF_A_NUMBER: usize = 7;

/// Whether a name holds an address or a number. The masks are for columns that say what they hold; here somebody has
/// written something else into one.
fn is_no_name(name: &str) -> bool {
    name.contains(['@', '\u{ff20}', '\u{fe6b}'])
        || name.chars().filter(|character| character.is_numeric()).count() >= DIGITS_OF_A_NUMBER
}

/// A name as subjects are made safe: harmless where it is inserted as HTML, with what is a secret in it masked. None for
/// what is no name.
fn shown_name(name: &str) -> Option<String> {
    if is_no_name(name) {
        return None;
    }
    let short: String = name.trim().chars().take(MAX_NAME_CHARS).collect();
    let limits = Limits { max_subject_chars: MAX_NAME_CHARS, ..Limits::default() };
    let name = Subject::parse(&short, &limits).ok()?.as_str().to_owned();
    (!is_no_name(&name)).then_some(name)
}

/// The person as somebody who can be given a conversation; none for whoever could not answer it.
fn assignable(person: &Person) -> Option<AdminPrincipal> {
    match person.principal() {
        Ok(Principal::Admin(admin)) if admin.permissions.contains(Permission::Reply) => Some(admin),
        _ => None,
    }
}

fn unavailable(error: HostUnavailable) -> DirectoryError {
    DirectoryError(error.0)
}

impl Directory for HostDirectory {
    fn get_user_card<'a>(&'a self, user: &'a UserRef) -> BoxFuture<'a, Result<Option<UserCard>, DirectoryError>> {
        Box::pin(async move { self.card(user).await.map_err(unavailable) })
    }

    fn is_user<'a>(&'a self, user: &'a UserRef) -> BoxFuture<'a, Result<bool, DirectoryError>> {
        Box::pin(async move {
            let found = self.people.list(vec![user.id.to_string()]).await.map_err(unavailable)?;
            Ok(found.get(user.id.as_str()).is_some_and(|person| person.is(user)))
        })
    }

    fn list_assignable_admins<'a>(
        &'a self,
        countries: &'a [CountryCode],
    ) -> BoxFuture<'a, Result<Vec<AssignableAdmin>, DirectoryError>> {
        Box::pin(async move {
            let staff = self.people.list_staff().await.map_err(unavailable)?;
            let admins = staff.iter().filter_map(assignable);
            let reaching = admins.filter(|admin| admin.countries().iter().any(|country| countries.contains(country)));
            Ok(reaching
                .map(|admin| AssignableAdmin {
                    id: admin.id,
                    role: admin.role,
                    country: admin.country,
                    display_name: None,
                    masked_email: admin.email.as_deref().and_then(mask_email),
                })
                .collect())
        })
    }

    fn is_assignable<'a>(
        &'a self,
        admin: &'a AdminId,
        country: CountryCode,
    ) -> BoxFuture<'a, Result<bool, DirectoryError>> {
        Box::pin(async move {
            let found = self.people.list(vec![admin.to_string()]).await.map_err(unavailable)?;
            let known = found.get(admin.as_str()).and_then(assignable);
            Ok(known.is_some_and(|known| known.countries().contains(&country)))
        })
    }
}

#[cfg(test)]
#[path = "directory_tests.rs"]
mod tests;
