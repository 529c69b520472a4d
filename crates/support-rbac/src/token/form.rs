//! The forms that blocks have. One text for each set of values: a block is made from that text, and is accepted only if
//! the library prints it as that very text. Never evaluates anything.
//!
//! The issuer's block, for a user and for an admin (a country, permissions and an email only if there are any):
//!
//! ```text
//! user("driver-1");                             admin("admin-1");
//! user_type("driver");                          role("SUPPORT_ADMIN");
//! country("BD");                                country("BD");
//! expires(2026-01-31T09:45:00Z);                permission("VIEW_SUPPORT_CONVERSATIONS");
//! check if time($time), $time < 2026-...;       email("kamal@example.com");
//!                                               expires(2026-01-31T09:45:00Z);
//!                                               check if time($time), $time < 2026-...;
//! ```
//!
//! A holder's block, one or more of these lines in this order:
//!
//! ```text
//! check if conversation("0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e");
//! check if operation("read");
//! check if time($time), $time < 2026-01-31T09:35:00Z;
//! ```
//!
//! # Why comparing text is enough
//! The library prints strings and names as they are, without escaping, so two different blocks could print alike if a
//! name held a quote or a parenthesis. [`is_plain`] is asked of every symbol that a token declares, and lets no character
//! pass that has a meaning in the printed forms; the library's built-in symbols are plain words. What is not printed at
//! all is looked at by itself (context, keys, outside signatures), but for a block's scope: it says whose facts a check
//! may see, and since only the issuer's block has facts, it can make a check fail and do nothing else.

use std::fmt::Write;

use biscuit_auth::Authorizer;
use biscuit_auth::builder::{Fact, Term, pred, rule, var};
use biscuit_auth::error::Token as BiscuitError;
use support_domain::{AdminId, TextEnum, Timestamp, UserId, UserRef};

use super::attenuate::Narrowing;
use crate::caller::{AdminPrincipal, Principal, UserPrincipal};
use crate::permission::PermissionSet;

/// What the issuer's block says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    /// About whom.
    pub(super) principal: Principal,
    /// Until when; a whole second.
    pub(super) expires_at: Timestamp,
}

/// The facts of the issuer's block that hold one string.
const STRING_FACTS: [&str; 7] = ["user", "user_type", "admin", "role", "country", "permission", "email"];

impl Claims {
    /// The block's text.
    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        for (name, value) in string_facts(&self.principal) {
            let _ = writeln!(text, "{name}(\"{value}\");");
        }
        let _ = writeln!(text, "expires({});", date(self.expires_at));
        text.push_str(&expiry_check(self.expires_at));
        text
    }

    /// The claims whose text is `source`; nothing for any other text.
    pub(super) fn parse(source: &str) -> Option<Self> {
        let (mut facts, mut expires_at) = (Vec::new(), None);
        for line in source.lines().filter(|line| !line.starts_with("check if ")) {
            if let Some(moment) = enclosed(line, "expires(", ");") {
                expires_at = Some(Timestamp::parse(moment).ok()?);
            } else {
                let (name, value) = line.strip_suffix("\");")?.split_once("(\"")?;
                facts.push((name, value.to_owned()));
            }
        }
        let claims = Self { principal: principal(&facts)?, expires_at: expires_at? };
        (claims.render() == source).then_some(claims)
    }

    /// The claims that the issuer's block makes once it has been loaded. `Ok(None)` if they are no claims.
    pub(super) fn query(authorizer: &mut Authorizer) -> Result<Option<Self>, BiscuitError> {
        let mut facts = Vec::new();
        for name in STRING_FACTS {
            // `query` sees the issuer's facts only; `query_all` would return what a holder appended.
            let found: Vec<(String,)> = authorizer.query(all_of(name))?;
            facts.extend(found.into_iter().map(|(value,)| (name, value)));
        }
        let ends: Vec<Fact> = authorizer.query(all_of("expires"))?;
        let expires_at = match ends.first().map(|fact| fact.predicate.terms.as_slice()) {
            Some([Term::Date(seconds)]) => i64::try_from(seconds.saturating_mul(1_000)).ok(),
            _ => None,
        };
        let claims = principal(&facts).zip(expires_at.map(Timestamp::from_millis));
        Ok(claims.map(|(principal, expires_at)| Self { principal, expires_at }))
    }
}

fn all_of(name: &str) -> biscuit_auth::builder::Rule {
    rule("found", &[var("value")], &[pred(name, &[var("value")])])
}

fn string_facts(principal: &Principal) -> Vec<(&'static str, &str)> {
    match principal {
        Principal::User(UserPrincipal { user }) => {
            vec![("user", user.id.as_str()), ("user_type", user.user_type.as_str()), ("country", user.country.as_str())]
        }
        Principal::Admin(admin) => {
            let mut facts = vec![("admin", admin.id.as_str()), ("role", admin.role.as_str())];
            facts.extend(admin.country.map(|country| ("country", country.as_str())));
            facts.extend(admin.permissions.iter().map(|permission| ("permission", permission.as_str())));
            facts.extend(admin.email.as_deref().map(|email| ("email", email)));
            facts
        }
    }
}

/// The person that these facts describe. May overlook facts that do not belong: rendering them again shows it.
fn principal(facts: &[(&str, String)]) -> Option<Principal> {
    let all =
        |wanted: &'static str| facts.iter().filter(move |(name, _)| *name == wanted).map(|(_, value)| value.as_str());
    let one = |wanted| all(wanted).next();
    if !all("email").all(is_email) {
        return None;
    }
    match (one("user"), one("admin")) {
        (Some(id), None) => Some(Principal::User(UserPrincipal {
            user: UserRef {
                id: UserId::parse(id).ok()?,
                user_type: one("user_type")?.parse().ok()?,
                country: one("country")?.parse().ok()?,
            },
        })),
        (None, Some(id)) => Some(Principal::Admin(AdminPrincipal {
            id: AdminId::parse(id).ok()?,
            role: one("role")?.parse().ok()?,
            country: one("country").map(str::parse).transpose().ok()?,
            permissions: all("permission").map(str::parse).collect::<Result<PermissionSet, _>>().ok()?,
            email: one("email").map(str::to_owned),
        })),
        _ => None,
    }
}

impl Narrowing {
    /// The block's text; empty if there is nothing to narrow.
    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        if let Some(conversation) = self.conversation {
            let _ = writeln!(text, "check if conversation(\"{conversation}\");");
        }
        if self.read_only {
            text.push_str(READ_ONLY);
            text.push('\n');
        }
        if let Some(end) = self.expires_at {
            text.push_str(&expiry_check(end));
        }
        text
    }

    /// The narrowing whose text is `source`; nothing for any other text, nor for an empty one.
    pub(super) fn parse(source: &str) -> Option<Self> {
        let mut narrowing = Self::default();
        for line in source.lines() {
            if let Some(id) = enclosed(line, "check if conversation(\"", "\");") {
                narrowing.conversation = Some(id.parse().ok()?);
            } else if line == READ_ONLY {
                narrowing.read_only = true;
            } else {
                let end = enclosed(line, "check if time($time), $time < ", ";")?;
                narrowing.expires_at = Some(Timestamp::parse(end).ok()?);
            }
        }
        (narrowing != Self::default() && narrowing.render() == source).then_some(narrowing)
    }
}

const READ_ONLY: &str = "check if operation(\"read\");";

fn expiry_check(end: Timestamp) -> String {
    format!("check if time($time), $time < {};\n", date(end))
}

fn enclosed<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    line.strip_prefix(before)?.strip_suffix(after)
}

/// Biscuit's dates have whole seconds. What is finer is cut, so that no token lives longer than was asked.
pub(super) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.millis() / 1_000 * 1_000)
}

/// A moment as a Datalog term, cut to whole seconds.
pub(super) fn date_term(at: Timestamp) -> Term {
    Term::Date(u64::try_from(at.millis() / 1_000).unwrap_or(0))
}

fn date(at: Timestamp) -> String {
    format!("{}Z", whole_seconds(at).to_string().trim_end_matches(".000Z"))
}

/// Whether a token may carry this email address: no character that means something in a block's text.
pub(super) fn is_email(text: &str) -> bool {
    (3..=254).contains(&text.len()) && text.contains('@') && is_plain(text)
}

/// Whether a symbol is free of everything that means something in a block's text: quotes, backslashes, parentheses,
/// commas, semicolons, comparisons, `$`, white space.
pub(super) fn is_plain(symbol: &str) -> bool {
    symbol.chars().all(|char| char.is_alphanumeric() || "._:@|-+!#%&'*/=?^`{}~".contains(char))
}
