//! Where the database is. Never prints a password.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A database's address.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file, made when it is missing.
    Sqlite(PathBuf),
    /// A libpq connection string; several hosts are allowed.
    Postgres(String),
}

/// The address names neither of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be sqlite:PATH or postgres://...")]
pub struct InvalidDatabaseUrl;

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            // `:memory:` and `?` forms would give every connection a database of its own.
            let is_file = !path.is_empty() && !path.starts_with(':') && !path.contains(['?', '\0']);
            return if is_file { Ok(Self::Sqlite(PathBuf::from(path))) } else { Err(InvalidDatabaseUrl) };
        }
        let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
        match rest {
            Some(rest) if is_readable(rest) => Ok(Self::Postgres(text.to_owned())),
            _ => Err(InvalidDatabaseUrl),
        }
    }
}

/// Whether libpq can take the string apart. What it cannot it would print, with the password in it.
fn is_readable(rest: &str) -> bool {
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    let bracketed = hosts.matches('[').count() == hosts.matches(']').count();
    let escaped = rest.split('%').skip(1).all(|behind| {
        let digits = behind.as_bytes().get(..2).unwrap_or_default();
        digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit) && digits != b"00"
    });
    let visible = rest.chars().all(|character| !character.is_control() && character != ' ');
    bracketed && escaped && visible && authority.matches('@').count() <= 1
}

impl DatabaseUrl {
    /// The embedded database's file.
    pub fn embedded_file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://..."),
        }
    }
}

/// What is added to a connection string that says nothing of it. A server that has vanished without a word is given up
/// within half a minute, instead of hours.
const USUAL: [(&str, &str); 6] = [
    ("connect_timeout", "connect_timeout=2"),
    ("tcp_user_timeout", "tcp_user_timeout=10000"),
    ("keepalives_idle", "keepalives_idle=10"),
    ("keepalives_interval", "keepalives_interval=5"),
    ("keepalives_count", "keepalives_count=3"),
    ("application_name", "application_name=support-desk"),
];

/// The connection string with what the desk needs added where the operator did not choose: a short time to connect, and
/// of several hosts the one that takes writes.
pub(crate) fn with_defaults(url: &str) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let mut parameters: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    for (name, parameter) in USUAL {
        if !has(name) {
            parameters.push(parameter);
        }
    }
    if !has("target_session_attrs") && address.contains(',') {
        parameters.push("target_session_attrs=read-write");
    }
    format!("{address}?{}", parameters.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_databases_have_an_address() {
        let sqlite = |path: &str| DatabaseUrl::Sqlite(PathBuf::from(path));
        assert_eq!("sqlite:support.db".parse(), Ok(sqlite("support.db")));
        assert_eq!("sqlite:///var/lib/support.db".parse(), Ok(sqlite("/var/lib/support.db")));
        assert!(matches!("postgresql://h1,h2/desk".parse(), Ok(DatabaseUrl::Postgres(_))));
        let unreadable = ["postgres://desk:100%sure@h/db", "postgres://desk:s3cret@[::1/db", "postgres://a:b@c@h/db"];
        let neither = ["", "postgres.db", "mysql://x", "sqlite:", "sqlite::memory:", "sqlite:a?mode=memory"];
        for text in neither.into_iter().chain(unreadable) {
            assert_eq!(text.parse::<DatabaseUrl>(), Err(InvalidDatabaseUrl), "{text}");
        }
    }

    #[test]
    fn an_address_does_not_print_its_password() {
        let url: DatabaseUrl = "postgres://desk:hunter2@db/desk".parse().unwrap();
        assert!(!format!("{url:?}").contains("hunter2"));
    }

    #[test]
    fn defaults_are_added_and_choices_kept() {
        let added = with_defaults("postgres://h1,h2/desk");
        for (_, parameter) in USUAL {
            assert!(added.contains(parameter), "{added}");
        }
        assert!(added.ends_with("&target_session_attrs=read-write"), "{added}");
        assert!(!with_defaults("postgres://h1/desk").contains("target_session_attrs"));
        let chosen = with_defaults("postgres://h/desk?connect_timeout=9&application_name=x");
        assert!(
            chosen.starts_with("postgres://h/desk?connect_timeout=9&application_name=x&tcp_user_timeout"),
            "{chosen}"
        );
        assert_eq!(chosen.matches("connect_timeout").count(), 1);
    }
}
