//! Who did something, as far as a record says it. Nothing here can hold free text.

use std::net::IpAddr;

use support_domain::content::masking;
use support_domain::{AdminId, CountryCode, InvalidValue, TextEnum, UserId};

/// The role in which something was done: a word from one of the program's own tables, since no other text is `'static`
/// and a [`TextEnum`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActorRole(&'static str);

impl<T: TextEnum> From<T> for ActorRole {
    fn from(word: T) -> Self {
        Self(word.as_str())
    }
}

impl ActorRole {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// A mail address: one `@` between visible ASCII characters, at most 254 in all.
#[derive(Clone, PartialEq, Eq)]
pub struct ActorEmail(String);

impl ActorEmail {
    /// Reads an address.
    ///
    /// # Errors
    /// When it has not the form of one.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"@.!#$%&'*+/=?^_`{|}~-".contains(&byte);
        let well_formed = text.len() <= 254
            && text.bytes().all(allowed)
            && text
                .split_once('@')
                .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'));
        if well_formed { Ok(Self(text.to_owned())) } else { Err(InvalidValue::new("must be a mail address")) }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ActorEmail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ActorEmail(redacted)")
    }
}

/// What a client calls itself, reduced to what programs call themselves: at most 200 characters of letters, digits,
/// blanks and `. / ; : ( ) , _ + -`, and masks where a secret stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent(String);

impl UserAgent {
    /// Reduces a header's value; `None` when nothing is left.
    pub fn reduce(header: &str) -> Option<Self> {
        let allowed = |character: &char| character.is_ascii_alphanumeric() || " ./;:(),_+-".contains(*character);
        // Before what is cut could leave half of a secret; and again where something was left out, which could have
        // parted one. Where nothing was, a second time changes nothing, and this is done for every request.
        let masked = masking::mask(header).text;
        let mut reduced: String = masked.chars().filter(allowed).collect();
        if reduced.len() < masked.len() {
            reduced = masking::mask(&reduced).text.into_owned();
        }
        let reduced: String = reduced.chars().take(200).collect();
        let reduced = reduced.trim();
        (!reduced.is_empty()).then(|| Self(reduced.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    id: Option<String>,
    email: Option<ActorEmail>,
    role: ActorRole,
    country: Option<CountryCode>,
    ip_address: Option<IpAddr>,
    user_agent: Option<UserAgent>,
}

impl Actor {
    /// A user.
    pub fn user(id: &UserId, role: ActorRole, country: CountryCode) -> Self {
        Self { id: Some(id.to_string()), email: None, role, country: Some(country), ip_address: None, user_agent: None }
    }

    /// A member of the support staff.
    pub fn admin(id: &AdminId, role: ActorRole, country: Option<CountryCode>, email: Option<ActorEmail>) -> Self {
        Self { id: Some(id.to_string()), email, role, country, ip_address: None, user_agent: None }
    }

    /// Whoever runs the desk, at its command line: known by the address that they give, if they give one.
    pub const fn operator(country: CountryCode, email: Option<ActorEmail>) -> Self {
        let (role, country) = (ActorRole("operator"), Some(country));
        Self { id: None, email, role, country, ip_address: None, user_agent: None }
    }

    /// The desk itself, in that country.
    pub(crate) const fn system(country: Option<CountryCode>) -> Self {
        Self { id: None, email: None, role: ActorRole("system"), country, ip_address: None, user_agent: None }
    }

    /// From where and with what.
    #[must_use]
    pub fn at(mut self, ip_address: Option<IpAddr>, user_agent: Option<UserAgent>) -> Self {
        self.ip_address = ip_address;
        self.user_agent = user_agent;
        self
    }

    /// Who; none for the desk itself.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The host's log demands an address; who has none is `unknown`.
    pub(crate) fn email(&self) -> &str {
        self.email.as_ref().map_or("unknown", ActorEmail::as_str)
    }

    pub(crate) const fn role(&self) -> ActorRole {
        self.role
    }

    pub(crate) const fn country(&self) -> Option<CountryCode> {
        self.country
    }

    pub(crate) const fn ip_address(&self) -> Option<IpAddr> {
        self.ip_address
    }

    pub(crate) const fn user_agent(&self) -> Option<&UserAgent> {
        self.user_agent.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_at_and_no_blanks() {
        assert!(ActorEmail::parse("kamal+desk@example.com").is_ok());
        for text in ["", "@", "a@", "@b", "a@b@c", "a b@c", "<a@b>", "a@b\n"] {
            assert!(ActorEmail::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_user_agent_cannot_carry_a_line_or_markup() {
        let agent = UserAgent::reduce("Mozilla/5.0 (X11; Linux)\r\n<script>\"x\"=1</script>").unwrap();
        assert_eq!(agent.as_str(), "Mozilla/5.0 (X11; Linux)scriptx1/script");
        assert_eq!(UserAgent::reduce(&"x".repeat(999)).unwrap().as_str().len(), 200);
        assert_eq!(UserAgent::reduce("\u{9a6}\n"), None);
        for secret in ["App/1 4539 1488 0343 6467", "App/1 4539<>1488<>0343<>6467<>", "App/1 \"45391488<0343>6467"] {
            let agent = UserAgent::reduce(secret).unwrap();
            assert!(agent.as_str().starts_with("App/1") && !agent.as_str().contains("1488"), "{agent:?}");
        }
        let cut = format!("{} 4539 1488 0343 6467", "x".repeat(185));
        assert!(!UserAgent::reduce(&cut).unwrap().as_str().contains("1488"));
    }
}
