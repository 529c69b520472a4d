//! Where NATS is, and how one logs in there: read from a URL once, and apart from each other ever after. The library
//! writes addresses into its log and does not look for a password in them, so none is left there.

use async_nats::{ConnectOptions, ServerAddr};

use super::InvalidNatsUrl;

/// The servers of one NATS, any of which will do. Not printable: there may be a password in it.
pub(super) struct Servers {
    /// At least one.
    addresses: Vec<ServerAddr>,
    login: Option<Login>,
    nowhere: ServerAddr,
}

#[derive(PartialEq, Eq)]
enum Login {
    Password { user: String, password: String },
    Token(String),
}

impl Servers {
    /// Reads `nats://[USER:PASSWORD@]HOST[:PORT]`, or the same with `tls://`, or several of them with commas between.
    /// A name without a password is a token, as with other clients of NATS. What would not be itself in a URL is
    /// percent-encoded there. One login serves all servers: a second one is refused, not ignored.
    pub(super) fn parse(urls: &str) -> Result<Self, InvalidNatsUrl> {
        let mut addresses = Vec::new();
        let mut login = None;
        for url in urls.split(',') {
            let (address, own) = parse_one(url.trim())?;
            addresses.push(address);
            if login.is_some() && own.is_some() && login != own {
                return Err(InvalidNatsUrl);
            }
            login = login.or(own);
        }
        // Nobody can listen on port 0.
        let nowhere = "nats://127.0.0.1:0".parse().map_err(|_| InvalidNatsUrl)?;
        Ok(Self { addresses, login, nowhere })
    }

    /// The server whose turn it is.
    pub(super) fn at(&self, turn: usize) -> &ServerAddr {
        &self.addresses[turn % self.addresses.len()]
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.addresses.len()
    }

    /// An address that nobody ever answers at.
    pub(super) fn nowhere(&self) -> &ServerAddr {
        &self.nowhere
    }

    /// Adds who we are.
    pub(super) fn log_in(&self, options: ConnectOptions) -> ConnectOptions {
        match &self.login {
            Some(Login::Password { user, password }) => options.user_and_password(user.clone(), password.clone()),
            Some(Login::Token(token)) => options.token(token.clone()),
            None => options,
        }
    }
}

fn parse_one(url: &str) -> Result<(ServerAddr, Option<Login>), InvalidNatsUrl> {
    if !url.contains("://") {
        return Err(InvalidNatsUrl);
    }
    let mut url = url.parse::<ServerAddr>().map_err(|_| InvalidNatsUrl)?.into_inner();
    let is_server = matches!(url.scheme(), "nats" | "tls")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none();
    if !is_server {
        return Err(InvalidNatsUrl);
    }
    let user = percent_decoded(url.username())?;
    let login = match url.password() {
        Some(_) if user.is_empty() => return Err(InvalidNatsUrl),
        Some(password) => Some(Login::Password { user, password: percent_decoded(password)? }),
        None => (!user.is_empty()).then_some(Login::Token(user)),
    };
    url.set_password(None).and_then(|()| url.set_username("")).map_err(|()| InvalidNatsUrl)?;
    let address = ServerAddr::from_url(url).map_err(|_| InvalidNatsUrl)?;
    Ok((address, login))
}

fn percent_decoded(text: &str) -> Result<String, InvalidNatsUrl> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else { return Err(InvalidNatsUrl) };
        decoded.push(u8::try_from(high * 16 + low).map_err(|_| InvalidNatsUrl)?);
    }
    String::from_utf8(decoded).map_err(|_| InvalidNatsUrl)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(servers: &Servers) -> Vec<&str> {
        servers.addresses.iter().map(ServerAddr::as_url_str).collect()
    }

    fn password(user: &str, password: &str) -> Option<Login> {
        Some(Login::Password { user: user.to_owned(), password: password.to_owned() })
    }

    #[test]
    fn logins_are_read_and_leave_the_address() {
        let servers = Servers::parse("nats://desk:p%40ss%2C%25%E0%A6%86@one:4223, tls://two").unwrap();
        assert_eq!(addresses(&servers), ["nats://one:4223", "tls://two"]);
        assert!(servers.login == password("desk", "p@ss,%\u{986}"));
        assert_eq!((servers.at(0).port(), servers.at(1).port()), (4223, 4222));
        assert_eq!(servers.at(2).host(), "one");
        assert!(servers.at(1).tls_required() && !servers.at(0).tls_required());
        assert!(Servers::parse("nats://a:b@one,nats://a:b@[::1]:1").unwrap().login == password("a", "b"));
        assert!(Servers::parse("nats://secret@one").unwrap().login == Some(Login::Token("secret".to_owned())));
        assert!(Servers::parse("nats://one/").unwrap().login.is_none());
    }

    #[test]
    fn what_names_no_server_is_refused() {
        for url in [
            "",
            ",",
            "one",
            "one:4222",
            "nats://",
            "nats://:4222",
            "nats:one",
            "nats://one,",
            "nats://one:99999",
            "http://one",
            "ws://one",
            "nats://one/path",
            "nats://one?a=b",
            "nats://one#a",
            "nats://:password@one",
            "nats://a:%GG@one",
            "nats://a:%2@one",
            "nats://a:%FF@one",
            "nats://a:b@one,nats://a:c@two",
        ] {
            assert!(Servers::parse(url).is_err(), "{url}");
        }
    }
}
