//! Who sends and who listens. With the key of the desk there are as many people as a run needs; without it those whose
//! tokens stand in a file. Never prints a token.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use hyper::header::HeaderValue;
use support_domain::{AdminId, CountryCode, Timestamp, UserId, UserRef, UserType};
use support_rbac::{AdminPrincipal, AdminRole, Principal, SigningKey, TokenIssuer, UserPrincipal};

use crate::Stop;

/// Long enough for any run.
const TOKEN_LIFE: Duration = Duration::from_secs(24 * 3_600);

/// A user or an admin, with a token.
#[derive(Clone)]
pub struct Person {
    /// `Bearer TOKEN`.
    pub(crate) bearer: HeaderValue,
    /// Whether it is a member of the staff.
    pub is_admin: bool,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("is_admin", &self.is_admin).finish_non_exhaustive()
    }
}

impl Person {
    fn new(token: &str, is_admin: bool) -> Result<Self, Stop> {
        let mut bearer =
            HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| Stop::usage("that is no token"))?;
        bearer.set_sensitive(true);
        Ok(Self { bearer, is_admin })
    }

    /// Where the conversations are for this person.
    pub fn conversations(&self) -> &'static str {
        if self.is_admin { "/api/admin/support/conversations" } else { "/api/support/conversations" }
    }
}

/// Where people come from.
#[derive(Debug)]
pub struct People(Source);

#[derive(Debug)]
enum Source {
    Minted { issuer: Box<TokenIssuer>, now: Timestamp, run: u32 },
    Given { users: Vec<Person>, admins: Vec<Person> },
}

impl People {
    /// As many as are asked for, named after the run, so that no two runs share a limit or a conversation.
    ///
    /// # Errors
    /// When `key` is no key.
    pub fn minted(key: &str, now: Timestamp, run: u32) -> Result<Self, Stop> {
        let key =
            SigningKey::from_hex(key.trim()).map_err(|_| Stop::usage("the key is no SUPPORT_BISCUIT_PRIVATE_KEY"))?;
        Ok(Self(Source::Minted { issuer: Box::new(TokenIssuer::new(key)), now, run }))
    }

    /// Those in a file: a line each, `user TOKEN` or `admin TOKEN`. Empty lines and those that begin with `#` are passed
    /// over.
    ///
    /// # Errors
    /// When it cannot be read, or a line is neither.
    pub fn of_file(file: &Path) -> Result<Self, Stop> {
        let text = std::fs::read_to_string(file).map_err(|error| Stop::usage(format!("the tokens: {error}")))?;
        Self::of_lines(&text)
    }

    fn of_lines(text: &str) -> Result<Self, Stop> {
        let (mut users, mut admins) = (Vec::new(), Vec::new());
        for (number, line) in text.lines().map(str::trim).enumerate() {
            match line.split_once(char::is_whitespace) {
                _ if line.is_empty() || line.starts_with('#') => {}
                Some(("user", token)) => users.push(Person::new(token.trim(), false)?),
                Some(("admin", token)) => admins.push(Person::new(token.trim(), true)?),
                _ => {
                    return Err(Stop::new(format!(
                        "the tokens: line {} is no `user TOKEN` or `admin TOKEN`",
                        number + 1
                    )));
                }
            }
        }
        Ok(Self(Source::Given { users, admins }))
    }

    /// The user of that number. With given tokens numbers go round.
    ///
    /// # Errors
    /// When there is none.
    pub fn user(&self, number: usize) -> Result<Person, Stop> {
        self.person(number, false)
    }

    /// The admin of that number, who sees and answers everything. With given tokens numbers go round.
    ///
    /// # Errors
    /// When there is none.
    pub fn admin(&self, number: usize) -> Result<Person, Stop> {
        self.person(number, true)
    }

    fn person(&self, number: usize, is_admin: bool) -> Result<Person, Stop> {
        match &self.0 {
            Source::Given { users, admins } => {
                let (list, kind) = if is_admin { (admins, "admin") } else { (users, "user") };
                let index = number.checked_rem(list.len());
                let person = index.and_then(|index| list.get(index)).cloned();
                person.ok_or_else(|| Stop::usage(format!("the tokens: this needs the token of at least one {kind}")))
            }
            Source::Minted { issuer, now, run } => {
                let principal = if is_admin { admin(*run, number)? } else { user(*run, number)? };
                let token = issuer.issue(&principal, *now, TOKEN_LIFE);
                Person::new(&token.map_err(|error| Stop::new(error.to_string()))?, is_admin)
            }
        }
    }
}

fn user(run: u32, number: usize) -> Result<Principal, Stop> {
    let id = UserId::parse(&format!("load-{run:08x}-user-{number}")).map_err(|error| Stop::new(error.to_string()))?;
    let user = UserRef { id, user_type: UserType::Driver, country: CountryCode::Bangladesh };
    Ok(Principal::User(UserPrincipal { user }))
}

fn admin(run: u32, number: usize) -> Result<Principal, Stop> {
    let id = AdminId::parse(&format!("load-{run:08x}-admin-{number}")).map_err(|error| Stop::new(error.to_string()))?;
    let role = AdminRole::SuperAdmin;
    Ok(Principal::Admin(AdminPrincipal { id, role, country: None, permissions: role.permissions(), email: None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_a_file_go_round_and_its_faults_are_named() {
        let people = People::of_lines("# two drivers\nuser one\n\n user  two\n").unwrap();
        let bearer = |number| people.user(number).unwrap().bearer;
        assert_eq!((bearer(0), bearer(3)), (bearer(2), bearer(1)));
        assert_eq!(bearer(1).to_str().unwrap(), "Bearer two");
        assert!(people.admin(0).unwrap_err().to_string().contains("at least one admin"));
        assert!(People::of_lines("user one\nsecret").unwrap_err().to_string().contains("line 2"));
    }

    #[test]
    fn minted_people_are_different_ones_and_none_prints_their_token() {
        let people = People::minted(&SigningKey::generate().to_hex(), Timestamp::from_millis(1), 7).unwrap();
        let (one, other) = (people.user(0).unwrap(), people.user(1).unwrap());
        assert_ne!(one.bearer, other.bearer);
        assert!(people.admin(0).unwrap().is_admin);
        assert!(!format!("{one:?}").contains("Bearer"));
        assert!(People::minted("00", Timestamp::from_millis(1), 7).is_err());
    }
}
